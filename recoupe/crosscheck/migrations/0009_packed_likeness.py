"""The index of likeness packed into pages. What the former one held is entered again by the matcher (sweep)."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crosscheck', '0008_findings'),
    ]

    operations = [
        migrations.DeleteModel(name='IndexBlock'),
        migrations.DeleteModel(name='IndexSubject'),
        migrations.AddField(
            model_name='indexrecord',
            name='likeness',
            field=models.CharField(blank=True, db_default='', max_length=12),
        ),
        migrations.CreateModel(
            name='IndexSubject',
            fields=[
                ('id', models.IntegerField(primary_key=True, serialize=False)),
                ('sealed', models.BinaryField()),
                ('record', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subjects', to='crosscheck.indexrecord')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.HashIndex(fields=['record'], name='crosscheck_subject_of')],
            },
        ),
        migrations.CreateModel(
            name='IndexBlock',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'open', 'subject', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.BigIntegerField()),
                ('open', models.BooleanField()),
                ('subject', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='IndexPage',
            fields=[
                ('bucket', models.IntegerField(primary_key=True, serialize=False)),
                ('postings', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='IndexPart',
            fields=[
                ('part', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('postings', models.IntegerField()),
                ('full', models.JSONField(default=dict)),
                ('folded_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='IndexState',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('model', models.CharField(blank=True, db_default='', max_length=80)),
                ('mark', models.CharField(blank=True, db_default='', max_length=12)),
                ('last', models.IntegerField(db_default=0, default=0)),
                ('people', models.IntegerField(db_default=0, default=0)),
                ('fresh', models.IntegerField(db_default=0, default=0)),
                ('dropped', models.IntegerField(db_default=0, default=0)),
                ('purging', models.IntegerField(db_default=0, default=0)),
                ('part', models.IntegerField(null=True)),
                ('swept', models.SmallIntegerField(db_default=0, default=0)),
                ('whole_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='crosscheck_indexstate_one')],
            },
        ),
    ]
