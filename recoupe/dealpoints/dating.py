"""From when what is recorded of a point held out there: a day that somebody gives, or the facts themselves."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from recoupe.dealpoints import rules
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint, StateChange
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop

S = DealPointState
TO_COME = gettext_noop("Ce jour n'est pas encore venu.")


def start_of(day: date) -> datetime:
    """The first moment of a day in Paris."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The first moment after a day in Paris."""
    return start_of(day + timedelta(days=1))


def since(point: DealPoint, to: DealPointState, day: date | None, now: datetime) -> datetime:
    """From when a step holds: the day given, never ahead, nor before the state that it ends; now when none is given.

    What never was a point of its own was none from its first day on.
    """
    life = history(point)
    if to in rules.NEVER_WAS:
        return min(change.since for change in life)
    today = timezone.localdate(now)
    if day is None or day == today:
        return now
    if day > today:
        raise Invalid(TO_COME, field="since")
    before = standing(life).since
    if day < timezone.localdate(before):
        raise Invalid(
            gettext_noop("L'état précédent ne vaut que depuis le %(on)s : rien ne peut le finir avant."),
            field="since",
            on=timezone.localdate(before).strftime("%d/%m/%Y"),
        )
    return max(before, start_of(day))


def history(point: DealPoint) -> list[StateChange]:
    """Every step, oldest first."""
    return list(StateChange.objects.filter(point=point).order_by("step"))


def standing(life: Sequence[StateChange]) -> StateChange:
    """The step that the point stands on: what only gave back a former state stands on that one's step."""
    undone = rules.undone(life)
    *before, last = [change for change in life if change.step not in undone]
    return before[-1] if before and last.undoes and last.to_state == before[-1].to_state else last


def doubled(life: Sequence[StateChange]) -> StateChange:
    """The step by which the point was last taken for another one's double; what it left can come back."""
    found = next((change for change in reversed(life) if change.to_state == S.DUPLICATE), None)
    if found is None or S(found.from_state) not in rules.GIVEN_BACK[S.MERGED]:
        raise Conflict(gettext_noop("L'état de ce point avant sa fusion n'est pas connu."))
    return found
