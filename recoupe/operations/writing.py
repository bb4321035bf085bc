"""How an event is written, whoever enters it: its columns of place and time, its reference, the row that is held."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.enums import Purpose
from recoupe.access.keys import own_capacity, reader_keys
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.operations import rules
from recoupe.operations.enums import EventShape
from recoupe.operations.models import Event
from recoupe.operations.placing import Placed, Stop, place, zone
from recoupe.operations.queries import SENTENCE_ABSENT
from recoupe.reference.models import Unit

REF_TRIES = 8

SENTENCE_SHAPE = gettext_noop("Choisissez un point, une commune, une zone ou un trajet.")
SENTENCE_NO_REF = gettext_noop("Aucune référence libre : recommencez.")

Windows = Sequence[tuple[datetime, datetime]]


class Typed(Protocol):
    """Where and when, as an entry says it."""

    @property
    def shape(self) -> str: ...

    @property
    def stops(self) -> tuple[Stop, ...]: ...

    @property
    def windows(self) -> tuple[tuple[datetime, datetime], ...]: ...

    @property
    def radius_m(self) -> int: ...

    @property
    def outline(self) -> str: ...


def before(by: Agent, key: UUID | None, said: object) -> tuple[UUID, Event | None]:
    """The identity of what this form makes, and what an earlier click of it made; `said`: all that was typed.

    Without a key, drawn with the form, each call makes a thing of its own.
    """
    if key is None:
        return uuid4(), None
    made = once.own_id(by, key, str(said))
    once.first_of(made)
    return made, Event.objects.filter(id=made).first()


def where(typed: Typed, now: datetime) -> dict[str, Any]:
    """The columns of a place and its hours, as typed; Invalid with its sentence and field."""
    if typed.shape not in EventShape.values:
        raise Invalid(SENTENCE_SHAPE, field="shape")
    placed = _placed(EventShape(typed.shape), typed, now)
    since, until = rules.window(placed.legs)
    rules.check_window(since, until, now, len(placed.legs) if typed.shape == EventShape.CORRIDOR else 0)
    return {
        "shape": typed.shape,
        "starts_at": since,
        "ends_at": until,
        "legs": [leg.row() for leg in placed.legs],
        "radius_m": placed.radius_m,
        "commune_code": placed.commune.code,
        "in_town": placed.in_town,
        "zone": placed.zone,
    }


def nowhere(windows: Windows, now: datetime) -> dict[str, Any]:
    """The columns of one window without a place, by the clock of Paris."""
    if len(windows) != 1:
        raise Invalid(rules.SENTENCE_ORDER, field="until")
    [(first, last)] = windows
    since, until = rules.moment(first, rules.PARIS, "since"), rules.moment(last, rules.PARIS, "until", last=True)
    rules.check_window(since, until, now)
    place_less = {"shape": "", "legs": [], "radius_m": 0, "commune_code": "", "in_town": False, "zone": rules.PARIS}
    return {"starts_at": since, "ends_at": until, **place_less}


def blank(by: Agent, unit: Unit, identifier: UUID, now: datetime, columns: Mapping[str, Any]) -> Event:
    """An event of the agent's unit with these columns, without its reference."""
    return Event(
        id=identifier,
        owner_unit=unit,
        readers=reader_keys({(unit.id, own_capacity(unit.kind))}),
        author_id=by.id,
        purpose=by.purpose or Purpose.JUDICIAL_INQUIRY,
        changed_at=now,
        created_at=now,
        **columns,
    )


def insert(event: Event, unit: Unit, today: date) -> None:
    """Write it under a reference of its unit that none has."""
    for _ in range(REF_TRIES):
        event.ref = human_ref(f"{unit.code}-E", today.year)
        try:
            with transaction.atomic():
                event.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise Conflict(SENTENCE_NO_REF)


def locked(event: Event) -> Event:
    """The row as it stands now, held until the end."""
    try:
        found: Event = Event.objects.select_for_update().get(id=event.id)
    except Event.DoesNotExist as error:
        raise Absent(SENTENCE_ABSENT) from error
    return found


def _placed(shape: EventShape, typed: Typed, now: datetime) -> Placed:
    if shape == EventShape.ZONE:
        return zone(typed.stops, typed.windows, typed.outline, now)
    placed = place(shape, typed.stops, typed.windows, typed.radius_m, now)
    rules.check_legs(placed.legs)
    return placed
