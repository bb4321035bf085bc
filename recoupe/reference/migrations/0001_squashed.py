import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('reference', '0001_initial'),
        ('reference', '0002_declared_purpose'),
        ('reference', '0003_offence'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Region',
            fields=[
                ('code', models.CharField(max_length=3, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('code', models.CharField(max_length=3, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('of_name', models.CharField(max_length=70)),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.region')),
            ],
        ),
        migrations.CreateModel(
            name='Commune',
            fields=[
                ('code', models.CharField(max_length=5, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('name_key', models.CharField(max_length=60)),
                ('population', models.PositiveIntegerField()),
                ('postal_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), size=None)),
                ('lon', models.FloatField(null=True)),
                ('lat', models.FloatField(null=True)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.department')),
            ],
            options={
                'indexes': [models.Index(fields=['name_key'], name='reference_commune_name', opclasses=['text_pattern_ops']), django.contrib.postgres.indexes.GinIndex(fields=['postal_codes'], name='reference_commune_postal')],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='reference_commune_dates')],
            },
        ),
        migrations.CreateModel(
            name='DefenceZone',
            fields=[
                ('code', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('seat', models.CharField(max_length=60)),
                ('metropolitan', models.BooleanField()),
                ('departments', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), size=None)),
            ],
        ),
        migrations.CreateModel(
            name='LoadedFile',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('code', models.CharField(max_length=30, primary_key=True, serialize=False)),
                ('label', models.CharField(max_length=60)),
                ('label_en', models.CharField(max_length=60)),
                ('family', models.CharField(max_length=30)),
                ('canonical_unit', models.CharField(max_length=10)),
                ('legal_class', models.CharField(max_length=30)),
            ],
        ),
        migrations.CreateModel(
            name='Arrondissement',
            fields=[
                ('code', models.CharField(max_length=5, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('name_key', models.CharField(max_length=60)),
                ('population', models.PositiveIntegerField()),
                ('postal_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), size=None)),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.commune')),
            ],
        ),
        migrations.CreateModel(
            name='FormerCommune',
            fields=[
                ('code', models.CharField(max_length=5, primary_key=True, serialize=False)),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.commune')),
            ],
        ),
        migrations.CreateModel(
            name='InterconnectionAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_a', models.CharField(choices=[('reports', 'renseignements'), ('registry', 'fichier national des objectifs'), ('events', 'événements'), ('public_reports', 'signalements du public'), ('seizures', 'saisies')], max_length=20)),
                ('file_b', models.CharField(choices=[('reports', 'renseignements'), ('registry', 'fichier national des objectifs'), ('events', 'événements'), ('public_reports', 'signalements du public'), ('seizures', 'saisies')], max_length=20)),
                ('purpose', models.CharField(blank=True, choices=[('judicial_inquiry', 'Enquête judiciaire'), ('criminal_intelligence', 'Renseignement criminel'), ('coordination', 'Coordination des services'), ('judicial_direction', "Direction d'enquête par l'autorité judiciaire"), ('duty', 'Permanence opérationnelle'), ('oversight', 'Contrôle et protection des données'), ('administration', 'Administration technique et habilitations')], max_length=40)),
                ('effect', models.CharField(choices=[('existence', 'existence seule'), ('content_on_release', 'contenu après accord'), ('forbidden', 'interdit')], max_length=20)),
                ('legal_ref', models.CharField(max_length=200)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('invented', models.BooleanField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='reference_interconnectionact_dates'), models.CheckConstraint(condition=models.Q(('purpose__in', ['', 'judicial_inquiry', 'criminal_intelligence', 'coordination', 'judicial_direction', 'duty', 'oversight', 'administration'])), name='reference_interconnectionact_purpose'), models.UniqueConstraint(fields=('file_a', 'file_b', 'purpose', 'valid_from'), name='reference_interconnectionact_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='LegalParameter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_code', models.CharField(max_length=60)),
                ('value', models.DecimalField(decimal_places=3, max_digits=12)),
                ('unit', models.CharField(max_length=12)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('legal_ref', models.CharField(max_length=200)),
                ('invented', models.BooleanField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='reference_legalparameter_dates'), models.UniqueConstraint(fields=('rule_code', 'valid_from'), name='reference_legalparameter_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Measure',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('objective', models.PositiveSmallIntegerField()),
                ('measure_class', models.CharField(choices=[('CORE', 'portée par le logiciel'), ('SUPP', 'soutenue par le logiciel'), ('TRACK', 'suivie au tableau')], max_length=5)),
                ('title_fr', models.CharField(max_length=120)),
                ('title_en', models.CharField(max_length=120)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('number__range', (1, 55))), name='reference_measure_number'), models.CheckConstraint(condition=models.Q(('objective__range', (1, 6))), name='reference_measure_objective')],
            },
        ),
        migrations.CreateModel(
            name='Offence',
            fields=[
                ('code', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('label', models.CharField(max_length=160)),
                ('label_en', models.CharField(max_length=160)),
                ('article', models.CharField(max_length=40)),
                ('registry', models.BooleanField()),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('origin', models.CharField(max_length=200)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='reference_offence_dates')],
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=16, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('office', 'office central'), ('post', 'poste de direction'), ('pole', 'pôle'), ('antenna', 'antenne'), ('detachment', 'détachement'), ('cross', 'cellule de renseignement (CROSS)'), ('police_unit', 'service de police'), ('gendarmerie_unit', 'unité de gendarmerie'), ('customs_unit', 'service des douanes'), ('court', 'tribunal judiciaire'), ('specialised_court', 'juridiction spécialisée'), ('prefecture', 'préfecture'), ('partner', 'partenaire'), ('ministry', "personnels d'un ministère"), ('inspection', "service d'inspection"), ('source_bureau', 'bureau central des sources')], max_length=20)),
                ('service', models.CharField(choices=[('police', 'police nationale'), ('gendarmerie', 'gendarmerie nationale'), ('customs', 'douanes'), ('justice', 'justice'), ('interministerial', 'interministériel'), ('prefecture', 'préfecture'), ('municipal', 'police municipale'), ('landlord', 'bailleur social'), ('transport', 'transports urbains'), ('defence', 'armées'), ('foreign_affairs', 'affaires étrangères')], max_length=20)),
                ('departments', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), default=list, size=None)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('opens_on', models.DateField(blank=True, null=True)),
                ('permanent', models.BooleanField(default=True)),
                ('contact_name', models.CharField(max_length=80)),
                ('contact_phone', models.CharField(max_length=20)),
                ('contact_email', models.CharField(max_length=80)),
                ('contact_choice', models.CharField(choices=[('self', 'le service lui-même'), ('cell', 'sa CROSS'), ('office', "l'OFAST")], default='self', max_length=8)),
                ('silent', models.BooleanField(default=False)),
                ('origin', models.CharField(max_length=120)),
                ('invented', models.BooleanField()),
                ('cell', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['kind'], name='reference_unit_kind')],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='reference_unit_dates'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['inspection', 'source_bureau']), _negated=True), ('silent', True), _connector='OR'), name='reference_unit_silent')],
            },
        ),
        migrations.CreateModel(
            name='CourtArea',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.commune')),
                ('court', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reference.unit')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='reference_courtarea_dates'), models.UniqueConstraint(fields=('court', 'commune', 'valid_from'), name='reference_courtarea_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='CommuneOutline',
            fields=[
                ('minx', models.FloatField()),
                ('miny', models.FloatField()),
                ('maxx', models.FloatField()),
                ('maxy', models.FloatField()),
                ('wkb', models.BinaryField()),
                ('commune', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='reference.commune')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GistIndex(models.Func(models.Func('maxx', 'maxy', function='point'), models.Func('minx', 'miny', function='point'), function='box'), name='reference_commune_box')],
            },
        ),
        migrations.CreateModel(
            name='DepartmentOutline',
            fields=[
                ('minx', models.FloatField()),
                ('miny', models.FloatField()),
                ('maxx', models.FloatField()),
                ('maxy', models.FloatField()),
                ('wkb', models.BinaryField()),
                ('department', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='reference.department')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GistIndex(models.Func(models.Func('maxx', 'maxy', function='point'), models.Func('minx', 'miny', function='point'), function='box'), name='reference_department_box')],
            },
        ),
    ]
