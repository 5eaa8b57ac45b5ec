import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0005_credential_kinds'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('agent_state', 'Agent state'), ('agent_id', 'Agent id'), ('agent_restart', 'Agent restarted'), ('agent_registered', "Agent's own registration"), ('flag', 'Flag'), ('framework_state', 'Framework state'), ('leader', 'Leader'), ('master_restart', 'Master restarted'), ('master_answer', 'Master answering'), ('unit_health', 'Component health'), ('node_health', 'Node health'), ('collection', 'Collection'), ('pace', 'Period of a source'), ('version', 'Version')], max_length=24),
        ),
        migrations.AddField(
            model_name='poll',
            name='period_seconds',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='collection',
            name='period_seconds',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.CreateModel(
            name='Pace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=32)),
                ('factor', models.PositiveSmallIntegerField(default=1)),
                ('period_seconds', models.PositiveIntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('since', models.DateTimeField()),
                ('cluster', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='paces', to='dashboard.cluster')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('cluster', 'source'), name='pace_once_per_source')],
            },
        ),
    ]
