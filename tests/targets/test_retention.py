"""Terms: two years at most, the day of the procedure's end, reminders sixty and fifteen days before, the gauge."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.kernel.refusal import Absent
from recoupe.notices import queries as notices
from recoupe.targets import actions, queries, retention
from recoupe.targets.enums import TargetState
from recoupe.targets.models import PERSONAL, RegisteredTarget
from tests.targets.builders import Registry
from tests.world import TestAgent, World

S = TargetState


def work(world: World, task: Callable[..., int], **more: Any) -> int:
    with world.process("worker"), context.service("worker", "essai"):
        return task(today=timezone.localdate(), **more)


def moved(registry: Registry, target: RegisteredTarget, days: int) -> None:
    """As if it had been registered so long ago that it ends in `days`."""
    ends = timezone.localdate() + timedelta(days=days)
    registry.change(f"UPDATE targets_registeredtarget SET expires_on = '{ends}' WHERE id = '{target.id}'")


def told(world: World, who: TestAgent, kind: str) -> set[Any]:
    with world.acting(who) as agent:
        return {line.record_id for line in notices.waiting(agent, limit=500, kinds=[kind])}


def assert_empty(registry: Registry, target: RegisteredTarget) -> None:
    row = registry.row(target, ", ".join(("state", "motive", "readers", *PERSONAL)))
    assert row[0] == S.ERASED
    assert not any(row[1:])


def test_the_end_of_the_procedure_erases_the_same_day(world: World, registry: Registry) -> None:
    case = registry.case()
    target, other = registry.registered(case, phones=("06 39 98 77 01",), nickname="Le Grand"), registry.registered()
    with world.acting(registry.police) as agent:
        cases.close_case(by=agent, case=case, closed_on=timezone.localdate())
    assert registry.row(target, "state") == (S.PROCEDURE_ENDED,)
    work(world, retention.erase)
    assert_empty(registry, target)
    assert registry.row(other, "state") == (S.REGISTERED,)
    with world.acting(registry.police) as agent, pytest.raises(Absent):
        queries.target(agent, target.id)
    steps = world.sql("SELECT to_state::text, motive::text FROM targets_targetstep WHERE target_id = %s ORDER BY step",
                      [target.id])  # fmt: skip
    assert [s[0] for s in steps][-2:] == [S.PROCEDURE_ENDED, S.ERASED]
    assert {s[1] for s in steps} == {""}
    assert world.sql("SELECT count(*) FROM notices_notice WHERE record_id = %s", [target.id]) == [(0,)]


def test_the_unit_ends_one_registration_of_its_procedure(world: World, registry: Registry) -> None:
    target = registry.registered()
    with world.acting(registry.police) as agent:
        actions.end(by=agent, target=target, reason="Mis hors de cause par l'enquête.")
    work(world, retention.erase)
    assert_empty(registry, target)


def test_two_years_and_no_day_more(world: World, registry: Registry) -> None:
    last_day, over = registry.registered(), registry.registered()
    moved(registry, last_day, 1)
    moved(registry, over, 0)
    work(world, retention.expire)
    assert registry.row(over, "state") == (S.EXPIRED,)
    assert registry.row(last_day, "state") == (S.REGISTERED,)
    work(world, retention.erase)
    assert_empty(registry, over)


def test_a_refused_request_goes_after_a_month(world: World, registry: Registry) -> None:
    fresh, old = registry.asked(), registry.asked()
    with world.acting(registry.manager) as agent:
        for target in (fresh, old):
            actions.refuse(by=agent, target=target, reason="Article absent de la procédure.")
    registry.change(
        f"UPDATE targets_registeredtarget SET state_since = now() - interval '31 days' WHERE id = '{old.id}'"
    )
    work(world, retention.erase)
    assert_empty(registry, old)
    assert registry.row(fresh, "state") == (S.REFUSED,)


def test_reminders_sixty_and_fifteen_days_before(world: World, registry: Registry) -> None:
    target = registry.registered()
    for days, reminders in ((61, 0), (60, 1), (16, 1), (15, 2), (3, 2)):
        moved(registry, target, days)
        registry.change(f"UPDATE notices_notice SET seen_at = now() WHERE record_id = '{target.id}'")
        before = registry.row(target, "reminders")[0]
        work(world, retention.remind)
        assert registry.row(target, "reminders") == (reminders,)
        assert (target.id in told(world, registry.head, "target_expires")) is (reminders > before)


def test_procedures_without_a_registration_are_told_to_the_head(world: World, registry: Registry) -> None:
    today = timezone.localdate()
    cases_of = {
        "late": registry.case(opened_on=today - timedelta(days=15)),
        "young": registry.case(opened_on=today - timedelta(days=14)),
        "another offence": registry.case(opened_on=today - timedelta(days=40), offences=(180,)),
        "registered": registry.case(opened_on=today - timedelta(days=40)),
        "only asked for": registry.case(opened_on=today - timedelta(days=40)),
    }
    registry.registered(cases_of["registered"])
    registry.asked(cases_of["only asked for"])
    work(world, retention.remind_cases)
    reminded = told(world, registry.head, "target_missing")
    assert {name for name, case in cases_of.items() if case.id in reminded} == {"late", "only asked for"}
    # Not again before fifteen days, and then once more.
    registry.change("UPDATE notices_notice SET seen_at = now() WHERE kind = 'target_missing'")
    work(world, retention.remind_cases)
    assert cases_of["late"].id not in told(world, registry.head, "target_missing")
    registry.change("UPDATE targets_casereminder SET at = now() - interval '15 days'")
    work(world, retention.remind_cases)
    assert cases_of["late"].id in told(world, registry.head, "target_missing")


def test_the_gauge_counts_by_service_and_month(world: World, registry: Registry) -> None:
    opened = timezone.localdate() - timedelta(days=40)
    month = opened.replace(day=1)

    def counted(who: TestAgent) -> tuple[int, int]:
        with world.acting(who) as agent:
            rows = [
                r for r in queries.gauge(agent, timezone.localdate()) if r.month == month and r.service == "customs"
            ]
            return sum(r.cases for r in rows), sum(r.registered for r in rows)

    customs_head = world.agent(Role.UNIT_HEAD, "DED13")
    before, before_head = counted(registry.manager), counted(customs_head)
    registry.case(registry.customs, opened_on=opened)
    registry.registered(registry.case(registry.customs, opened_on=opened), registry.customs)
    assert counted(registry.manager) == (before[0] + 2, before[1] + 1)
    assert counted(customs_head) == (before_head[0] + 2, before_head[1] + 1)
    for who in (registry.head, registry.police, world.agent(Role.OFAST_ANALYST, "OFAST")):
        assert counted(who) == (0, 0)
