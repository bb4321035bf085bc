"""Life of an objective, who decides each step, who reads it, and what an allocation must say: pure functions."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from recoupe.access.enums import Capacity
from recoupe.coordination.enums import RUNNING, Act, Decider, Financial, ObjectiveState, Told
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference.enums import UnitKind

S = ObjectiveState

# W4. A reopened objective is examined again and needs a new decision; a refusal is final for that proposal.
TRANSITIONS: Mapping[ObjectiveState, frozenset[ObjectiveState]] = {
    S.PROPOSED: frozenset({S.EXAMINED, S.ABANDONED}),
    S.EXAMINED: frozenset({S.TO_PROSECUTOR, S.ABANDONED}),
    S.TO_PROSECUTOR: frozenset({S.VALIDATED, S.REFUSED}),
    S.VALIDATED: frozenset({S.ALLOCATED, S.ABANDONED}),
    S.REFUSED: frozenset(),
    S.ALLOCATED: frozenset({S.UNDER_INVESTIGATION, S.ABANDONED}),
    S.UNDER_INVESTIGATION: frozenset({S.SUSPENDED, S.OPERATION_PLANNED, S.ABANDONED}),
    S.SUSPENDED: frozenset({S.UNDER_INVESTIGATION, S.ABANDONED}),
    S.OPERATION_PLANNED: frozenset({S.EXECUTED, S.UNDER_INVESTIGATION}),
    S.EXECUTED: frozenset({S.JUDICIAL_OUTCOME}),
    S.JUDICIAL_OUTCOME: frozenset({S.FOLLOW_UP}),
    S.FOLLOW_UP: frozenset({S.CLOSED, S.REOPENED, S.ABANDONED}),
    S.CLOSED: frozenset({S.REOPENED}),
    S.REOPENED: frozenset({S.EXAMINED, S.ABANDONED}),
    S.ABANDONED: frozenset(),
}

DECIDED_BY: Mapping[ObjectiveState, Decider] = {
    S.EXAMINED: Decider.CELL,
    S.TO_PROSECUTOR: Decider.CELL,
    S.VALIDATED: Decider.PROSECUTOR,
    S.REFUSED: Decider.PROSECUTOR,
    S.ALLOCATED: Decider.CELL_HEAD,
    S.UNDER_INVESTIGATION: Decider.LEAD,
    S.SUSPENDED: Decider.LEAD,
    S.OPERATION_PLANNED: Decider.LEAD,
    S.EXECUTED: Decider.LEAD,
    S.JUDICIAL_OUTCOME: Decider.LEAD,
    S.FOLLOW_UP: Decider.CELL_HEAD,
    S.CLOSED: Decider.CELL_HEAD,
    S.REOPENED: Decider.CELL_HEAD,
    S.ABANDONED: Decider.CELL_HEAD,
}

NEEDS_MOTIVE: Mapping[ObjectiveState, bool] = {
    S.PROPOSED: False,
    S.EXAMINED: False,
    S.TO_PROSECUTOR: False,
    S.VALIDATED: False,
    S.REFUSED: True,
    S.ALLOCATED: False,
    S.UNDER_INVESTIGATION: False,
    S.SUSPENDED: True,
    S.OPERATION_PLANNED: False,
    S.EXECUTED: False,
    S.JUDICIAL_OUTCOME: False,
    S.FOLLOW_UP: False,
    S.CLOSED: True,
    S.REOPENED: True,
    S.ABANDONED: True,
}

TELLS: Mapping[ObjectiveState, frozenset[Told]] = {
    S.PROPOSED: frozenset({Told.CELLS}),
    S.EXAMINED: frozenset(),
    S.TO_PROSECUTOR: frozenset({Told.COURT}),
    S.VALIDATED: frozenset({Told.CELLS}),
    S.REFUSED: frozenset({Told.CELLS}),
    S.ALLOCATED: frozenset({Told.LEAD}),
    S.UNDER_INVESTIGATION: frozenset(),
    S.SUSPENDED: frozenset({Told.CELLS, Told.COURT}),
    S.OPERATION_PLANNED: frozenset({Told.CELLS}),
    S.EXECUTED: frozenset({Told.CELLS, Told.COURT}),
    S.JUDICIAL_OUTCOME: frozenset({Told.CELLS}),
    S.FOLLOW_UP: frozenset(),
    S.CLOSED: frozenset({Told.LEAD}),
    S.REOPENED: frozenset({Told.CELLS}),
    S.ABANDONED: frozenset({Told.COURT, Told.LEAD}),
}

# What is written while the state stays: who writes it, in which states, and who is told. Each says why.
_WITH_LEAD = RUNNING | {S.EXECUTED, S.JUDICIAL_OUTCOME}
ACTED_BY: Mapping[Act, Decider] = {
    Act.PROGRESS: Decider.LEAD,
    Act.TRANSFER: Decider.CELL_HEAD,
    Act.JOINT: Decider.CELL_HEAD,
    Act.SOLE: Decider.CELL_HEAD,
    Act.TERM: Decider.CELL_HEAD,
}
ACTS_IN: Mapping[Act, frozenset[ObjectiveState]] = {
    Act.PROGRESS: _WITH_LEAD,
    # An operation that one service has planned is first called off by it.
    Act.TRANSFER: _WITH_LEAD - {S.OPERATION_PLANNED},
    Act.JOINT: _WITH_LEAD,
    Act.SOLE: _WITH_LEAD - {S.OPERATION_PLANNED},
    Act.TERM: RUNNING,
}
ACT_TELLS: Mapping[Act, frozenset[Told]] = {
    Act.PROGRESS: frozenset(),
    Act.TRANSFER: frozenset({Told.LEAD, Told.COURT}),
    Act.JOINT: frozenset({Told.LEAD, Told.COURT}),
    Act.SOLE: frozenset({Told.LEAD, Told.COURT}),
    Act.TERM: frozenset({Told.LEAD}),
}

# Kinds of units that investigate: no court, cell, partner or staff is ever given an objective.
INVESTIGATING = frozenset(
    {
        UnitKind.POLICE_UNIT,
        UnitKind.GENDARMERIE_UNIT,
        UnitKind.CUSTOMS_UNIT,
        UnitKind.POLE,
        UnitKind.ANTENNA,
        UnitKind.DETACHMENT,
    }
)
SHORTEST_MOTIVE = 10
TOO_SHORT = gettext_noop("Dites pourquoi en au moins %(n)s caractères : le prochain lecteur en aura besoin.")
LONGEST_DEADLINE_DAYS = 730
NOT_INVESTIGATING = gettext_noop("Seul un service d'enquête ouvert à ce jour peut recevoir un objectif.")


def audience(
    owner: Iterable[tuple[UUID, Capacity]],
    cells: Iterable[UUID],
    office: UUID,
    court: UUID | None,
    services: Iterable[UUID],
) -> frozenset[tuple[UUID, Capacity]]:
    """Proposer's unit, cells and office; the court's prosecutors once it is sent; the services once allocated."""
    readers: set[tuple[UUID, Capacity]] = {*owner, (office, Capacity.OFFICE)}
    readers |= {(cell, Capacity.CELL) for cell in cells}
    readers |= {(service, Capacity.UNIT) for service in services}
    if court is not None:
        readers.add((court, Capacity.PROSECUTOR))
    return frozenset(readers)


def checked_motive(to: ObjectiveState, motive: str) -> str:
    """The motive of a step, cleaned; refused when that step must say why and does not."""
    said = clean_line(motive, 500, "motive")
    if NEEDS_MOTIVE[to] and len(said) < SHORTEST_MOTIVE:
        raise Invalid(TOO_SHORT, field="motive", n=SHORTEST_MOTIVE)
    return said


def checked_said(said: str) -> str:
    """What an act says, cleaned: how it advances, or why it changes hands."""
    text = clean_line(said, 500, "motive")
    if len(text) < SHORTEST_MOTIVE:
        raise Invalid(TOO_SHORT, field="motive", n=SHORTEST_MOTIVE)
    return text


def after_transfer(
    lead: UUID | None, joint: UUID | None, others: Iterable[UUID], to: UUID, *, keep: bool
) -> tuple[UUID | None, tuple[UUID, ...]]:
    """The joint lead and the associated services once `to` leads; the former lead stays associated, or leaves."""
    if to == lead:
        raise Invalid(gettext_noop("Ce service est déjà chef de file."), field="service")
    kept = (*(service for service in others if service != to), *((lead,) if keep and lead else ()))
    return (None if joint == to else joint), kept


def checked_deadline(deadline: date, today: date) -> date:
    """A deadline lies ahead, and within two years."""
    if deadline <= today:
        raise Invalid(gettext_noop("L'échéance doit être à venir."), field="deadline")
    if (deadline - today).days > LONGEST_DEADLINE_DAYS:
        raise Invalid(gettext_noop("L'échéance ne peut pas dépasser deux ans."), field="deadline")
    return deadline


def checked_services(lead: UUID, kinds: Mapping[UUID, str], co_services: Iterable[UUID]) -> tuple[UUID, ...]:
    """The associated services: each once, none of them the lead; all of them, and the lead, investigate."""
    others = tuple(dict.fromkeys(co_services))
    if lead in others:
        raise Invalid(gettext_noop("Le service chef de file n'est pas aussi service associé."), field="co_services")
    for unit in (lead, *others):
        if kinds.get(unit) not in INVESTIGATING:
            raise Invalid(NOT_INVESTIGATING, field="lead" if unit == lead else "co_services")
    return others


def checked_financial(choice: Financial, motive: str) -> str:
    """Measure 29: an inquiry into assets is opened, or somebody says why not."""
    said = clean_line(motive, 300, "financial_motive")
    if choice is Financial.DECLINED and len(said) < SHORTEST_MOTIVE:
        raise Invalid(
            gettext_noop("Dites en au moins %(n)s caractères pourquoi aucune enquête patrimoniale n'est ouverte."),
            field="financial_motive",
            n=SHORTEST_MOTIVE,
        )
    return said


def passed_over(state: ObjectiveState, since: date, patience: date) -> bool:
    """Whether it was validated before the day of `patience` and no service has received it."""
    return state is S.VALIDATED and since < patience


def overdue(state: ObjectiveState, deadline: date | None, today: date, running: frozenset[ObjectiveState]) -> bool:
    """Whether the lead service should have finished by now."""
    return deadline is not None and state in running and deadline < today
