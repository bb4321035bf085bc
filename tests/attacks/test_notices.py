"""Statements injected by an agent who would make work for others: false notices, jobs, comparisons and decisions."""

from uuid import UUID, uuid4

import psycopg
import pytest

from recoupe.access.actions import give_mandate
from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_key, reader_key
from recoupe.crosscheck import actions
from recoupe.crosscheck.enums import Answer
from recoupe.crosscheck.models import HitSide, Judgement
from recoupe.intelligence.actions.importing import upload_import
from tests.attacks.injected import injected, stopped
from tests.crosscheck.scene import Scene, new_phone
from tests.intelligence.test_import import PLAIN_MAPPING
from tests.world import TestAgent

NOTICE = (
    "INSERT INTO notices_notice (id, key, kind, record_kind, record_id, at)"
    " VALUES (gen_random_uuid(), %s, %s, %s, %s, clock_timestamp())"
)
PERSON = ("DURAND", "Élie", "1990-03-04")


@pytest.fixture(scope="module")
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("hit", "hit"),
        ("judgement", "judgement"),
        ("message", "contact"),
        ("agreement_answered", "agreement"),
        ("case_given", "case"),
        ("objective_allocated", "objective"),
        ("dealpoint_reported", "dealpoint"),
        ("report_rejected", "report"),
        ("import_to_open", "import"),
        ("deposit_budget", "agent"),
        ("anything", "anything"),
    ],
)
def test_nobody_is_told_of_what_is_not(
    scene: Scene, police: TestAgent, customs: TestAgent, kind: str, record: str
) -> None:
    for key in (reader_key(customs.unit_id, Capacity.DUTY), own_key(customs.id, customs.unit_id)):
        assert stopped(scene.world, police, NOTICE, key, kind, record, uuid4())


