"""Communes of a file of others: a mapping says what a column of codes holds, a refusal names the candidates."""

from dataclasses import replace
from datetime import date

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.actions.common import known_for
from recoupe.intelligence.importing.mapping import FileMapping, target
from recoupe.intelligence.places import LivePlaces, PlaceTable
from recoupe.intelligence.reading import EntryRefused, Known, read
from recoupe.kernel.refusal import Invalid
from recoupe.reference.communes import CodeKind
from tests.intelligence.made import entry, person
from tests.world import World

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def known(world: World) -> Known:
    with world.acting(world.agent(Role.INVESTIGATOR, "PJ13")) as agent:
        return known_for(agent, TODAY, PlaceTable(TODAY))


def typed(way: str, code: str) -> str:
    """The commune of an entry that a column of this kind has given."""
    mapping = FileMapping.from_json({"columns": {"Fait": "fact_text", "Code": f"commune{way}"}})
    return mapping.bound(["Fait", "Code"]).entry(["Vente constatée.", code]).commune


def refusal(known: Known, **changes: object) -> Invalid:
    with pytest.raises(EntryRefused) as refused:
        read(entry(**changes), known, complete=True)
    (fault,) = refused.value.errors
    return fault


@pytest.mark.parametrize(
    ("way", "code", "commune"),
    [
        (".postal", "13001", "13055"),
        (".insee", "13001", "13001"),
        (".insee", "1001", "01001"),
        (".postal", "Marseille", "13055"),
        # A column that says nothing of its codes holds official ones; "CP" says otherwise in the cell itself.
        ("", "13001", "13001"),
        ("", "INSEE 13001", "13001"),
        ("", "CP 13001", "13055"),
    ],
)
def test_the_mapping_says_what_the_codes_of_a_column_are(known: Known, way: str, code: str, commune: str) -> None:
    made = read(entry(commune=typed(way, code)), known, complete=True)
    assert made.columns["commune_code"] == commune


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("Saint-Denis", ("93066 (Seine-Saint-Denis)", "97411 (La Réunion)", "Précisez le département")),
        # A postal code of several communes.
        ("CP 01090", ("(Ain)", "Précisez le département")),
    ],
)
def test_a_refusal_names_the_candidates_and_its_column(known: Known, written: str, named: tuple[str, ...]) -> None:
    fault = refusal(known, commune=written)
    assert fault.field == "commune"
    assert all(word in fault.sentence % fault.params for word in named)
    born = refusal(known, persons=(person(birth_commune=written),))
    assert born.field == "persons-0-birth_commune"
    assert all(word in born.sentence % born.params for word in named)


def test_what_our_own_form_has_chosen_is_never_asked_again(known: Known) -> None:
    made = read(entry(commune="13001"), replace(known, places=LivePlaces(TODAY)), complete=True)
    assert made.columns["commune_code"] == "13001"


def test_the_place_of_birth_has_its_types_too() -> None:
    assert target("person2.birth_commune.postal").codes is CodeKind.POSTAL
    for unknown in ("commune.region", "lon.insee", "person.family.postal"):
        with pytest.raises(Invalid):
            target(unknown)
