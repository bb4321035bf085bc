"""The one door of the source bureau (S-7): an identifier, a corridor or both, a window; whom to call is the bureau.

What it marks is an event without kind, name or case, of which its own unit alone is told (S-4).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence.actions.budget import count_questions, telling_head
from recoupe.intelligence.actions.common import moment
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.operations import naming, permissions, rules, writing
from recoupe.operations.actions import KIND
from recoupe.operations.enums import EventKind, EventState, Existence
from recoupe.operations.models import Event
from recoupe.operations.placing import Stop
from recoupe.reference.models import Unit

SENTENCE_EMPTY = gettext_noop("Donnez un identifiant, un lieu ou un trajet.")


@dataclass(frozen=True, slots=True)
class MarkEntry:
    """What the bureau types: local windows; without a shape there is no place, and one window."""

    windows: tuple[tuple[datetime, datetime], ...]
    shape: str = ""
    stops: tuple[Stop, ...] = ()
    radius_m: int = 0
    outline: str = ""
    plates: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    imeis: tuple[str, ...] = ()


@telling_head
@transaction.atomic
def mark(*, by: Agent, entry: MarkEntry, key: UUID | None = None) -> Event:
    """From now on whoever comes near is told to the bureau, and learns nothing of it.

    `key` is drawn with the form: sent twice as it is, it marks once.
    """
    permissions.check_mark(by)
    made, known = writing.before(by, key, entry)
    if known:
        return known
    at = moment()
    unit = Unit.objects.get(id=by.unit_id)
    names = naming.columns((), entry.plates, entry.phones, entry.imeis, unit.id)
    where = writing.where(entry, at.now) if entry.shape else writing.nowhere(entry.windows, at.now)
    if not entry.shape and not any(names.values()):
        raise Invalid(SENTENCE_EMPTY, field="plates")
    kept = {"kind": EventKind.MARK, "armed": False, "existence": Existence.HOLDER_ONLY}
    event = writing.blank(by, unit, made, at.now, {**kept, **names, **where})
    record(Operation.COLLECT, refs=[(KIND, event.id)], details={"state": EventState.PLANNED})
    count_questions(by, None, naming.questions_of(names), at)
    writing.insert(event, unit, at.today)
    return event


@transaction.atomic
def withdraw(*, by: Agent, event: Event) -> Event:
    """The bureau marks it no longer; one that a second click finds so already is left as it is."""
    permissions.check_withdraw(by, event)
    event = writing.locked(event)
    if event.state == EventState.OVER:
        return event
    rules.check_step(EventState(event.state), EventState.OVER)
    at = moment()
    record(Operation.MODIFY, refs=[(KIND, event.id)], details={"state": EventState.OVER})
    event.state, event.changed_at = EventState.OVER, at.now
    event.save(update_fields=["state", "changed_at"])
    return event
