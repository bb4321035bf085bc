import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('desk', '0001_initial'),
        ('desk', '0002_identity'),
        ('desk', '0003_one_identity_each'),
        ('desk', '0004_key_pace'),
    ]

    initial = True

    dependencies = [
        ('access', '0001_squashed'),
        ('reference', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('purpose', models.CharField(choices=[('judicial_inquiry', 'Enquête judiciaire'), ('criminal_intelligence', 'Renseignement criminel'), ('coordination', 'Coordination des services'), ('judicial_direction', "Direction d'enquête par l'autorité judiciaire"), ('duty', 'Permanence opérationnelle'), ('oversight', 'Contrôle et protection des données'), ('administration', 'Administration technique et habilitations')], max_length=32)),
                ('reason', models.CharField(max_length=300)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField()),
                ('state', models.CharField(choices=[('ASKED', 'à décider'), ('REFUSED', 'refusée'), ('AGREED', 'accordée, à retirer'), ('OPEN', 'en service'), ('REVOKED', 'retirée')], max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoke_reason', models.CharField(blank=True, default='', max_length=300)),
                ('key_hash', models.BinaryField(null=True, unique=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
                ('technical_agent', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'db_table': 'desk_servicekey',
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__gte', models.F('valid_from'))), name='desk_servicekey_period'), models.CheckConstraint(condition=models.Q(('answered_by__isnull', True), models.Q(('answered_by', models.F('asked_by')), _negated=True), _connector='OR'), name='desk_servicekey_two')],
            },
        ),
        migrations.CreateModel(
            name='KeyUse',
            fields=[
                ('pk', models.CompositePrimaryKey('key_id', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('uses', models.BigIntegerField(default=0)),
                ('minute', models.DateTimeField(null=True)),
                ('in_minute', models.PositiveIntegerField(default=0)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='desk.servicekey')),
            ],
            options={
                'db_table': 'desk_keyuse',
            },
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('issuer', models.CharField(max_length=200)),
                ('subject', models.CharField(max_length=255)),
                ('bound_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
                ('bound_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
            ],
            options={
                'db_table': 'desk_identity',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('issuer', 'subject'), name='desk_identity_once'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('agent', 'issuer'), name='desk_identity_one_each')],
            },
        ),
        migrations.CreateModel(
            name='Recovery',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('state', models.CharField(choices=[('ASKED', 'attend une seconde personne'), ('REFUSED', 'refusé'), ('AGREED', 'confirmé : code à remettre'), ('DONE', 'code remis')], max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
            ],
            options={
                'db_table': 'desk_recovery',
                'constraints': [models.CheckConstraint(condition=models.Q(('answered_by__isnull', True), models.Q(models.Q(('answered_by', models.F('asked_by')), _negated=True), models.Q(('answered_by', models.F('agent')), _negated=True)), _connector='OR'), name='desk_recovery_two')],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reviewed_at', models.DateTimeField()),
                ('habilitation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.habilitation')),
                ('reviewed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.agent')),
            ],
            options={
                'db_table': 'desk_review',
                'indexes': [models.Index(fields=['habilitation', 'reviewed_at'], name='desk_review_last')],
            },
        ),
    ]
