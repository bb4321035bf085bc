"""Entering, changing and ending an event; the database queues each of them for its comparison."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence.actions.budget import count_questions, telling_head
from recoupe.intelligence.actions.common import moment
from recoupe.intelligence.actions.correcting import motive
from recoupe.intelligence.rules import SILENT_RULE, check_silence
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.operations import naming, permissions, rules, writing
from recoupe.operations.enums import EventState, Existence
from recoupe.operations.models import Event
from recoupe.operations.placing import Stop
from recoupe.reference import queries as reference
from recoupe.reference.models import Unit

KIND = "event"
MOTIVE_MAX = 300

SENTENCE_EXISTENCE = gettext_noop("Choisissez dans la liste qui est averti.")
SENTENCE_SINCE_CHANGED = gettext_noop(
    "Cet événement a changé pendant que vous le modifiiez : ouvrez sa page pour voir ce qui a changé, puis recommencez."
)


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event as typed: places in order, local windows (no zone), one fewer than places for a route.

    A zone has its outline, and one stop whose commune, when there is one, gives the clock.
    """

    kind: str
    shape: str
    stops: tuple[Stop, ...]
    windows: tuple[tuple[datetime, datetime], ...]
    armed: bool
    radius_m: int = 0
    label: str = ""
    existence: str = Existence.BOTH
    concerns: tuple[str, ...] = ()
    outline: str = ""
    plates: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    imeis: tuple[str, ...] = ()


def _read(entry: EventEntry, now: datetime, unit: UUID) -> dict[str, Any]:
    """The columns of what is typed for an event of this unit; raises Invalid with a sentence."""
    kind = rules.kind(entry.kind)
    if entry.existence not in Existence.values:
        raise Invalid(SENTENCE_EXISTENCE, field="existence")
    return {
        "kind": kind,
        "label": clean_line(entry.label, rules.LABEL_MAX, "label"),
        "armed": entry.armed,
        "existence": entry.existence,
        **naming.columns(entry.concerns, entry.plates, entry.phones, entry.imeis, unit),
        **writing.where(entry, now),
    }


@telling_head
@transaction.atomic
def enter(*, by: Agent, entry: EventEntry, key: UUID | None = None) -> Event:
    """Register an event of one's own unit: a deposit, which others meet from now on (S-1).

    `key` is drawn with the form: sent twice as it is, it makes one event.
    """
    permissions.check_plan(by)
    made, known = writing.before(by, key, entry)
    if known:
        return known
    at = moment()
    columns = _read(entry, at.now, by.unit_id)
    unit = Unit.objects.get(id=by.unit_id)
    event = writing.blank(by, unit, made, at.now, columns)
    record(Operation.COLLECT, refs=[(KIND, event.id)], details={"state": EventState.PLANNED})
    # After its line of the journal: the last question of the day tells the head.
    count_questions(by, None, naming.questions_of(columns), at)
    writing.insert(event, unit, at.today)
    return event


@telling_head
@transaction.atomic
def change(*, by: Agent, event: Event, entry: EventEntry, read_at: datetime | None = None) -> Event:
    """Another place, another hour, another nature: it is met anew, and counted as a question.

    As it stands already (the same form sent twice): nothing is asked again. `read_at` is the `changed_at` of what the
    author had before him: Conflict when somebody has changed it since.
    """
    permissions.check_change(by, event)
    event = writing.locked(event)
    permissions.check_change(by, event)
    rules.check_step(EventState(event.state), EventState.CHANGED)
    at = moment()
    columns = _read(entry, at.now, event.owner_unit_id)
    if all(getattr(event, name) == value for name, value in columns.items()):
        return event
    if read_at is not None and event.changed_at != read_at:
        raise Conflict(SENTENCE_SINCE_CHANGED)
    record(Operation.MODIFY, refs=[(KIND, event.id)], fields=sorted(columns), details={"state": EventState.CHANGED})
    count_questions(by, None, naming.questions_of(columns), at)
    for name, value in columns.items():
        setattr(event, name, value)
    event.state, event.changed_at = rules.after_change(EventState(event.state), event.starts_at, at.now), at.now
    event.save(update_fields=[*columns, "state", "changed_at"])
    return event


@transaction.atomic
def mark_silent(*, by: Agent, event: Event, until: date | None, reason: str) -> Event:
    """S-3: the head of the unit makes it silent until a day, or (None) ends that; the matcher knows at once."""
    permissions.check_silence(by, event)
    event = writing.locked(event)
    permissions.check_silence(by, event)
    why, at = motive(reason), moment()
    if until is not None:
        check_silence(until, at.today, why, reference.whole_parameter(SILENT_RULE, at.today))
    record(Operation.MODIFY, refs=[(KIND, event.id)], fields=["silent_until"])
    event.silent_until, event.silent_reason = until, why if until else ""
    event.save(update_fields=["silent_until", "silent_reason"])
    return event


@transaction.atomic
def end_silences(*, today: date) -> int:
    """The worker's daily task, in its own service context: a silence that was not renewed ends; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations.end_silences(%s::date)", [today])
        return int(cursor.fetchone()[0])


@transaction.atomic
def move(*, by: Agent, event: Event, to: EventState, reason: str = "") -> Event:
    """It begins, it is over, it is cancelled: the last two take it out of what others meet.

    One that a second click finds there already is left as it is.
    """
    permissions.check_change(by, event)
    event = writing.locked(event)
    if event.state == to:
        return event
    permissions.check_change(by, event)
    rules.check_step(EventState(event.state), to)
    why = clean_line(reason, MOTIVE_MAX, "reason", required=rules.NEEDS_MOTIVE[to])
    record(Operation.MODIFY, refs=[(KIND, event.id)], details={"state": to})
    event.state, event.motive, event.changed_at = to, why, timezone.now()
    event.save(update_fields=["state", "motive", "changed_at"])
    return event
