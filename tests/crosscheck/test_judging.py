"""Weak matches: an analyst who reads both judges first, else each side answers; the matcher draws the consequence."""

from itertools import count
from uuid import UUID, uuid4

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck import actions, index, queries
from recoupe.crosscheck.enums import Answer, ContactState, HitState
from recoupe.crosscheck.models import ContactThread, HitSide, Judgement, WeakAnswer
from recoupe.kernel.refusal import Absent, Conflict, Refused
from recoupe.kernel.selectors import SelectorKind, Strength
from recoupe.notices import queries as notices
from recoupe.reference.queries import unit
from recoupe.web.crosscheck import shown
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

_BIRTHS = count(1)
TOULON = {"commune": "83137"}


def somebody() -> tuple[str, str, str]:
    """A made person whom no other test names."""
    number = next(_BIRTHS)
    return "TESTARD", "Onésime", f"{2 + number % 26:02d}/{1 + number // 26 % 12:02d}/19{50 + number // 312:02d}"


def readable_by_the_cell(scene: Scene, police: TestAgent, customs: TestAgent) -> tuple[UUID, UUID]:
    """A weak pair in one department: its cell reads both."""
    person = somebody()
    pair = scene.enter(customs, person=person), scene.enter(police, person=person)
    assert scene.pull().hits == 1
    return pair


def readable_by_nobody(scene: Scene, police: TestAgent, customs: TestAgent) -> tuple[UUID, UUID]:
    """A weak pair of two departments under H2: neither a cell nor the office reads both."""
    person = somebody()
    held = scene.enter(customs, person=person, handling="H2", **TOULON)
    asked = scene.enter(police, person=person, handling="H2")
    assert scene.pull().hits == 1
    return held, asked


def question(scene: Scene, analyst: TestAgent, record: UUID) -> Judgement:
    with scene.world.acting(analyst) as agent:
        return next(j for j in queries.judgements(agent, limit=100) if record in (j.first_id, j.second_id))


def judge(scene: Scene, analyst: TestAgent, record: UUID, answer: Answer) -> None:
    asked = question(scene, analyst, record)
    with scene.world.acting(analyst) as agent:
        actions.judge(by=agent, judgement=asked, answer=answer, reason="comparaison des deux fiches")
    scene.decide()


def answer(scene: Scene, who: TestAgent, record: UUID, said: Answer) -> None:
    with scene.world.acting(who) as agent:
        actions.answer_weak(by=agent, side=HitSide.objects.get(record_id=record), answer=said)
    scene.decide()


