"""A figure in words: what it is worth, out of what, against which target; for a screen, a paper and a frozen board."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext

from recoupe.plan.catalogue import Estimate
from recoupe.plan.enums import FigureUnit
from recoupe.plan.figures import FigureSpec
from recoupe.plan.queries import Figure

UNITS: Mapping[FigureUnit, str] = {
    FigureUnit.COUNT: "", FigureUnit.SHARE: " %", FigureUnit.KG: " kg", FigureUnit.TONNE: " t", FigureUnit.MEUR: " M€",
}  # fmt: skip


def plain(unit: FigureUnit, number: Fraction | Decimal | int) -> str:
    """A number with its unit; a share is given from 0 to 1, and said in percent."""
    value = float(number) * 100 if unit is FigureUnit.SHARE else float(number)
    decimals = 1 if unit is FigureUnit.SHARE or value != round(value) else 0
    return number_format(value, decimals, force_grouping=True) + UNITS[unit]


def brought(number: Decimal) -> str:
    """A number as its source gives it, shares in percent already."""
    return number_format(number.normalize() if number % 1 else int(number), force_grouping=True)


def year(spec: FigureSpec, number: Any) -> str:
    """One year of a figure: imported shares are kept in percent, counted ones from 0 to 1."""
    return plain(spec.unit, number) if spec.computed else brought(number) + UNITS[spec.unit]


def estimate(spec: FigureSpec, one: Estimate) -> str:
    """One imported value, with its range and its doubt."""
    number = brought(one.value)
    if one.upper is not None:
        number = gettext("%(low)s à %(high)s") % {"low": number, "high": brought(one.upper)}
    return ("≈ " if one.approximate else "") + number + UNITS[spec.unit]


def value(figure: Figure) -> str:
    """What a figure is worth: a number, a range of estimates, or why there is none."""
    if figure.withheld:
        return gettext("Non publié")
    if figure.estimates:
        return " / ".join(dict.fromkeys(estimate(figure.spec, one) for one in figure.estimates))
    return "—" if figure.value is None else plain(figure.spec.unit, figure.value)


def fraction(figure: Figure) -> str:
    """Out of what a share is taken, or why a number is not told."""
    if figure.withheld:
        return gettext("Trop peu de cas : le nombre en désignerait.")
    if figure.spec.unit is not FigureUnit.SHARE or figure.denominator is None:
        return ""
    if not figure.denominator:
        return gettext("Aucun cas sur la période")
    parts = {
        "n": number_format(figure.numerator or 0, force_grouping=True),
        "of": number_format(figure.denominator, force_grouping=True),
    }
    return gettext("%(n)s sur %(of)s") % parts


def wanted(spec: FigureSpec) -> str:
    """What is to be reached, and by when the plan says so."""
    if spec.target is None:
        return ""
    aim = plain(spec.unit, spec.target)
    if spec.unit is FigureUnit.SHARE and spec.target * 100 % 1 == 0:
        aim = f"{number_format(int(spec.target * 100), 0)} %"
    if spec.due is None:
        return aim
    return gettext("%(aim)s au %(day)s") % {"aim": aim, "day": spec.due.strftime("%d/%m/%Y")}


def target(aim: str) -> str:
    """The same where no heading says what it is."""
    return gettext("Cible : %(wanted)s") % {"wanted": aim} if aim else ""


def baseline(spec: FigureSpec) -> str:
    """Where the indicator started, when a text says so."""
    if spec.baseline is None:
        return ""
    start = plain(spec.unit, spec.baseline)
    if spec.baseline_on is None:
        return start
    return gettext("%(start)s au %(day)s") % {"start": start, "day": spec.baseline_on.strftime("%d/%m/%Y")}


def last_fed(figure: Figure) -> str:
    """The moment or the period that the last value speaks of."""
    if figure.estimates:
        one = figure.estimates[-1]
        parts = {"first": one.first.strftime("%d/%m/%Y"), "last": one.last.strftime("%d/%m/%Y")}
        return parts["last"] if one.first == one.last else gettext("du %(first)s au %(last)s") % parts
    return timezone.localtime(figure.as_of).strftime("%d/%m/%Y") if figure.as_of else ""
