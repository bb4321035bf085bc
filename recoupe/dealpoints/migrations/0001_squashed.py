import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('dealpoints', '0001_initial'),
        ('dealpoints', '0002_ref_by_unit'),
        ('dealpoints', '0003_evidence_by_service'),
    ]

    initial = True

    dependencies = [
        ('reference', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='DealPoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('readers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ref', models.CharField(max_length=24)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('street', 'Rue'), ('lobby', "Hall d'immeuble"), ('squat', 'Squat'), ('shop', 'Commerce'), ('delivery', 'Livraison à domicile'), ('online', 'En ligne'), ('stash', 'Culture ou cache')], max_length=16)),
                ('lon', models.FloatField()),
                ('lat', models.FloatField()),
                ('uncertainty_m', models.PositiveIntegerField()),
                ('cell_number', models.IntegerField()),
                ('commune_code', models.CharField(max_length=5)),
                ('departments', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), size=None)),
                ('cells', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('products', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None)),
                ('hours', models.CharField(blank=True, max_length=200)),
                ('violence', models.BooleanField(default=False)),
                ('minors_present', models.BooleanField(default=False)),
                ('roles_seen', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), default=list, size=None)),
                ('state', models.CharField(choices=[('REPORTED', 'Signalé'), ('TO_VERIFY', 'À vérifier'), ('ACTIVE', 'Actif'), ('TARGETED', 'Ciblé'), ('DISRUPTED', 'Perturbé'), ('DISMANTLED', 'Démantelé'), ('WATCH', 'Sous surveillance'), ('CLOSED', 'Clos'), ('REOCCUPIED', 'Réoccupé'), ('DUPLICATE', 'Doublon présumé'), ('MERGED', 'Fusionné'), ('DISPLACED', 'Déplacé'), ('REJECTED', 'Écarté')], max_length=16)),
                ('state_since', models.DateTimeField()),
                ('steps', models.PositiveIntegerField(default=1)),
                ('proposed_by_id', models.UUIDField()),
                ('first_confirmed_at', models.DateTimeField(null=True)),
                ('last_confirmed_at', models.DateTimeField(null=True)),
                ('dismantled_on', models.DateField(null=True)),
                ('reoccupation_count', models.PositiveSmallIntegerField(default=0)),
                ('merged_into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dealpoints.dealpoint')),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['cell_number'], name='dealpoints_dealpoint_map')],
                'constraints': [models.UniqueConstraint(fields=('ref', 'owner_unit'), name='dealpoints_dealpoint_ref'), models.CheckConstraint(condition=models.Q(('uncertainty_m__gte', 50), ('uncertainty_m__lte', 20000)), name='dealpoints_dealpoint_uncertainty'), models.CheckConstraint(condition=models.Q(('lat__gte', -90), ('lat__lte', 90), ('lon__gte', -180), ('lon__lte', 180)), name='dealpoints_dealpoint_on_earth'), models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('state__in', ['MERGED', 'DISPLACED', 'DUPLICATE'])), models.Q(models.Q(('state__in', ['MERGED', 'DISPLACED', 'DUPLICATE']), _negated=True), ('merged_into__isnull', True)), _connector='OR'), name='dealpoints_dealpoint_lives_on'), models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='dealpoints_dealpoint_not_itself')],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('readers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('record_kind', models.CharField(max_length=16)),
                ('record_id', models.UUIDField()),
                ('source_kind', models.CharField(max_length=24)),
                ('at', models.DateTimeField()),
                ('brought_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='dealpoints.dealpoint')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['record_id'], name='dealpoints_evidence_record')],
                'constraints': [models.UniqueConstraint(fields=('point', 'record_kind', 'record_id', 'brought_by'), name='dealpoints_evidence_once')],
            },
        ),
        migrations.CreateModel(
            name='StateChange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('step', models.PositiveIntegerField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor_id', models.UUIDField()),
                ('unit_code', models.CharField(max_length=16)),
                ('from_state', models.CharField(blank=True, choices=[('REPORTED', 'Signalé'), ('TO_VERIFY', 'À vérifier'), ('ACTIVE', 'Actif'), ('TARGETED', 'Ciblé'), ('DISRUPTED', 'Perturbé'), ('DISMANTLED', 'Démantelé'), ('WATCH', 'Sous surveillance'), ('CLOSED', 'Clos'), ('REOCCUPIED', 'Réoccupé'), ('DUPLICATE', 'Doublon présumé'), ('MERGED', 'Fusionné'), ('DISPLACED', 'Déplacé'), ('REJECTED', 'Écarté')], max_length=16)),
                ('to_state', models.CharField(choices=[('REPORTED', 'Signalé'), ('TO_VERIFY', 'À vérifier'), ('ACTIVE', 'Actif'), ('TARGETED', 'Ciblé'), ('DISRUPTED', 'Perturbé'), ('DISMANTLED', 'Démantelé'), ('WATCH', 'Sous surveillance'), ('CLOSED', 'Clos'), ('REOCCUPIED', 'Réoccupé'), ('DUPLICATE', 'Doublon présumé'), ('MERGED', 'Fusionné'), ('DISPLACED', 'Déplacé'), ('REJECTED', 'Écarté')], max_length=16)),
                ('motive', models.CharField(blank=True, max_length=500)),
                ('point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='dealpoints.dealpoint')),
            ],
            options={
                'db_table': 'dealpoints_statechange',
                'ordering': ['point', 'step'],
                'constraints': [models.UniqueConstraint(fields=('point', 'step'), name='dealpoints_statechange_once')],
            },
        ),
    ]
