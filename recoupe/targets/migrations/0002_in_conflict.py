from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('targets', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='registeredtarget',
            index=models.Index(condition=models.Q(('state', 'CONFLICT')), fields=['id'], name='targets_registered_conflict'),
        ),
    ]
