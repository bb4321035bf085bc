from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0003_one_identity_each'),
    ]

    operations = [
        migrations.AddField(
            model_name='keyuse',
            name='in_minute',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='keyuse',
            name='minute',
            field=models.DateTimeField(null=True),
        ),
    ]
