import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('cases', '0001_squashed'),
        ('reference', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseReminder',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='cases.case')),
                ('at', models.DateTimeField()),
                ('times', models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                'db_table': 'targets_casereminder',
            },
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('target_id', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
            ],
            options={
                'db_table': 'targets_outbox',
                'indexes': [models.Index(fields=['at'], name='targets_outbox_at')],
            },
        ),
        migrations.CreateModel(
            name='RegisteredTarget',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('readers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ref', models.CharField(max_length=24)),
                ('legal_framework', models.CharField(choices=[('flagrance', 'enquête de flagrance'), ('preliminary', 'enquête préliminaire'), ('commission', 'commission rogatoire'), ('customs', 'enquête douanière')], max_length=12)),
                ('articles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('CP 222-34', '222-34 du code pénal'), ('CP 222-35', '222-35 du code pénal'), ('CP 222-36', '222-36 du code pénal'), ('CP 222-37', '222-37 du code pénal'), ('CP 222-39', '222-39 du code pénal'), ('CSP L5432-1', 'L. 5432-1 du code de la santé publique'), ('CD 38', '38 du code des douanes'), ('CD 414', '414 du code des douanes'), ('CD 417', '417 du code des douanes'), ('CD 419', '419 du code des douanes'), ('CD 426', '426 du code des douanes'), ('CD 428', '428 du code des douanes')], max_length=12), size=None)),
                ('surname', models.CharField(blank=True, max_length=120)),
                ('first_names', models.CharField(blank=True, max_length=120)),
                ('nickname', models.CharField(blank=True, max_length=120)),
                ('alias', models.CharField(blank=True, max_length=120)),
                ('sex', models.CharField(blank=True, choices=[('M', 'masculin'), ('F', 'féminin'), ('X', 'non connu')], max_length=1)),
                ('birth_date', models.DateField(blank=True, null=True)),
                ('birth_place', models.CharField(blank=True, max_length=120)),
                ('addresses', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('emails', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None)),
                ('phones', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('imeis', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('vehicle_makes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('vehicle_plates', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('investigator_name', models.CharField(blank=True, max_length=120)),
                ('investigator_contact', models.CharField(blank=True, max_length=120)),
                ('magistrate_name', models.CharField(blank=True, max_length=120)),
                ('magistrate_contact', models.CharField(blank=True, max_length=120)),
                ('state', models.CharField(choices=[('REQUESTED', 'Demandée'), ('CHECKED', 'Vérifiée'), ('REFUSED', 'Refusée'), ('REGISTERED', 'Inscrite'), ('CONFLICT', 'En conflit'), ('ACTIVE', 'Active'), ('PROCEDURE_ENDED', 'Procédure terminée'), ('EXPIRED', 'Échue'), ('ERASED', 'Effacée')], default='REQUESTED', max_length=16)),
                ('state_since', models.DateTimeField()),
                ('steps', models.PositiveIntegerField(default=1)),
                ('requested_by_id', models.UUIDField()),
                ('purpose', models.CharField(choices=[('judicial_inquiry', 'Enquête judiciaire'), ('criminal_intelligence', 'Renseignement criminel'), ('coordination', 'Coordination des services'), ('judicial_direction', "Direction d'enquête par l'autorité judiciaire"), ('duty', 'Permanence opérationnelle'), ('oversight', 'Contrôle et protection des données'), ('administration', 'Administration technique et habilitations')], max_length=40)),
                ('motive', models.CharField(blank=True, max_length=500)),
                ('registered_at', models.DateTimeField(null=True)),
                ('expires_on', models.DateField(null=True)),
                ('reminders', models.PositiveSmallIntegerField(default=0)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('renews', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='targets.registeredtarget')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['case'], name='targets_registered_case'), models.Index(condition=models.Q(('state__in', ['ACTIVE', 'CONFLICT', 'REGISTERED'])), fields=['expires_on'], name='targets_registered_term')],
                'constraints': [models.UniqueConstraint(fields=('ref', 'owner_unit'), name='targets_registeredtarget_ref'), models.CheckConstraint(condition=models.Q(models.Q(('birth_date__isnull', True), ('first_names', ''), ('state', 'ERASED'), ('surname', '')), models.Q(models.Q(('state', 'ERASED'), _negated=True), models.Q(('surname', ''), _negated=True)), _connector='OR'), name='targets_registeredtarget_erased'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['ACTIVE', 'CONFLICT', 'REGISTERED']), _negated=True), models.Q(('expires_on__isnull', False), ('registered_at__isnull', False)), _connector='OR'), name='targets_registeredtarget_term'), models.CheckConstraint(condition=models.Q(('renews__isnull', True), models.Q(models.Q(('renews', models.F('id')), _negated=True), models.Q(('motive', ''), _negated=True)), ('state', 'ERASED'), _connector='OR'), name='targets_registeredtarget_renewed')],
            },
        ),
        migrations.CreateModel(
            name='TargetStep',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('step', models.PositiveIntegerField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('doer', models.CharField(choices=[('unit', 'service'), ('manager', 'gestionnaire du FNOS'), ('matcher', 'comparaison'), ('retention', 'effacement')], max_length=10)),
                ('actor_id', models.UUIDField(null=True)),
                ('unit_code', models.CharField(blank=True, max_length=16)),
                ('from_state', models.CharField(blank=True, choices=[('REQUESTED', 'Demandée'), ('CHECKED', 'Vérifiée'), ('REFUSED', 'Refusée'), ('REGISTERED', 'Inscrite'), ('CONFLICT', 'En conflit'), ('ACTIVE', 'Active'), ('PROCEDURE_ENDED', 'Procédure terminée'), ('EXPIRED', 'Échue'), ('ERASED', 'Effacée')], max_length=16)),
                ('to_state', models.CharField(choices=[('REQUESTED', 'Demandée'), ('CHECKED', 'Vérifiée'), ('REFUSED', 'Refusée'), ('REGISTERED', 'Inscrite'), ('CONFLICT', 'En conflit'), ('ACTIVE', 'Active'), ('PROCEDURE_ENDED', 'Procédure terminée'), ('EXPIRED', 'Échue'), ('ERASED', 'Effacée')], max_length=16)),
                ('motive', models.CharField(blank=True, max_length=500)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='targets.registeredtarget')),
            ],
            options={
                'db_table': 'targets_targetstep',
                'ordering': ['target', 'step'],
                'constraints': [models.UniqueConstraint(fields=('target', 'step'), name='targets_targetstep_once')],
            },
        ),
    ]
