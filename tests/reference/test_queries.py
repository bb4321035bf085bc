"""Places, courts, cells and parameters as the screens ask for them, on the loaded data."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from shapely.geometry import shape

from recoupe.kernel.refusal import Absent
from recoupe.reference import files, geometry, queries
from recoupe.reference.enums import ActEffect, UnitKind
from recoupe.reference.snapshot import department_shapes
from tests.world import World

PLAN = date(2019, 9, 17)
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def loaded(world: World) -> None:
    queries.forget()


def test_former_codes_and_arrondissements_resolve_to_the_commune_of_today() -> None:
    assert queries.commune("59350").name == "Lille"
    assert queries.commune("59298").code == "59350"
    assert queries.commune("13201").code == "13055"
    assert queries.commune("75056", TODAY).department.name == "Paris"
    with pytest.raises(Absent, match="99999"):
        queries.commune("99999")


def test_names_are_found_without_accents_and_with_st_for_saint() -> None:
    assert queries.communes_named("saint étienne")[0].code == "42218"
    assert queries.communes_named("ST-ETIENNE")[0].code == "42218"
    assert "93066" in {c.code for c in queries.communes_named("st denis")}
    assert queries.communes_named("paris")[0].code == "75056"
    assert queries.communes_named("  ") == []
    assert queries.communes_named("100%_") == []
    assert len(queries.communes_named("saint", limit=7)) == 7


def test_a_word_inside_the_name_is_enough() -> None:
    assert "59009" in {c.code for c in queries.communes_named("d'ascq")}


def test_postal_codes_serve_one_or_many() -> None:
    assert [c.code for c in queries.communes_at_postal_code("13001")] == ["13055"]
    served = {r[0] for r in files.communes() if "01190" in r[5]}
    assert len(served) > 5
    assert {c.code for c in queries.communes_at_postal_code("01190")} == served
    assert queries.communes_at_postal_code("00000") == []


def test_the_form_finds_places_by_name_postal_code_and_official_code() -> None:
    first = queries.search_places("13001")
    assert {"13201", "13055", "13001"} == {p.code for p in first}
    assert {p.commune_code for p in queries.search_places("marseille 3")} == {"13055"}
    assert queries.search_places("59298")[0].code == "59350"
    assert queries.search_places("2a004")[0].label == "Ajaccio (2A)"
    assert queries.search_places("xyzzy") == []
    assert len(queries.search_places("saint")) == 10


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(5.370, 43.296, "13055"), (2.3499, 48.8530, "75056"), (9.45, 42.70, "2B033"), (-52.326, 4.937, "97302")],
)
def test_a_point_finds_its_commune(lon: float, lat: float, code: str) -> None:
    found = queries.commune_at(lon, lat)
    assert found is not None and found.code == code
    assert queries.departments_at(lon, lat) >= {found.department_id}


@pytest.mark.parametrize(("lon", "lat"), [(-5.0, 46.0), (13.4, 52.5), (0.0, 89.999), (180.0, 0.0), (-180.0, -90.0)])
def test_a_point_at_sea_or_abroad_has_none(lon: float, lat: float) -> None:
    assert queries.commune_at(lon, lat) is None
    assert queries.departments_at(lon, lat) == frozenset()


def test_a_point_within_300_m_of_the_border_belongs_to_both_sides() -> None:
    outlines = {f["properties"]["code"]: shape(f["geometry"]) for f in _features("13", "84")}
    border = outlines["13"].intersection(outlines["84"])
    middle = (
        border.interpolate(0.5, normalized=True) if border.geom_type == "LineString" else border.representative_point()
    )
    lon, lat = middle.x, middle.y
    assert queries.departments_at(lon, lat) >= {"13", "84"}
    _, per_lat = geometry.metres_per_degree(lat)
    tried = 0
    for step in range(-2000, 2001, 25):
        here = lon, lat + step / per_lat
        expected = {c for c, o in outlines.items() if geometry.distance_m(o, *here) <= 300}
        assert queries.departments_at(*here) & {"13", "84"} == expected
        tried += len(expected) == 1
    assert tried > 10


def _features(*codes: str) -> list[dict[str, dict[str, str]]]:
    return list(queries.department_outlines(codes)["features"])


def test_outlines_are_geojson() -> None:
    found = queries.commune_outlines("90")
    assert found["type"] == "FeatureCollection"
    assert {"90010"} <= {f["properties"]["code"] for f in found["features"]}
    assert len(queries.department_outlines()["features"]) == 101
    assert queries.department_outlines([])["features"] == []


def test_the_borders_between_zones_run_along_departments_of_two_zones_alone() -> None:
    lines = shape(queries.zone_borders()["geometry"])
    shapes = department_shapes()
    zone = {code: one.code for one in queries.zones() for code in one.departments}
    beside = {c for c in zone if c in shapes and lines.intersection(shapes[c].boundary).length > 0.01}
    assert {"71", "89", "77"} <= beside and not {"13", "35", "971", "2A"} & beside
    # Along each line stand departments of two zones, and nowhere is it the coast.
    for line in lines.geoms:
        middle = line.interpolate(0.5, normalized=True)
        assert len({zone[code] for code in beside if shapes[code].distance(middle) < 1e-6}) >= 2


def test_cells_and_antennas_as_the_plan_announced_them() -> None:
    assert len(queries.units(PLAN, kind=UnitKind.CROSS)) == 28
    assert len(queries.units(PLAN, kind=UnitKind.CROSS, announced=True)) == 31
    assert len(queries.units(PLAN, kind=UnitKind.ANTENNA, announced=True)) == 16
    assert len(queries.units(PLAN, kind=UnitKind.POLE, announced=True)) == 3
    assert queries.units(PLAN, kind=UnitKind.ANTENNA) == []


def test_cells_and_sites_later() -> None:
    march = queries.units(date(2021, 3, 1), kind=UnitKind.CROSS)
    assert len(march) == 103
    assert len([d for d in queries.departments() if queries.cell_of_department(d.code, date(2021, 3, 1))]) >= 101
    now = queries.units(TODAY, kind=UnitKind.CROSS)
    assert len(now) == 104 and sum(c.permanent for c in now) == 41
    assert len(queries.units(TODAY, kind=UnitKind.ANTENNA)) == 14
    assert len(queries.units(TODAY, kind=UnitKind.DETACHMENT)) == 10


def test_the_office_changed_on_the_first_of_january_2020() -> None:
    assert queries.office(date(2019, 12, 31)).code == "OCRTIS"
    assert queries.office(date(2020, 1, 1)).code == "OFAST"
    with pytest.raises(queries.NotLoadedError):
        queries.office(date(1950, 1, 1))


def test_a_department_without_cell_has_none_and_nothing_breaks() -> None:
    assert queries.cell_of_department("975", TODAY) is None
    assert queries.cell_of_department("48", PLAN) is None
    assert queries.cell_of_department("not one", TODAY) is None
    found = queries.cell_of_department("977", TODAY)
    assert found is not None and found.code == "CROSS978"
    assert queries.zone_of_department("975") is None
    zone = queries.zone_of_department("13")
    assert zone is not None and zone.code == "sud"


def test_courts_follow_the_commune_and_the_day() -> None:
    def codes(commune: str, on: date) -> list[str]:
        return [c.code for c in queries.courts_for(commune, on)]

    assert codes("13055", TODAY) == ["TJ13", "JIRS13", "PNACO"]
    assert codes("13055", date(2025, 12, 31)) == ["TJ13", "JIRS13"]
    assert codes("13001", TODAY)[0] == "TJ13A"
    assert codes("13108", TODAY)[0] == "TJ13T"
    assert codes("13103", date(2023, 12, 31))[0] == "TJ13T"
    assert codes("13103", date(2024, 1, 1))[0] == "TJ13A"
    assert codes("97502", TODAY) == ["TJ975", "JIRS75", "PNACO"]
    assert codes("99999", TODAY) == []


def test_a_contact_is_the_unit_its_cell_or_the_office() -> None:
    def answering(code: str, on: date = TODAY) -> str:
        return queries.duty_contact(queries.unit(code), on).unit_code

    assert answering("PJ13") == "PJ13"
    assert answering("GGD13") == "CROSS13"
    assert answering("GGD48", PLAN) == "OCRTIS"  # its cell has not opened yet
    assert answering("DED973") == "OFAST"
    assert answering("SP975") == "OFAST"
    contact = queries.duty_contact(queries.unit("GGD13"), TODAY)
    assert contact.phone.startswith("04 65 71") and contact.email == "permanence.cross13@exemple.invalid"


def test_units_are_found_by_code_and_by_identifier() -> None:
    one = queries.unit("PJ13")
    assert queries.unit_by_id(one.id) == one
    with pytest.raises(Absent):
        queries.unit("PJ00")
    assert {u.code for u in queries.units(TODAY, kind=UnitKind.CUSTOMS_UNIT, department="84")} == {"DED13"}


def test_parameters_are_dated_and_a_missing_one_is_an_error() -> None:
    assert queries.parameter("deposit.daily_budget", TODAY) == 50
    assert queries.whole_parameter("hit.contact_hours", TODAY) == 48
    assert queries.parameter("triage.hours", TODAY) == 24
    assert queries.parameter("retention.plate_read", date(2022, 12, 31)) == 8
    assert queries.parameter("retention.plate_read", date(2023, 1, 1)) == 15
    assert isinstance(queries.parameter("fixed_fine.amount", TODAY), int | Decimal)
    with pytest.raises(queries.NotLoadedError):
        queries.parameter("fixed_fine.amount", date(2019, 9, 17))
    with pytest.raises(queries.NotLoadedError):
        queries.parameter("no.such.rule", TODAY)


def test_acts_of_the_demonstration() -> None:
    assert queries.act_effect("reports", "reports", "coordination", TODAY) == ActEffect.CONTENT_ON_RELEASE
    assert queries.act_effect("registry", "reports", "", TODAY) == ActEffect.EXISTENCE
    assert queries.act_effect("reports", "registry", "", date(2019, 1, 1)) is None
    assert queries.act_effect("registry", "public_reports", "duty", TODAY) == ActEffect.FORBIDDEN


def test_lists_are_whole() -> None:
    assert len(queries.zones()) == 12 and len(queries.measures()) == 55
    assert len(queries.departments()) == 109
    assert {"cannabis_resin", "cocaine_hcl"} <= {p.code for p in queries.products()}
    assert queries.department("13").of_name == "des Bouches-du-Rhône"
    with pytest.raises(Absent):
        queries.department("20")


@pytest.mark.parametrize(
    "role", ["recoupe_app", "recoupe_worker", "recoupe_matcher", "recoupe_portal", "recoupe_signin"]
)
def test_every_role_reads_and_none_but_the_owner_writes(world: World, role: str) -> None:
    assert world.sql("SELECT count(*) FROM reference_unit", role=role)[0][0] > 800
    for statement in (
        "UPDATE reference_unit SET name = 'x'",
        "DELETE FROM reference_legalparameter",
        "INSERT INTO reference_region (code, name) VALUES ('00', 'x')",
        "TRUNCATE reference_measure",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.sql(statement, role=role)


def test_the_point_search_uses_its_index(world: World) -> None:
    plan = world.sql(
        "EXPLAIN SELECT commune_id FROM reference_communeoutline"
        " WHERE box(point(maxx, maxy), point(minx, miny)) && box(point(5.1, 43.1), point(5.0, 43.0))",
        role="recoupe_app",
    )
    assert any("reference_commune_box" in line for (line,) in plan)
