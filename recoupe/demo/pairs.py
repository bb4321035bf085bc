"""Notes of two services made to meet, and the objectives that follow, in every state of both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from recoupe.demo import lives, names
from recoupe.demo.identifiers import Made
from recoupe.demo.pools import Pool
from recoupe.demo.records import AgentDraft, DealPointDraft, ObjectiveDraft, PairDraft, Plan
from recoupe.demo.reports import WRITERS, Wish
from recoupe.demo.setting import Setting

PAIRS = 48
HOME = ("PJ13", "SR13", "DED13")  # units of the named accounts: each stage of a contact is theirs twice
# How far the contact of a pair goes once both sides have been told.
CONTACT_STEPS: dict[str, tuple[str, ...]] = {
    "told": (),
    "requested": ("request",),
    "talking": ("request", "answer"),
    "release_asked": ("request", "answer", "ask"),
    "released": ("request", "answer", "ask", "give"),
    "release_refused": ("request", "answer", "ask", "keep"),
    "resolved": ("request", "answer", "propose", "accept"),
    "escalated": ("request", "escalate"),
}
CONTACTS = tuple(CONTACT_STEPS)
KINDS = ("phone", "phone", "plate", "imei", "iban", "wallet", "container", "handle")
OBJECTIVES_PER_STATE = 3
_START = ("EXAMINED", "TO_PROSECUTOR", "VALIDATED", "ALLOCATED", "UNDER_INVESTIGATION")
_OPERATION = (*_START, "OPERATION_PLANNED", "EXECUTED", "JUDICIAL_OUTCOME", "FOLLOW_UP")
PATHS: dict[str, tuple[str, ...]] = {
    "PROPOSED": (),
    "EXAMINED": _START[:1],
    "TO_PROSECUTOR": _START[:2],
    "VALIDATED": _START[:3],
    "REFUSED": (*_START[:2], "REFUSED"),
    "ALLOCATED": _START[:4],
    "UNDER_INVESTIGATION": _START,
    "SUSPENDED": (*_START, "SUSPENDED"),
    "OPERATION_PLANNED": _OPERATION[:6],
    "EXECUTED": _OPERATION[:7],
    "JUDICIAL_OUTCOME": _OPERATION[:8],
    "FOLLOW_UP": _OPERATION,
    "CLOSED": (*_OPERATION, "CLOSED"),
    "REOPENED": (*_OPERATION, "CLOSED", "REOPENED"),
    "ABANDONED": (*_START, "ABANDONED"),
}
# The state in which the point of an objective stands: it is dismantled with it, and comes back with it.
ORIGINS = {
    "EXECUTED": "DISMANTLED",
    "JUDICIAL_OUTCOME": "DISMANTLED",
    "FOLLOW_UP": "WATCH",
    "CLOSED": "CLOSED",
    "REOPENED": "REOCCUPIED",
}
MOTIVES = {
    "REFUSED": "Éléments trop anciens : à représenter avec une constatation de moins de deux mois.",
    "SUSPENDED": "Effectif engagé sur une autre affaire, reprise prévue à l'échéance.",
    "ABANDONED": "Le réseau visé n'a plus d'activité constatée depuis six mois.",
    "REOPENED": "Reprise constatée par deux services.",
    "CLOSED": "Aucune reprise à l'issue des contrôles.",
}


@dataclass(frozen=True)
class Meeting:
    """What two notes will share, between two units."""

    key: str
    made: Made
    units: tuple[str, str]
    contact: str


def _operational(setting: Setting, agents: Sequence[AgentDraft]) -> list[str]:
    """Units that write notes, speak for themselves and are not silent."""
    kinds = ("police_unit", "gendarmerie_unit", "customs_unit")
    manned = {a.unit for a in agents if set(a.roles) & WRITERS}
    return [u.code for u in setting.units if u.code in manned and u.kind in kinds and not u.silent]


def draw_meetings(setting: Setting, plan: Plan, agents: Sequence[AgentDraft], pool: Pool) -> list[Meeting]:
    """Pairs of units of two services; every stage of a contact as often as any other, the first ones at home."""
    rng = Random(f"{plan.seed}:pairs")
    codes = _operational(setting, agents)
    service = {u.code: u.service for u in setting.units}
    found = []
    for number in range(max(plan.count(PAIRS), len(CONTACTS))):
        at_home = HOME if number < 2 * len(CONTACTS) else codes
        first = rng.choice(at_home)
        second = rng.choice([c for c in at_home if service[c] != service[first]])
        made = pool.draw(rng.choice(KINDS), good=True)
        found.append(Meeting(f"M{number + 1:03d}", made, (first, second), CONTACTS[number % len(CONTACTS)]))
    return found


def wishes(meetings: Sequence[Meeting], plan: Plan) -> Iterator[tuple[Meeting, Wish]]:
    """The two notes of each meeting, weeks apart."""
    rng = Random(f"{plan.seed}:meetings")
    for meeting in meetings:
        second_day = plan.today - timedelta(days=rng.randrange(30, 90))
        days = (second_day - timedelta(days=rng.randrange(20, 200)), second_day)
        for unit, day in zip(meeting.units, days, strict=True):
            yield (
                meeting,
                Wish(
                    key="",
                    unit=unit,
                    naming=True,
                    given=(meeting.made,),
                    day=day,
                    handling=rng.choice((("H0",), ("H0",), ("H1",))),
                    state="INDEXED",
                ),
            )


def built(meetings: Sequence[Meeting], keys: dict[str, list[str]]) -> tuple[PairDraft, ...]:
    """The pairs with the keys of their two notes."""
    return tuple(
        PairDraft(m.key, m.made.kind, m.made.value, keys[m.key][0], keys[m.key][1], m.contact) for m in meetings
    )


def _staffed(setting: Setting, agents: Sequence[AgentDraft]) -> dict[str, tuple[str, str]]:
    """Departments whose cell has an analyst, with his login and the code of a unit that can lead there."""
    analysts: dict[str, str] = {}
    for agent in agents:
        if "cross_analyst" in agent.roles:
            for department in setting.unit_by_code[agent.unit].departments:
                analysts.setdefault(department, agent.login)
    lead: dict[str, str] = {}
    for code in _operational(setting, agents):
        for department in setting.unit_by_code[code].departments:
            lead.setdefault(department, code)
    return {d: (login, lead[d]) for d, login in sorted(analysts.items()) if d in lead}


def _origins(
    setting: Setting, agents: Sequence[AgentDraft], points: Sequence[DealPointDraft]
) -> dict[str, list[DealPointDraft]]:
    """Points by state, of those whose court has a prosecutor here."""
    held = _staffed(setting, agents)
    prosecutors = {a.unit for a in agents if "prosecutor" in a.roles}
    found: dict[str, list[DealPointDraft]] = {state: [] for state in ("ACTIVE", "TARGETED", *ORIGINS.values())}
    for point in points:
        if point.state in found and point.department in held and setting.courts.get(point.commune) in prosecutors:
            found[point.state].append(point)
    return found


def draw_objectives(
    setting: Setting, plan: Plan, agents: Sequence[AgentDraft], points: Sequence[DealPointDraft]
) -> tuple[ObjectiveDraft, ...]:
    """Some objectives in every state, one at most for a point; a small world may run out of points."""
    rng = Random(f"{plan.seed}:objectives")
    held = _staffed(setting, agents)
    prosecutors = {a.unit: a.login for a in reversed(agents) if "prosecutor" in a.roles}
    origins = _origins(setting, agents, points)
    found: list[ObjectiveDraft] = []
    for state in [s for _ in range(OBJECTIVES_PER_STATE) for s in PATHS]:
        wanted = origins[ORIGINS.get(state, "TARGETED" if "ALLOCATED" in PATHS[state] else "ACTIVE")]
        if not wanted:
            continue
        point = wanted.pop(rng.randrange(len(wanted)))
        analyst, lead = held[point.department]
        court = setting.courts[point.commune]
        found.append(
            ObjectiveDraft(
                key=f"O{len(found) + 1:03d}",
                title=f"Réseau {names.invented_word(rng)} ({setting.by_code[point.commune].name})",
                origin_kind="dealpoint",
                origin=point.key,
                department=point.department,
                court=court,
                proposer=analyst,
                prosecutor=prosecutors[court],
                lead_unit=lead,
                deadline_days=rng.choice((30, 60, 90, 120)),
                state=state,
                path=PATHS[state],
                motive=MOTIVES.get(state, ""),
                days=lives.objective_days(rng, plan.today, PATHS[state], point.path, point.days),
            )
        )
    return tuple(found)
