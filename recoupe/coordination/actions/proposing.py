"""From a proposal to the decision of the prosecutor's office."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions, rules, standing
from recoupe.coordination.actions.common import move, write_step
from recoupe.coordination.citing import link_reports
from recoupe.coordination.enums import ObjectiveState, OriginKind, Verdict
from recoupe.coordination.models import Decision, Objective
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line, clean_text

S = ObjectiveState
# What an allocation wrote; a reopened objective is examined without it.
_UNALLOCATED: dict[str, Any] = {
    "decision": None, "lead": None, "joint_lead": None, "co_services": [], "deadline": None, "financial": "",
    "financial_motive": "", "operation_ref": "", "operation_on": None, "outcome": "", "outcome_on": None,
    "closing_motive": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """What a proposer says; a deal point brings its own commune and departments, a hit needs them here.

    `key` is drawn with the form: sent twice, it makes one objective.
    """

    title: str
    summary: str
    court_id: UUID | None = None
    commune_code: str = ""
    departments: tuple[str, ...] = ()
    key: UUID | None = None


@transaction.atomic
def propose(*, by: Agent, origin: DealPoint | HitSide, draft: Draft) -> Objective:
    """Put an objective before the cells of its territory; one origin has one live objective."""
    permissions.check_propose(by, origin)
    if draft.key:
        once.first_of(draft.key)
        made: Objective | None = Objective.objects.filter(pk=draft.key, proposed_by_id=by.id).first()
        if made:
            return made
    objective = _objective_of(by, origin, draft)
    record(
        Operation.COLLECT,
        refs=[("objective", objective.id), (objective.origin_kind, origin.pk)],
        fields=["title", "summary"],
        details={"state": S.PROPOSED.value},
    )
    _insert(objective)
    write_step(objective, by, "", "")
    standing.tell(objective, S.PROPOSED)
    link_reports(by, objective)
    return objective


@transaction.atomic
def examine(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """The cell took it up; a reopened one starts again without its former decision and services."""
    reopened = S(objective.state) is S.REOPENED
    moved = move(by, objective, S.EXAMINED, reason, **(_UNALLOCATED if reopened else {}))
    # A head of unit who proposed it does not handle the reports it cites; the cell that takes it up does.
    link_reports(by, moved)
    return moved


@transaction.atomic
def send_to_prosecutor(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """Put it before the prosecutor's office of the competent court, who reads it from now on."""
    return move(by, objective, S.TO_PROSECUTOR, reason, sent_at=objective.sent_at or timezone.now())


@transaction.atomic
def validate(*, by: Agent, objective: Objective, reference: str, reason: str = "") -> Objective:
    """A prosecutor of the competent court validates, under the reference of his office."""
    permissions.check_move(by, objective, S.VALIDATED)
    number = clean_line(reference, 40, "reference")
    if not number:
        raise Invalid(gettext_noop("Indiquez la référence du parquet."), field="reference")
    motive = rules.checked_motive(S.VALIDATED, reason)
    decision = _decide(by, objective, Verdict.VALIDATED, number, motive)
    return move(by, objective, S.VALIDATED, motive, decision=decision)


@transaction.atomic
def refuse(*, by: Agent, objective: Objective, reason: str, reference: str = "") -> Objective:
    """A prosecutor of the competent court refuses, and says why."""
    permissions.check_move(by, objective, S.REFUSED)
    motive = rules.checked_motive(S.REFUSED, reason)
    _decide(by, objective, Verdict.REFUSED, clean_line(reference, 40, "reference"), motive)
    return move(by, objective, S.REFUSED, motive)


def _objective_of(by: Agent, origin: DealPoint | HitSide, draft: Draft) -> Objective:
    now = timezone.now()
    point = origin if isinstance(origin, DealPoint) else None
    commune = point.commune_code if point else draft.commune_code
    departments = (*(point.departments if point else ()), *draft.departments)
    where = standing.territory(commune, departments, draft.court_id, timezone.localdate(now))
    return Objective(
        id=draft.key or uuid4(),
        ref=human_ref(f"OBJ{where.departments[0]}", now.year),
        owner_unit_id=by.unit_id,
        title=clean_line(draft.title, 120, "title", required=True),
        summary=clean_text(draft.summary, 4000, "summary", required=True),
        origin_kind=OriginKind.DEALPOINT if point else OriginKind.HIT,
        origin_id=origin.pk,
        origin_ref=point.ref if point else "",
        commune_code=where.commune_code,
        departments=list(where.departments),
        cells=list(where.cells),
        court=where.court,
        state=S.PROPOSED,
        state_since=now,
        proposed_by_id=by.id,
        created_at=now,
    )


def _insert(objective: Objective) -> None:
    objective.readers = standing.readers(objective)
    try:
        with transaction.atomic():
            objective.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(gettext_noop("Un objectif est déjà en cours sur cette origine.")) from error


def _decide(by: Agent, objective: Objective, verdict: Verdict, reference: str, motive: str) -> Decision:
    record(
        Operation.MODIFY, refs=[("objective", objective.id)], fields=["decision"], details={"verdict": verdict.value}
    )
    return Decision.objects.create(
        objective=objective,
        court_id=objective.court_id,
        verdict=verdict,
        decided_by_id=by.id,
        decided_by_name=by.name,
        reference=reference,
        motive=motive,
    )
