"""The page of the services of the cells: who opens it, what it refuses with a sentence, how an association ends."""

from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from recoupe.access import spreading
from recoupe.access.enums import Role
from tests.world import TestAgent, World

REASON = "Convention du 3 novembre"


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


def typed(**changes: str) -> dict[str, str]:
    today = timezone.localdate().isoformat()
    return {"cell": "CROSS13", "service": "PJ13", "valid_from": today, "valid_to": "", "reason": REASON} | changes


def shown(client: Client) -> str:
    """The page, its no-break spaces as plain ones."""
    return client.get("/cellules/").content.decode().replace("\xa0", " ")


def test_the_authority_joins_and_ends(world: World, authority: TestAgent) -> None:
    client = world.client(authority)
    assert "Aucun service associé" in shown(client)
    assert client.post("/cellules/associer/", typed(cell="cross13")).status_code == HTTPStatus.FOUND
    page = shown(client)
    assert "CROSS des Bouches-du-Rhône" in page and REASON in page
    assert "en préparation : 0 %" in page
    (joined,) = world.sql("SELECT id FROM access_cellservice")[0]
    with world.process("worker"):
        while not spreading.step(joined):
            pass
    assert "en vigueur" in shown(client)
    refused = client.post("/cellules/retirer/", {"joined": str(joined), "reason": "non"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "en vigueur" in refused.content.decode()
    ended = client.post("/cellules/retirer/", {"joined": str(joined), "reason": "Fin de la convention"})
    assert ended.status_code == HTTPStatus.FOUND
    assert "retirée ; ménage" in shown(client)
    kinds = [details.get("what") for _operation, _actor, _refs, details in world.journal("configure")]
    assert {"cell_service", "cell_service_rows", "cell_service_end"} <= set(kinds)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cell": "PJ59"}, "pas une cellule CROSS"),
        ({"cell": "RIEN"}, "Aucun service ne porte le code"),
        ({"service": "TJ13"}, "Seul un service de police"),
        ({"reason": "oui"}, "10 caractères au moins"),
        ({"valid_from": "2020-01-01"}, "antidate"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    world: World, authority: TestAgent, changes: dict[str, str], said: str
) -> None:
    answer = world.client(authority).post("/cellules/associer/", typed(**changes))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in answer.content.decode()


def test_twice_the_same_is_said_on_the_form(world: World, authority: TestAgent) -> None:
    client = world.client(authority)
    assert client.post("/cellules/associer/", typed(service="SR13")).status_code == HTTPStatus.FOUND
    again = client.post("/cellules/associer/", typed(service="SR13"))
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "déjà associé" in again.content.decode()


def test_nobody_else_opens_it(world: World) -> None:
    for role, unit in ((Role.CROSS_HEAD, "CROSS13"), (Role.SYSADMIN, "OFAST"), (Role.DPO, "OFAST")):
        client = world.client(world.agent(role, unit))
        assert client.get("/cellules/").status_code == HTTPStatus.FORBIDDEN
        assert client.post("/cellules/associer/", typed()).status_code == HTTPStatus.FORBIDDEN


def test_cells_and_services_are_chosen_from_lists_and_by_their_names(world: World, authority: TestAgent) -> None:
    client = world.client(authority)
    page = shown(client)
    cells, services = (
        page.split(f'<datalist id="{name}">')[1].split("</datalist>")[0] for name in ("cells", "services")
    )
    assert '<option value="CROSS13">CROSS des Bouches-du-Rhône</option>' in cells
    assert "PJ13" not in cells
    assert 'value="PJ13"' in services
    for other in ("TJ13", "CROSS13", "OFAST"):
        assert f'value="{other}"' not in services, other
    assert 'name="cell"' in page and 'list="cells"' in page
    named = typed(cell="CROSS des Bouches-du-Rhône (CROSS13)", service="Douanes (DED13)")
    assert client.post("/cellules/associer/", named).status_code == HTTPStatus.FOUND
    unknown = client.post("/cellules/associer/", typed(service="ZZ99")).content.decode()
    assert "choisissez dans la liste" in unknown.split("error-summary")[1]
