"""The registry by the screens: asked for from its procedure, checked and registered by its manager, read by few."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from recoupe.access.enums import Role
from tests.targets.builders import Registry
from tests.world import World


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)


def typed(**more: object) -> dict[str, object]:
    return {
        "key": str(uuid4()), "surname": "Zarovic", "first_names": "Milan", "sex": "M", "birth_date": "17/05/1990",
        "articles": ["CP 222-37"], "phones": "06 39 98 44 55\n06 39 98 44 56", "vehicles": "Peugeot, AB-123-CD",
        "investigator_name": "Un enquêteur", **more,
    }  # fmt: skip


def test_from_the_procedure_to_the_registry(world: World, registry: Registry) -> None:
    case = registry.case()
    police, manager = world.client(registry.police), world.client(registry.manager)
    page = police.get(f"/procedures/{case.id}/").content.decode()
    address = f"/fnos/demander/{case.id}/"
    assert address in page
    assert police.get(address).status_code == 200
    made = police.post(address, typed())
    assert made.status_code == 302
    url = made["Location"]
    shown = police.get(url).content.decode()
    assert "Zarovic Milan" in shown and "AB-123-CD" in shown and "06 39 98 44 56" in shown
    assert "Inscription au fichier à vérifier" in manager.get("/").content.decode()
    assert "verifier/" in manager.get(url).content.decode()
    refused = manager.post(url + "verifier/", {"procedure": "on"})
    assert refused.status_code == 422
    checks = {"procedure": "on", "article": "on", "designation": "on"}
    assert manager.post(url + "inscrire/", {}).status_code == 409
    assert manager.post(url + "verifier/", checks).status_code == 302
    assert manager.post(url + "inscrire/", {}).status_code == 302
    assert "Inscrite" in police.get(url).content.decode()
    assert "Zarovic Milan" in manager.get("/fnos/").content.decode()
    assert "Zarovic Milan" in police.get(f"/procedures/{case.id}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"surname": ""}, "surname"),
        ({"articles": []}, "articles"),
        ({"articles": ["CP 311-1"]}, "articles"),
        ({"birth_date": "01/01/2024"}, "birth_date"),
        ({"birth_date": "31/02/1990"}, "birth_date"),
        ({"phones": "abc"}, "phones"),
        ({"vehicles": "Peugeot"}, "vehicles"),
        ({"key": "x"}, ""),
    ],
)
def test_bad_input_gets_a_sentence(world: World, registry: Registry, changes: dict[str, object], field: str) -> None:
    case = registry.case()
    answer = world.client(registry.police).post(f"/fnos/demander/{case.id}/", typed(**changes))
    assert answer.status_code == 422
    if field:
        assert re.search(rf'id="(id_)?{field}[^"]*error|{field}-error|#id_{field}', answer.content.decode())


def test_the_address_shows_nothing_to_others(world: World, registry: Registry) -> None:
    target = registry.registered()
    hidden = world.client(registry.customs).get(f"/fnos/{target.id}/")
    absent = world.client(registry.customs).get(f"/fnos/{uuid4()}/")
    assert hidden.status_code == absent.status_code == 404
    assert world.client(world.agent(Role.CROSS_ANALYST, "CROSS13")).get("/fnos/").status_code == 403
    assert world.client(registry.police).post(f"/fnos/{target.id}/inscrire/", {}).status_code == 403


def test_another_registration_says_why(world: World, registry: Registry) -> None:
    target = registry.registered()
    client, url = world.client(registry.police), f"/fnos/demander/{target.case_id}/?apres={target.id}"
    assert "Pourquoi de nouveau" in client.get(url).content.decode()
    assert client.post(url, typed(reason="")).status_code == 422
    made = client.post(url, typed(reason="Nouvelle livraison constatée en octobre."))
    assert made.status_code == 302
    assert "Nouvelle livraison" in client.get(made["Location"]).content.decode()


def test_the_unit_completes(world: World, registry: Registry) -> None:
    target = registry.registered()
    client = world.client(registry.police)
    url = f"/fnos/{target.id}/completer/"
    assert target.surname in client.get(url).content.decode()
    said = typed(surname=target.surname, imeis="35 209900 176148 1")
    assert client.post(url, said).status_code == 302
    assert "35 209900 176148 1" in client.get(f"/fnos/{target.id}/").content.decode()
    assert world.client(registry.manager).get(url).status_code == 403


def test_the_gauge_page(world: World, registry: Registry) -> None:
    case = registry.case()
    head, manager = world.client(registry.head), world.client(registry.manager)
    assert case.number in head.get("/fnos/suivi/").content.decode()
    shown = manager.get("/fnos/suivi/")
    assert shown.status_code == 200
    assert "police nationale" in shown.content.decode() and case.number not in shown.content.decode()
    assert world.client(registry.police).get("/fnos/suivi/").status_code == 403


def test_of_a_minor_the_manager_reads_neither_name_nor_identifier_nor_address(world: World, registry: Registry) -> None:
    """R-MIN-1, P-124: what would say who it is stays with his service and his magistrates."""
    born = date.today().replace(year=date.today().year - 15, day=1)
    said: dict[str, Any] = {
        "phones": ("06 39 98 21 43",), "imeis": ("35 209900 176148 1",), "vehicles": (("Renault", "GB-118-QT"),),
        "emails": ("milan@example.org",), "addresses": ("3 rue des Ormes, Fictiville",),
    }  # fmt: skip
    target = registry.asked(birth_date=born, nickname="Le Grand", **said)
    words = (target.surname, "Le Grand", "06 39 98 21 43", "35 209900 176148 1", "GB-118-QT", "milan@example.org",
             "3 rue des Ormes", "Renault", born.strftime("%d/%m/%Y"))  # fmt: skip
    for who, shown in ((registry.manager, False), (registry.police, True), (registry.prosecutor, True)):
        page = world.client(who).get(f"/fnos/{target.id}/").content.decode()
        assert [word for word in words if (word in page) is not shown] == []
