"""Products, dated legal parameters, interconnection acts and the measures of the plan."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from recoupe.reference.enums import ActEffect, File, MeasureClass, Purpose
from recoupe.reference.models.dated import DatedQuerySet, dates_in_order, first_day, last_day


class Product(models.Model):
    """A product and the one unit in which it is counted; tablets, plants and blotters never become grams."""

    code = models.CharField(max_length=30, primary_key=True)
    label = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60)
    family = models.CharField(max_length=30)
    canonical_unit = models.CharField(max_length=10)
    legal_class = models.CharField(max_length=30)

    def __str__(self) -> str:
        return self.label_en if (get_language() or "fr").startswith("en") else self.label


class Offence(models.Model):
    """An offence by its NATINF number; `registry` says whether its article opens the registry of targets."""

    code = models.PositiveIntegerField(primary_key=True)
    label = models.CharField(max_length=160)
    label_en = models.CharField(max_length=160)
    article = models.CharField(max_length=40)
    registry = models.BooleanField()
    valid_from = first_day()
    valid_to = last_day()
    origin = models.CharField(max_length=200)

    class Meta:
        constraints = [dates_in_order("reference_offence_dates")]

    def __str__(self) -> str:
        return self.label_en if (get_language() or "fr").startswith("en") else self.label


class LegalParameter(models.Model):
    """A duration, an amount or a threshold that a text or a decision sets for a period."""

    rule_code = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=12)
    valid_from = first_day()
    valid_to = last_day()
    legal_ref = models.CharField(max_length=200)
    invented = models.BooleanField()

    objects: ClassVar[DatedQuerySet["LegalParameter"]] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            dates_in_order("reference_legalparameter_dates"),
            models.UniqueConstraint(
                fields=["rule_code", "valid_from"], nulls_distinct=False, name="reference_legalparameter_once"
            ),
        ]

    def __str__(self) -> str:
        return self.rule_code


class InterconnectionAct(models.Model):
    """What may be compared between two files, for a purpose (empty: any), on what ground (S-5)."""

    file_a = models.CharField(max_length=20, choices=File)
    file_b = models.CharField(max_length=20, choices=File)
    purpose = models.CharField(max_length=40, choices=Purpose, blank=True)
    effect = models.CharField(max_length=20, choices=ActEffect)
    legal_ref = models.CharField(max_length=200)
    valid_from = first_day()
    valid_to = last_day()
    invented = models.BooleanField()

    objects: ClassVar[DatedQuerySet["InterconnectionAct"]] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            dates_in_order("reference_interconnectionact_dates"),
            # A purpose that nobody can declare would make an act that never holds, and say nothing.
            models.CheckConstraint(
                condition=Q(purpose__in=["", *Purpose.values]), name="reference_interconnectionact_purpose"
            ),
            models.UniqueConstraint(
                fields=["file_a", "file_b", "purpose", "valid_from"],
                nulls_distinct=False,
                name="reference_interconnectionact_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_a} / {self.file_b}"


class Measure(models.Model):
    """One of the 55 measures of 17 September 2019, under a short title of ours."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    objective = models.PositiveSmallIntegerField()
    measure_class = models.CharField(max_length=5, choices=MeasureClass)
    title_fr = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__range=(1, 55)), name="reference_measure_number"),
            models.CheckConstraint(condition=Q(objective__range=(1, 6)), name="reference_measure_objective"),
        ]

    def __str__(self) -> str:
        return f"M{self.number}"

    @property
    def title(self) -> str:
        """The short title in the reader's language."""
        return self.title_en if (get_language() or "fr").startswith("en") else self.title_fr


class LoadedFile(models.Model):
    """Which version of a data file the tables hold: loading the same one again changes nothing."""

    name = models.CharField(max_length=60, primary_key=True)
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name
