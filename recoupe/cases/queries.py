"""Reads of procedures; row security decides what exists for the agent. The page records what it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.access.written import Written
from recoupe.audit import reading
from recoupe.audit.reading import Opening, Wanted
from recoupe.cases.actions import SENTENCE_ABSENT
from recoupe.cases.enums import JUDGE_FRAMEWORKS, CaseState, LegalFramework
from recoupe.cases.models import Case, MagistrateChange
from recoupe.kernel.refusal import Absent

PAGE = 50
_CASE = Written(lambda i: Case.objects.filter(id=i), UUID(int=1))


@dataclass(frozen=True, slots=True)
class Magistrate:
    """Who directs a procedure: the agent, the court and whether as an examining judge."""

    agent_id: UUID
    court_id: UUID
    is_judge: bool


@dataclass(frozen=True, slots=True)
class MagistrateChoice:
    """A magistrate whom a form may name as the one in charge."""

    id: UUID
    name: str
    is_judge: bool


def case(agent: Agent, case_id: UUID) -> Case:
    """A procedure that the agent may read; Absent alike when hidden and when it does not exist."""
    found: Case | None = _CASE.first(case_id)
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def open_cases(agent: Agent, limit: int = PAGE) -> list[Case]:
    """The open procedures of the agent's own unit: what a judicial report may name."""
    rows = Case.objects.filter(owner_unit_id=agent.unit_id, state=CaseState.OPEN)
    return list(rows.order_by("-opened_on", "number")[:limit])


def cases(agent: Agent, limit: int = PAGE) -> list[Case]:
    """The procedures that the agent may read, newest first."""
    return list(Case.objects.order_by("-opened_on", "number")[:limit])


def own_by_number(agent: Agent, number: str) -> Case | None:
    """The procedure of the agent's own unit that carries this number."""
    return Case.objects.filter(number=number, owner_unit_id=agent.unit_id).first()


def cases_by_id(agent: Agent, ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Those of these procedures that the agent may read."""
    return Case.objects.by_id(list(ids))


def magistrate_changes(agent: Agent, of: Case) -> list[MagistrateChange]:
    """Who was put in charge of a procedure after whom, oldest first."""
    return list(MagistrateChange.objects.filter(case=of).order_by("at"))


def magistrate_of(case_id: UUID) -> Magistrate | None:
    """Who directs a procedure: told to whoever reads it, and to a process that only passes the question on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT magistrate, court, framework FROM cases.magistrate_of(%s::uuid)", [case_id])
        row = cursor.fetchone()
    return Magistrate(row[0], row[1], LegalFramework(row[2]) in JUDGE_FRAMEWORKS) if row else None


def magistrates(agent: Agent, court_id: UUID) -> list[MagistrateChoice]:
    """The magistrates at work in a court, by name: public officers, listed for the form that names one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, judge FROM cases.magistrates(%s::uuid)", [court_id])
        return [MagistrateChoice(*row) for row in cursor.fetchall()]


def openings(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Who of other services opened a procedure of the agent's unit; the function itself answers heads of unit alone."""
    query = "SELECT * FROM cases.reads_of_own(%s::timestamptz, %s::timestamptz, %s::uuid, %s::integer)"
    return reading.openings(query, "case", wanted)
