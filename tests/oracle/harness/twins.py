"""Each action of T-4 as the rooms decide it: a permission asked, or the action itself taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, transaction

from recoupe.access import permissions as access
from recoupe.access.agent import Agent
from recoupe.access.models import Agent as Account
from recoupe.cases import permissions as cases
from recoupe.cases.models import Case
from recoupe.coordination import permissions as coordination
from recoupe.coordination.enums import ObjectiveState
from recoupe.coordination.models import Objective
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import Answer, Resolution, Voice
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Judgement
from recoupe.dealpoints import permissions as dealpoints
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.deconfliction import permissions as deconfliction
from recoupe.deconfliction.models import DangerSide
from recoupe.deconfliction.settling.enums import SettlementState
from recoupe.deconfliction.settling.models import Opinion, Settlement
from recoupe.intelligence import permissions as intelligence
from recoupe.intelligence import queries as reports
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.models import ImportFile, Report
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.operations import permissions as operations
from recoupe.operations.models import Event, Presence
from recoupe.operations.presence import queries as ledger
from recoupe.reference import queries as reference
from recoupe.targets import permissions as targets
from recoupe.targets.enums import TargetState
from recoupe.targets.models import RegisteredTarget
from tests.oracle.terms import Answer as Said

WHY = "motif écrit en toutes lettres"
MODELS: Mapping[str, Any] = {
    "report": Report, "import": ImportFile, "case": Case, "target": RegisteredTarget, "event": Event,
    "presence": Presence,
    "hit": HitSide, "judgement": Judgement,
    "contact": ContactThread,
    "agreement": Agreement, "dealpoint": DealPoint, "objective": Objective,
    "settlement": Settlement, "opinion": Opinion, "danger_side": DangerSide,
}  # fmt: skip
RANK: tuple[Said, ...] = ("yes", "conflict", "forbidden", "absent")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an action names besides its object: a state to come, a second object."""

    to: str = ""
    other: str = ""


Twin = Callable[[Agent, Any, Asked], object]


def _report(asked: Asked) -> Any:
    return Report.objects.get(pk=asked.other)


def _moves(agent: Agent, report: Report, to: ReportState) -> None:
    """A deposit is a move whose action asks for more."""
    if to is ReportState.SUBMITTED:
        intelligence.check_submit(agent, report)
    else:
        intelligence.check_move(agent, report, to)


def _determines(agent: Agent, report: Report) -> None:
    """Somebody of it has no category yet: what the action sees besides its permission (P-99)."""
    intelligence.check_determine(agent, report)
    if not reports.undetermined(agent, [report.id]):
        raise Conflict("")


# Permissions that answer alone.
TWINS: Mapping[tuple[str, str], Twin] = {
    ("report", "report.edit"): lambda a, o, s: intelligence.check_edit_draft(a, o),
    ("report", "report.discard"): lambda a, o, s: intelligence.check_edit_draft(a, o),
    ("report", "report.submit"): lambda a, o, s: intelligence.check_submit(a, o),
    ("report", "report.correct"): lambda a, o, s: intelligence.check_correct(a, o),
    ("report", "report.determine"): lambda a, o, s: _determines(a, o),
    ("report", "report.grade"): lambda a, o, s: intelligence.check_grade(a, o),
    ("report", "report.move"): lambda a, o, s: _moves(a, o, ReportState(s.to)),
    ("report", "report.review"): lambda a, o, s: intelligence.check_review(a, o),
    ("report", "report.silence"): lambda a, o, s: intelligence.check_silence(a, o),
    ("report", "report.attach"): lambda a, o, s: intelligence.check_attach(a, o),
    ("report", "dealpoint.propose"): lambda a, o, s: dealpoints.check_propose(a, o),
    ("import", "import.open"): lambda a, o, s: intelligence.check_open_import(a, o),
    ("import", "import.refuse"): lambda a, o, s: intelligence.check_open_import(a, o),
    ("import", "import.run"): lambda a, o, s: intelligence.check_run_import(a, o),
    ("case", "case.close"): lambda a, o, s: cases.check_change(a, o),
    ("case", "case.change_magistrate"): lambda a, o, s: cases.check_change_magistrate(a, o),
    ("case", "target.request"): lambda a, o, s: targets.check_request(a, o),
    ("target", "target.move"): lambda a, o, s: targets.check_decide(a, o, TargetState(s.to)),
    ("target", "target.amend"): lambda a, o, s: targets.check_amend(a, o),
    ("event", "event.change"): lambda a, o, s: operations.check_change(a, o),
    ("event", "event.silence"): lambda a, o, s: operations.check_silence(a, o),
    ("event", "event.move"): lambda a, o, s: operations.check_change(a, o),
    ("presence", "presence.correct"): lambda a, o, s: operations.check_correct(a, ledger.line(a, o.id)[-1]),
    ("dealpoint", "dealpoint.move"): lambda a, o, s: dealpoints.check_move(a, o, DealPointState(s.to)),
    ("dealpoint", "dealpoint.correct"): lambda a, o, s: dealpoints.check_correct(a, o),
    ("dealpoint", "dealpoint.price"): lambda a, o, s: dealpoints.check_price(a, o),
    ("dealpoint", "dealpoint.separate"): lambda a, o, s: dealpoints.check_separate(a, o),
    ("dealpoint", "dealpoint.add_evidence"): lambda a, o, s: dealpoints.check_add_evidence(a, o, _report(s)),
    ("dealpoint", "followup.plan"): lambda a, o, s: coordination.check_plan_return(a, o),
    ("dealpoint", "followup.answer"): lambda a, o, s: coordination.check_look(a, o),
    ("dealpoint", "followup.tend"): lambda a, o, s: coordination.check_tend(a, o),
    ("dealpoint", "objective.propose"): lambda a, o, s: coordination.check_propose(a, o),
    ("hit", "objective.propose"): lambda a, o, s: coordination.check_propose(a, o),
    ("objective", "objective.progress"): lambda a, o, s: coordination.check_progress(a, o),
    ("objective", "objective.reassign"): lambda a, o, s: coordination.check_reassign(a, o),
    ("objective", "objective.move"): lambda a, o, s: coordination.check_move(a, o, ObjectiveState(s.to)),
    ("settlement", "settlement.move"): lambda a, o, s: deconfliction.check_settle(a, o, SettlementState(s.to)),
    ("opinion", "opinion.decide"): lambda a, o, s: deconfliction.check_decide(a, o),
    ("danger_side", "danger.acknowledge"): lambda a, o, s: deconfliction.check_acknowledge(a, o),
    ("agent", "account.designate"): lambda a, o, s: access.check_designate(a, o.id),
    ("agent", "account.revoke"): lambda a, o, s: access.check_designate(a, o.id),
    ("agent", "account.transfer"): lambda a, o, s: access.check_designate(a, o.id),
}  # fmt: skip


