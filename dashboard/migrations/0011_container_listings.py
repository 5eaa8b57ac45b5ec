import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def keep_plain(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The figures are written anew every minute: PostgreSQL would spend more on compressing them than on all the rest."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE dashboard_containerlisting ALTER COLUMN figures SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    """A table of its own: workers of the release before go on writing rows of containers, whose later figures count."""

    dependencies = [("dashboard", "0010_applications")]

    operations = [
        migrations.CreateModel(
            name="ContainerListing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=255)),
                ("agent_id", models.CharField(max_length=255)),
                ("answered_at", models.DateTimeField()),
                ("marked_at", models.DateTimeField()),
                ("words", models.BinaryField()),
                ("figures", models.BinaryField()),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="dashboard.cluster"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("cluster", "host", "agent_id"), name="listing_once_per_agent")
                ]
            },
        ),
        migrations.RunPython(keep_plain, migrations.RunPython.noop),
    ]
