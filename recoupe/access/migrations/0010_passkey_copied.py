from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0009_habilitation_purposes'),
    ]

    operations = [
        migrations.AddField(
            model_name='passkey',
            name='copied',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