def _other_end(side: HitSide) -> UUID:
    """The unit to which a record would go; anybody where there is no channel."""
    thread = ContactThread.objects.filter(id=side.thread_id).first()
    if thread is None:
        return side.owner_unit_id
    found: UUID = thread.asker_unit_id if side.side == "holder" else thread.holder_contact_id
    return found


def _voiced(act: Callable[..., object], **more: Any) -> Twin:
    """An action that is taken in a voice: in each one of them, the best answer counts."""

    def each(agent: Agent, thread: Any, asked: Asked) -> object:
        answers = [answer(lambda v=voice: act(by=agent, thread=thread, voice=v, **more)) for voice in Voice]  # type: ignore[misc]
        return min(answers, key=RANK.index)

    return each


# Actions whose room asks for more than the permission: taken for real, then taken back.
ACTS: Mapping[tuple[str, str], Twin] = {
    ("hit", "hit.answer"): lambda a, o, s: crosscheck.answer_weak(by=a, side=o, answer=Answer.SAME),
    ("hit", "contact.request"): lambda a, o, s: crosscheck.open_contact(by=a, side=o, text=WHY),
    ("hit", "release.give"): lambda a, o, s: crosscheck.release_record(
        by=a, side=o, recipient=_other_end(o), reason=WHY
    ),
    ("hit", "release.refuse"): lambda a, o, s: crosscheck.refuse_release(by=a, side=o, reason=WHY),
    ("contact", "contact.confirm"): _voiced(crosscheck.make_contact),
    ("contact", "contact.write"): _voiced(crosscheck.write_message, text=WHY),
    ("contact", "contact.propose"): _voiced(crosscheck.propose_resolution, resolution=Resolution.SAME_NETWORK),
    ("contact", "contact.accept"): _voiced(crosscheck.accept_resolution),
    ("contact", "contact.escalate"): lambda a, o, s: _voiced(
        crosscheck.escalate, reason=WHY, court=reference.unit("TJ13")
    )(a, o, s),
    ("contact", "contact.settle"): lambda a, o, s: crosscheck.settle(
        by=a, thread=o, resolution=Resolution.COEXIST, reason=WHY
    ),
    ("contact", "release.request"): _voiced(crosscheck.request_release, reason=WHY),
    ("contact", "release.withdraw"): _voiced(crosscheck.withdraw_release),
    ("agreement", "agreement.answer"): lambda a, o, s: crosscheck.answer_agreement(by=a, agreement=o, agreed=True),
    ("judgement", "judgement.judge"): lambda a, o, s: crosscheck.judge(
        by=a, judgement=o, answer=Answer.SAME, reason=WHY
    ),
    ("judgement", "judgement.retract"): lambda a, o, s: crosscheck.retract(by=a, judgement=o, reason=WHY),
}


class _TakenBackError(Exception):
    """Ends a savepoint; what was done in it is undone."""


def answer(call: Callable[[], object]) -> Said:
    """The answer of a permission or an action, in the oracle's words; what it changed is undone."""
    said: Said = "yes"
    try:
        with transaction.atomic():
            given = call()
            said = given if given in RANK else "yes"
            raise _TakenBackError
    except _TakenBackError:
        return said
    except Refused:
        return "forbidden"
    except Conflict:
        return "conflict"
    except (Absent, ObjectDoesNotExist):
        return "absent"
    except Invalid:
        return "yes"  # typed wrongly: said in the form, to who may
    except DatabaseError as error:
        # P-2 (f): row security has the last word.
        if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            return "forbidden"
        raise


def decide(agent: Agent, kind: str, identifier: str, action: str, asked: Asked) -> Said:
    """What the rooms answer: first whether the object is read at all."""
    call = TWINS.get((kind, action)) or ACTS[kind, action]
    model = MODELS.get(kind)
    found = model.objects.filter(pk=identifier).first() if model else _account(identifier)
    if found is None:
        return "absent"
    return answer(lambda: call(agent, found, asked))


def _account(identifier: str) -> Any:
    return Account.objects.filter(pk=identifier).first()
