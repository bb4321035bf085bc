import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('cases', '0001_initial'),
        ('cases', '0002_magistrate_change'),
    ]

    initial = True

    dependencies = [
        ('reference', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('readers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('number', models.CharField(max_length=40)),
                ('parquet_number', models.CharField(blank=True, max_length=40)),
                ('magistrate_id', models.UUIDField()),
                ('legal_framework', models.CharField(choices=[('flagrance', 'enquête de flagrance'), ('preliminary', 'enquête préliminaire'), ('commission', 'commission rogatoire'), ('customs', 'enquête douanière')], max_length=12)),
                ('offences', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), blank=True, default=list, size=None)),
                ('opened_on', models.DateField()),
                ('closed_on', models.DateField(blank=True, null=True)),
                ('state', models.CharField(choices=[('OPEN', 'en cours'), ('CLOSED', 'close')], default='OPEN', max_length=8)),
                ('court', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['magistrate_id'], name='cases_case_magistrate')],
                'constraints': [models.UniqueConstraint(fields=('owner_unit', 'number'), name='cases_case_number'), models.CheckConstraint(condition=models.Q(models.Q(('closed_on__isnull', True), ('state', 'OPEN')), models.Q(('closed_on__gte', models.F('opened_on')), ('state', 'CLOSED')), _connector='OR'), name='cases_case_closed')],
            },
        ),
        migrations.CreateModel(
            name='MagistrateChange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('actor_id', models.UUIDField()),
                ('former_id', models.UUIDField()),
                ('magistrate_id', models.UUIDField()),
                ('reason', models.CharField(max_length=300)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='magistrate_changes', to='cases.case')),
            ],
            options={
                'db_table': 'cases_magistratechange',
            },
        ),
    ]
