"""Planned events of the made world: some of every state and shape; twice two services meet, once both with weapons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.utils import timezone

from recoupe.deconfliction.actions import drain
from recoupe.demo.loading.stage import Stage
from recoupe.operations import actions
from recoupe.operations.actions import EventEntry
from recoupe.operations.enums import EventShape, EventState
from recoupe.operations.models import Event
from recoupe.operations.placing import Stop

KEYS = UUID("6d1c6a2e-3b0f-5b6e-9a63-0a6300000063")
PLANNERS = ("investigator", "unit_head")
S = EventState


@dataclass(frozen=True, slots=True)
class EventDraft:
    """One event: whose, what, where, how many days ahead at which hours (None: around this moment), then its steps."""

    key: str
    unit: str
    kind: str
    label: str
    stops: tuple[Stop, ...]
    days: int
    hours: tuple[tuple[float, float], ...] | None
    shape: str = EventShape.POINT
    radius_m: int = 200
    armed: bool = False
    path: tuple[EventState, ...] = ()


MARSEILLE, QUAY, LILLE, NICE = (
    Stop("13055", 5.3625, 43.3301), Stop("13055", 5.3641, 43.3309), Stop("59350", 3.0801, 50.6249), Stop("06088"),
)  # fmt: skip
STREET = Stop("13055", 5.3698, 43.2965)
A63 = (Stop("64102"), Stop("40088"), Stop("33063"))
EVENTS: Sequence[EventDraft] = (
    EventDraft("E01", "PJ13", "surveillance", "Planque des ateliers", (MARSEILLE,), 2, ((14, 18),), armed=True),
    EventDraft("E02", "DED13", "control", "Contrôle du quai fictif", (QUAY,), 2, ((15, 17),), radius_m=100),
    EventDraft(
        "E03", "SR13", "surveillance", "Remontée de l'A63", A63, 3, ((5, 7), (6, 9)), EventShape.CORRIDOR, armed=True
    ),
    EventDraft("E04", "PJ13", "arrest", "Interpellation remise", (Stop("13055"),), 5, ((6, 8),), path=(S.CANCELLED,)),
    EventDraft("E05", "PJ13", "surveillance", "Dispositif en cours", (Stop("13001"),), 0, None, path=(S.UNDER_WAY,)),
    EventDraft("E06", "SR13", "search", "Perquisition à l'aube", (Stop("83137"),), 4, ((6, 9),)),
    EventDraft("E07", "PJ13", "surveillance", "Nuit du hangar", (Stop("13103"),), 6, ((22, 29),)),
    EventDraft("E08", "DED13", "control", "Semaine de la gare fictive", (LILLE,), 8, ((8, 8 + 24 * 3),)),
    EventDraft("E09", "PJ13", "sensitive", "", (NICE,), 9, ((10, 12),), EventShape.COMMUNE, armed=True),
    EventDraft("E10", "SR13", "purchase", "Achat du square", (Stop("13028"),), 10, ((17, 19),)),
    EventDraft("E11", "DED13", "control", "Conteneurs des îles", (Stop("97105"),), 11, ((7, 12),)),
    EventDraft("E12", "PJ13", "control", "Barrage d'hier", (Stop("13039"),), -1, None, path=(S.OVER,)),
    EventDraft(
        "E13", "PJ13", "arrest", "Interpellation au petit matin", (STREET,), 1, ((6, 10),), radius_m=100, armed=True
    ),
    EventDraft("E14", "DED13", "control", "Contrôle d'un entrepôt", (STREET,), 1, ((6, 10),), radius_m=100, armed=True),
)


def load_events(stage: Stage) -> int:
    """Enter each and take its steps, then compare them as the matcher does; how many there are."""
    people = {draft.key: stage.holder(draft.unit, *PLANNERS) for draft in EVENTS}
    stage.open_sessions(people.values())
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0, tzinfo=None)
    with stage.process("web"):
        for draft in EVENTS:
            _load(stage, draft, people[draft.key], now)
    with stage.process("matcher"):
        while drain():
            continue
    return len(EVENTS)


def _load(stage: Stage, draft: EventDraft, login: str, now: datetime) -> None:
    """One event, each of its steps once: a killed loading goes on."""
    step = f"event:{draft.key}"
    if not stage.ledger.has(step):
        with stage.acting(login) as agent:
            made = actions.enter(by=agent, entry=_entry(draft, now), key=uuid5(KEYS, draft.key))
        stage.ledger.add(step, str(made.id))
    for to in draft.path:
        if stage.ledger.has(f"{step}:{to}"):
            continue
        with stage.acting(login) as agent:
            event = Event.objects.get(id=UUID(stage.ledger.value(step)))
            # Taken before a kill that came before the line of the ledger.
            if event.state != to:
                actions.move(by=agent, event=event, to=to, reason="L'objectif a quitté la ville.")
        stage.ledger.add(f"{step}:{to}")


def _entry(draft: EventDraft, now: datetime) -> EventEntry:
    midnight = now.replace(hour=0) + timedelta(days=draft.days)
    windows = tuple((midnight + timedelta(hours=a), midnight + timedelta(hours=b)) for a, b in draft.hours or ())
    around = now + timedelta(hours=20 * draft.days)
    return EventEntry(
        kind=draft.kind,
        shape=draft.shape,
        stops=draft.stops,
        windows=windows or ((around - timedelta(hours=1), around + timedelta(hours=5)),),
        armed=draft.armed,
        radius_m=draft.radius_m,
        label=draft.label,
    )
