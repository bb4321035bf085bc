import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('access', '0001_initial'),
        ('access', '0002_cell_services'),
        ('access', '0003_agent_placed'),
        ('access', '0004_passkeys'),
        ('access', '0005_inspection'),
        ('access', '0006_no_passwords'),
        ('access', '0007_session_oidc'),
        ('access', '0008_refusals_counted'),
        ('access', '0009_habilitation_purposes'),
        ('access', '0010_passkey_copied'),
        ('access', '0011_passkey_backup'),
        ('access', '0012_registry_manager'),
    ]

    initial = True

    dependencies = [
        ('reference', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Challenge',
            fields=[
                ('challenge_hash', models.BinaryField(primary_key=True, serialize=False)),
                ('use', models.CharField(max_length=8)),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Agent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('login', models.CharField(max_length=64, unique=True)),
                ('display_name', models.CharField(max_length=120)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('placed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('record_kind', models.CharField(max_length=16)),
                ('record_id', models.UUIDField(db_index=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ground', models.CharField(max_length=120)),
                ('handling', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), default=list, size=None)),
                ('grading', models.CharField(blank=True, max_length=8)),
                ('last_verified', models.DateField(null=True)),
                ('from_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('to_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
        ),
        migrations.CreateModel(
            name='EnrolmentCode',
            fields=[
                ('code_hash', models.BinaryField(primary_key=True, serialize=False)),
                ('issued_by', models.UUIDField()),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
            ],
            options={
                'db_table': 'access_enrolmentcode',
            },
        ),
        migrations.CreateModel(
            name='FeedEntry',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'kind', 'at', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.BigIntegerField()),
                ('kind', models.SmallIntegerField(choices=[(1, 'report'), (2, 'hit'), (3, 'contact'), (4, 'dealpoint'), (5, 'objective'), (6, 'notice'), (7, 'target')])),
                ('at', models.DateTimeField()),
                ('id', models.UUIDField()),
            ],
            options={
                'db_table': 'access_feed',
                'indexes': [models.Index(fields=['id'], name='access_feed_object')],
            },
        ),
        migrations.CreateModel(
            name='Mandate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('task', models.CharField(max_length=64)),
                ('purpose', models.CharField(choices=[('judicial_inquiry', 'Enquête judiciaire'), ('criminal_intelligence', 'Renseignement criminel'), ('coordination', 'Coordination des services'), ('judicial_direction', "Direction d'enquête par l'autorité judiciaire"), ('duty', 'Permanence opérationnelle'), ('oversight', 'Contrôle et protection des données'), ('administration', 'Administration technique et habilitations')], max_length=32)),
                ('motive', models.CharField(blank=True, max_length=300)),
                ('case_ref', models.CharField(blank=True, max_length=64)),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.agent')),
            ],
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('credential_id', models.BinaryField(unique=True)),
                ('public_key', models.BinaryField()),
                ('sign_count', models.BigIntegerField(default=0)),
                ('name', models.CharField(max_length=64)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('copied', models.BooleanField(db_default=False, default=False)),
                ('backup', models.CharField(blank=True, choices=[('NONE', 'reste dans son appareil'), ('POSSIBLE', 'peut être recopiée par son fabricant'), ('DONE', 'recopiée par son fabricant')], db_default='', default='', max_length=8)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
            ],
        ),
        migrations.CreateModel(
            name='RoleCapacity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('investigator', 'Enquêteur'), ('unit_head', "Chef d'unité"), ('duty_officer', 'Permanence'), ('cross_analyst', 'Analyste CROSS'), ('cross_head', 'Chef de CROSS'), ('ofast_analyst', 'Analyste OFAST'), ('registry_manager', 'Gestionnaire du FNOS'), ('prosecutor', 'Magistrat du parquet'), ('examining_judge', "Juge d'instruction"), ('dpo', 'Délégué à la protection des données'), ('inspection', 'Inspection'), ('sysadmin', 'Administrateur technique'), ('designating_authority', "Autorité d'habilitation")], max_length=32)),
                ('scope', models.CharField(max_length=8)),
                ('capacity', models.CharField(choices=[('unit', "membre de l'unité"), ('head', "chef de l'unité"), ('duty', "permanence de l'unité"), ('cell', 'analyste de la cellule'), ('cell_head', 'chef de la cellule'), ('office', "analyste de l'office"), ('registry', 'gestionnaire du FNOS'), ('territory', 'services du territoire de la cellule'), ('prosecutor', 'parquet de la juridiction'), ('judge', 'juge de la juridiction'), ('agent', 'agent lui-même')], max_length=16)),
            ],
            options={
                'db_table': 'access_rolecapacity',
                'constraints': [models.UniqueConstraint(fields=('role', 'scope', 'capacity'), name='access_rolecapacity_once')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('token_hash', models.BinaryField(primary_key=True, serialize=False)),
                ('opened_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('purpose', models.CharField(blank=True, choices=[('judicial_inquiry', 'Enquête judiciaire'), ('criminal_intelligence', 'Renseignement criminel'), ('coordination', 'Coordination des services'), ('judicial_direction', "Direction d'enquête par l'autorité judiciaire"), ('duty', 'Permanence opérationnelle'), ('oversight', 'Contrôle et protection des données'), ('administration', 'Administration technique et habilitations')], max_length=32)),
                ('motive', models.CharField(blank=True, max_length=300)),
                ('case_ref', models.CharField(blank=True, max_length=64)),
                ('how', models.CharField(blank=True, choices=[('passkey', "Clé d'accès"), ('made', 'Page de la démonstration'), ('set-up', 'Mise en place'), ('oidc', "Fournisseur d'identité")], default='', max_length=8)),
                ('client', models.BinaryField(null=True)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('proven_at', models.DateTimeField(null=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.agent')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
        ),
        migrations.CreateModel(
            name='CellService',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.BigIntegerField(editable=False, unique=True)),
                ('cell_key', models.BigIntegerField(editable=False)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('decided_by', models.UUIDField()),
                ('decided_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=300)),
                ('ended_by', models.UUIDField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('end_reason', models.CharField(blank=True, default='', max_length=300)),
                ('spread_at', models.DateTimeField(null=True)),
                ('cleared_at', models.DateTimeField(null=True)),
                ('at_table', models.CharField(blank=True, default='', max_length=63)),
                ('at_row', models.UUIDField(null=True)),
                ('rows_seen', models.BigIntegerField(default=0)),
                ('rows_in_all', models.BigIntegerField(default=0)),
                ('cell', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'db_table': 'access_cellservice',
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='access_cellservice_period')],
            },
        ),
        migrations.CreateModel(
            name='Habilitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('investigator', 'Enquêteur'), ('unit_head', "Chef d'unité"), ('duty_officer', 'Permanence'), ('cross_analyst', 'Analyste CROSS'), ('cross_head', 'Chef de CROSS'), ('ofast_analyst', 'Analyste OFAST'), ('registry_manager', 'Gestionnaire du FNOS'), ('prosecutor', 'Magistrat du parquet'), ('examining_judge', "Juge d'instruction"), ('dpo', 'Délégué à la protection des données'), ('inspection', 'Inspection'), ('sysadmin', 'Administrateur technique'), ('designating_authority', "Autorité d'habilitation")], max_length=32)),
                ('designated_by', models.CharField(max_length=120)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('judicial_inquiry', 'Enquête judiciaire'), ('criminal_intelligence', 'Renseignement criminel'), ('coordination', 'Coordination des services'), ('judicial_direction', "Direction d'enquête par l'autorité judiciaire"), ('duty', 'Permanence opérationnelle'), ('oversight', 'Contrôle et protection des données'), ('administration', 'Administration technique et habilitations')], max_length=32), size=None)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='habilitations', to='access.agent')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['agent'], name='access_habilitation_agent')],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='access_habilitation_period')],
            },
        ),
        migrations.CreateModel(
            name='SignInFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
                ('place', models.CharField(blank=True, db_default='', default='', max_length=8)),
                ('tries', models.BigIntegerField(db_default=0, default=0)),
                ('passkey', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.passkey')),
            ],
            options={
                'db_table': 'access_signinfailure',
                'indexes': [models.Index(fields=['passkey', 'at'], name='access_signinfailure_recent')],
            },
        ),
    ]
