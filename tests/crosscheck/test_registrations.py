"""Registrations meet on the engine of reports: both services learn a contact, nothing else (W3, S-4, S-5, S-6)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.cli import check
from recoupe.crosscheck import actions, queries
from recoupe.crosscheck.actions.parking import isolate_targets
from recoupe.crosscheck.enums import Side
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.deconfliction.settling import actions as settling
from recoupe.deconfliction.settling.models import Settlement
from recoupe.notices import queries as notices
from recoupe.targets import actions as registrations
from recoupe.targets.enums import TargetState
from recoupe.targets.models import RegisteredTarget
from tests.crosscheck.scene import Scene, new_phone
from tests.crosscheck.test_parking import HEALED, POISON
from tests.targets.builders import Registry, person
from tests.world import World

S = TargetState
WHY = "Nous suivons ce réseau depuis trois mois."


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def matched(world: World) -> None:
    """One round of the matcher on the registry."""
    with world.process("matcher"):
        actions.withdraw_targets()
        while actions.pull_targets().records:
            continue
        actions.settle_targets()


def state(registry: Registry, target: RegisteredTarget) -> str:
    return str(registry.row(target, "state")[0])


def test_a_registration_that_meets_nobody_is_active(world: World, registry: Registry) -> None:
    target = registry.registered(phones=(new_phone(),))
    assert state(registry, target) == S.REGISTERED
    matched(world)
    assert state(registry, target) == S.ACTIVE


@pytest.mark.parametrize(
    ("what", "strength"),
    [
        ({"phones": ("06 39 98 10 01",)}, "certain"),
        ({"imeis": ("35 209900 176148 1",)}, "certain"),
        ({"vehicles": (("Peugeot", "GA-451-ZK"),)}, "certain"),
        ({"surname": "Korvaczin", "first_names": "Ilian"}, "weak"),
    ],
)
def test_two_services_meet_on_person_phone_imei_and_plate(
    world: World, registry: Registry, scene: Scene, what: dict[str, Any], strength: str
) -> None:
    first = registry.registered(**what)
    second = registry.registered(by=registry.customs, **what)
    matched(world)
    holder, asker = scene.side(registry.police, first.id), scene.side(registry.customs, second.id)
    assert (holder.side, asker.side) == (Side.HOLDER, Side.ASKER)
    assert strength in (holder.strength, asker.strength) and holder.strength == asker.strength
    assert (holder.other_code, asker.other_code) == ("DED13", "PJ13")
    assert state(registry, first) == state(registry, second) == S.CONFLICT
    # The page of each says whom it met, and links to the hit.
    for who, mine, side in ((registry.police, first, holder), (registry.customs, second, asker)):
        shown = world.client(who).get(f"/fnos/{mine.id}/").content.decode()
        assert f"/recoupements/{side.id}/" in shown
        assert world.client(who).get(f"/recoupements/{side.id}/").status_code == 200
    # The other's registration stays hidden, and so does the conflict from everybody else.
    for who, other in ((registry.police, second), (registry.customs, first)):
        assert scene.sides(who, other.id) == []
    for stranger in (
        registry.prosecutor,
        world.agent(Role.OFAST_ANALYST, "OFAST"),
        world.agent(Role.CROSS_HEAD, "CROSS13"),
    ):
        assert scene.sides(stranger, first.id) == []


def test_two_registrations_of_one_service_are_no_conflict(world: World, registry: Registry, scene: Scene) -> None:
    phone = new_phone()
    first, second = registry.registered(phones=(phone,)), registry.registered(phones=(phone,))
    matched(world)
    assert state(registry, first) == state(registry, second) == S.ACTIVE
    assert scene.sides(registry.police, first.id) == []


def test_what_is_asked_for_or_refused_is_not_compared(world: World, registry: Registry, scene: Scene) -> None:
    phone = new_phone()
    held = registry.registered(phones=(phone,))
    registry.asked(by=registry.customs, phones=(phone,))
    matched(world)
    assert state(registry, held) == S.ACTIVE
    assert scene.sides(registry.police, held.id) == []


def test_without_an_act_nothing_is_compared(world: World, registry: Registry, scene: Scene) -> None:
    phone = new_phone()
    scene.as_superuser("DELETE FROM reference_interconnectionact WHERE file_a = 'registry' AND file_b = 'registry'")
    try:
        first = registry.registered(phones=(phone,))
        second = registry.registered(by=registry.customs, phones=(phone,))
        matched(world)
        assert state(registry, first) == state(registry, second) == S.ACTIVE
        assert scene.sides(registry.customs, second.id) == []
    finally:
        scene.as_superuser(
            "INSERT INTO reference_interconnectionact (file_a, file_b, purpose, effect, legal_ref, invented)"
            " VALUES ('registry', 'registry', '', 'existence', 'acte fictif', true)"
        )


def test_an_added_number_is_compared_again(world: World, registry: Registry, scene: Scene) -> None:
    phone = new_phone()
    held = registry.registered(phones=(phone,))
    later = registry.registered(by=registry.customs)
    matched(world)
    assert state(registry, later) == S.ACTIVE
    with world.acting(registry.customs) as agent:
        registrations.amend(by=agent, target=later, entry=person(surname=later.surname, phones=(phone,)))
    matched(world)
    assert state(registry, held) == state(registry, later) == S.CONFLICT


def test_an_end_leaves_nobody_in_conflict(world: World, registry: Registry, scene: Scene) -> None:
    phone = new_phone()
    first = registry.registered(phones=(phone,))
    second = registry.registered(by=registry.customs, phones=(phone,))
    matched(world)
    with world.acting(registry.customs) as agent:
        target = RegisteredTarget.objects.get(id=second.id)
        registrations.end(by=agent, target=target, reason="Mis hors de cause par l'enquête.")
    matched(world)
    assert state(registry, first) == S.ACTIVE
    assert scene.side(registry.police, first.id).other_name == ""


def contact_of(world: World, registry: Registry, scene: Scene) -> tuple[RegisteredTarget, RegisteredTarget, UUID]:
    """Two services whose registrations met, and the contact that the second one asked for."""
    phone = new_phone()
    first = registry.registered(phones=(phone,))
    second = registry.registered(by=registry.customs, phones=(phone,))
    matched(world)
    with world.acting(registry.customs) as agent:
        thread = actions.open_contact(by=agent, side=HitSide.objects.get(record_id=second.id), text="Appelez-nous.")
    return first, second, thread.id


def test_what_two_services_settle_is_no_conflict_any_more(world: World, registry: Registry, scene: Scene) -> None:
    first, second, thread = contact_of(world, registry, scene)
    with world.acting(registry.police) as agent:
        actions.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
        settling.propose(by=agent, settlement=Settlement.objects.get(thread_id=thread), lead="joint", reason=WHY)
    with world.acting(registry.customs) as agent:
        settling.accept(by=agent, settlement=Settlement.objects.get(thread_id=thread))
    matched(world)
    assert state(registry, first) == state(registry, second) == S.ACTIVE


def test_a_conflict_that_stands_is_not_written_again(world: World, registry: Registry, scene: Scene) -> None:
    """The matcher asks each second; the journal says the meeting and its end, not each question."""
    first, second, thread = contact_of(world, registry, scene)

    def written() -> list[tuple[Any, ...]]:
        return world.sql(
            "SELECT id FROM audit_entry WHERE operation = 'combine' AND refs && ARRAY[%s, %s] ORDER BY id",
            [f"target:{first.id}", f"target:{second.id}"],
        )

    before = written()
    assert before
    matched(world)
    assert (written(), state(registry, first)) == (before, S.CONFLICT)
    with world.acting(registry.police) as agent:
        actions.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
        settling.propose(by=agent, settlement=Settlement.objects.get(thread_id=thread), lead="joint", reason=WHY)
    with world.acting(registry.customs) as agent:
        settling.accept(by=agent, settlement=Settlement.objects.get(thread_id=thread))
    matched(world)
    assert (len(written()), state(registry, first)) == (len(before) + 1, S.ACTIVE)
    matched(world)
    assert len(written()) == len(before) + 1


def test_the_two_magistrates_are_told_of_each_others_office_alone(
    world: World, registry: Registry, scene: Scene
) -> None:
    first, second, thread = contact_of(world, registry, scene)
    cases = [
        world.sql("SELECT case_id FROM targets_registeredtarget WHERE id = %s", [t.id])[0][0] for t in (first, second)
    ]
    with world.acting(registry.police) as agent:
        actions.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
        actions.escalate(by=agent, thread=ContactThread.objects.get(id=thread), reason="nous ne nous accordons pas")
    with world.acting(registry.prosecutor) as agent:
        waiting = {w.record_id for w in notices.waiting(agent, limit=200, kinds=["procedures_met"])}
        assert set(cases) <= waiting
        assert queries.opposed(agent, cases[0]) == [registry.prosecutor.unit_id]


def test_a_registration_that_always_fails_is_set_aside_and_said_until_it_is_tried_again(
    world: World, registry: Registry, scene: Scene
) -> None:
    phone = new_phone()
    first = registry.registered(phones=(phone,))
    second = registry.registered(by=registry.customs, phones=(phone,))
    scene.as_superuser(POISON % second.id)
    try:
        with world.process("matcher"):
            while isolate_targets():
                continue
        assert state(registry, first) == S.ACTIVE, "the others pass"
        assert state(registry, second) == S.REGISTERED
        said = _said_aside(world)
        assert not said.well and said.seen.startswith("1, ") and "--retry-parked" in said.seen
    finally:
        scene.as_superuser(HEALED)
    with world.process("matcher"):
        assert actions.retry_parked() == 1
    assert f"target:{second.id}" in world.journal("configure")[-1][2]
    assert _said_aside(world).well
    matched(world)
    assert state(registry, first) == state(registry, second) == S.CONFLICT


def _said_aside(world: World) -> check.Finding:
    """What `recoupe check` says of registrations set aside."""
    with world.process("migrate"):
        return next(check.parked_targets())


CLAIMS = 50


def test_fifty_claims_on_one_person_have_one_order(world: World, registry: Registry) -> None:
    """Priority of contact is the server's time of registration, the same for all, whoever asks in which order."""
    phone, services = new_phone(), [registry.police, registry.customs]
    asked = [registry.asked(by=services[n % 2], phones=(phone,)) for n in range(CLAIMS)]
    with world.acting(registry.manager) as agent:
        seen = [
            registrations.check_target(by=agent, target=t, procedure=True, article=True, designation=True)
            for t in asked
        ]

    together = Barrier(CLAIMS)

    def claim(target: RegisteredTarget) -> None:
        """In a connection of its own, at the moment of all the others."""
        try:
            with world.process("web"), world.acting(registry.manager) as agent:
                together.wait(timeout=60)
                registrations.register(by=agent, target=target)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=CLAIMS) as pool:
        list(pool.map(claim, reversed(seen)))
    matched(world)
    rows = world.sql(
        "SELECT t.id, t.registered_at FROM targets_registeredtarget t WHERE t.id = ANY (%s)"
        " ORDER BY t.registered_at, t.id", [[t.id for t in seen]],
    )  # fmt: skip
    assert len({at for _, at in rows}) == CLAIMS
    rank = {identifier: number for number, (identifier, _) in enumerate(rows)}
    hits = world.sql("SELECT low, high, asker FROM crosscheck_hit WHERE low = ANY (%s) OR high = ANY (%s)",
                     [list(rank), list(rank)])  # fmt: skip
    assert hits
    for low, high, asker in hits:
        assert asker == max((low, high), key=rank.__getitem__)
    assert all(at <= timezone.now() for _, at in rows)
    # And every reader is told that one order: whoever came first is the holder on both sides.
    for who in services:
        with world.acting(who):
            told = list(HitSide.objects.filter(record_id__in=list(rank)).values_list("hit_id", "record_id", "side"))
        assert told
        pairs = {hit: (low, high) for hit, low, high in world.sql("SELECT id, low, high FROM crosscheck_hit")}
        for hit, record, side in told:
            last = max(pairs[hit], key=rank.__getitem__)
            assert (record == last) is (side == Side.ASKER)


