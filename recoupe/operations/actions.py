"""Entering, changing and ending an event; the database queues each of them for its comparison."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.enums import Purpose
from recoupe.access.keys import own_capacity, reader_keys
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence.actions.budget import count_questions, telling_head
from recoupe.intelligence.actions.common import moment
from recoupe.intelligence.actions.correcting import motive
from recoupe.intelligence.rules import SILENT_RULE, check_silence, questions
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.operations import naming, permissions, rules
from recoupe.operations.enums import EventShape, EventState, Existence
from recoupe.operations.models import Event
from recoupe.operations.placing import Placed, Stop, place, zone
from recoupe.operations.queries import SENTENCE_ABSENT
from recoupe.reference import queries as reference
from recoupe.reference.models import Unit

KIND = "event"
MOTIVE_MAX = 300
REF_TRIES = 8

SENTENCE_SHAPE = gettext_noop("Choisissez un point, une commune, une zone ou un trajet.")
SENTENCE_EXISTENCE = gettext_noop("Choisissez dans la liste qui est averti.")
SENTENCE_SINCE_CHANGED = gettext_noop(
    "Cet événement a changé pendant que vous le modifiiez : ouvrez sa page pour voir ce qui a changé, puis recommencez."
)
SENTENCE_NO_REF = gettext_noop("Aucune référence libre : recommencez.")


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
    if entry.shape not in EventShape.values:
        raise Invalid(SENTENCE_SHAPE, field="shape")
    if entry.existence not in Existence.values:
        raise Invalid(SENTENCE_EXISTENCE, field="existence")
    placed = _placed(EventShape(entry.shape), entry, now)
    since, until = rules.window(placed.legs)
    rules.check_window(since, until, now, len(placed.legs) if entry.shape == EventShape.CORRIDOR else 0)
    return {
        "kind": kind,
        "shape": entry.shape,
        "label": clean_line(entry.label, rules.LABEL_MAX, "label"),
        "armed": entry.armed,
        "existence": entry.existence,
        "starts_at": since,
        "ends_at": until,
        **naming.columns(entry.concerns, entry.plates, entry.phones, entry.imeis, unit),
        **_where(placed),
    }


def _placed(shape: EventShape, entry: EventEntry, now: datetime) -> Placed:
    if shape == EventShape.ZONE:
        return zone(entry.stops, entry.windows, entry.outline, now)
    placed = place(shape, entry.stops, entry.windows, entry.radius_m, now)
    rules.check_legs(placed.legs)
    return placed


def _questions(columns: Mapping[str, Any]) -> int:
    """S-1: what the identifiers of an event count for; whom it concerns was counted when he was registered."""
    return questions(0, sum(len(columns[name]) for name in naming.TYPED))


def _where(placed: Placed) -> dict[str, Any]:
    return {
        "legs": [leg.row() for leg in placed.legs],
        "radius_m": placed.radius_m,
        "commune_code": placed.commune.code,
        "in_town": placed.in_town,
        "zone": placed.zone,
    }


def _locked(event: Event) -> Event:
    try:
        found: Event = Event.objects.select_for_update().get(id=event.id)
    except Event.DoesNotExist as error:
        raise Absent(SENTENCE_ABSENT) from error
    return found


@telling_head
@transaction.atomic
def enter(*, by: Agent, entry: EventEntry, key: UUID | None = None) -> Event:
    """Register an event of one's own unit: a deposit, which others meet from now on (S-1).

    `key` is drawn with the form: sent twice as it is, it makes one event.
    """
    permissions.check_plan(by)
    made = once.own_id(by, key, str(entry)) if key else uuid4()
    if key:
        once.first_of(made)
        known: Event | None = Event.objects.filter(id=made).first()
        if known:
            return known
    at = moment()
    columns = _read(entry, at.now, by.unit_id)
    count_questions(by, None, _questions(columns), at)
    unit = Unit.objects.get(id=by.unit_id)
    event = Event(
        id=made,
        owner_unit=unit,
        readers=reader_keys({(unit.id, own_capacity(unit.kind))}),
        author_id=by.id,
        purpose=by.purpose or Purpose.JUDICIAL_INQUIRY,
        changed_at=at.now,
        created_at=at.now,
        **columns,
    )
    record(Operation.COLLECT, refs=[(KIND, event.id)], details={"state": EventState.PLANNED})
    for _ in range(REF_TRIES):
        event.ref = human_ref(f"{unit.code}-E", at.today.year)
        try:
            with transaction.atomic():
                event.save(force_insert=True)
        except IntegrityError:
            continue
        return event
    raise Conflict(SENTENCE_NO_REF)


@telling_head
@transaction.atomic
def change(*, by: Agent, event: Event, entry: EventEntry, read_at: datetime | None = None) -> Event:
    """Another place, another hour, another nature: it is met anew, and counted as a question.

    As it stands already (the same form sent twice): nothing is asked again. `read_at` is the `changed_at` of what the
    author had before him: Conflict when somebody has changed it since.
    """
    permissions.check_change(by, event)
    event = _locked(event)
    permissions.check_change(by, event)
    rules.check_step(EventState(event.state), EventState.CHANGED)
    at = moment()
    columns = _read(entry, at.now, event.owner_unit_id)
    if all(getattr(event, name) == value for name, value in columns.items()):
        return event
    if read_at is not None and event.changed_at != read_at:
        raise Conflict(SENTENCE_SINCE_CHANGED)
    count_questions(by, None, _questions(columns), at)
    record(Operation.MODIFY, refs=[(KIND, event.id)], fields=sorted(columns), details={"state": EventState.CHANGED})
    for name, value in columns.items():
        setattr(event, name, value)
    event.state, event.changed_at = rules.after_change(EventState(event.state), event.starts_at, at.now), at.now
    event.save(update_fields=[*columns, "state", "changed_at"])
    return event


@transaction.atomic
def mark_silent(*, by: Agent, event: Event, until: date | None, reason: str) -> Event:
    """S-3: the head of the unit makes it silent until a day, or (None) ends that; the matcher knows at once."""
    permissions.check_silence(by, event)
    event = _locked(event)
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
    event = _locked(event)
    if event.state == to:
        return event
    permissions.check_change(by, event)
    rules.check_step(EventState(event.state), to)
    why = clean_line(reason, MOTIVE_MAX, "reason", required=rules.NEEDS_MOTIVE[to])
    record(Operation.MODIFY, refs=[(KIND, event.id)], details={"state": to})
    event.state, event.motive, event.changed_at = to, why, timezone.now()
    event.save(update_fields=["state", "motive", "changed_at"])
    return event
