"""One of each kind of object in every state, by several owners; never saved."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import product
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

from recoupe.cases.enums import CaseState
from recoupe.cases.models import Case
from recoupe.coordination.enums import ObjectiveState
from recoupe.coordination.models import Objective
from recoupe.crosscheck.enums import AgreementState, ContactState, HitState
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Judgement
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.deconfliction.models import DangerSide
from recoupe.deconfliction.settling.enums import OpinionState
from recoupe.deconfliction.settling.models import Opinion
from recoupe.desk.enums import KeyState, RecoveryState
from recoupe.intelligence.enums import ImportState, ReportState
from recoupe.intelligence.models import ImportFile, Report
from recoupe.operations.enums import EventKind, EventState
from recoupe.operations.models import Event, Presence
from recoupe.operations.presence.enums import LineState
from recoupe.targets.enums import TargetState
from recoupe.targets.models import RegisteredTarget
from tests.policy.cast import AGENTS, BUREAU, CROSS13, CROSS69, EVERYBODY, OFFICE, PJ13, SPACE, TJ13, WRITER

TODAY = date(2026, 11, 22)
HANDLING: tuple[list[str], ...] = (["H0"], ["H1", "H2"], ["H2"], [], ["H9"])
# Who would work on a report of Marseille, had he not written its assessment.
ANALYSTS = tuple(who for who in AGENTS if who.unit_id == CROSS13.id and who.login in ("cross_analyst", "cross_head"))
CELL_SETS: tuple[list[UUID], ...] = ([CROSS13.id], [CROSS13.id, CROSS69.id], [])


def reports(states: Sequence[ReportState] = tuple(ReportState)) -> Iterator[Report]:
    """Every state, code, place and silence; a draft of the writer, a report of somebody else."""
    for state, codes, at, owner in product(states, HANDLING, (["13"], ["13", "69"], []), (PJ13, CROSS13)):
        yield report(state, codes, at, owner.id)
    for state in states:
        yield from (report(state, ["H0"], ["13"], PJ13.id, assessment_author_id=who.id) for who in ANALYSTS)
    for line, at in product(("both", "holder_only", "nobody"), (["13"], [])):
        yield report(states[0], ["H3"], at, PJ13.id, h3_line=line, handling_conditions="x")
    for at in (["13"], []):
        yield report(states[0], ["H0"], at, PJ13.id, silent_until=TODAY, silent_reason="x")


def report(state: ReportState, codes: list[str], at: list[str], owner: UUID, **more: Any) -> Report:
    return Report(state=state, handling=codes, departments=at, owner_unit_id=owner, author_id=WRITER, **more)


def imports() -> Iterator[ImportFile]:
    for state, owner in product(ImportState, (PJ13, CROSS13)):
        yield ImportFile(state=state, owner_unit_id=owner.id, uploaded_by=WRITER)


def cases() -> Iterator[Case]:
    for state in CaseState:
        yield Case(state=state, owner_unit_id=PJ13.id, court_id=TJ13.id, magistrate_id=AGENTS[0].id)


def events() -> Iterator[Event]:
    for state, owner in product(EventState, (PJ13, CROSS13)):
        yield Event(state=state, owner_unit_id=owner.id, author_id=WRITER)
    yield Event(kind=EventKind.MARK, owner_unit_id=BUREAU.id, author_id=WRITER)


def presences() -> Iterator[Presence]:
    for state, owner in product(LineState, (PJ13, CROSS13)):
        yield Presence(state=state, owner_unit_id=owner.id, author_id=WRITER)


def danger_sides() -> Iterator[DangerSide]:
    yield from (DangerSide(owner_unit_id=unit.id, live=True) for unit in (PJ13, CROSS13, OFFICE))


def sides() -> Iterator[HitSide]:
    for state, owner, relay in product(HitState, (PJ13, CROSS13), (None, CROSS69.id, OFFICE.id)):
        yield HitSide(state=state, owner_unit_id=owner.id, author_id=WRITER, relay_id=relay, strength="weak")
    yield HitSide(state=HitState.POSITIVE, owner_unit_id=PJ13.id, author_id=None, relay_id=None, strength="certain")


def threads() -> Iterator[ContactThread]:
    for state, arbiter in product(ContactState, (None, CROSS13.id, OFFICE.id, TJ13.id)):
        yield ContactThread(state=state, arbiter_id=arbiter)


def judgements() -> Iterator[Judgement]:
    yield from (Judgement(owner_unit_id=unit.id) for unit in (CROSS13, CROSS69, OFFICE))


def agreements() -> Iterator[Agreement]:
    for who, state in product(EVERYBODY, AgreementState):
        yield Agreement(magistrate_id=who.id, state=state)


def opinions() -> Iterator[Opinion]:
    for who, state in product(EVERYBODY, OpinionState):
        yield Opinion(magistrate_id=who.id, court_id=who.unit_id, state=state)


def points(states: Sequence[DealPointState] = tuple(DealPointState)) -> Iterator[DealPoint]:
    yield from (DealPoint(state=state, cells=cells) for state, cells in product(states, CELL_SETS))


def objectives(states: Sequence[ObjectiveState] = tuple(ObjectiveState)) -> Iterator[Objective]:
    proposers = (uuid5(SPACE, "nobody"), uuid5(SPACE, "prosecutor TJ13"))
    for state, cells, lead, proposer in product(states, CELL_SETS, (None, PJ13.id), proposers):
        yield Objective(state=state, cells=cells, lead_id=lead, court_id=TJ13.id, proposed_by_id=proposer)


def targets(states: Sequence[TargetState] = tuple(TargetState)) -> Iterator[RegisteredTarget]:
    yield from (
        RegisteredTarget(state=state, owner_unit_id=unit.id) for state, unit in product(states, (PJ13, CROSS13))
    )


def asked(states: Sequence[str]) -> Iterator[SimpleNamespace]:
    """What somebody asked for a unit, about somebody, in each state: keys of tools, recoveries of lost keys."""
    for one, unit, state in product(EVERYBODY, (PJ13, CROSS13), states):
        for apart in (True, False):
            yield SimpleNamespace(asked_by=one.id, agent_id=EVERYBODY[0].id, unit_id=unit.id, state=state, apart=apart)


MADE: dict[str, Callable[[], Iterator[Any]]] = {
    "report": reports, "import": imports, "case": cases, "hit": sides, "judgement": judgements,
    "agreement": agreements, "opinion": opinions, "dealpoint": points, "objective": objectives,
    "event": events, "presence": presences, "target": targets, "danger_side": danger_sides,
    "service_key": lambda: asked(KeyState.values), "recovery": lambda: asked(RecoveryState.values),
}  # fmt: skip
