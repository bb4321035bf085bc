"""From figures to the state of a measure: pure functions; nothing is ever declared by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from recoupe.plan.enums import BoardState, FigureUnit
from recoupe.plan.figures import FigureSpec

B = BoardState


@dataclass(frozen=True, slots=True)
class Counted:
    """What SQL returned of a figure: a withheld number is None (below the threshold of small cells)."""

    numerator: int | None
    denominator: int | None
    withheld: bool


def share(counted: Counted) -> Fraction | None:
    """Numerator over denominator; None when one is withheld or there is nothing to divide by."""
    if counted.numerator is None or not counted.denominator:
        return None
    return Fraction(counted.numerator, counted.denominator)


def figure_state(spec: FigureSpec, counted: Counted, today: date) -> BoardState:
    """No data, in progress, reached, or late once the plan's day has passed below the target."""
    if counted.withheld:
        return B.IN_PROGRESS
    if spec.unit is FigureUnit.COUNT:
        return B.IN_PROGRESS if counted.numerator else B.NO_DATA
    value = share(counted)
    if value is None:
        return B.NO_DATA
    if spec.target is None:
        return B.IN_PROGRESS
    if value >= spec.target:
        return B.REACHED
    return B.LATE if spec.due is not None and spec.due < today else B.IN_PROGRESS


def measure_state(figures: Sequence[BoardState]) -> BoardState:
    """A measure is reached when every figure of it is; one late figure makes it late; none: not measured."""
    if not figures:
        return B.NOT_MEASURED
    if B.LATE in figures:
        return B.LATE
    if set(figures) == {B.REACHED}:
        return B.REACHED
    return B.NO_DATA if set(figures) == {B.NO_DATA} else B.IN_PROGRESS
