"""Values of the indicators as they are read: the first history and what the owners brought, estimates side by side."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from django.db import connection

from recoupe.plan import catalogue
from recoupe.plan.catalogue import Estimate
from recoupe.plan.enums import FigureUnit
from recoupe.plan.figures import FigureSpec

# Of each year of each indicator what was told of its last period, later vintages after earlier ones.
_YEARS = """
    SELECT indicator, first, last, value, upper, approximate, final, perimeter, definition, source, evidence_id FROM (
        SELECT v.*, rank() OVER (PARTITION BY v.indicator, date_part('year', v.last) ORDER BY v.last DESC) AS place
          FROM plan_value v) AS ranked
     WHERE place = 1 ORDER BY indicator, last, at
"""
_ALL = """
    SELECT indicator, first, last, value, upper, approximate, final, perimeter, definition, source, evidence_id
      FROM plan_value WHERE indicator = ANY (%s) ORDER BY indicator, last, at
"""


def by_year() -> Mapping[str, Sequence[Estimate]]:
    """For each indicator, the values of the last period of each year, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_YEARS)
        return _with_history(Estimate(*row) for row in cursor.fetchall())


def all_of(indicators: Sequence[str]) -> Mapping[str, Sequence[Estimate]]:
    """Every value of these indicators, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL, [list(indicators)])
        found = _with_history(Estimate(*row) for row in cursor.fetchall())
    return {code: found.get(code, ()) for code in indicators}


def _with_history(brought: Iterable[Estimate]) -> dict[str, list[Estimate]]:
    found = {code: list(rows) for code, rows in catalogue.history().items()}
    for told in brought:
        found.setdefault(told.indicator, []).append(told)
    for rows in found.values():
        # The sort is stable: what was told later of one period stays after what was told before.
        rows.sort(key=lambda one: one.last)
    return found


def latest(rows: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """What is told of the last period: one value from each who says it, his last one."""
    if not rows:
        return ()
    last = rows[-1].last
    return tuple({one.said_by: one for one in rows if one.last == last}.values())


def yearly(rows: Sequence[Estimate]) -> list[tuple[int, Decimal]]:
    """One value a year for a chart: the last that was told of the year's last period."""
    return sorted({one.last.year: one.value for one in rows}.items())


def worth(spec: FigureSpec, value: Decimal) -> Fraction:
    """A value in the unit of its indicator: shares are told in percent."""
    return Fraction(value) / 100 if spec.unit is FigureUnit.SHARE else Fraction(value)
