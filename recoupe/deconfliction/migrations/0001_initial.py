import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('pk', models.CompositePrimaryKey('number', 'event_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
                ('event_id', models.UUIDField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Window',
            fields=[
                ('event_id', models.UUIDField(primary_key=True, serialize=False)),
                ('unit_id', models.UUIDField()),
                ('author_id', models.UUIDField()),
                ('purpose', models.CharField(max_length=32)),
                ('tells_self', models.BooleanField()),
                ('tells_other', models.BooleanField()),
                ('corridor', models.BooleanField()),
                ('in_town', models.BooleanField()),
                ('armed', models.BooleanField()),
                ('radius_m', models.PositiveIntegerField()),
                ('legs', models.JSONField()),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Conflict',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('low', models.UUIDField()),
                ('high', models.UUIDField(db_index=True)),
                ('starts_at', models.DateTimeField()),
                ('told_at', models.DateTimeField()),
                ('alerted_at', models.DateTimeField(null=True)),
                ('live', models.BooleanField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('alerted_at__isnull', True), ('live', True)), fields=['starts_at'], name='deconfliction_conflict_due')],
                'constraints': [models.UniqueConstraint(fields=('low', 'high'), name='deconfliction_conflict_once')],
            },
        ),
    ]
