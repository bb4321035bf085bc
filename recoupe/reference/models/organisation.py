"""The dated organisation: offices, cells, services, courts, prefectures, partners."""

import uuid
from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from recoupe.reference.enums import ContactChoice, Service, UnitKind
from recoupe.reference.models.dated import DatedQuerySet, dates_in_order, first_day, last_day
from recoupe.reference.models.territory import Commune


def unit_id(code: str) -> uuid.UUID:
    """The identifier of the unit with that code: the same in every installation."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"recoupe:unit:{code}")


class Unit(models.Model):
    """A node of the dated organisation tree; a change of name or place is a new row, never an update."""

    id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=UnitKind)
    service = models.CharField(max_length=20, choices=Service)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    departments = ArrayField(models.CharField(max_length=3), default=list)
    cell = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = first_day()
    valid_to = last_day()
    # A unit is announced from valid_from and works from opens_on (null: from valid_from).
    opens_on = models.DateField(null=True, blank=True)
    permanent = models.BooleanField(default=True)
    contact_name = models.CharField(max_length=80)
    contact_phone = models.CharField(max_length=20)
    contact_email = models.CharField(max_length=80)
    contact_choice = models.CharField(max_length=8, choices=ContactChoice, default=ContactChoice.SELF)
    silent = models.BooleanField(default=False)
    origin = models.CharField(max_length=120)
    invented = models.BooleanField()

    objects: ClassVar[DatedQuerySet["Unit"]] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            dates_in_order("reference_unit_dates"),
            models.CheckConstraint(
                condition=~Q(kind__in=[UnitKind.INSPECTION, UnitKind.SOURCE_BUREAU]) | Q(silent=True),
                name="reference_unit_silent",
            ),
        ]
        indexes = [models.Index(fields=["kind"], name="reference_unit_kind")]

    def __str__(self) -> str:
        return self.name

    def works_on(self, day: date) -> bool:
        """Whether the unit has opened and has not closed on that day (both days included)."""
        start = self.opens_on or self.valid_from
        return (start is None or start <= day) and (self.valid_to is None or day <= self.valid_to)

    def announced_on(self, day: date) -> bool:
        """Whether the unit was made public by that day, at work or being installed."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class CourtArea(models.Model):
    """A commune of a judicial court's area, for a period; specialised courts carry departments instead."""

    court = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="+")
    valid_from = first_day()
    valid_to = last_day()

    objects: ClassVar[DatedQuerySet["CourtArea"]] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            dates_in_order("reference_courtarea_dates"),
            models.UniqueConstraint(
                fields=["court", "commune", "valid_from"],
                nulls_distinct=False,
                name="reference_courtarea_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.court_id} {self.commune_id}"
