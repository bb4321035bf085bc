"""A record closed to others after its hit was told: at once nobody but who speaks for it sees its side."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access import feed
from recoupe.access.enums import Role
from recoupe.crosscheck import actions, queries
from recoupe.crosscheck.enums import Answer, HitState, JudgementState
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.intelligence import actions as reports
from recoupe.intelligence.models import Report
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.crosscheck.test_withdrawal import erase, meet
from tests.world import TestAgent

REASON = "Opération en cours dans le quartier."


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture
def others(scene: Scene) -> list[TestAgent]:
    """Who reads an H0 record of Marseille beside its unit."""
    return [scene.who(Role.CROSS_ANALYST, "CROSS13"), scene.who(Role.OFAST_ANALYST, "OFAST")]


def mark(scene: Scene, record: UUID, until: date | None, unit: str = "DED13") -> None:
    with scene.world.acting(scene.who(Role.UNIT_HEAD, unit)) as head:
        reports.mark_silent(by=head, report=Report.objects.get(id=record), until=until, reason=REASON)


def next_month() -> date:
    return timezone.localdate() + timedelta(days=30)


def listed(scene: Scene, who: TestAgent, kind: str = "hit") -> set[UUID]:
    with scene.world.acting(who):
        return {row.id for row in feed.page(kind, 500)}


def line(side: HitSide) -> dict[str, Any]:
    """All that one side reads of its row."""
    return {
        field.attname: getattr(side, field.attname) for field in side._meta.concrete_fields if field.name != "readers"
    }


def unseen(scene: Scene, who: Iterable[TestAgent], side: HitSide) -> bool:
    return all(not scene.sides(one, side.record_id) and side.id not in listed(scene, one) for one in who)


def test_its_side_leaves_the_cell_and_the_office_at_once(
    scene: Scene, police: TestAgent, customs: TestAgent, others: list[TestAgent]
) -> None:
    held, asked, _ = meet(scene, customs, police)
    told, own = scene.side(police, asked), scene.side(customs, held)
    assert all(scene.sides(one, held) for one in others)
    mark(scene, held, next_month())
    # The matcher has not passed by: nothing is left to a process that may stand still.
    assert unseen(scene, others, own)
    assert line(scene.side(customs, held)) == line(own)
    assert line(scene.side(police, asked)) == line(told)
    scene.pull()
    assert unseen(scene, others, own)
    assert line(scene.side(police, asked)) == line(told)


def test_a_contact_is_seen_by_the_readers_that_the_two_sides_still_have(
    scene: Scene, police: TestAgent, customs: TestAgent, others: list[TestAgent]
) -> None:
    held, asked, _ = meet(scene, customs, police)
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=scene.side(police, asked)).id
    mark(scene, held, next_month())
    # Where it stands is still theirs by the other side's record.
    assert all(thread in listed(scene, one, "contact") for one in others)
    mark(scene, asked, next_month(), "PJ13")
    for one in others:
        assert thread not in listed(scene, one, "contact")
        with scene.world.acting(one):
            assert not ContactThread.objects.filter(id=thread).exists()
    # Whoever speaks goes on speaking.
    with scene.world.acting(customs) as agent:
        actions.write_message(by=agent, thread=ContactThread.objects.get(id=thread), text="Je rappelle demain.")


def test_the_end_of_the_silence_gives_the_readers_back(
    scene: Scene, police: TestAgent, customs: TestAgent, others: list[TestAgent]
) -> None:
    held, asked, _ = meet(scene, customs, police)
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=scene.side(police, asked)).id
    mark(scene, asked, next_month(), "PJ13")
    mark(scene, held, next_month())
    scene.pull()
    mark(scene, held, None)
    assert scene.pull().told == 0
    for one in others:
        assert [side.id in listed(scene, one) for side in scene.sides(one, held)] == [True]
        assert not scene.sides(one, asked)
        assert thread in listed(scene, one, "contact")


def test_a_stricter_code_does_the_same(
    scene: Scene, police: TestAgent, customs: TestAgent, others: list[TestAgent]
) -> None:
    held, _, phone = meet(scene, customs, police)
    own = scene.side(customs, held)
    with scene.world.acting(customs) as agent:
        stricter = entry(phone, handling="H3", h3_line="nobody", handling_conditions="essai")
        reports.correct(by=agent, report=Report.objects.get(id=held), entry=stricter, reason=REASON)
    assert unseen(scene, others, own)


def test_what_it_learns_of_itself_while_silent_reaches_the_other_side_afterwards(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    person = ("Naudin", "Alphonse", "12/03/1987")
    held = scene.enter(customs, person=person, handling="H2")
    asked = scene.enter(police, person=person, handling="H3", h3_line="both", handling_conditions="essai")
    scene.pull()
    side = judged_or_told(scene, police, asked)
    mark(scene, held, next_month())
    phone = new_phone()
    scene.as_superuser(*(
        "INSERT INTO intelligence_selector (id, report_id, kind, raw, value, valid, confirmed)"
        f" VALUES (gen_random_uuid(), '{record}', 'phone', '{phone}', '+33{phone[1:]}', true, false)"
        for record in (held, asked)
    ))  # fmt: skip
    scene.as_superuser(f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{held}', 'express', now())")
    scene.as_superuser(f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{asked}', 'express', now())")
    scene.pull()
    assert line(scene.side(police, asked)) == line(side)
    assert scene.side(customs, held).strength != "weak"
    mark(scene, held, None)
    scene.pull()
    assert scene.side(police, asked).strength != "weak"


def judged_or_told(scene: Scene, who: TestAgent, record: UUID) -> HitSide:
    """The told side of a weak pair, once its judge, if there is one, has said that he does not know."""
    for unit, role in (("CROSS13", Role.CROSS_ANALYST), ("OFAST", Role.OFAST_ANALYST)):
        with scene.world.acting(scene.who(role, unit)) as agent:
            for one in queries.judgements(agent):
                if record in (one.first_id, one.second_id):
                    actions.judge(by=agent, judgement=one, answer=Answer.UNKNOWN, reason=REASON)
    scene.decide()
    return scene.side(who, record)


def test_a_question_leaves_its_judge_and_comes_back_as_a_contact(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    person = ("Verdaguer", "Odilon", "03/07/1979")
    held = scene.enter(customs, person=person)
    asked = scene.enter(police, person=person)
    scene.pull()
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")

    def questions() -> list[UUID]:
        with scene.world.acting(analyst) as agent:
            return [one.id for one in queries.judgements(agent, 100) if held in (one.first_id, one.second_id)]

    assert len(questions()) == 1
    mark(scene, held, next_month())
    assert questions() == []
    mark(scene, held, None)
    assert len(questions()) == 1
    mark(scene, held, next_month())
    scene.pull()
    ((state,),) = scene.world.sql(
        "SELECT state FROM crosscheck_judgement WHERE first_id = %s OR second_id = %s", [held, held]
    )
    assert state == JudgementState.MOOT
    assert scene.side(customs, held).state == HitState.BLIND_NOTIFIED
    assert scene.sides(police, asked) == []


def test_a_past_mark_still_counts_until_it_is_taken_off(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    scene.as_superuser(
        f"UPDATE intelligence_report SET silent_until = current_date - 1, silent_reason = 'x' WHERE id = '{held}'"
    )
    asked = scene.enter(police, phone=phone)
    assert scene.pull().told == 1
    assert scene.sides(police, asked) == []


def test_an_erased_record_is_read_by_nobody_at_once(
    scene: Scene, police: TestAgent, customs: TestAgent, others: list[TestAgent]
) -> None:
    held, _, _ = meet(scene, customs, police)
    own = scene.side(customs, held)
    erase(scene, held)
    everybody = [*others, customs, scene.who(Role.UNIT_HEAD, "DED13"), scene.who(Role.DUTY_OFFICER, "DED13")]
    assert unseen(scene, everybody, own)
    for one in everybody:
        assert held not in listed(scene, one, "report")
        with scene.world.acting(one):
            assert not Report.objects.filter(id=held).exists()


def test_a_cell_that_holds_a_record_reads_its_side_only_while_it_is_of_its_territory(
    scene: Scene, customs: TestAgent
) -> None:
    """What it holds as its own unit is its own (P-18, P-24): a service joined to the cell would read the hit (P-80)."""
    author, phone = scene.who(Role.CROSS_ANALYST, "CROSS13", "author"), new_phone()
    held = scene.enter(author, phone=phone)
    scene.enter(customs, phone=phone)
    scene.pull()

    def cells() -> list[str]:
        query = """SELECT u.code FROM crosscheck_hitside s JOIN reference_unit u
            ON u.kind = 'cross' AND access.key(u.id, 'cell') = ANY (s.readers) WHERE s.record_id = %s"""
        return [code for (code,) in scene.world.sql(query, [held])]

    assert cells() == ["CROSS13"]
    with scene.world.acting(author) as agent:
        moved = entry(phone=phone, commune="84007")
        reports.correct(by=agent, report=Report.objects.get(id=held), entry=moved, reason=REASON)
    assert cells() == []
    assert scene.sides(author, held)
    scene.pull()
    assert cells() == ["CROSS84"]
