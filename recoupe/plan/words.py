"""A figure in words: what it is worth, out of what, against which target; for a screen, a paper and a frozen board."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

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


def estimate(spec: FigureSpec, one: Estimate) -> str:
    """One imported value, with its range and its doubt."""
    number = number_format(one.value.normalize() if one.value % 1 else int(one.value), force_grouping=True)
    if one.upper is not None:
        upper = number_format(one.upper.normalize() if one.upper % 1 else int(one.upper), force_grouping=True)
        number = gettext("%(low)s à %(high)s") % {"low": number, "high": upper}
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


def target(spec: FigureSpec) -> str:
    """What is to be reached, and by when the plan says so."""
    if spec.target is None:
        return ""
    wanted = plain(spec.unit, spec.target)
    if spec.unit is FigureUnit.SHARE and spec.target * 100 % 1 == 0:
        wanted = f"{number_format(int(spec.target * 100), 0)} %"
    if spec.due is None:
        return gettext("Cible : %(wanted)s") % {"wanted": wanted}
    return gettext("Cible : %(wanted)s au %(day)s") % {"wanted": wanted, "day": spec.due.strftime("%d/%m/%Y")}


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
