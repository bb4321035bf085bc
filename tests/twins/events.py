"""Planned events of the second world, near those of the depositor or far from them, compared; a line of presence."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.utils import timezone

from recoupe.access import context
from recoupe.deconfliction import danger_queries, watch
from recoupe.deconfliction.actions import drain, tell_soon
from recoupe.operations import actions, door, queries
from recoupe.operations.actions import EventEntry
from recoupe.operations.door import MarkEntry
from recoupe.operations.enums import EventState
from recoupe.operations.placing import Stop
from recoupe.operations.presence import actions as ledger
from tests.operations.made import noon, patrol, point
from tests.world import TestAgent, World

# A place for each meeting, kilometres apart; the second of two is met by what comes later.
NAMES = ("event nobody", "event holder_only", "event silent unit", "event silent", "event mark", "event both")
# One that met before the worlds part: whoever is told of another one has a list already.
KNOWN = "event of both worlds"
PLACES = (*NAMES, KNOWN)
# What the depositor's events look for: a vehicle each, which the bureau's mark names too, without a place.
PLATES = {name: f"GE-10{rank}-TW" for rank, name in enumerate(PLACES)}
FIRST, THEN = 45.70, 45.90
LABEL = "ornithorynque au port"


class Stage(Protocol):
    """Who acts where."""

    world: World
    people: dict[str, TestAgent]


def _near(name: str, lat: float, **changes: Any) -> EventEntry:
    stops = (Stop("69123", 4.60 + PLACES.index(name) / 10, lat),)
    return point(**({"stops": stops, "plates": (PLATES[name],)} | changes))


def enter(stage: Stage, who: str, entries: Iterable[EventEntry]) -> list[UUID]:
    """Enter these and compare them."""
    made = []
    for entry in entries:
        with stage.world.acting(stage.people[who]) as agent:
            made.append(actions.enter(by=agent, entry=entry).id)
    _compare(stage)
    return made


def _compare(stage: Stage) -> None:
    with stage.world.process("matcher"):
        while drain():
            pass


def before(stage: Stage) -> None:
    """The depositor's events that were there first, one near another's; both are reminded now, and not again later."""
    enter(stage, "officer", [_near(KNOWN, FIRST, armed=False)])
    enter(stage, "depositor", [_near(name, FIRST) for name in PLACES])
    _remind(stage)


def afterwards(stage: Stage) -> None:
    """Those that come later, then the reminder an hour before all of them."""
    enter(stage, "depositor", [_near(name, THEN) for name in NAMES])
    _remind(stage)


def _remind(stage: Stage) -> None:
    soon = timezone.make_aware(noon()) - timedelta(hours=1)
    with stage.world.process("worker"), context.service("worker", "événements qui commencent bientôt"):
        tell_soon(soon)


def meeting(name: str, who: str, existence: str = "both") -> Callable[[Stage], None]:
    """Two events of one service: one meets the depositor's, the other is met by what he enters later."""

    def add(stage: Stage) -> None:
        enter(stage, who, [_near(name, lat, existence=existence, label=LABEL) for lat in (FIRST, THEN)])

    return add


def told(stage: Stage) -> None:
    """Open to whom they meet: one by its place and vehicle, one by its place alone; no danger, for no team is armed."""
    where = (_near("event both", FIRST, label=LABEL, armed=False),
             _near("event both", THEN, label=LABEL, armed=False, plates=()))  # fmt: skip
    enter(stage, "officer", where)


def silent(stage: Stage) -> None:
    """The same of a service whose head has made its events silent: one met, one meeting."""
    for event in _entered(stage):
        with stage.world.acting(stage.people["head"]) as agent:
            until = timezone.localdate() + timedelta(days=60)
            found = queries.event(agent, event)
            actions.mark_silent(by=agent, event=found, until=until, reason="source à protéger")
    _compare(stage)


def _entered(stage: Stage) -> list[UUID]:
    """Entered and not compared yet."""
    made = []
    for lat in (FIRST, THEN):
        with stage.world.acting(stage.people["officer"]) as agent:
            made.append(actions.enter(by=agent, entry=_near("event silent", lat, label=LABEL)).id)
    return made


def marked(stage: Stage) -> None:
    """The bureau marks the vehicle of the depositor's events, for their day and without a place."""
    window = noon(), noon() + timedelta(hours=2)
    with stage.world.acting(stage.people["bureau"]) as agent:
        door.mark(by=agent, entry=MarkEntry(windows=(window,), plates=(PLATES["event mark"],)))
    _compare(stage)


def _watched(stage: Stage) -> None:
    """Another shift takes the watch over and notes a call to one side of the danger that has just opened."""
    with stage.world.acting(stage.people["watch"]) as agent:
        watch.take(by=agent, motive="relève non préparée")
        danger = max(danger_queries.open_dangers(agent, timezone.now()), key=lambda one: one.opened_at)
        side = danger_queries.sides_of(agent, [danger.id])[danger.id][0]
        watch.note_call(by=agent, danger=danger, side=side.id, reached=True)


def add_presence(stage: Stage) -> None:
    """A patrol of Grenoble, corrected: its sums are for the cell and the office, its line for nobody else."""
    entry = patrol(patrol=LABEL, commune="38185")
    with stage.world.acting(stage.people["quiet"]) as agent:
        line = ledger.enter(by=agent, entry=entry).line
        ledger.correct(by=agent, line=line, entry=replace(entry, fines=8), reason="oubli", step=1)


def add_events(stage: Stage) -> None:
    """Two events of Lyon that meet each other; one moves, one is called off and parts them."""
    there = Stop("69123", 4.8357, 45.7640)
    [mine] = enter(stage, "officer", [point(stops=(there,), label=LABEL)])
    [theirs] = enter(stage, "customs", [point(stops=(there,), kind="control")])
    _watched(stage)
    with stage.world.acting(stage.people["officer"]) as agent:
        later = point(noon() + timedelta(hours=1), stops=(there,), label=LABEL)
        actions.change(by=agent, event=queries.event(agent, mine), entry=later)
    _compare(stage)
    with stage.world.acting(stage.people["customs"]) as agent:
        off = queries.event(agent, theirs)
        actions.move(by=agent, event=off, to=EventState.CANCELLED, reason="opération annulée")
    _compare(stage)
