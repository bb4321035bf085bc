"""Whom a judgement reached before it was taken back: all of it for who oversees, his own part for who judges."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import actions as coordination
from recoupe.crosscheck import actions, judged
from recoupe.crosscheck.enums import Answer
from recoupe.crosscheck.models import Hit, Judgement
from recoupe.crosscheck.retracted import around
from recoupe.kernel.refusal import Absent
from recoupe.notices import queries as notices
from recoupe.oversight import queries
from recoupe.reference.queries import unit
from tests.coordination.builders import draft
from tests.crosscheck.scene import Scene, new_phone
from tests.web.test_crosscheck import page
from tests.world import TestAgent, World

PERSON = ("TESTARD", "Hilaire", "09/10/1966")


@dataclass(frozen=True)
class Wrong:
    """A judgement on which two services met, one printed, one founded an objective; then it was taken back."""

    scene: Scene
    judgement: Judgement
    objective: UUID
    retraction: UUID

    def who(self, role: Role, place: str) -> TestAgent:
        return self.scene.who(role, place)


@pytest.fixture(scope="module")
def wrong(world: World) -> Wrong:
    scene = Scene(world)
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    held, asked = (scene.enter(who, person=PERSON) for who in (customs, police))
    scene.pull()
    with world.acting(analyst) as agent:
        (found,) = Judgement.objects.all()
        actions.judge(by=agent, judgement=found, answer=Answer.SAME, reason="même naissance")
    scene.decide()
    mine, theirs = scene.side(police, asked), scene.side(customs, held)
    with world.acting(police) as agent:
        actions.open_contact(by=agent, side=mine, text="Appelez-moi.")
    with world.acting(customs):
        record(Operation.PRINT, refs=[("hit", theirs.id)])
    with world.acting(analyst) as agent:
        readable = type(mine).objects.get(id=mine.id)
        made = coordination.propose(
            by=agent, origin=readable, draft=draft(court_id=unit("TJ13").id, commune_code="13055")
        )
        actions.retract(by=agent, judgement=Judgement.objects.get(id=found.id), reason="deux cousins")
    scene.decide()
    with world.acting(scene.who(Role.DPO, "OFAST")) as agent:
        (back,) = queries.retractions(agent)
    return Wrong(scene, found, made.id, back.id)


def units(*codes: str) -> set[UUID]:
    return {unit(code).id for code in codes}


@pytest.mark.parametrize("role", [Role.DPO, Role.INSPECTION])
def test_who_oversees_sees_whom_it_reached(wrong: Wrong, role: Role) -> None:
    with wrong.scene.world.acting(wrong.who(role, "OFAST")) as agent:
        found = queries.reach(agent, wrong.retraction)
    assert found.retraction.unit == unit("CROSS13").id
    told = {(touch.what, touch.unit) for touch in found.touches}
    assert {("hit", one) for one in units("PJ13", "DED13")} <= told
    assert {unit for what, unit in told if what == "contact"} <= units("PJ13", "DED13", "CROSS13", "OFAST")
    assert ("objective", unit("CROSS13").id) in told
    printers = [touch for touch in found.touches if touch.what == "print"]
    assert [touch.agent for touch in printers] == [wrong.who(Role.INVESTIGATOR, "DED13").id]


def test_nobody_else_sees_it(wrong: Wrong) -> None:
    for role, place in ((Role.CROSS_ANALYST, "CROSS13"), (Role.SYSADMIN, "OFAST"), (Role.INVESTIGATOR, "PJ13")):
        with wrong.scene.world.acting(wrong.who(role, place)) as agent:
            assert queries.retractions(agent) == []
            with pytest.raises(Absent):
                queries.reach(agent, wrong.retraction)


def test_its_judge_sees_what_he_reads_and_nothing_of_the_journal(wrong: Wrong) -> None:
    with wrong.scene.world.acting(wrong.who(Role.CROSS_ANALYST, "CROSS13")) as agent:
        found = Judgement.objects.get(id=wrong.judgement.id)
        part = queries.own_part(agent, found, judged.history(agent, found))
    assert {touch.what for touch in part} == {"hit", "contact", "objective"}
    assert {touch.agent for touch in part} == {None}
    with wrong.scene.world.acting(wrong.who(Role.CROSS_ANALYST, "CROSS83")) as agent:
        assert judged.history(agent, wrong.judgement) == []
        assert queries.own_part(agent, wrong.judgement, []) == []


def test_who_reads_the_objective_is_told(wrong: Wrong) -> None:
    with wrong.scene.world.acting(wrong.who(Role.CROSS_ANALYST, "CROSS13")) as agent:
        lines = [line for line in notices.waiting(agent, limit=500) if line.record_id == wrong.objective]
    assert "objective_ground_withdrawn" in {line.kind for line in lines}


def test_the_pages_of_who_oversees(wrong: Wrong) -> None:
    client = wrong.scene.world.client(wrong.who(Role.DPO, "OFAST"))
    assert str(wrong.retraction) in page(client, "/journal/reprises/")
    shown = page(client, f"/journal/reprises/?reprise={wrong.retraction}")
    _, actor, refs, details = wrong.scene.world.journal("consult")[-1]
    assert (actor, details) == (wrong.who(Role.DPO, "OFAST").id, {"what": "retractions"})
    assert {f"judgement:{wrong.judgement.id}", f"report:{wrong.judgement.first_id}"} <= set(refs)
    for words in ("a su le recoupement", "a pris contact", "a imprimé", "a fondé un objectif"):
        assert words in shown
    for hidden in ("TESTARD", "deux cousins", "même naissance"):
        assert hidden not in shown
    assert client.get(f"/journal/reprises/?reprise={uuid4()}").status_code == 404
    assert client.get("/journal/reprises/?reprise=x").status_code == 422
    stranger = wrong.scene.world.client(wrong.who(Role.CROSS_ANALYST, "CROSS13"))
    assert stranger.get("/journal/reprises/").status_code == 403


def test_the_judge_reads_his_part_on_the_page(wrong: Wrong) -> None:
    client = wrong.scene.world.client(wrong.who(Role.CROSS_ANALYST, "CROSS13"))
    shown = page(client, f"/recoupements/a-juger/{wrong.judgement.id}/")
    assert "Qui a su le jugement repris" in shown
    assert "a imprimé" not in shown


@dataclass(frozen=True)
class Chain:
    """A = B, B = C and a number that A and C share; who acts on A and C after B = C, until it is taken back."""

    scene: Scene
    retraction: UUID
    judgement: UUID


@pytest.fixture(scope="module")
def chain(world: World) -> Chain:
    scene = Scene(world)
    police, customs, third = (scene.who(Role.INVESTIGATOR, unit) for unit in ("PJ13", "DED13", "SR13"))
    analyst, phone = scene.who(Role.CROSS_ANALYST, "CROSS13"), new_phone()
    person = ("KERVADEC", "Melaine", "21/03/1971")
    a = scene.enter(police, person=person, phone=phone)
    scene.pull()
    b = scene.enter(customs, person=person)
    scene.pull()
    c = scene.enter(third, person=person, phone=phone)
    scene.pull()

    def question(*pair: UUID) -> Judgement:
        found: Judgement = Judgement.objects.get(first_id__in=pair, second_id__in=pair)
        return found

    def says(*pair: UUID) -> Judgement:
        with world.acting(analyst) as agent:
            found = question(*pair)
            actions.judge(by=agent, judgement=found, answer=Answer.SAME, reason="même naissance")
        scene.decide()
        return found

    def prints(who: TestAgent, side: UUID) -> None:
        with world.acting(who):
            record(Operation.PRINT, refs=[("hit", side)])

    says(a, b)
    with world.process("matcher"):
        met = Hit.objects.get(low=min(a, c), high=max(a, c)).id
    of_a, of_c = (
        next(side for side in scene.sides(who, mine) if side.hit_id == met) for who, mine in ((police, a), (third, c))
    )
    prints(third, of_c.id)
    wrong = says(b, c)
    with world.acting(police) as agent:
        actions.open_contact(by=agent, side=of_a, text="Appelez-moi.")
    prints(police, of_a.id)
    with world.acting(analyst) as agent:
        actions.retract(by=agent, judgement=question(b, c), reason="deux cousins")
    scene.decide()
    with world.acting(scene.who(Role.DPO, "OFAST")) as agent:
        retraction = next(one for one in queries.retractions(agent) if one.judgement == wrong.id)
    return Chain(scene, retraction.id, wrong.id)


def test_who_acted_on_a_pair_that_it_joined_through_a_third_record_is_told(chain: Chain) -> None:
    with chain.scene.world.acting(chain.scene.who(Role.INSPECTION, "OFAST")) as agent:
        found = queries.reach(agent, chain.retraction)
    (through,) = found.through
    assert through.until == found.retraction.retracted_at
    assert set(through.records) != set(found.retraction.records)
    told = {(touch.what, touch.unit) for touch in found.touches}
    assert ("contact", unit("PJ13").id) in told
    # Who printed it before they were one did not act on this judgement.
    printers = {touch.agent for touch in found.touches if touch.what == "print"}
    assert printers == {chain.scene.who(Role.INVESTIGATOR, "PJ13").id}
    assert len({(touch.what, touch.ref, touch.unit, touch.agent) for touch in found.touches}) == len(found.touches)


def test_its_judge_sees_of_those_pairs_what_he_reads_and_others_nothing(chain: Chain) -> None:
    world = chain.scene.world
    with world.acting(chain.scene.who(Role.CROSS_ANALYST, "CROSS13")) as agent:
        found = Judgement.objects.get(id=chain.judgement)
        part = queries.own_part(agent, found, judged.history(agent, found))
    assert "contact" in {touch.what for touch in part} and "print" not in {touch.what for touch in part}
    for role, place in ((Role.CROSS_ANALYST, "CROSS13"), (Role.SYSADMIN, "OFAST")):
        with world.acting(chain.scene.who(role, place)):
            assert around(chain.retraction) == ([], None)


def test_the_page_says_how_many_pairs_it_joined_through_others(chain: Chain) -> None:
    shown = page(
        chain.scene.world.client(chain.scene.who(Role.DPO, "OFAST")), f"/journal/reprises/?reprise={chain.retraction}"
    )
    assert "unissait aussi un autre couple" in shown
