"""What humans say of a weak match; the matcher, who alone knows both sides, draws the consequence."""

from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import permissions
from recoupe.crosscheck.enums import Answer, HitState, JudgementState
from recoupe.crosscheck.models import Finding, HitSide, Judgement, WeakAnswer
from recoupe.kernel.refusal import Conflict, gettext_noop
from recoupe.kernel.text import clean_text

LONGEST_REASON = 300


@transaction.atomic
def judge(*, by: Agent, judgement: Judgement, answer: Answer, reason: str) -> Judgement:
    """Say whether two readable records name the same person; « unknown » leaves it to the two sides (S-2)."""
    permissions.check_judge(by, judgement)
    motive = clean_text(reason, LONGEST_REASON, "reason", required=True)
    now = timezone.now()
    record(
        Operation.COMBINE,
        refs=[
            ("judgement", judgement.id),
            (judgement.first_kind, judgement.first_id),
            (judgement.second_kind, judgement.second_id),
        ],
        details={"answer": Answer(answer).value},
    )
    changed = Judgement.objects.filter(id=judgement.id, state=JudgementState.ASKED).update(
        state=JudgementState.ANSWERED, answer=answer, reason=motive, answered_by=by.id, answered_at=now
    )
    if not changed:
        raise Conflict(gettext_noop("Ce recoupement n'attend plus d'examen."))
    judgement.state, judgement.answer, judgement.reason = JudgementState.ANSWERED, answer, motive
    judgement.answered_by, judgement.answered_at = by.id, now
    return judgement


@transaction.atomic
def retract(*, by: Agent, judgement: Judgement, reason: str) -> Finding:
    """Take back what stands of a pair: it stays written, is told to whom it misled, and the pair is asked again."""
    permissions.check_judge(by, judgement)
    motive = clean_text(reason, LONGEST_REASON, "reason", required=True)
    standing = Finding.objects.filter(judgement=judgement, retracts__isnull=True, retracted_by__isnull=True).first()
    if judgement.state != JudgementState.ANSWERED or standing is None:
        raise Conflict(gettext_noop("Aucun jugement à reprendre : ce recoupement n'est pas jugé."))
    record(
        Operation.COMBINE,
        refs=[
            ("judgement", judgement.id),
            (judgement.first_kind, judgement.first_id),
            (judgement.second_kind, judgement.second_id),
        ],
        details={"what": "retraction"},
    )
    return Finding.objects.create(
        judgement=judgement, retracts=standing, reason=motive, author_id=by.id, at=timezone.now()
    )


@transaction.atomic
def answer_weak(*, by: Agent, side: HitSide, answer: Answer) -> WeakAnswer:
    """One side says whether it is the same person, after it has spoken with the other."""
    permissions.check_hold(by, side)
    if not side.is_weak or side.state != HitState.BLIND_NOTIFIED:
        raise Conflict(gettext_noop("Ce recoupement n'attend pas de réponse de votre service."))
    now = timezone.now()
    record(
        Operation.COMBINE,
        refs=[("hit", side.id), (side.record_kind, side.record_id)],
        details={"answer": Answer(answer).value},
    )
    return WeakAnswer.objects.create(side=side, answer=answer, author_id=by.id, at=now)
