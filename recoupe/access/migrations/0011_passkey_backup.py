from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0010_passkey_copied'),
    ]

    operations = [
        migrations.AddField(
            model_name='passkey',
            name='backup',
            field=models.CharField(
                blank=True,
                choices=[('NONE', 'reste dans son appareil'), ('POSSIBLE', 'peut être recopiée par son fabricant'),
                         ('DONE', 'recopiée par son fabricant')],
                db_default='',
                default='',
                max_length=8,
            ),
        ),
    ]
