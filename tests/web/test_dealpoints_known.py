"""What is known of a point: its landlord, its extent, its prices; entered, corrected, shown to its readers."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.urls import reverse

from recoupe.access.enums import Role
from tests.dealpoints.builders import active, proposed, report_by
from tests.web.rooms import text
from tests.world import TestAgent, World

SIREN = "732 829 320"
KNOWN = {
    "name": "Les Tilleuls",
    "kind": "lobby",
    "hours": "14 h à 22 h",
    "products": ["crack"],
    "roles_seen": ["seller"],
}


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def point(world: World, police: TestAgent, analyst: TestAgent) -> UUID:
    return active(world, police, analyst)


def shown(world: World, who: TestAgent, of: UUID) -> str:
    return (
        text(world.client(who).get(reverse("dealpoint-page", args=[of]))).replace("\u00a0", " ").replace("\u202f", " ")
    )


def corrected(world: World, who: TestAgent, of: UUID, **over: Any) -> Any:
    return world.client(who).post(reverse("dealpoint-correct", args=[of]), {**KNOWN, **over})


def as_setup(world: World, statement: str, *of: UUID) -> None:
    """A row as another day would have left it."""
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(statement.encode(), of)


# -- what is known -----------------------------------------------------------------------------------------------------
def test_the_cell_corrects_what_is_known_and_the_journal_says_which_words(
    world: World, police: TestAgent, analyst: TestAgent, point: UUID
) -> None:
    asked = world.client(analyst).get(reverse("dealpoint-correct", args=[point]))
    assert 'value="Les Cygnes"' in text(asked)
    said = {"landlord": "Habitat du Port", "landlord_siren": SIREN, "violence": "on", "minors_present": "on"}
    assert corrected(world, analyst, point, **said).status_code == 302
    page = shown(world, police, point)
    for word in (
        "Les Tilleuls",
        "Habitat du Port",
        "732829320",
        "14 h à 22 h",
        "Vendeurs",
        "Violences",
        "Mineurs présents",
    ):
        assert word in page
    assert "clé de contrôle" not in page
    entry = world.sql("SELECT fields FROM audit_entry WHERE operation = 'modify' ORDER BY id DESC LIMIT 1")[0][0]
    assert {"landlord", "landlord_siren", "kind", "violence"} <= set(entry)
    before = len(world.journal("modify"))
    assert corrected(world, analyst, point, **said).status_code == 302
    assert len(world.journal("modify")) == before


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"landlord": "Monsieur Durand"}, "un organisme"),
        ({"landlord": "Habitat du Port", "landlord_siren": "12"}, "un organisme"),
        ({"landlord_siren": SIREN}, "Nommez le bailleur"),
        ({"name": "06 12 34 56 78"}, "ni numéro"),
        ({"name": ""}, "obligatoire"),
        ({"kind": "kiosque"}, "kiosque"),
    ],
)
def test_a_landlord_is_an_organisation_and_a_name_is_made_up(
    world: World, analyst: TestAgent, point: UUID, over: dict[str, str], sentence: str
) -> None:
    answer = corrected(world, analyst, point, **over)
    assert answer.status_code == 422
    assert sentence in text(answer)


def test_a_wrong_check_digit_is_told_and_kept(world: World, analyst: TestAgent, police: TestAgent, point: UUID) -> None:
    said = {"landlord": "Habitat du Port", "landlord_siren": "732829321"}
    assert corrected(world, analyst, point, **said).status_code == 302
    assert "clé de contrôle" in shown(world, police, point)


def test_who_proposed_it_does_not_correct_it(world: World, police: TestAgent, analyst: TestAgent, point: UUID) -> None:
    assert corrected(world, police, point).status_code == 403
    other = world.agent(Role.CROSS_ANALYST, "CROSS59")
    assert corrected(world, other, point).status_code == 404
    assert reverse("dealpoint-correct", args=[point]) not in shown(world, police, point)


# -- a sale without a place --------------------------------------------------------------------------------------------
def offered(world: World, who: TestAgent, **over: str) -> Any:
    with world.acting(who) as agent:
        ref = report_by(agent).ref
    said = {"report": str(ref), "name": "Le Tournesol", "kind": "delivery", "key": str(uuid4()), **over}
    return world.client(who).post("/points/nouveau/", said)


def test_a_delivery_is_of_a_commune_or_of_a_department(world: World, police: TestAgent) -> None:
    for extent, radius, word in (("commune", 2_000, "Toute la commune"), ("department", 20_000, "Tout le département")):
        made = offered(world, police, extent=extent, commune="Marseille (13)")
        assert made.status_code == 302, text(made)
        of = UUID(made["Location"].split("/")[-2])
        assert world.sql(
            "SELECT extent, uncertainty_m, commune_code FROM dealpoints_dealpoint WHERE id = %s", [of]
        ) == [(extent, radius, "13055")]
        assert word in shown(world, police, of)


def test_what_is_sold_on_the_street_has_a_place(world: World, police: TestAgent) -> None:
    assert "Nommez la commune" in text(offered(world, police, extent="commune"))
    answer = offered(world, police, extent="commune", commune="Marseille (13)", kind="street")
    assert answer.status_code == 422
    assert "n&#x27;ont pas de lieu" in text(answer)
    with pytest.raises(psycopg.errors.CheckViolation):
        as_setup(world, "UPDATE dealpoints_dealpoint SET extent = 'commune' WHERE kind <> 'delivery'")


def test_a_cultivation_is_no_stash_and_an_old_stash_may_be_either(
    world: World, police: TestAgent, analyst: TestAgent
) -> None:
    of = proposed(world, police)
    assert corrected(world, analyst, of, kind="cultivation").status_code == 302
    assert "Culture" in shown(world, police, of)
    assert corrected(world, analyst, of, kind="stash").status_code == 302
    as_setup(world, "UPDATE dealpoints_dealpoint SET created_at = '2027-01-01' WHERE id = %s", of)
    assert "Cache ou culture" not in shown(world, police, of)
    as_setup(world, "UPDATE dealpoints_dealpoint SET created_at = '2026-01-01' WHERE id = %s", of)
    assert "Cache ou culture" in shown(world, police, of)


# -- prices ------------------------------------------------------------------------------------------------------------
PRICE = {
    "product": "cannabis_resin",
    "euros": "7,50",
    "unit": "g",
    "day": "01/02/2026",
    "source": "officer_observation",
}


def priced(world: World, who: TestAgent, of: UUID, **over: str) -> Any:
    return world.client(who).post(reverse("dealpoint-price", args=[of]), {**PRICE, **over})


def test_a_price_is_dated_and_said_again_it_is_replaced(
    world: World, police: TestAgent, analyst: TestAgent, point: UUID
) -> None:
    assert priced(world, police, point).status_code == 302
    assert "7,50 € par g" in shown(world, analyst, point)
    assert priced(world, police, point, euros="8").status_code == 302
    assert priced(world, police, point, euros="9", day="02/02/2026").status_code == 302
    page = shown(world, analyst, point)
    assert ("7,50 €" in page, "8,00 € par g" in page, "9,00 € par g" in page) == (False, True, True)
    assert world.sql("SELECT count(*) FROM dealpoints_price WHERE point_id = %s", [point]) == [(3,)]


@pytest.mark.parametrize(
    "over",
    [{"euros": "0"}, {"euros": "-3"}, {"euros": "1e9"}, {"euros": "7,555"}, {"euros": "9999999"}, {"day": "01/01/2999"},
     {"day": ""}, {"product": "sucre"}, {"unit": "poignée"}, {"source": "human_source_code"}],
)  # fmt: skip
def test_a_price_that_is_none_is_refused(world: World, police: TestAgent, point: UUID, over: dict[str, str]) -> None:
    before = world.sql("SELECT count(*) FROM dealpoints_price")
    assert priced(world, police, point, **over).status_code == 422
    assert world.sql("SELECT count(*) FROM dealpoints_price") == before


def test_a_price_is_read_with_its_point_and_changed_by_nobody(world: World, police: TestAgent, point: UUID) -> None:
    assert priced(world, police, point).status_code == 302
    stranger = world.agent(Role.INVESTIGATOR, "PJ59")
    assert priced(world, stranger, point).status_code == 404
    reader = world.agent(Role.DUTY_OFFICER, "PJ13")
    assert priced(world, reader, point).status_code == 403
