"""Registrations on the real base: who asks, who decides, who reads, what the base itself refuses."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import actions as cases
from recoupe.cases.models import Case
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.notices import queries as notices
from recoupe.targets import actions, permissions, queries, rules
from recoupe.targets.enums import TargetState
from recoupe.targets.models import RegisteredTarget
from tests.targets.builders import Registry, person
from tests.world import TestAgent, World

S = TargetState


def kinds(world: World, who: TestAgent, target: RegisteredTarget) -> set[str]:
    with world.acting(who) as agent:
        return {line.kind for line in notices.waiting(agent, limit=200) if line.record_id == target.id}


def test_who_reads_a_registration(world: World, registry: Registry) -> None:
    target = registry.asked()
    reads = {
        "colleague": registry.head,
        "magistrate in charge": registry.prosecutor,
        "his office": world.agent(Role.PROSECUTOR, "TJ13"),
        "manager": registry.manager,
    }
    hidden = {
        "another service": registry.customs,
        "the cell": world.agent(Role.CROSS_ANALYST, "CROSS13"),
        "the office": world.agent(Role.OFAST_ANALYST, "OFAST"),
        "a prosecutor elsewhere": world.agent(Role.PROSECUTOR, "TJ59"),
        "data protection": world.agent(Role.DPO, "OFAST"),
    }
    for who in reads.values():
        with world.acting(who) as agent:
            assert queries.target(agent, target.id).surname == target.surname
            assert target.id in {row.id for row in queries.recent(agent).rows}
    for who in hidden.values():
        with world.acting(who) as agent:
            with pytest.raises(Absent):
                queries.target(agent, target.id)
            assert target.id not in {row.id for row in queries.recent(agent).rows}


def test_the_readers_of_the_code_are_those_of_the_base(registry: Registry) -> None:
    case = registry.case()
    target = registry.asked(case)
    assert sorted(registry.row(target, "readers")[0]) == actions._readers(case)


def test_from_a_request_to_the_registry(world: World, registry: Registry) -> None:
    target = registry.asked(phones=("06 39 98 44 55",), vehicles=(("Peugeot", "AB-123-CD"),))
    assert kinds(world, registry.manager, target) == {"target_requested"}
    with world.acting(registry.manager) as agent:
        with pytest.raises(Conflict):
            actions.register(by=agent, target=target)
        for missing in ("procedure", "article", "designation"):
            said = [name != missing for name in ("procedure", "article", "designation")]
            with pytest.raises(Invalid):
                actions.check_target(by=agent, target=target, procedure=said[0], article=said[1], designation=said[2])
        target = actions.check_target(by=agent, target=target, procedure=True, article=True, designation=True)
        target = actions.register(by=agent, target=target)
    state, registered_at, expires_on = registry.row(target, "state, registered_at, expires_on")
    today = timezone.localdate()
    assert (state, expires_on) == (S.REGISTERED, rules.expiry(today, 2))
    assert timezone.now() - registered_at < timedelta(minutes=1)
    assert kinds(world, registry.police, target) == {"target_registered"}
    with world.acting(registry.police) as agent:
        life = [(step.from_state, step.to_state) for step in queries.history(agent, target)]
    assert life == [("", S.REQUESTED), (S.REQUESTED, S.CHECKED), (S.CHECKED, S.REGISTERED)]


def test_a_refusal_says_why(world: World, registry: Registry) -> None:
    target = registry.asked()
    with world.acting(registry.manager) as agent:
        with pytest.raises(Invalid):
            actions.refuse(by=agent, target=target, reason="non")
        actions.refuse(by=agent, target=target, reason="Aucun article de la liste ne convient.")
    assert kinds(world, registry.police, target) == {"target_refused"}


@pytest.mark.parametrize(
    ("role", "unit", "may"),
    [
        (Role.INVESTIGATOR, "PJ13", True),
        (Role.UNIT_HEAD, "PJ13", True),
        (Role.DUTY_OFFICER, "PJ13", False),
        (Role.INVESTIGATOR, "SR13", False),
        (Role.REGISTRY_MANAGER, "OFAST", False),
        (Role.PROSECUTOR, "TJ13", False),
    ],
)
def test_who_asks(world: World, registry: Registry, role: Role, unit: str, may: bool) -> None:
    case = registry.case()
    with world.acting(world.agent(role, unit)) as agent:
        assert permissions.can_request(agent, case) is may
        if not may:
            with pytest.raises(Refused):
                actions.request_target(by=agent, case=case, entry=person())


def test_a_closed_procedure_and_a_silent_service_register_nobody(world: World, registry: Registry) -> None:
    case = registry.case()
    with world.acting(registry.police) as agent:
        closed = cases.close_case(by=agent, case=case, closed_on=timezone.localdate())
        with pytest.raises(Conflict):
            actions.request_target(by=agent, case=closed, entry=person())
    inspector = world.agent(Role.INVESTIGATOR, "IGPN")
    theirs = registry.case(inspector)
    with world.acting(inspector) as agent, pytest.raises(Refused):
        actions.request_target(by=agent, case=theirs, entry=person())


def test_a_form_sent_twice_asks_once(world: World, registry: Registry) -> None:
    case, key = registry.case(), uuid4()
    with world.acting(registry.police) as agent:
        said = person()
        first = actions.request_target(by=agent, case=case, entry=said, key=key)
        second = actions.request_target(by=agent, case=case, entry=said, key=key)
    assert first.id == second.id


def test_a_new_registration_is_a_new_row_with_its_motive(world: World, registry: Registry) -> None:
    first = registry.registered()
    with world.acting(registry.police) as agent:
        case = Case.objects.get(id=first.case_id)
        with pytest.raises(Invalid):
            actions.request_target(by=agent, case=case, entry=person(), renews=first)
        second = actions.request_target(
            by=agent, case=case, entry=person(), renews=first, reason="Deux livraisons depuis juin, enquête relancée."
        )
    assert second.id != first.id
    assert registry.row(first, "expires_on") == (first.expires_on,)


def test_the_unit_completes_what_it_wrote(world: World, registry: Registry) -> None:
    target = registry.registered()
    with world.acting(registry.customs) as agent, pytest.raises(Refused):
        actions.amend(by=agent, target=target, entry=person())
    with world.acting(registry.police) as agent:
        told = actions.amend(by=agent, target=target, entry=person(surname=target.surname, phones=("06 39 98 00 07",)))
    assert registry.row(told, "phones, state") == (["06 39 98 00 07"], S.REGISTERED)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("surname", {"surname": "  "}),
        ("articles", {"articles": ()}),
        ("sex", {"sex": "Z"}),
        ("birth_date", {"birth_date": date(2020, 1, 1)}),
        ("phones", {"phones": ("abc",)}),
        ("imeis", {"imeis": ("-",)}),
        ("vehicles", {"vehicles": (("Peugeot", ""),)}),
    ],
)
def test_bad_input_writes_nothing(world: World, registry: Registry, field: str, said: dict[str, Any]) -> None:
    case = registry.case()
    with pytest.raises(Invalid) as refusal, world.acting(registry.police) as agent:
        actions.request_target(by=agent, case=case, entry=person(**said))
    assert refusal.value.field == field
    assert world.sql("SELECT count(*) FROM targets_registeredtarget WHERE case_id = %s", [case.id]) == [(0,)]


def test_the_name_of_a_minor_is_not_the_managers(world: World, registry: Registry) -> None:
    today = timezone.localdate()
    target = registry.asked(birth_date=today.replace(year=today.year - 15))
    for who, shown in ((registry.manager, False), (registry.police, True), (registry.prosecutor, True)):
        with world.acting(who) as agent:
            assert queries.names_shown(agent, queries.target(agent, target.id), today) is shown


FORGED = {
    "the manager's step by the unit": ("police", "state = 'REGISTERED', steps = steps + 1"),
    "another term": ("police", "expires_on = '2099-01-01'"),
    "a term with a step": ("manager", "state = 'CHECKED', steps = steps + 1, expires_on = '2099-01-01'"),
    "somebody else with a step": ("manager", "state = 'CHECKED', steps = steps + 1, surname = 'X'"),
    "a name by the manager": ("manager", "surname = 'X'"),
    "another owner": ("police", "owner_unit_id = (SELECT id FROM reference_unit WHERE code = 'SR13')"),
    "an erasure": ("police", "state = 'ERASED', steps = steps + 1"),
    "a leap": ("manager", "state = 'REGISTERED', steps = steps + 1"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_the_base_refuses_what_the_application_would_not_ask(world: World, registry: Registry, what: str) -> None:
    who, change = FORGED[what]
    target = registry.asked()
    before = registry.row(target, "*")
    with pytest.raises(DatabaseError), world.acting(getattr(registry, who)) as agent:
        _forge(agent, target, change)
    assert registry.row(target, "*") == before


def _forge(agent: Agent, target: RegisteredTarget, change: str) -> None:
    record(Operation.MODIFY, refs=[("target", target.id)])
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE targets_registeredtarget SET {change} WHERE id = %s", [target.id])
