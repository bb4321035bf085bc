"""Since when a step held out there, which steps it undoes, and for which point a piece of evidence speaks."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """What was recorded before held from the day on which it was recorded; evidence spoke for its own point."""

    dependencies = [("dealpoints", "0001_squashed")]

    operations = [
        migrations.AddField("statechange", "since", models.DateTimeField(default=django.utils.timezone.now)),
        migrations.AddField("statechange", "undoes", models.PositiveIntegerField(null=True)),
        migrations.AddField(
            "evidence",
            "counts_for",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dealpoints.dealpoint",
            ),
        ),
        migrations.RunSQL("UPDATE dealpoints_statechange SET since = at", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE dealpoints_evidence SET counts_for_id = point_id", migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            "evidence",
            "counts_for",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dealpoints.dealpoint"
            ),
        ),
        migrations.AddConstraint(
            "statechange",
            models.CheckConstraint(
                condition=Q(undoes__isnull=True) | Q(undoes__lt=F("step")), name="dealpoints_statechange_undoes"
            ),
        ),
        migrations.AddConstraint(
            "statechange",
            models.CheckConstraint(condition=Q(since__lte=F("at")), name="dealpoints_statechange_since"),
        ),
    ]
