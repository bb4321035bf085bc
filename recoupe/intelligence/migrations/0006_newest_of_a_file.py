
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intelligence', '0005_hit_is_recoupee'),
        ('reference', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='report',
            name='intelligence_report_import',
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('import_id__isnull', False)), fields=['import_id', 'state', '-collected_at', 'id'], name='intelligence_report_import'),
        ),
    ]
