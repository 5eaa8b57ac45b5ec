import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0006_paces")]

    operations = [
        migrations.AlterField(
            model_name="unitstate",
            name="node",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="units",
                to="dashboard.nodehealth",
            ),
        ),
        migrations.AddIndex(
            model_name="unitstate",
            index=models.Index(fields=["node", "health"], name="unit_health_by_node"),
        ),
    ]
