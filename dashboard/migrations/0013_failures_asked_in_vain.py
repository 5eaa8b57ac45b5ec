from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0012_streams_and_app_metrics"),
    ]

    operations = [
        migrations.AddField(
            model_name="app",
            name="failure_refused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["cluster", "state", "ended_at"], name="task_by_state"),
        ),
    ]