def test_nobody_tells_another_service_of_his_own_report(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    mine = scene.enter(police)
    for key in (reader_key(customs.unit_id, Capacity.HEAD), own_key(customs.id, customs.unit_id)):
        assert stopped(scene.world, police, NOTICE, key, "report_to_read", "report", mine)
    head = reader_key(police.unit_id, Capacity.HEAD)
    assert stopped(scene.world, police, NOTICE, head, "hit", "report", mine)
    assert not stopped(scene.world, police, NOTICE, head, "report_to_read", "report", mine)


@pytest.mark.parametrize("seen", ["'2020-01-01'", "clock_timestamp() + interval '1 year'"])
def test_a_notice_is_of_now(scene: Scene, police: TestAgent, seen: str) -> None:
    mine = scene.enter(police)
    dated = NOTICE.replace("clock_timestamp()", seen)
    key = reader_key(police.unit_id, Capacity.HEAD)
    assert stopped(scene.world, police, dated, key, "report_to_read", "report", mine)


def test_nobody_queues_what_is_not_his_to_change(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    theirs = scene.enter(customs)
    direct = (
        "INSERT INTO intelligence_outbox (id, report_id, lane, at) VALUES (gen_random_uuid(), %s, 'express', now())"
    )
    for statement in (direct, "SELECT intelligence.queue(ARRAY[%s]::uuid[], 'express')"):
        for record in (theirs, uuid4()):
            assert stopped(scene.world, police, statement, record)


def weak(scene: Scene, police: TestAgent, customs: TestAgent) -> tuple[UUID, UUID]:
    """Two reports of two services on one name and birth date, compared."""
    held, asked = scene.enter(customs, person=PERSON), scene.enter(police, person=PERSON)
    scene.pull()
    return asked, held


def test_nobody_forges_what_the_matcher_hears(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    colleague = scene.who(Role.CROSS_ANALYST, "CROSS13", "second")
    weak(scene, police, customs)
    with scene.world.acting(analyst):
        asked = Judgement.objects.filter(state="ASKED").latest("at")
    direct = "INSERT INTO crosscheck_decision (id, hit_id, at) VALUES (gen_random_uuid(), %s, now())"
    assert stopped(scene.world, police, direct, asked.hit_id)
    answer = (
        "UPDATE crosscheck_judgement SET state = 'ANSWERED', answer = 'same', reason = 'x', answered_by = %s,"
        " answered_at = {} WHERE id = %s"
    )
    assert stopped(scene.world, analyst, answer.format("now()"), colleague.id, asked.id)
    assert stopped(scene.world, analyst, answer.format("'2020-01-01'"), analyst.id, asked.id)
    assert stopped(scene.world, police, answer.format("now()"), police.id, asked.id)
    with scene.world.acting(analyst) as agent:
        actions.judge(by=agent, judgement=asked, answer=Answer.SAME, reason="même personne")
    assert stopped(scene.world, colleague, answer.format("now()"), colleague.id, asked.id)
    assert scene.decide() == 1


@pytest.mark.parametrize("task", ["recoupe.import_file", "recoupe.end_silences", "recoupe.anything"])
def test_nobody_asks_for_a_job_without_his_own_mandate(scene: Scene, police: TestAgent, task: str) -> None:
    ask = "SELECT worker.ask(%s, gen_random_uuid(), gen_random_uuid())"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="not a job"), injected(scene.world, police) as base:
        base.execute(ask, [task])


def test_who_asks_for_a_job_does_not_learn_how_many_there_were(scene: Scene, police: TestAgent) -> None:
    """The numbers of the queue count the files of every service."""
    head = scene.who(Role.UNIT_HEAD, "PJ13")
    with scene.world.acting(head) as agent:
        made = upload_import(by=agent, name="x.csv", content=b"a\n", mapping=PLAIN_MAPPING)
        mandate = give_mandate(by=agent, task="recoupe.check_file")
    with injected(scene.world, head) as base:
        asked = base.execute("SELECT worker.ask('recoupe.check_file', %s, %s)::text", [made.id, mandate.id])
        assert asked.fetchone() == (None,)
    assert scene.world.sql("SELECT count(*) FROM procrastinate_jobs WHERE lock = %s", [f"import:{made.id}"]) == [(1,)]
    library = scene.world.sql(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE proname ~ '^procrastinate'"
        " AND has_function_privilege('recoupe_app', oid, 'EXECUTE')"
    )
    assert library == []


@pytest.mark.parametrize("role", ["recoupe_app", "recoupe_portal", "recoupe_signin", "recoupe_worker"])
def test_no_announcement_tells_when_others_deposit(scene: Scene, police: TestAgent, role: str) -> None:
    channels = [
        "recoupe_outbox",
        "recoupe_crosscheck",
        "procrastinate_any_queue_v1",
        "procrastinate_queue_v1#default",
    ]
    with psycopg.connect(scene.world.url(role), autocommit=True) as listener:
        for channel in channels:
            listener.execute(f'LISTEN "{channel}"'.encode())
        for statement in ("SELECT access.channel()", "SELECT name FROM access_channel", "SELECT access.wake('x')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                listener.execute(statement.encode())
        scene.enter(police, phone=new_phone())
        scene.world.sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, status)"
            " VALUES ('default', 'x', 0, 'todo')"
        )
        heard = list(listener.notifies(timeout=0.3))
    assert heard == []


def test_the_matcher_hears_a_deposit_at_once(scene: Scene, police: TestAgent) -> None:
    with psycopg.connect(scene.world.url("recoupe_matcher"), autocommit=True) as listener:
        (channel,) = listener.execute("SELECT access.channel()").fetchone() or ("",)
        listener.execute(f'LISTEN "{channel}"'.encode())
        scene.enter(police, phone=new_phone())
        assert [n.payload for n in listener.notifies(timeout=5, stop_after=1)] == ["express"]


def test_a_side_seen_is_not_a_side_answered_twice_for(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, _ = weak(scene, police, customs)
    with scene.world.acting(police):
        sides = list(HitSide.objects.filter(record_id=asked))
    for side in sides:
        late = (
            "INSERT INTO crosscheck_weakanswer (id, side_id, answer, author_id, at)"
            " VALUES (gen_random_uuid(), %s, 'same', %s, '9999-01-01')"
        )
        assert stopped(scene.world, police, late, side.id, police.id)
