"""What the register says of a point beside its life: its extent, its landlord, its prices; a cultivation is no stash."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("street", "Rue"), ("lobby", "Hall d'immeuble"), ("squat", "Squat"), ("shop", "Commerce"),
    ("delivery", "Livraison à domicile"), ("online", "En ligne"), ("stash", "Cache"), ("cultivation", "Culture"),
]
EXTENTS = [("spot", "Un lieu"), ("commune", "Toute la commune"), ("department", "Tout le département")]


class Migration(migrations.Migration):
    """Every point had a place. A stash stays one: until now it was a stash or a cultivation, and nobody knows which."""

    dependencies = [("dealpoints", "0002_valid_time")]

    operations = [
        migrations.AlterField("dealpoint", "kind", models.CharField(choices=KINDS, max_length=16)),
        migrations.AddField(
            "dealpoint", "extent", models.CharField(choices=EXTENTS, default="spot", max_length=12)
        ),
        migrations.AddField("dealpoint", "landlord", models.CharField(blank=True, default="", max_length=120), False),
        migrations.AddField("dealpoint", "landlord_siren", models.CharField(blank=True, default="", max_length=9), False),
        migrations.AddConstraint(
            "dealpoint",
            models.CheckConstraint(
                condition=Q(extent="spot") | Q(kind__in=["delivery", "online"]), name="dealpoints_dealpoint_extent"
            ),
        ),
        migrations.AddConstraint(
            "dealpoint",
            models.CheckConstraint(
                condition=(Q(landlord="") & Q(landlord_siren="")) | (~Q(landlord="") & ~Q(landlord_siren="")),
                name="dealpoints_dealpoint_landlord",
            ),
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("product", models.CharField(max_length=30)),
                ("euros", models.DecimalField(decimal_places=2, max_digits=9)),
                ("unit", models.CharField(max_length=8)),
                ("day", models.DateField()),
                ("source_kind", models.CharField(max_length=24)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor_id", models.UUIDField()),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="prices", to="dealpoints.dealpoint"
                    ),
                ),
            ],
            options={
                "db_table": "dealpoints_price",
                "ordering": ["point", "-day", "-at"],
                "constraints": [
                    models.CheckConstraint(condition=Q(("euros__gt", 0)), name="dealpoints_price_positive")
                ],
            },
        ),
    ]
