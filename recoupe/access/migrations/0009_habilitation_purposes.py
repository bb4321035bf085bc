"""A designation names its purposes; one of before has those of its role.

The column is filled by a change of its type: row security and the journal's trigger hold the owner too, and no row may
be without it for a moment.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

CHOICES = [
    ("judicial_inquiry", "Enquête judiciaire"),
    ("criminal_intelligence", "Renseignement criminel"),
    ("coordination", "Coordination des services"),
    ("judicial_direction", "Direction d'enquête par l'autorité judiciaire"),
    ("duty", "Permanence opérationnelle"),
    ("oversight", "Contrôle et protection des données"),
    ("administration", "Administration technique et habilitations"),
]
# As they were on that day; a later release has its own.
FILLED = """
ALTER TABLE access_habilitation ALTER COLUMN purposes TYPE varchar(32)[] USING CASE
    WHEN role = 'investigator' THEN '{judicial_inquiry,criminal_intelligence}'
    WHEN role = 'unit_head' THEN '{judicial_inquiry,criminal_intelligence,coordination}'
    WHEN role = 'duty_officer' THEN '{duty}'
    WHEN role IN ('cross_analyst', 'cross_head', 'ofast_analyst') THEN '{criminal_intelligence,coordination}'
    WHEN role IN ('prosecutor', 'examining_judge') THEN '{judicial_direction}'
    WHEN role IN ('dpo', 'inspection') THEN '{oversight}'
    ELSE '{administration}' END::varchar(32)[]
"""


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0008_refusals_counted'),
    ]

    operations = [
        migrations.AddField(
            model_name='habilitation',
            name='purposes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=CHOICES, max_length=32), null=True, size=None),
        ),
        migrations.RunSQL(FILLED, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='habilitation',
            name='purposes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=CHOICES, max_length=32), size=None),
        ),
    ]
