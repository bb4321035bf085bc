import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('notices', '0001_initial'),
        ('notices', '0002_due'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.BigIntegerField()),
                ('kind', models.CharField(max_length=32)),
                ('record_kind', models.CharField(max_length=16)),
                ('record_id', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['key', '-at', '-record_id'], name='notices_notice_waiting'), models.Index(condition=models.Q(('due_at__isnull', False), ('seen_at__isnull', True)), fields=['key', 'due_at'], name='notices_notice_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('seen_at__isnull', True)), fields=('key', 'record_id', 'kind'), name='notices_notice_once')],
            },
        ),
    ]
