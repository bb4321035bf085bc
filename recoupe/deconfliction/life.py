"""Life of a danger and of a shift of the watch desk: which step may follow which. Pure."""

from collections.abc import Mapping
from uuid import UUID

from recoupe.access.enums import Capacity
from recoupe.deconfliction.enums import DangerState, ShiftState
from recoupe.kernel.refusal import Conflict, gettext_noop

D, W = DangerState, ShiftState

# From each state back to OPEN: the events moved, and what was acknowledged was another meeting.
DANGER_STEPS: Mapping[DangerState, frozenset[DangerState]] = {
    D.OPEN: frozenset({D.ONE_ACKNOWLEDGED, D.ACKNOWLEDGED, D.OPEN, D.CLOSED}),
    D.ONE_ACKNOWLEDGED: frozenset({D.ACKNOWLEDGED, D.OPEN, D.CLOSED}),
    D.ACKNOWLEDGED: frozenset({D.OPEN, D.CLOSED}),
    D.CLOSED: frozenset({D.OPEN}),
}
# Whether the watch desk sees it.
ON_WATCH: Mapping[DangerState, bool] = {
    D.OPEN: True,
    D.ONE_ACKNOWLEDGED: True,
    D.ACKNOWLEDGED: True,
    D.CLOSED: False,
}
SHIFT_STEPS: Mapping[ShiftState, frozenset[ShiftState]] = {
    W.HELD: frozenset({W.OFFERED, W.ENDED}),
    W.OFFERED: frozenset({W.ENDED}),
    W.ENDED: frozenset(),
}
# Whether the next one must say why he takes over without having been handed the desk.
NEEDS_MOTIVE: Mapping[ShiftState, bool] = {
    W.HELD: True,
    W.OFFERED: False,
    W.ENDED: False,
}

SENTENCE_DANGER = gettext_noop("Ce danger est « %(state)s » : cette étape n'est plus possible.")
SENTENCE_SHIFT = gettext_noop("Cette veille est « %(state)s » : cette étape n'est plus possible.")


def audience(office: UUID) -> set[tuple[UUID, Capacity]]:
    """Who reads a danger with its two sides: the watch desk."""
    return {(office, Capacity.WATCH)}


def side_audience(unit: UUID, desk: UUID) -> set[tuple[UUID, Capacity]]:
    """Who is told of one side: the duty desk of the unit, and the desk that answers for it."""
    return {(unit, Capacity.DUTY), (desk, Capacity.DUTY)}


def check_danger_step(current: DangerState, wanted: DangerState) -> None:
    """Refuse a step that the table does not know."""
    if wanted not in DANGER_STEPS[DangerState(current)]:
        raise Conflict(SENTENCE_DANGER, state=DangerState(current).label)


def check_shift_step(current: ShiftState, wanted: ShiftState) -> None:
    """Refuse a step that the table does not know."""
    if wanted not in SHIFT_STEPS[ShiftState(current)]:
        raise Conflict(SENTENCE_SHIFT, state=ShiftState(current).label)
