import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.contrib.postgres.indexes
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('audit', '0001_initial'),
        ('audit', '0002_tree'),
        ('audit', '0003_opened'),
        ('audit', '0004_rules'),
        ('audit', '0005_opened_kind'),
        ('audit', '0006_tally'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('size', models.BigIntegerField(primary_key=True, serialize=False)),
                ('first_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('root', models.BinaryField()),
                ('note', models.TextField()),
            ],
            options={
                'db_table': 'audit_checkpoint',
            },
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('entry', models.BigIntegerField(unique=True)),
                ('hash', models.BinaryField()),
            ],
            options={
                'db_table': 'audit_leaf',
            },
        ),
        migrations.CreateModel(
            name='Node',
            fields=[
                ('pk', models.CompositePrimaryKey('level', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('level', models.SmallIntegerField()),
                ('number', models.BigIntegerField()),
                ('hash', models.BinaryField()),
            ],
            options={
                'db_table': 'audit_node',
            },
        ),
        migrations.CreateModel(
            name='TallyMark',
            fields=[
                ('upto', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
            options={
                'db_table': 'audit_tallymark',
            },
        ),
        migrations.CreateModel(
            name='Unsequenced',
            fields=[
                ('entry', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
            options={
                'db_table': 'audit_unsequenced',
            },
        ),
        migrations.CreateModel(
            name='Witness',
            fields=[
                ('name', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('public_key', models.BinaryField()),
                ('enrolled_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField(null=True)),
                ('size', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'audit_witness',
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('actor', models.UUIDField(null=True)),
                ('unit', models.UUIDField(null=True)),
                ('purpose', models.CharField(max_length=32)),
                ('motive', models.CharField(max_length=300)),
                ('case_ref', models.CharField(max_length=64)),
                ('service', models.CharField(max_length=64)),
                ('operation', models.CharField(choices=[('collect', 'Collecte'), ('modify', 'Modification'), ('consult', 'Consultation'), ('search', 'Recherche'), ('disclose', 'Communication'), ('combine', 'Recoupement'), ('erase', 'Effacement'), ('export', 'Export'), ('print', 'Impression'), ('refused', 'Tentative refusée'), ('sign_in', 'Connexion'), ('sign_out', 'Déconnexion'), ('purpose', 'Déclaration de finalité'), ('configure', 'Habilitation ou paramétrage')], max_length=16)),
                ('refs', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('details', models.JSONField()),
                ('recipient', models.UUIDField(null=True)),
                ('result_count', models.IntegerField(null=True)),
                ('salt', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4)),
            ],
            options={
                'db_table': 'audit_entry',
                'indexes': [django.contrib.postgres.indexes.BrinIndex(fields=['at'], name='audit_entry_at'), models.Index(fields=['actor', '-id'], name='audit_entry_actor'), django.contrib.postgres.indexes.GinIndex(fields=['refs'], name='audit_entry_refs'), models.Index(condition=models.Q(('operation', 'configure')), fields=['-id'], name='audit_entry_configure'), models.Index(models.F('refs__0'), models.F('at'), condition=models.Q(('operation__in', ('consult', 'print', 'export'))), name='audit_entry_read'), models.Index(models.Func(models.F('refs__0'), models.Value(':'), models.Value(1), function='split_part', output_field=models.TextField()), models.F('at'), condition=models.Q(('operation__in', ('consult', 'print', 'export'))), name='audit_entry_opened')],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('unit', models.UUIDField(null=True)),
                ('purpose', models.CharField(max_length=32)),
                ('operation', models.CharField(max_length=16)),
                ('idle', models.BooleanField()),
                ('seeker', models.UUIDField(null=True)),
                ('entries', models.BigIntegerField()),
            ],
            options={
                'db_table': 'audit_tally',
                'constraints': [models.UniqueConstraint(fields=('day', 'unit', 'purpose', 'operation', 'idle', 'seeker'), name='audit_tally_once', nulls_distinct=False)],
            },
        ),
    ]
