"""What comparison by likeness leaves in the journal: whose budget is spent, how much a whole run has read (R-40)."""

from uuid import UUID

from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.crosscheck import answering
from recoupe.crosscheck.actions import linking
from recoupe.crosscheck.engine import serving
from recoupe.crosscheck.question import Question, State
from recoupe.kernel.matchable import Subject
from tests.crosscheck.scene import Scene
from tests.crosscheck.test_asking import MARK
from tests.crosscheck.test_likeness import model
from tests.world import TestAgent

__all__ = ["model"]

NOBODY = Subject("ZWICKER", "Ottokar", (), "02/02/1931", "", ())


def asked(scene: Scene, who: TestAgent) -> State:
    with scene.world.process("matcher"):
        return answering._answer(Question(who.token, (NOBODY,))).state


def test_who_has_spent_his_questions_of_the_day_stands_in_the_journal_once(scene: Scene) -> None:
    who = scene.world.agent(Role.INVESTIGATOR, "PJ13")
    # Something to look into: before the first record there is no answer.
    scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), person=("KERVOAZEC", "Nolwenn", "14/05/1987"))
    scene.pull()
    count = "INSERT INTO intelligence_depositcount SELECT gen_random_uuid(), %s, %s, %s, 498"
    scene.world.sql(count, [who.id, MARK, timezone.localdate()])
    assert [asked(scene, who) for _ in range(4)] == [State.ANSWERED] * 2 + [State.SPENT] * 2
    written = [one for one in scene.world.journal("combine") if one[3] == {"what": "likeness_budget"}]
    assert [(actor, refs) for _, actor, refs, _ in written] == [(None, [f"agent:{who.id}"])]


def test_a_run_over_the_whole_holding_says_how_many_it_read(scene: Scene, police: TestAgent) -> None:
    held: UUID = scene.enter(police, person=("TRÉVIDIC", "Corentine", "14/06/1977"))
    scene.pull()
    with scene.world.process("matcher"):
        engine = serving()
        assert engine is not None
        found = [person.record_id for block in linking.people(engine) for person in block]
    assert held in found
    counts = "SELECT result_count FROM audit_entry WHERE operation = 'combine' AND details = %s::jsonb"
    assert scene.world.sql(counts, ['{"lane": "link"}']) == [(len(found),)]
