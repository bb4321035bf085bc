"""A judgement taken back: its pair stands as without it, whom it reached is told, every past day is found again."""

from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import actions
from recoupe.crosscheck.enums import Answer, ContactState, HitState, JudgementState
from recoupe.crosscheck.models import ContactThread, Finding, Judgement
from recoupe.kernel.refusal import Conflict, Refused
from recoupe.kernel.selectors import Strength
from recoupe.notices import queries as notices
from recoupe.oversight import queries as oversight
from tests.crosscheck.scene import Scene, new_phone
from tests.crosscheck.test_judging import answer, judge, question, readable_by_the_cell, somebody, with_a_phone
from tests.crosscheck.test_release import asked_of, give, open_case
from tests.world import TestAgent


def retract(scene: Scene, who: TestAgent, asked: Judgement) -> None:
    with scene.world.acting(who) as agent:
        found = Judgement.objects.get(id=asked.id)
        actions.retract(by=agent, judgement=found, reason="une autre personne porte ce nom")
    scene.decide()


def put_and_judged(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent, said: Answer
) -> tuple[UUID, UUID, Judgement]:
    """A pair that the cell reads, (held, asked), and the question that its analyst has answered."""
    held, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    judge(scene, analyst, asked, said)
    return held, asked, put


def waiting(scene: Scene, who: TestAgent, record_id: UUID) -> set[str]:
    with scene.world.acting(who) as agent:
        return {line.kind for line in notices.waiting(agent, limit=500) if line.record_id == record_id}


def test_both_sides_lose_what_they_knew_and_are_told_and_the_pair_is_asked_again(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked, put = put_and_judged(scene, police, customs, analyst, Answer.SAME)
    before = scene.side(police, asked)
    retract(scene, analyst, put)
    for who, mine in ((police, asked), (customs, held)):
        side = scene.side(who, mine)
        assert (side.state, side.strength, side.other_name, side.asker_name) == (HitState.ANALYST_REVIEW, "", "", "")
        assert waiting(scene, who, side.id) == {"hit_withdrawn"}
    with scene.world.acting(police):
        assert ContactThread.objects.get(id=before.thread_id).state == ContactState.CLOSED
    assert question(scene, analyst, asked).id == put.id
    assert "judgement" in waiting(scene, analyst, put.id)


def test_the_authority_and_the_magistrate_of_its_contact_are_told(
    scene: Scene,
    police: TestAgent,
    customs: TestAgent,
    analyst: TestAgent,
) -> None:
    """Neither has a side of the hit: both acted on it, by the contact that was carried and the agreement asked for."""
    prosecutor, head = scene.who(Role.PROSECUTOR, "TJ13"), scene.who(Role.CROSS_HEAD, "CROSS13")
    case, person = open_case(scene, customs, prosecutor), somebody()
    held = scene.enter(customs, person=person, frame="judicial", case_id=case)
    asked = scene.enter(police, person=person)
    scene.pull()
    put = question(scene, analyst, asked)
    judge(scene, analyst, asked, Answer.SAME)
    mine = scene.side(police, asked)
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=mine, text="Appelez-nous.").id
    with scene.world.acting(customs) as agent:
        actions.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
        actions.escalate(by=agent, thread=ContactThread.objects.get(id=thread), reason="deux équipes sur lui")
    give(scene, customs, scene.side(customs, held), police.unit_id)
    agreement = asked_of(scene, prosecutor, scene.side(customs, held))
    retract(scene, analyst, put)
    assert "hit_withdrawn" in waiting(scene, head, thread)
    assert "hit_withdrawn" in waiting(scene, prosecutor, agreement.id)
    told = "SELECT DISTINCT record_kind FROM notices_notice WHERE kind = 'hit_withdrawn' AND record_id = ANY (%s)"
    assert sorted(kind for (kind,) in scene.world.sql(told, [[thread, agreement.id]])) == ["agreement", "contact"]
    # Each in his own page, and once.
    twice = "SELECT 1 FROM notices_notice WHERE kind = 'hit_withdrawn' GROUP BY key, record_id HAVING count(*) > 1"
    assert scene.world.sql(twice) == []
    with scene.world.acting(scene.who(Role.DPO, "OFAST")) as agent:
        (back,) = [one for one in oversight.retractions(agent) if one.judgement == put.id]
        touches = oversight.reach(agent, back.id).touches
    assert head.unit_id in {touch.unit for touch in touches if touch.what == "contact"}


