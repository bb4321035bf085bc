import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('reference', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('event_id', models.UUIDField(db_index=True)),
                ('at', models.DateTimeField()),
                ('tries', models.SmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('readers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ref', models.CharField(max_length=24)),
                ('label', models.CharField(blank=True, max_length=80)),
                ('kind', models.CharField(choices=[('surveillance', 'surveillance'), ('purchase', 'achat'), ('search', 'perquisition'), ('arrest', 'interpellation'), ('control', 'opération de contrôle'), ('sensitive', 'événement sensible')], max_length=16)),
                ('shape', models.CharField(choices=[('point', "autour d'un point"), ('commune', 'dans une commune'), ('corridor', "le long d'un trajet")], max_length=8)),
                ('legs', models.JSONField()),
                ('radius_m', models.PositiveIntegerField(default=0)),
                ('commune_code', models.CharField(max_length=5)),
                ('in_town', models.BooleanField()),
                ('zone', models.CharField(max_length=32)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('armed', models.BooleanField()),
                ('existence', models.CharField(choices=[('both', 'les deux services sont avertis'), ('holder_only', 'notre service seul est averti'), ('nobody', "personne n'est averti")], default='both', max_length=12)),
                ('purpose', models.CharField(choices=[('judicial_inquiry', 'Enquête judiciaire'), ('criminal_intelligence', 'Renseignement criminel'), ('coordination', 'Coordination des services'), ('judicial_direction', "Direction d'enquête par l'autorité judiciaire"), ('duty', 'Permanence opérationnelle'), ('oversight', 'Contrôle et protection des données'), ('administration', 'Administration technique et habilitations')], max_length=32)),
                ('concerns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('author_id', models.UUIDField()),
                ('state', models.CharField(choices=[('PLANNED', 'prévu'), ('CHANGED', 'modifié'), ('UNDER_WAY', 'en cours'), ('OVER', 'terminé'), ('CANCELLED', 'annulé')], default='PLANNED', max_length=12)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('motive', models.CharField(blank=True, max_length=300)),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['owner_unit', 'starts_at'], name='operations_event_calendar')],
                'constraints': [models.UniqueConstraint(fields=('owner_unit', 'ref'), name='operations_event_ref'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='operations_event_window')],
            },
        ),
    ]
