"""The matcher draws the consequence of what humans said: confirm, close, or put the two sides in contact."""

from collections.abc import Iterable, Sequence

from recoupe.access import context
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import rules
from recoupe.crosscheck.actions.retracting import put_back
from recoupe.crosscheck.actions.telling import Pairing, announce, pairing, tell
from recoupe.crosscheck.enums import Answer, ContactState, HitState, JudgementState, NoticeKind, Side
from recoupe.crosscheck.house import House
from recoupe.crosscheck.models import ContactThread, Decision, Hit, HitSide, Judgement, WeakAnswer
from recoupe.intelligence.actions import settle
from recoupe.kernel.selectors import Strength

REASON = "conséquence des réponses données sur des recoupements faibles"
DECISIONS_AT_ONCE = 100


def apply_decisions(limit: int = DECISIONS_AT_ONCE) -> int:
    """Take the pairs on which somebody has spoken and move them; returns how many moved."""
    with context.service("matcher", REASON):
        waiting = list(Decision.objects.select_for_update(skip_locked=True).order_by("at")[:limit])
        if not waiting:
            return 0
        hits = list(Hit.objects.select_for_update().filter(id__in={d.hit_id for d in waiting}).order_by("id"))
        back = _put_back(hits)
        moved = [(hit, wanted) for hit in hits if (wanted := _wanted(hit)) and wanted != hit.state]
        if moved:
            _apply(moved)
        Decision.objects.filter(id__in=[d.id for d in waiting]).delete()
        return back + len(moved)


def _put_back(hits: Sequence[Hit]) -> int:
    """Of these pairs those whose judgement was taken back: their question waits although they were beyond it."""
    questions = Judgement.objects.filter(hit__in=hits, state=JudgementState.ASKED).defer(None)
    asked = {question.hit_id: question for question in questions}
    again = [hit for hit in hits if hit.id in asked and hit.state in rules.JUDGED_HIT]
    house = House.of(i for hit in again for i in (hit.low, hit.high))
    moved = 0
    for hit in again:
        answers = _last_answer(hit, Side.ASKER), _last_answer(hit, Side.HOLDER)
        wanted = rules.after_retraction(Strength(hit.strength), *answers)
        if wanted == HitState.ANALYST_REVIEW and not asked[hit.id].readers:
            # Nobody reads both any more: it stays with the two sides.
            wanted = HitState.BLIND_NOTIFIED
        moved += put_back(pairing(house, hit), asked[hit.id], wanted)
    return moved


def _wanted(hit: Hit) -> HitState | None:
    """Where the answers given so far lead; None where they lead nowhere."""
    if hit.state == HitState.ANALYST_REVIEW:
        said = Judgement.objects.filter(hit=hit, state=JudgementState.ANSWERED).values_list("answer", flat=True).first()
        return rules.AFTER_JUDGEMENT[Answer(said)] if said else None
    if hit.state == HitState.BLIND_NOTIFIED and hit.strength == Strength.WEAK:
        return rules.combine(_last_answer(hit, Side.ASKER), _last_answer(hit, Side.HOLDER))
    return None


def _last_answer(hit: Hit, side: Side) -> Answer | None:
    rows = WeakAnswer.objects.filter(side__hit=hit, side__side=side).order_by("-at", "-id")
    said = rows.values_list("answer", flat=True).first()
    return Answer(said) if said else None


def _apply(moved: list[tuple[Hit, HitState]]) -> None:
    house = House.of(i for hit, _ in moved for i in (hit.low, hit.high))
    pairings: list[Pairing] = []
    for hit, wanted in moved:
        rules.check_hit_step(HitState(hit.state), wanted)
        one = pairing(house, hit)
        refs = [("pair", hit.id), (one.asker.record_kind, hit.low), (one.holder.record_kind, hit.high)]
        record(Operation.COMBINE, refs=refs, details={"state": wanted.value})
        hit.state = wanted
        shown = rules.shown_strength(Strength(hit.strength), wanted)
        HitSide.objects.filter(hit=hit).update(state=wanted, strength=shown)
        pairings.append(one)
    Hit.objects.bulk_update([hit for hit, _ in moved], ["state"])
    _close(hit for hit, state in moved if state == HitState.FALSE_POSITIVE)
    announce([hit for hit, _ in moved], NoticeKind.HIT_JUDGED)
    sides = tell(house, [p for p in pairings if p.hit.state != HitState.FALSE_POSITIVE])
    if reports := [side.record_id for side in sides if side.record_kind == rules.REPORT]:
        settle(report_ids=reports, hit=True)


def _close(hits: Iterable[Hit]) -> None:
    """There is nothing to speak about any more; a contact that was already resolved stays resolved."""
    threads = ContactThread.objects.filter(hit__in=[h.id for h in hits], state__in=rules.CLOSABLE_CONTACT)
    threads.update(state=ContactState.CLOSED)
