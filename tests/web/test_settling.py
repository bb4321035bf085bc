"""Conflicts of two registrations on the screen: each reads his part, acts on it, and learns nothing else."""

import re
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from tests.deconfliction.settled import WHY, Met, elsewhere, meet
from tests.targets.builders import Registry
from tests.web.rooms import statements
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)


def page(world: World, who: TestAgent, address: str, status: int = 200) -> str:
    answer = world.client(who).get(address)
    assert answer.status_code == status, address
    return str(answer.content.decode())


def steps(met: Met) -> str:
    return str(met.world.sql("SELECT steps FROM deconfliction_settlement WHERE id = %s", [met.id])[0][0])


def act(met: Met, who: TestAgent, verb: str, status: int = 302, **typed: str) -> str:
    said = {"reason": WHY, "seen": steps(met), **typed}
    answer = met.world.client(who).post(f"/conflits/{met.id}/{verb}/", said)
    assert answer.status_code == status, answer.content.decode()
    return str(answer.content.decode())


def decide(met: Met, who: TestAgent, decision: str, reason: str = "") -> int:
    query = "SELECT id FROM deconfliction_opinion WHERE settlement_id = %s AND magistrate_id = %s AND state = 'ASKED'"
    [(opinion,)] = met.world.sql(query, [met.id, who.id])
    sent = met.world.client(who).post(f"/accords/conflits/{opinion}/", {"decision": decision, "reason": reason})
    return int(sent.status_code)


def numbers(met: Met, target: UUID) -> tuple[str, ...]:
    """All that the other side must not read of a registration."""
    query = (
        "SELECT c.number, t.surname, t.ref, t.id::text, c.id::text FROM targets_registeredtarget t"
        " JOIN cases_case c ON c.id = t.case_id WHERE t.id = %s"
    )
    return tuple(met.world.sql(query, [target])[0])


def test_from_my_conflicts_to_an_agreement(world: World, registry: Registry) -> None:
    met = meet(registry)
    listed = page(world, registry.police, "/conflits/")
    assert f"/conflits/{met.id}/" in listed and "Proposez qui mène" in listed
    assert f"/conflits/{met.id}/" in page(world, registry.police, f"/contacts/{met.thread}/")
    act(met, registry.police, "proposer", lead="own")
    assert "répondez" in page(world, registry.customs, "/conflits/")
    assert "doit répondre à votre proposition" in page(world, registry.police, "/conflits/")
    shown = page(world, registry.customs, f"/conflits/{met.id}/")
    assert WHY in shown and "accepter" in shown
    page(world, registry.customs, f"/contacts/{met.thread}/")
    assert "settlement_proposed" in met.kinds(registry.customs), "reading is not answering"
    act(met, registry.customs, "accepter", reason="")
    assert "settlement_proposed" not in met.kinds(registry.customs)
    page(world, registry.police, f"/conflits/{met.id}/")
    assert "settlement_agreed" not in met.kinds(registry.police)
    assert met.states() == ("ACTIVE", "ACTIVE")
    assert f"/conflits/{met.id}/" not in page(world, registry.police, "/conflits/")
    registered = page(world, registry.police, f"/fnos/{met.police.id}/")
    assert f"/conflits/{met.id}/" in registered and "Accord conclu" in registered and " mène" in registered
    for who, hidden in ((registry.customs, met.police.id), (registry.police, met.customs.id)):
        seen = page(world, who, f"/conflits/{met.id}/") + page(world, who, "/conflits/")
        assert not [word for word in numbers(met, hidden) if word in seen]


