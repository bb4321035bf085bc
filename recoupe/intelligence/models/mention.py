"""What a report mentions: persons with their category, and selectors raw and normalised."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from recoupe.intelligence.enums import PersonCategory
from recoupe.intelligence.models.report import Report


class Person(models.Model):
    """A person as one report names him. No origin, religion, politics, union, health or biometrics (R-SENS-1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, models.CASCADE, related_name="persons")
    # As typed: the first person of a form stays the first.
    rank = models.PositiveSmallIntegerField(default=0)
    family = models.CharField(max_length=120, blank=True)
    given = models.CharField(max_length=120, blank=True)
    aliases = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_day = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_commune = models.CharField(max_length=5, blank=True)
    category = models.CharField(max_length=12, choices=PersonCategory)
    minor_at_event = models.BooleanField(default=False)
    # family|given without accents: what a search by name compares.
    name_key = models.CharField(max_length=400, blank=True)
    # Exact name and full birth date (S-2); empty where there is no full date.
    key = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["key"], condition=Q(key__gt=""), name="intelligence_person_key"),
            models.Index(fields=["name_key"], name="intelligence_person_name"),
            models.Index(fields=["report"], condition=Q(category="unknown"), name="intelligence_person_unknown"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=PersonCategory.values), name="intelligence_person_category"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Selector(models.Model):
    """An identifier as it was typed and as it is compared; a failed check digit is kept, with its verdict."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, models.CASCADE, related_name="selectors")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)
    raw = models.CharField(max_length=500)
    value = models.CharField(max_length=500)
    # null: the kind has neither check digit nor numbering plan.
    valid = models.BooleanField(null=True)
    confirmed = models.BooleanField(default=False)
    # An analyst said that it is none: it is compared no more (S-2).
    set_aside = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [models.Index(fields=["kind", "value"], name="intelligence_selector_value")]

    def __str__(self) -> str:
        return self.kind
