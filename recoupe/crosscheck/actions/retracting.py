"""A judgement taken back: what came of it alone is withdrawn, whom it reached is told, and the pair is asked again."""

from django.db import connection

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import rules
from recoupe.crosscheck.actions.telling import LEARNT, Pairing, announce
from recoupe.crosscheck.actions.withdraw import close_contacts
from recoupe.crosscheck.enums import HitState, JudgementState, NoticeKind
from recoupe.crosscheck.models import HitSide, Judgement
from recoupe.kernel.selectors import Strength
from recoupe.notices.actions import Addressed, notify_many


def put_back(one: Pairing, question: Judgement, wanted: HitState) -> bool:
    """Put a pair where it stands without its judgement; returns whether that is elsewhere than before."""
    hit, before = one.hit, HitState(one.hit.state)
    refs = [("pair", hit.id), (one.asker.record_kind, hit.low), (one.holder.record_kind, hit.high)]
    record(Operation.COMBINE, refs=refs, details={"what": "retraction", "state": wanted.value})
    if wanted != before:
        rules.check_hit_step(before, wanted)
        hit.state = wanted
        hit.save(update_fields=["state"])
    if wanted == HitState.ANALYST_REVIEW:
        _withdraw(one)
        notify_many([Addressed(question.readers, NoticeKind.JUDGEMENT, ("judgement", question.id))])
        return True
    # What the two sides share without him is theirs: nobody else is asked.
    Judgement.objects.filter(id=question.id).update(state=JudgementState.MOOT)
    if wanted == before:
        return False
    shown = rules.shown_strength(Strength(hit.strength), wanted)
    HitSide.objects.filter(hit=hit).update(state=wanted, strength=shown)
    announce([hit], NoticeKind.HIT_JUDGED)
    return True


def _withdraw(one: Pairing) -> None:
    """Each side keeps its row, without all that it knew of the other; whoever could read it reads that it was wrong."""
    told = list(HitSide.objects.filter(hit=one.hit).defer(None))
    ids = [side.id for side in told]
    HitSide.objects.filter(id__in=ids).update(state=HitState.ANALYST_REVIEW, **dict.fromkeys(LEARNT, ""))
    close_contacts([one.hit.id])
    with connection.cursor() as cursor:
        cursor.execute("SELECT crosscheck.take_off(%s::uuid[])", [ids])
    notify_many(Addressed(side.readers, NoticeKind.HIT_WITHDRAWN, ("hit", side.id)) for side in told)