def test_from_arbitration_to_a_decision(world: World, registry: Registry) -> None:
    met = meet(registry)
    act(met, registry.customs, "porter")
    desk = page(world, registry.manager, "/fnos/bureau/")
    assert f"/conflits/{met.id}/" in desk
    shown = page(world, registry.manager, f"/conflits/{met.id}/")
    assert met.police.ref in shown and met.customs.ref in shown and WHY in shown
    act(met, registry.manager, "soumettre", lead="asker")
    for magistrate, own, other in (
        (registry.prosecutor, met.police, met.customs),
        (elsewhere(registry), met.customs, met.police),
    ):
        listed = page(world, magistrate, "/accords/")
        [address] = re.findall(r"/accords/conflits/[0-9a-f-]{36}/", listed)
        seen = listed + page(world, magistrate, address)
        assert numbers(met, own.id)[0] in seen
        assert not [word for word in numbers(met, other.id) if word in seen]
        unit = world.sql("SELECT u.name FROM targets_registeredtarget t JOIN reference_unit u ON u.id = t.owner_unit_id"
                         " WHERE t.id = %s", [other.id])[0][0]  # fmt: skip
        assert unit not in seen, "the other service is not named"
        assert decide(met, magistrate, "accept") == 302
    assert met.states() == ("ACTIVE", "ACTIVE")


def test_the_page_learns_its_two_services_once(world: World, registry: Registry) -> None:
    """Those who settle are named in its title, its steps and its forms, from one reading."""
    met = meet(registry)
    act(met, registry.customs, "porter")
    client = world.client(registry.manager)
    with statements() as asked:
        assert client.get(f"/conflits/{met.id}/").status_code == 200
    assert len([sql for sql, _ in asked if "deconfliction.pair(" in sql]) == 1


def test_a_refusal_says_why(world: World, registry: Registry) -> None:
    met = meet(registry)
    act(met, registry.customs, "porter")
    act(met, registry.manager, "soumettre", lead="joint")
    assert decide(met, registry.prosecutor, "refuse") == 422
    assert decide(met, registry.prosecutor, "refuse", "Notre procédure est plus avancée.") == 302
    assert "Notre procédure est plus avancée." in page(world, registry.manager, f"/conflits/{met.id}/")
    assert "Notre procédure est plus avancée." not in page(world, registry.police, f"/conflits/{met.id}/")


def test_bad_input_comes_back_with_its_sentence(world: World, registry: Registry) -> None:
    met = meet(registry)
    assert "dix caractères" in act(met, registry.police, "proposer", 422, lead="own", reason="court")
    act(met, registry.police, "proposer", 422, lead="rien")
    act(met, registry.police, "accepter", 409)
    act(met, registry.police, "soumettre", 403, lead="joint")
    act(met, registry.police, "inventer", 404)
    assert met.state() == "OPEN"


def test_nobody_accepts_a_proposal_that_he_has_not_read(world: World, registry: Registry) -> None:
    """The other side replaced it between the page and the button."""
    met = meet(registry)
    act(met, registry.police, "proposer", lead="joint")
    read = steps(met)
    act(met, registry.police, "proposer", lead="own")
    assert "rechargez" in act(met, registry.customs, "accepter", 409, reason="", seen=read)
    assert met.state() == "PROPOSED"
    # Nor is a step taken twice by two clicks.
    act(met, registry.customs, "ecarter", seen=steps(met))
    act(met, registry.customs, "ecarter", 409, seen=str(int(steps(met)) - 1))


def test_the_pages_show_nothing_to_others(world: World, registry: Registry) -> None:
    met = meet(registry)
    page(world, world.agent(Role.INVESTIGATOR, "SR13"), f"/conflits/{met.id}/", 404)
    page(world, registry.manager, f"/conflits/{met.id}/", 404)
    page(world, registry.police, "/fnos/bureau/", 403)
    page(world, registry.manager, "/conflits/", 403)
    # A colleague who does not speak for the registration knows who does.
    assert met.police.ref in page(world, registry.head, "/conflits/")


def test_the_desk_counts_what_it_does_not_read(world: World, registry: Registry) -> None:
    met = meet(registry)
    asked = registry.asked()
    desk = page(world, registry.manager, "/fnos/bureau/")
    assert "Du conflit au contact" in desk and asked.ref in desk
    assert str(met.id) not in desk and str(met.thread) not in desk
