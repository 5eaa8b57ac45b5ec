from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0004_roles'),
    ]

    operations = [
        migrations.AlterField(
            model_name='credential',
            name='kind',
            field=models.CharField(choices=[('token', 'Token'), ('password', 'User name and password')], max_length=16),
        ),
    ]
