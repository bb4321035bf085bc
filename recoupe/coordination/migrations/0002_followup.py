"""Checks after a dismantling with their answers, and the measures of a plan of return."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

KINDS = [
    ("works", "Travaux"),
    ("light", "Éclairage"),
    ("presence", "Présence sur la voie publique"),
    ("social", "Action sociale"),
    ("forces", "Forces mobiles"),
    ("other", "Autre"),
]
PARTNERS = [
    ("town", "Commune"),
    ("landlord", "Bailleur social"),
    ("transport", "Transports urbains"),
    ("department", "Conseil départemental"),
    ("school", "Éducation nationale"),
    ("health", "Santé"),
    ("association", "Association"),
]
STATES = [("TO_DO", "À faire"), ("UNDER_WAY", "En cours"), ("DONE", "Fait"), ("ABANDONED", "Abandonné")]
SEEN = [
    ("clean", "Aucune vente"),
    ("resold", "La vente a repris ici"),
    ("moved", "La vente est partie ailleurs"),
    ("not_looked", "Personne n'est allé voir"),
]
# The points that were dismantled before there were checks: their next ones are made, those of the past have no answer.
MAKE_CHECKS = """
INSERT INTO coordination_check (id, point_id, step, days, due_on)
SELECT gen_random_uuid(), c.point_id, c.step, p.value::integer, (c.since AT TIME ZONE 'Europe/Paris')::date + p.value::integer
  FROM dealpoints_statechange c JOIN reference_legalparameter p ON p.rule_code ~ '^dealpoint.check_[0-9]$'
 WHERE c.to_state = 'DISMANTLED' ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    """Four tables to which rows are only added."""

    dependencies = [
        ("coordination", "0001_squashed"),
        ("dealpoints", "0002_valid_time"),
        ("reference", "0001_squashed"),
    ]
    _key = ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False))

    operations = [
        migrations.CreateModel(
            name="Check",
            fields=[
                _key,
                ("step", models.PositiveIntegerField()),
                ("days", models.PositiveSmallIntegerField()),
                ("due_on", models.DateField()),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dealpoints.dealpoint"
                    ),
                ),
            ],
            options={"db_table": "coordination_check", "ordering": ["point", "step", "days"]},
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                _key,
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor_id", models.UUIDField()),
                ("unit_code", models.CharField(max_length=16)),
                ("seen", models.CharField(choices=SEEN, max_length=12)),
                ("seen_on", models.DateField(null=True)),
                ("motive", models.CharField(max_length=500)),
                (
                    "check_of",
                    models.OneToOneField(
                        db_column="check_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="coordination.check",
                    ),
                ),
            ],
            options={"db_table": "coordination_answer"},
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                _key,
                ("kind", models.CharField(choices=KINDS, max_length=12)),
                ("text", models.CharField(max_length=300)),
                ("partner_kind", models.CharField(blank=True, choices=PARTNERS, max_length=12)),
                ("partner", models.CharField(blank=True, max_length=120)),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reference.unit",
                    ),
                ),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dealpoints.dealpoint"
                    ),
                ),
            ],
            options={"db_table": "coordination_measure"},
        ),
        migrations.CreateModel(
            name="MeasureStep",
            fields=[
                _key,
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor_id", models.UUIDField()),
                ("unit_code", models.CharField(max_length=16)),
                ("state", models.CharField(choices=STATES, max_length=12)),
                ("due_on", models.DateField()),
                ("requested", models.PositiveIntegerField(null=True)),
                ("granted", models.PositiveIntegerField(null=True)),
                ("used", models.PositiveIntegerField(null=True)),
                ("motive", models.CharField(blank=True, max_length=500)),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="coordination.measure",
                    ),
                ),
            ],
            options={"db_table": "coordination_measurestep", "ordering": ["measure", "number"]},
        ),
        migrations.AddConstraint(
            "check",
            models.UniqueConstraint(fields=("point", "step", "days"), name="coordination_check_once"),
        ),
        migrations.AddIndex("check", models.Index(fields=["due_on", "id"], name="coordination_check_due")),
        migrations.AddConstraint(
            "answer",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("seen", "not_looked"), ("seen_on__isnull", True)),
                    models.Q(models.Q(("seen", "not_looked"), _negated=True), ("seen_on__isnull", False)),
                    _connector="OR",
                ),
                name="coordination_answer_day",
            ),
        ),
        migrations.AddConstraint(
            "answer",
            models.CheckConstraint(condition=models.Q(("motive__gt", "")), name="coordination_answer_says_why"),
        ),
        migrations.AddConstraint(
            "measure",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner__isnull", False), ("partner", ""), ("partner_kind", "")),
                    models.Q(("owner__isnull", True), ("partner__gt", ""), ("partner_kind__gt", "")),
                    _connector="OR",
                ),
                name="coordination_measure_owner",
            ),
        ),
        migrations.AddIndex("measure", models.Index(fields=["point"], name="coordination_measure_of")),
        migrations.AddConstraint(
            "measurestep",
            models.UniqueConstraint(fields=("measure", "number"), name="coordination_measurestep_once"),
        ),
        migrations.AddConstraint(
            "measurestep",
            models.CheckConstraint(
                condition=models.Q(("granted__isnull", True), ("requested__isnull", False), _connector="OR"),
                name="coordination_measurestep_granted",
            ),
        ),
        migrations.AddConstraint(
            "measurestep",
            models.CheckConstraint(
                condition=models.Q(
                    ("used__isnull", True),
                    models.Q(("granted__isnull", False), ("used__lte", models.F("granted"))),
                    _connector="OR",
                ),
                name="coordination_measurestep_used",
            ),
        ),
        migrations.AddConstraint(
            "measurestep",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "ABANDONED"), _negated=True), ("motive__gt", ""), _connector="OR"
                ),
                name="coordination_measurestep_says_why",
            ),
        ),
        migrations.RunSQL(MAKE_CHECKS, migrations.RunSQL.noop),
    ]
