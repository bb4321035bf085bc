import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('coordination', '0001_initial'),
        ('coordination', '0002_ref_by_unit'),
        ('coordination', '0003_one_word_for_a_hit'),
    ]

    initial = True

    dependencies = [
        ('reference', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=[('validated', 'Validé'), ('refused', 'Refusé')], max_length=12)),
                ('decided_by_id', models.UUIDField()),
                ('decided_by_name', models.CharField(max_length=120)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reference', models.CharField(blank=True, max_length=40)),
                ('motive', models.CharField(blank=True, max_length=500)),
                ('court', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('reference__gt', ''), ('verdict', 'validated')), models.Q(('motive__gt', ''), ('verdict', 'refused')), _connector='OR'), name='coordination_decision_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Objective',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('readers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ref', models.CharField(max_length=24)),
                ('title', models.CharField(max_length=120)),
                ('summary', models.TextField(max_length=4000)),
                ('origin_kind', models.CharField(choices=[('hit', 'Recoupement'), ('dealpoint', 'Point de deal')], max_length=12)),
                ('origin_id', models.UUIDField()),
                ('origin_ref', models.CharField(blank=True, max_length=24)),
                ('commune_code', models.CharField(max_length=5)),
                ('departments', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), size=None)),
                ('cells', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('state', models.CharField(choices=[('PROPOSED', 'Proposé'), ('EXAMINED', 'Examiné'), ('TO_PROSECUTOR', 'Transmis au parquet'), ('VALIDATED', 'Validé'), ('REFUSED', 'Refusé'), ('ALLOCATED', 'Attribué'), ('UNDER_INVESTIGATION', 'En enquête'), ('SUSPENDED', 'Suspendu'), ('OPERATION_PLANNED', 'Opération prévue'), ('EXECUTED', 'Opération menée'), ('JUDICIAL_OUTCOME', 'Suites judiciaires'), ('FOLLOW_UP', 'Suivi'), ('CLOSED', 'Clos'), ('REOPENED', 'Rouvert'), ('ABANDONED', 'Abandonné')], max_length=20)),
                ('state_since', models.DateTimeField()),
                ('steps', models.PositiveIntegerField(default=1)),
                ('proposed_by_id', models.UUIDField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('co_services', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('deadline', models.DateField(null=True)),
                ('financial', models.CharField(blank=True, choices=[('opened', 'Enquête patrimoniale ouverte'), ('declined', "Pas d'enquête patrimoniale, motivé")], max_length=12)),
                ('financial_motive', models.CharField(blank=True, max_length=300)),
                ('operation_ref', models.CharField(blank=True, max_length=40)),
                ('operation_on', models.DateField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('deferred', 'Déferrement'), ('immediate_trial', 'Comparution immédiate'), ('investigation', 'Information judiciaire'), ('detention', 'Détention provisoire'), ('judgment', 'Jugement'), ('confiscation', 'Confiscation'), ('dismissed', 'Classement sans suite')], max_length=20)),
                ('outcome_on', models.DateField(null=True)),
                ('closing_motive', models.CharField(blank=True, max_length=500)),
                ('court', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='coordination.decision')),
                ('lead', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['deadline'], name='coordination_objective_due')],
                'constraints': [models.UniqueConstraint(fields=('ref', 'owner_unit'), name='coordination_objective_ref'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['ALLOCATED', 'CLOSED', 'EXECUTED', 'FOLLOW_UP', 'JUDICIAL_OUTCOME', 'OPERATION_PLANNED', 'SUSPENDED', 'UNDER_INVESTIGATION']), _negated=True), models.Q(('deadline__isnull', False), ('decision__isnull', False), ('financial__gt', ''), ('lead__isnull', False)), _connector='OR'), name='coordination_objective_allocated'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'VALIDATED'), _negated=True), ('decision__isnull', False), _connector='OR'), name='coordination_objective_validated'), models.CheckConstraint(condition=models.Q(('lead__isnull', True), ('decision__isnull', False), _connector='OR'), name='coordination_objective_lead_after_decision'), models.CheckConstraint(condition=models.Q(models.Q(('financial', 'declined'), _negated=True), ('financial_motive__gt', ''), _connector='OR'), name='coordination_objective_financial'), models.CheckConstraint(condition=models.Q(('state__in', ['PROPOSED', 'EXAMINED', 'ABANDONED']), ('sent_at__isnull', False), _connector='OR'), name='coordination_objective_sent'), models.UniqueConstraint(condition=models.Q(('state__in', ['ABANDONED', 'CLOSED', 'REFUSED']), _negated=True), fields=('owner_unit', 'origin_kind', 'origin_id'), name='coordination_objective_one_live')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor_id', models.UUIDField()),
                ('unit_code', models.CharField(max_length=16)),
                ('from_state', models.CharField(blank=True, choices=[('PROPOSED', 'Proposé'), ('EXAMINED', 'Examiné'), ('TO_PROSECUTOR', 'Transmis au parquet'), ('VALIDATED', 'Validé'), ('REFUSED', 'Refusé'), ('ALLOCATED', 'Attribué'), ('UNDER_INVESTIGATION', 'En enquête'), ('SUSPENDED', 'Suspendu'), ('OPERATION_PLANNED', 'Opération prévue'), ('EXECUTED', 'Opération menée'), ('JUDICIAL_OUTCOME', 'Suites judiciaires'), ('FOLLOW_UP', 'Suivi'), ('CLOSED', 'Clos'), ('REOPENED', 'Rouvert'), ('ABANDONED', 'Abandonné')], max_length=20)),
                ('to_state', models.CharField(choices=[('PROPOSED', 'Proposé'), ('EXAMINED', 'Examiné'), ('TO_PROSECUTOR', 'Transmis au parquet'), ('VALIDATED', 'Validé'), ('REFUSED', 'Refusé'), ('ALLOCATED', 'Attribué'), ('UNDER_INVESTIGATION', 'En enquête'), ('SUSPENDED', 'Suspendu'), ('OPERATION_PLANNED', 'Opération prévue'), ('EXECUTED', 'Opération menée'), ('JUDICIAL_OUTCOME', 'Suites judiciaires'), ('FOLLOW_UP', 'Suivi'), ('CLOSED', 'Clos'), ('REOPENED', 'Rouvert'), ('ABANDONED', 'Abandonné')], max_length=20)),
                ('motive', models.CharField(blank=True, max_length=500)),
                ('objective', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='history', to='coordination.objective')),
            ],
            options={
                'ordering': ['objective', 'number'],
                'constraints': [models.UniqueConstraint(fields=('objective', 'number'), name='coordination_step_once'), models.CheckConstraint(condition=models.Q(('from_state', models.F('to_state')), _negated=True), name='coordination_step_moves')],
            },
        ),
        migrations.AddField(
            model_name='decision',
            name='objective',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='coordination.objective'),
        ),
    ]