# --- The analyst who reads both --------------------------------------------------------------------------------
def test_the_cell_that_reads_both_is_asked_first_and_nobody_is_told(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked = readable_by_the_cell(scene, police, customs)
    assert not scene.sides(police, asked)
    assert not scene.sides(customs, held)
    put = question(scene, analyst, asked)
    with scene.world.acting(analyst) as agent:
        found = queries.judgement(agent, put.id)
        reasons = queries.pair(agent, found).reasons
        assert ("judgement", found.id) in [(line.kind, line.record_id) for line in notices.waiting(agent, limit=100)]
    assert [reason.kind for reason in reasons] == [SelectorKind.PERSON]
    for stranger in (police, customs, scene.who(Role.CROSS_ANALYST, "CROSS83")):
        with scene.world.acting(stranger) as agent, pytest.raises(Absent):
            queries.judgement(agent, put.id)


def test_same_confirms_and_both_are_told_it_is_strong(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked = readable_by_the_cell(scene, police, customs)
    judge(scene, analyst, asked, Answer.SAME)
    for who, record in ((police, asked), (customs, held)):
        side = scene.side(who, record)
        assert (side.strength, side.state) == (Strength.STRONG, HitState.POSITIVE)


def test_different_closes_and_nobody_is_ever_told(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked = readable_by_the_cell(scene, police, customs)
    judge(scene, analyst, asked, Answer.DIFFERENT)
    assert not scene.sides(police, asked)
    assert not scene.sides(customs, held)


def test_an_undecided_analyst_leaves_it_to_the_two_sides(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked = readable_by_the_cell(scene, police, customs)
    judge(scene, analyst, asked, Answer.UNKNOWN)
    for who, record in ((police, asked), (customs, held)):
        assert scene.side(who, record).strength == Strength.WEAK


def test_one_judges_once(scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent) -> None:
    _, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    judge(scene, analyst, asked, Answer.SAME)
    with scene.world.acting(analyst) as agent, pytest.raises(Conflict):
        actions.judge(by=agent, judgement=put, answer=Answer.DIFFERENT, reason="autre avis")


def test_another_cell_does_not_judge(scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent) -> None:
    _, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    with scene.world.acting(scene.who(Role.CROSS_ANALYST, "CROSS83")) as agent, pytest.raises(Refused):
        actions.judge(by=agent, judgement=put, answer=Answer.SAME, reason="hors de mon ressort")


def test_two_departments_are_judged_by_the_office(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    person = somebody()
    held = scene.enter(customs, person=person, **TOULON)
    scene.enter(police, person=person)
    scene.pull()
    put = question(scene, scene.who(Role.OFAST_ANALYST, "OFAST"), held)
    with scene.world.acting(scene.who(Role.CROSS_ANALYST, "CROSS13")) as agent:
        assert put.id not in [j.id for j in queries.judgements(agent, limit=100)]


def test_questions_that_are_put_to_others_crowd_out_none(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    (older, _), (held, _) = (readable_by_the_cell(scene, police, customs) for _turn in range(2))
    cell = scene.who(Role.CROSS_ANALYST, "CROSS13")
    mine = question(scene, cell, held)
    there, here = unit("CROSS83").id, mine.owner_unit_id
    # The cell still reads those pairs: they are no longer its own to judge.
    put_to(scene, there, here, mine.id)
    with scene.world.acting(cell) as agent:
        assert Judgement.objects.filter(state="ASKED", owner_unit_id=there).exists()
        assert [asked.id for asked in queries.judgements(agent, limit=1)] == [mine.id]
    put_to(scene, here, there, mine.id)
    assert question(scene, cell, older)


def put_to(scene: Scene, cell: UUID, former: UUID, but: UUID) -> None:
    """What waits for one cell is another's from now on, but for one question."""
    moved = (
        "UPDATE crosscheck_judgement SET owner_unit_id = %s WHERE state = 'ASKED' AND owner_unit_id = %s AND id <> %s"
    )
    with psycopg.connect(scene.world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute(moved, [cell, former, but])


# --- The two sides ---------------------------------------------------------------------------------------------
def test_where_nobody_reads_both_the_two_are_told_it_is_weak(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    held, asked = readable_by_nobody(scene, police, customs)
    assert scene.side(police, asked).strength == scene.side(customs, held).strength == Strength.WEAK


def test_two_same_confirm(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked = readable_by_nobody(scene, police, customs)
    answer(scene, police, asked, Answer.SAME)
    assert scene.side(police, asked).state == HitState.BLIND_NOTIFIED
    answer(scene, customs, held, Answer.SAME)
    for who, record in ((police, asked), (customs, held)):
        side = scene.side(who, record)
        assert (side.state, side.strength) == (HitState.POSITIVE, Strength.STRONG)


@pytest.mark.parametrize("first", [None, Answer.SAME, Answer.UNKNOWN])
def test_any_different_closes_the_hit_and_its_contact(
    scene: Scene, police: TestAgent, customs: TestAgent, first: Answer | None
) -> None:
    held, asked = readable_by_nobody(scene, police, customs)
    if first:
        answer(scene, police, asked, first)
    answer(scene, customs, held, Answer.DIFFERENT)
    side = scene.side(police, asked)
    assert side.state == HitState.FALSE_POSITIVE
    with scene.world.acting(police) as agent:
        assert ContactThread.objects.get(id=side.thread_id).state == ContactState.CLOSED
        with pytest.raises(Conflict):
            actions.open_contact(by=agent, side=side)
        with pytest.raises(Conflict):
            actions.answer_weak(by=agent, side=side, answer=Answer.SAME)


def test_one_may_change_from_unknown(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked = readable_by_nobody(scene, police, customs)
    answer(scene, police, asked, Answer.UNKNOWN)
    answer(scene, customs, held, Answer.SAME)
    answer(scene, police, asked, Answer.SAME)
    assert scene.side(customs, held).state == HitState.POSITIVE


def test_the_other_side_does_not_see_what_was_answered(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    _, asked = readable_by_nobody(scene, police, customs)
    answer(scene, police, asked, Answer.SAME)
    side = scene.side(police, asked)
    with scene.world.acting(customs):
        assert not WeakAnswer.objects.filter(side_id=side.id).exists()


def test_a_colleague_does_not_answer_for_the_author(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    _, asked = readable_by_nobody(scene, police, customs)
    side = scene.side(police, asked)
    with scene.world.acting(scene.who(Role.INVESTIGATOR, "PJ13", "colleague")) as agent, pytest.raises(Refused):
        actions.answer_weak(by=agent, side=side, answer=Answer.SAME)


# --- What is no match, what becomes more -----------------------------------------------------------------------
def test_the_first_of_january_is_a_year_and_no_date(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    person = ("TESTARD", "Onésime", "01/01/1990")
    scene.enter(customs, person=person)
    scene.enter(police, person=person)
    assert scene.pull().hits == 0


def with_a_phone(scene: Scene, *records: UUID) -> None:
    """Both records are corrected: they hold one phone now."""
    phone = new_phone()
    for record in records:
        scene.as_superuser(
            "INSERT INTO intelligence_selector (id, report_id, kind, raw, value, valid, confirmed)"
            f" VALUES (gen_random_uuid(), '{record}', 'phone', '{phone}', '+33{phone[1:]}', true, false)",
            f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{record}', 'express', now())",
        )
    scene.pull()


def test_an_exact_selector_reopens_what_was_set_aside(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked = readable_by_nobody(scene, police, customs)
    answer(scene, police, asked, Answer.DIFFERENT)
    with_a_phone(scene, held, asked)
    for who, record in ((police, asked), (customs, held)):
        side = scene.side(who, record)
        assert (side.state, side.strength) == (HitState.BLIND_NOTIFIED, Strength.CERTAIN)
    with scene.world.acting(police) as agent:
        assert actions.open_contact(by=agent, side=scene.side(police, asked)).state == ContactState.REQUESTED


def test_an_exact_selector_does_not_wait_for_the_analyst(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    with_a_phone(scene, held, asked)
    assert scene.side(police, asked).strength == Strength.CERTAIN
    with scene.world.acting(analyst) as agent:
        assert put.id not in [j.id for j in queries.judgements(agent, limit=100)]
        with pytest.raises(Conflict):
            actions.judge(by=agent, judgement=put, answer=Answer.DIFFERENT, reason="trop tard")


# --- What the index and the page say of a weak pair ------------------------------------------------------------
def test_a_pair_met_again_is_as_strong_as_what_the_two_share(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    """Each names a telephone of his own beside the person: neither of them makes the pair certain."""
    person = somebody()
    held, asked = (scene.enter(who, person=person, phone=new_phone()) for who in (customs, police))
    scene.pull()
    entries = [
        index.Entry(bytes(key), asked, police.unit_id, rank)
        for key, rank in scene.world.sql(
            "SELECT key, strength FROM crosscheck_indexentry WHERE record_id = %s", [asked]
        )
    ]
    assert {entry.rank for entry in entries} == {0, 2}
    with scene.world.process("matcher"):
        (met,) = index.met(entries)
        assert index.met([entry for entry in entries if entry.rank]) == []
    assert (met.low, met.high, met.rank) == (*sorted((held, asked)), 0)


def test_a_person_whom_nothing_masks_is_said_with_his_birth(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    person = somebody()
    for who in (customs, police):
        asked = scene.enter(who, person=person)
    scene.pull()
    put = question(scene, analyst, asked)
    with scene.world.acting(analyst) as agent:
        (reason,) = queries.pair(agent, put).reasons
    family, given, birth = person
    assert reason.first == reason.second == f"{given} {family}, {birth}"


def test_a_question_of_which_one_record_is_out_of_reach_says_what_is_read_of_the_other(
    scene: Scene, police: TestAgent, analyst: TestAgent
) -> None:
    """Neither a name, which both must give, nor a word of the one that is hidden."""
    read = scene.enter(police, person=somebody())
    with scene.world.acting(analyst) as agent:
        (row,) = shown.pair_rows(agent, [Judgement(first_id=uuid4(), second_id=read)])
    assert (row.name, row.refs) == ("", (("report", read),))
    assert unit("PJ13").name in row.where