def test_judged_again_both_sides_learn_anew(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked, put = put_and_judged(scene, police, customs, analyst, Answer.SAME)
    before = scene.side(police, asked)
    retract(scene, analyst, put)
    judge(scene, analyst, asked, Answer.SAME)
    after = scene.side(police, asked)
    told = ("id", "state", "strength", "other_name", "other_phone", "asker_name", "thread_id")
    assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
    assert scene.side(customs, held).asker_name
    with scene.world.acting(police) as agent:
        assert actions.open_contact(by=agent, side=after).state == ContactState.REQUESTED


def test_what_was_said_and_taken_back_stays_written(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    _, asked, put = put_and_judged(scene, police, customs, analyst, Answer.SAME)
    retract(scene, analyst, put)
    judge(scene, analyst, asked, Answer.DIFFERENT)
    with scene.world.acting(analyst):
        lines = list(Finding.objects.filter(judgement=put).order_by("at"))
    assert [(line.answer, line.author_id) for line in lines] == [
        (Answer.SAME, analyst.id), ("", analyst.id), (Answer.DIFFERENT, analyst.id)
    ]  # fmt: skip
    assert lines[1].retracts_id == lines[0].id
    assert scene.side(police, asked).state == HitState.FALSE_POSITIVE
    for who in (police, customs):
        with scene.world.acting(who):
            assert not Finding.objects.filter(judgement=put).exists()


def test_a_difference_taken_back_is_asked_again_and_nobody_was_told(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    _, asked, put = put_and_judged(scene, police, customs, analyst, Answer.DIFFERENT)
    retract(scene, analyst, put)
    assert not scene.sides(police, asked)
    judge(scene, analyst, asked, Answer.SAME)
    assert scene.side(police, asked).state == HitState.POSITIVE


def test_what_the_two_sides_decided_after_an_undecided_analyst_is_theirs(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked, put = put_and_judged(scene, police, customs, analyst, Answer.UNKNOWN)
    answer(scene, police, asked, Answer.SAME)
    answer(scene, customs, held, Answer.SAME)
    retract(scene, analyst, put)
    assert scene.side(police, asked).state == HitState.POSITIVE
    with scene.world.acting(analyst):
        assert Judgement.objects.get(id=put.id).state == JudgementState.MOOT


def test_an_exact_selector_holds_without_the_judgement(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked, put = put_and_judged(scene, police, customs, analyst, Answer.SAME)
    with_a_phone(scene, held, asked)
    retract(scene, analyst, put)
    side = scene.side(police, asked)
    assert (side.state, side.strength) == (HitState.BLIND_NOTIFIED, Strength.CERTAIN)
    assert side.other_name


@pytest.mark.parametrize("unit", ["CROSS83", "PJ13"])
def test_only_the_cell_that_was_asked_takes_back(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent, unit: str
) -> None:
    _, _, put = put_and_judged(scene, police, customs, analyst, Answer.SAME)
    role = Role.CROSS_ANALYST if unit == "CROSS83" else Role.INVESTIGATOR
    with scene.world.acting(scene.who(role, unit, "stranger")) as agent, pytest.raises(Refused):
        actions.retract(by=agent, judgement=put, reason="hors de mon ressort")


def test_nothing_that_stands_nothing_to_take_back(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    _, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    with scene.world.acting(analyst) as agent, pytest.raises(Conflict):
        actions.retract(by=agent, judgement=put, reason="rien n'est jugé")
    judge(scene, analyst, asked, Answer.SAME)
    retract(scene, analyst, put)
    with scene.world.acting(analyst) as agent, pytest.raises(Conflict):
        actions.retract(by=agent, judgement=Judgement.objects.get(id=put.id), reason="déjà repris")


# --- To the letter ---------------------------------------------------------------------------------------------
SAYING = st.sampled_from([Answer.SAME, Answer.DIFFERENT, Answer.UNKNOWN])


def known(scene: Scene, who: TestAgent, mine: UUID) -> tuple[str, ...] | None:
    """What a side knows of the other one; nothing where it was never told, or no longer is."""
    sides = scene.sides(who, mine)
    if not sides or not sides[0].other_name:
        return None
    (side,) = sides
    with scene.world.acting(who):
        thread = ContactThread.objects.get(id=side.thread_id).state
    return side.state, side.strength, side.other_name, side.other_phone, side.asker_name, side.motive_category, thread


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(SAYING, min_size=1, max_size=4), last_stands=st.booleans())
def test_what_was_taken_back_leaves_what_there_would_be_without_it(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent, said: list[Answer], last_stands: bool
) -> None:
    """All but perhaps the last answer are taken back: the sides know what those of a pair that heard none of it do."""
    held, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    for number, one in enumerate(said):
        judge(scene, analyst, asked, one)
        if number < len(said) - 1 or not last_stands:
            retract(scene, analyst, put)
    plain_held, plain_asked = readable_by_the_cell(scene, police, customs)
    if last_stands:
        judge(scene, analyst, plain_asked, said[-1])
    for who, mine, plain in ((police, asked, plain_asked), (customs, held, plain_held)):
        assert known(scene, who, mine) == known(scene, who, plain)


def test_a_report_without_another_hit_has_none_again(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held, asked, put = put_and_judged(scene, police, customs, analyst, Answer.SAME)
    met = new_phone()
    scene.as_superuser(f"UPDATE intelligence_report SET state = 'HIT' WHERE id IN ('{held}', '{asked}')")
    scene.as_superuser(
        "INSERT INTO intelligence_selector (id, report_id, kind, raw, value, valid, confirmed)"
        f" VALUES (gen_random_uuid(), '{held}', 'phone', '{met}', '+33{met[1:]}', true, false)",
        f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{held}', 'express', now())",
    )
    scene.enter(scene.who(Role.INVESTIGATOR, "SR13"), phone=met)
    scene.pull()
    retract(scene, analyst, put)
    states = dict(scene.world.sql("SELECT id, state FROM intelligence_report WHERE id = ANY (%s)", [[held, asked]]))
    assert states == {held: "HIT", asked: "NO_HIT"}


# --- What the database refuses whatever the application asks -----------------------------------------------------
FORGED = (
    "INSERT INTO crosscheck_finding (id, judgement_id, retracts_id, answer, reason, author_id, at, model)"
    " VALUES (gen_random_uuid(), %s, %s, %s, 'x', %s, now(), '')"
)


def forge(who: TestAgent, scene: Scene, put: UUID, retracts: UUID | None, author: UUID) -> bool:
    """Whether this role's own SQL writes the line."""
    try:
        with scene.world.acting(who), connection.cursor() as cursor:
            record(Operation.COMBINE, refs=[("judgement", put)])
            cursor.execute(FORGED, [put, retracts, "" if retracts else "same", author])
    except DatabaseError:
        return False
    return True


def test_nobody_writes_an_answer_nor_takes_back_for_another_nor_changes_a_line(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    _, _, put = put_and_judged(scene, police, customs, analyst, Answer.SAME)
    _, other = readable_by_the_cell(scene, police, customs)
    elsewhere = question(scene, analyst, other)
    with scene.world.acting(analyst):
        line = Finding.objects.get(judgement=put).id
    colleague = scene.who(Role.CROSS_ANALYST, "CROSS13", "colleague")
    assert not forge(analyst, scene, put.id, None, analyst.id), "an answer is written by the database"
    assert not forge(analyst, scene, put.id, line, colleague.id), "in one's own name"
    assert not forge(analyst, scene, elsewhere.id, line, analyst.id), "what stands of this question"
    for stranger in (police, scene.who(Role.CROSS_ANALYST, "CROSS83"), scene.who(Role.OFAST_ANALYST, "OFAST")):
        assert not forge(stranger, scene, put.id, line, stranger.id), stranger.login
    for change in ("UPDATE crosscheck_finding SET reason = 'y'", "DELETE FROM crosscheck_finding"):
        with scene.world.acting(analyst), pytest.raises(DatabaseError), transaction.atomic():
            record(Operation.COMBINE, refs=[("judgement", put.id)])
            connection.cursor().execute(change)
    assert forge(colleague, scene, put.id, line, colleague.id), "a colleague of the same cell may"
    assert not forge(analyst, scene, put.id, line, analyst.id), "once"
