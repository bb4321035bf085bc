"""Rows that hold from a day to a day, both included."""

from datetime import date
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import F, Q

M = TypeVar("M", bound=models.Model)


class DatedQuerySet(models.QuerySet[M]):
    """Adds the one question asked of a dated row: does it hold on that day?"""

    def on(self, day: date) -> Self:
        """The rows that hold on `day`."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        )


def dates_in_order(name: str) -> models.CheckConstraint:
    """A period never ends before it starts."""
    return models.CheckConstraint(
        condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")),
        name=name,
    )


def first_day(**options: Any) -> "models.DateField[Any, Any]":
    """The first day on which a row holds; null means since always."""
    return models.DateField(null=True, blank=True, **options)


def last_day(**options: Any) -> "models.DateField[Any, Any]":
    """The last day on which a row holds, included; null means until further notice."""
    return models.DateField(null=True, blank=True, **options)
