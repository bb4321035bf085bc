"""The same form posted on two connections at the same moment makes one thing, and both posts are answered by it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.coordination import actions as coordination
from recoupe.coordination.models import Objective
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.dealpoints import actions as dealpoints
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence import actions as intelligence
from recoupe.intelligence.models import ImportFile, Report
from tests.coordination.builders import draft as objective_draft
from tests.coordination.builders import unit
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.dealpoints.builders import active, report_by
from tests.dealpoints.builders import draft as point_draft
from tests.intelligence.test_import import PLAIN_MAPPING
from tests.world import TestAgent, World

TWICE = 2


def at_once(world: World, who: TestAgent, make: Callable[[Agent], UUID]) -> set[UUID]:
    """What two posts of one form, each in its own transaction on its own connection, answer with."""
    barrier = threading.Barrier(TWICE)

    def post() -> UUID:
        try:
            with world.acting(who) as agent:
                barrier.wait(20)
                return make(agent)
        finally:
            connection.close()

    with world.process("web"), ThreadPoolExecutor(TWICE) as pool:
        return {future.result(60) for future in [pool.submit(post) for _ in range(TWICE)]}


def count(world: World, table: str, condition: str, *params: object) -> int:
    return int(world.sql(f"SELECT count(*) FROM {table} WHERE {condition}", list(params))[0][0])


def test_a_message(world: World) -> None:
    scene = Scene(world)
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    phone = new_phone()
    scene.enter(customs, phone=phone)
    asked = scene.enter(police, phone=phone)
    scene.pull()
    with world.acting(police) as agent:
        thread = crosscheck.open_contact(by=agent, side=HitSide.objects.get(record_id=asked)).id
    key = uuid4()

    def write(agent: Agent, with_key: UUID = key) -> UUID:
        found = ContactThread.objects.get(id=thread)
        return crosscheck.write_message(by=agent, thread=found, text="Rappelez-nous.", key=with_key).id

    assert len(at_once(world, police, write)) == 1
    assert count(world, "crosscheck_message", "thread_id = %s", thread) == 1
    assert len(world.sql("SELECT 1 FROM audit_entry WHERE refs @> %s AND operation = 'disclose'",
                         [[f"contact:{thread}"]])) == 1  # fmt: skip
    # The same words in another form are said again, other words in the same form too; another author is another form.
    with world.acting(police) as agent:
        write(agent, uuid4())
        crosscheck.write_message(by=agent, thread=ContactThread.objects.get(id=thread), text="Demain.", key=key)
    with world.acting(customs) as agent:
        write(agent)
    assert count(world, "crosscheck_message", "thread_id = %s", thread) == 4


def test_a_report(world: World) -> None:
    police, key, phone = world.agent(Role.INVESTIGATOR, "PJ13"), uuid4(), new_phone()
    assert len(at_once(world, police, lambda by: _deposit(by, phone, key))) == 1
    assert count(world, "intelligence_report", "author_id = %s", police.id) == 1


def _deposit(by: Agent, phone: str, key: UUID) -> UUID:
    made: Report = intelligence.deposit(by=by, entry=entry(phone=phone), key=key)
    return made.id


def test_a_deal_point(world: World) -> None:
    police, key = world.agent(Role.INVESTIGATOR, "PJ13"), uuid4()
    with world.acting(police) as agent:
        report = report_by(agent).id

    def propose(by: Agent) -> UUID:
        found = Report.objects.get(id=report)
        made: DealPoint = dealpoints.propose_from_report(by=by, report=found, draft=point_draft(key=key))
        return made.id

    assert at_once(world, police, propose) == {key}
    assert count(world, "dealpoints_dealpoint", "proposed_by_id = %s", police.id) == 1


def test_an_objective(world: World) -> None:
    police, analyst = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.CROSS_ANALYST, "CROSS13")
    point, key = active(world, police, analyst), uuid4()

    def propose(by: Agent) -> UUID:
        draft = objective_draft(court_id=unit("TJ13").id, key=key)
        made: Objective = coordination.propose(by=by, origin=DealPoint.objects.get(pk=point), draft=draft)
        return made.id

    assert at_once(world, analyst, propose) == {key}
    assert count(world, "coordination_objective", "origin_id = %s", point) == 1


def test_a_file(world: World) -> None:
    police, key = world.agent(Role.INVESTIGATOR, "PJ13"), uuid4()

    def hand_in(by: Agent) -> UUID:
        made: ImportFile = intelligence.upload_import(
            by=by, name="fiches.csv", content=b"R\xc3\xa9f\n1\n", mapping=PLAIN_MAPPING, key=key
        )
        return made.id

    assert len(at_once(world, police, hand_in)) == 1
    assert count(world, "intelligence_importfile", "uploaded_by = %s", police.id) == 1