@pytest.mark.parametrize("first_entered", [True, False])
def test_two_registrations_of_one_millisecond_have_one_order(
    world: World, registry: Registry, scene: Scene, first_entered: bool
) -> None:
    """The identifier decides, whichever of the two the matcher takes first."""
    phone = new_phone()
    police = registry.registered(phones=(phone,))
    customs = registry.registered(by=registry.customs, phones=(phone,))
    both = f"id IN ('{police.id}', '{customs.id}')"
    registry.change(
        f"UPDATE targets_registeredtarget SET registered_at = date_trunc('milliseconds', now()) WHERE {both}"
    )
    earlier, later = (police, customs) if first_entered else (customs, police)
    registry.change(f"UPDATE targets_outbox SET at = now() - interval '2 hours' WHERE target_id = '{earlier.id}'")
    registry.change(f"UPDATE targets_outbox SET at = now() - interval '1 hour' WHERE target_id = '{later.id}'")
    with world.process("matcher"):
        while actions.pull_targets(1).records:
            continue
    [(asker,)] = world.sql("SELECT asker FROM crosscheck_hit WHERE low = %s OR high = %s", [police.id, police.id])
    assert asker == max(police.id, customs.id, key=lambda found: found.int)
    sides = {scene.side(registry.police, police.id).side, scene.side(registry.customs, customs.id).side}
    assert sides == {Side.ASKER, Side.HOLDER}
