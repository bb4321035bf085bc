"""Notices: addressed by reader keys, seen by their holders alone, never doubled, never content."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from recoupe.access.context import service
from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_key, reader_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.notices import actions, queries
from recoupe.notices.models import Notice
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def duty(world: World) -> TestAgent:
    return world.agent(role=Role.DUTY_OFFICER, unit="PJ13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    return world.agent(role=Role.DUTY_OFFICER, unit="PJ69")


def leave(world: World, to: TestAgent, kind: str = "hit", ref: UUID | None = None, **rest: object) -> UUID:
    """One notice for the duty desk of an agent's unit, left by the matcher."""
    about = ref or uuid4()
    with world.process("matcher"), service("matcher", "tests"):
        record(Operation.MODIFY, refs=[("hit", about)])
        actions.notify([reader_key(to.unit_id, Capacity.DUTY)], kind, ("hit", about), **rest)  # type: ignore[arg-type]
    return about


def refs(world: World, who: TestAgent) -> list[UUID]:
    with world.acting(who) as agent:
        return [line.record_id for line in queries.waiting(agent)]


def test_only_the_holders_of_the_key_see_it(world: World, duty: TestAgent, stranger: TestAgent) -> None:
    about = leave(world, duty)
    assert about in refs(world, duty)
    assert about not in refs(world, stranger)
    with world.acting(stranger):
        record(Operation.MODIFY, refs=[("hit", about)])
        assert not Notice.objects.filter(record_id=about).exists()
        assert Notice.objects.filter(record_id=about).update(seen_at=timezone.now()) == 0


def test_without_a_context_there_is_nothing(world: World, duty: TestAgent, stranger: TestAgent) -> None:
    leave(world, duty)
    assert world.sql("SELECT count(*) FROM notices_notice", role="recoupe_app") == [(0,)]


def test_without_a_journal_entry_nothing_is_left(world: World, duty: TestAgent) -> None:
    with pytest.raises(DatabaseError, match="without journal entry"), world.acting(duty):
        actions.notify([1], "hit", ("hit", uuid4()))


def test_seen_leaves_the_list_and_is_journaled(world: World, duty: TestAgent, stranger: TestAgent) -> None:
    about = leave(world, duty)
    with world.acting(duty) as agent:
        assert actions.mark_seen(by=agent, refs=[("hit", about)]) == 1
        assert actions.mark_seen(by=agent, refs=[("hit", about)]) == 0
    assert about not in refs(world, duty)
    assert (f"hit:{about}",) in {tuple(refs_) for _, actor, refs_, _ in world.journal("modify") if actor == duty.id}


def test_seen_by_kind_leaves_the_other_kind(world: World, duty: TestAgent, stranger: TestAgent) -> None:
    about = leave(world, duty, "message")
    leave(world, duty, "contact_requested", about)
    with world.acting(duty) as agent:
        actions.mark_seen(by=agent, refs=[("hit", about)], kinds=["message"])
        kinds = {line.kind for line in queries.waiting(agent) if line.record_id == about}
    assert kinds == {"contact_requested"}


def test_fifty_of_a_kind_wait_as_one(world: World, duty: TestAgent, stranger: TestAgent) -> None:
    about = uuid4()
    for _ in range(3):
        leave(world, duty, "message", about)
    assert refs(world, duty).count(about) == 1


def test_once_seen_it_can_come_again(world: World, duty: TestAgent, stranger: TestAgent) -> None:
    about = leave(world, duty, "message")
    with world.acting(duty) as agent:
        actions.mark_seen(by=agent, refs=[("hit", about)])
    leave(world, duty, "message", about)
    assert about in refs(world, duty)


def test_two_keys_one_line(world: World) -> None:
    head = world.agent(role=Role.UNIT_HEAD, unit="PJ06")
    about = uuid4()
    with world.process("matcher"), service("matcher", "tests"):
        record(Operation.MODIFY, refs=[("hit", about)])
        keys = [reader_key(head.unit_id, Capacity.DUTY), own_key(head.id, head.unit_id)]
        actions.notify(keys, "hit", ("hit", about))
    with world.acting(head) as agent:
        lines = queries.waiting(agent)
        assert [line.record_id for line in lines] == [about]
        assert {kind: len(ids) for kind, ids in queries.named(agent).items()} == {"hit": 1}


def test_pages_by_key_without_gap_or_double(world: World, stranger: TestAgent) -> None:
    reader = world.agent(role=Role.DUTY_OFFICER, unit="PJ33")
    left = [leave(world, reader) for _ in range(7)]
    seen: list[UUID] = []
    with world.acting(reader) as agent:
        page = queries.waiting(agent, limit=3)
        while page:
            seen += [line.record_id for line in page]
            page = queries.waiting(agent, before=page[-1], limit=3)
    assert seen == list(reversed(left))


def test_overdue_is_what_has_passed_its_term(world: World, stranger: TestAgent) -> None:
    reader = world.agent(role=Role.DUTY_OFFICER, unit="PJ31")
    now = timezone.now()
    late = leave(world, reader, due=now - timedelta(minutes=1))
    leave(world, reader, due=now + timedelta(hours=1))
    leave(world, reader)
    with world.acting(reader) as agent:
        assert [line.record_id for line in queries.overdue(agent, now)] == [late]
        assert [line.overdue(now) for line in queries.waiting(agent) if line.record_id == late] == [True]
        kinds = sorted({line.kind for line in queries.waiting(agent)})
        glance = queries.glance(agent, now, kinds, ["no such kind"], (2, 1))
        assert (glance.late, glance.asked) == (queries.overdue(agent, now), queries.waiting(agent, limit=2))
        assert (glance.told, queries.glance(agent, now, [""], kinds, (2, 1)).told) == (
            [],
            queries.waiting(agent, limit=1),
        )


def test_a_notice_cannot_hold_content(world: World) -> None:
    columns = {f.name for f in Notice._meta.get_fields()}
    assert columns == {"id", "key", "kind", "record_kind", "record_id", "at", "due_at", "seen_at"}


def test_nobody_moves_a_notice_to_himself(world: World, duty: TestAgent) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), world.acting(duty), connection.cursor() as cursor:
        cursor.execute("UPDATE notices_notice SET key = key")


def test_what_waits_for_one_key_hides_nothing_that_waits_for_another(world: World) -> None:
    """Up to so many of each key: the newest of the duty desk do not push out what waits for the head."""
    head = world.agent(Role.UNIT_HEAD, "PJ31")
    older, *_ = [_left(world, head, capacity) for capacity in (Capacity.HEAD, Capacity.DUTY, Capacity.DUTY)]
    with world.acting(head), connection.cursor() as cursor:
        cursor.execute(queries.OBJECTS, [1])
        found = {row[1] for row in cursor.fetchall()}
    assert older in found
    assert len(found) == 2


def _left(world: World, to: TestAgent, capacity: Capacity) -> UUID:
    about = uuid4()
    with world.process("matcher"), service("matcher", "tests"):
        record(Operation.MODIFY, refs=[("hit", about)])
        actions.notify([reader_key(to.unit_id, capacity)], "hit", ("hit", about))
    return about
