"""The data files hold what the plan and the law say: counted here, without a database."""

import re
from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from recoupe.reference import files

FICTION = re.compile(r"(01 99 00|02 61 91|03 53 01|04 65 71|05 36 49|06 39 98) \d\d \d\d")
OVERSEAS_DEPARTMENTS = {"971", "972", "973", "974", "976"}
UNITS = {r["code"]: r for r in files.records("units.csv")}
DEPARTMENTS = {r["code"] for r in files.records("departments.csv")}
INHABITED = DEPARTMENTS - {"984", "989"}


def of_kind(*kinds: str) -> list[dict[str, str]]:
    return [r for r in UNITS.values() if r["kind"] in kinds]


def test_the_twelve_zones_partition_the_departments_and_leave_975_out() -> None:
    zones = list(files.records("zones.csv"))
    counts = {z["code"]: len(z["departments"].split()) for z in zones if z["metropolitan"] == "1"}
    assert counts == {
        "paris": 8,
        "nord": 5,
        "ouest": 20,
        "sud-ouest": 12,
        "sud": 21,
        "sud-est": 12,
        "est": 18,
    }
    assert sum(counts.values()) == 96
    overseas = {z["code"]: set(z["departments"].split()) for z in zones if z["metropolitan"] == "0"}
    assert overseas == {
        "antilles": {"971", "972", "977", "978"},
        "guyane": {"973"},
        "ocean-indien": {"974", "976", "984"},
        "nouvelle-caledonie": {"988", "986"},
        "polynesie": {"987"},
    }
    members = [d for z in zones for d in z["departments"].split()]
    assert len(members) == len(set(members))
    assert DEPARTMENTS - set(members) == {"975", "989"}


def test_the_measures_partition_by_objective_and_class() -> None:
    rows = list(files.measures())
    assert [r[0] for r in rows] == list(range(1, 56))
    assert Counter(r[1] for r in rows) == {1: 9, 2: 14, 3: 5, 4: 5, 5: 15, 6: 7}
    assert Counter(r[2] for r in rows) == {"CORE": 20, "SUPP": 17, "TRACK": 18}
    core = {1, 2, 3, 4, 5, 7, 9, 10, 12, 14, 15, 16, 17, 20, 21, 22, 24, 29, 32, 41}
    assert {r[0] for r in rows if r[2] == "CORE"} == core
    assert len({r[3] for r in rows}) == len({r[4] for r in rows}) == 55
    assert all(5 <= len(title) <= 70 for r in rows for title in r[3:])


def test_communes_are_whole_and_former_codes_point_to_living_ones() -> None:
    communes = {r[0]: r for r in files.communes()}
    former: dict[str, str] = dict(files.former_communes())
    assert len(communes) == 34_969 and len(former) == 4_240
    assert not set(former) & set(communes)
    assert set(former.values()) <= set(communes)
    assert all(r[3] in DEPARTMENTS and r[0].startswith(r[3]) for r in communes.values())
    assert {r[3] for r in files.arrondissements()} == {"75056", "69123", "13055"}
    assert len(list(files.arrondissements())) == 45


def test_outlines_are_valid_and_hold_their_point() -> None:
    points = {r[0]: (r[6], r[7]) for r in files.communes()}
    rows = list(files.commune_outlines())
    assert len(rows) == 34_868
    for code, minx, miny, maxx, maxy, _wkb in rows:
        lon, lat = points[code]
        assert minx <= lon <= maxx and miny <= lat <= maxy, code
    departments = {r[0] for r in files.department_outlines()}
    assert departments == {d for d in DEPARTMENTS if len(d) == 2} | OVERSEAS_DEPARTMENTS


def test_every_contact_is_fictional_and_nobody_shares_a_number() -> None:
    for r in UNITS.values():
        assert FICTION.fullmatch(r["contact_phone"]), r["code"]
        assert r["contact_email"].endswith("@exemple.invalid"), r["code"]
        assert r["contact_name"], r["code"]
    assert len({r["contact_phone"] for r in UNITS.values()}) == len(UNITS)


def test_every_inhabited_territory_has_each_service_a_court_and_a_prefecture() -> None:
    for kind in ("police_unit", "gendarmerie_unit", "customs_unit", "court", "prefecture"):
        covered = {d for r in of_kind(kind) for d in r["departments"].split()}
        assert covered == INHABITED, kind
    for code in INHABITED:
        assert {f"PJ{code}", f"SR{code}", f"TJ{code}", f"PREF{code}"} <= set(UNITS)


def test_a_customs_unit_is_named_by_its_seat_and_each_department_has_one() -> None:
    served = [d for r in of_kind("customs_unit") for d in r["departments"].split()]
    assert len(served) == len(set(served))
    assert all(r["code"].removeprefix("DED") in r["departments"].split() for r in of_kind("customs_unit"))
    assert UNITS["DED13"]["departments"] == "04 05 06 13 83 84"


def test_each_department_has_one_interregional_court() -> None:
    served = [d for r in of_kind("specialised_court") if r["code"] != "PNACO" for d in r["departments"].split()]
    assert sorted(served) == sorted(INHABITED)
    assert UNITS["PNACO"]["valid_from"] == "2026-01-05"


def test_parents_and_cells_exist_and_have_the_right_kind() -> None:
    for r in UNITS.values():
        assert not r["parent"] or UNITS[r["parent"]]["kind"] in {"office", "antenna"}, r["code"]
        assert not r["cell"] or UNITS[r["cell"]]["kind"] == "cross", r["code"]


def test_only_inspections_and_the_source_bureau_are_silent() -> None:
    assert {r["code"] for r in UNITS.values() if r["silent"] == "1"} == {
        r["code"] for r in of_kind("inspection", "source_bureau")
    }
    assert of_kind("inspection") and of_kind("source_bureau")


def test_the_office_tree_holds_the_magistrate_the_armed_forces_and_foreign_affairs() -> None:
    below = {(r["kind"], r["service"]) for r in UNITS.values() if r["parent"] == "OFAST"}
    assert {("post", "justice"), ("ministry", "defence"), ("ministry", "foreign_affairs")} <= below


def test_every_commune_with_people_has_one_court_on_any_day() -> None:
    areas: dict[str, list[tuple[date | None, date | None]]] = {}
    for _court, commune, first, last in files.court_areas():
        areas.setdefault(commune, []).append((first, last))
    assert set(areas) == {r[0] for r in files.communes() if r[3] in INHABITED}
    for code, periods in areas.items():
        ordered = sorted(periods, key=lambda p: p[0] or date.min)
        assert ordered[0][0] is None and ordered[-1][1] is None, code
        for (_, end), (start, _) in pairwise(ordered):
            assert end is not None and start is not None and (start - end).days == 1, code


def test_parameters_of_one_rule_never_overlap() -> None:
    rules: dict[str, list[tuple[date, date]]] = {}
    for code, _value, _unit, first, last, legal_ref, _invented in files.parameters():
        assert legal_ref, code
        rules.setdefault(code, []).append((first or date.min, last or date.max))
    for code, periods in rules.items():
        for (_, end), (start, _) in pairwise(sorted(periods)):
            assert end < start, code


def test_every_act_says_that_it_is_invented() -> None:
    assert all(r["invented"] == "1" and "fictif" in r["legal_ref"] for r in files.records("acts.csv"))


def test_tablets_plants_and_blotters_are_never_counted_in_grams() -> None:
    units = {r[0]: r[4] for r in files.products()}
    assert units["ecstasy_mdma"] == "tablet" and units["cannabis_plant"] == "plant" and units["lsd"] == "blotter"
    assert set(units.values()) <= {"g", "kg", "l", "ml", "tablet", "plant", "seed", "blotter"}


def test_a_line_with_a_missing_field_is_refused_with_its_place(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "DATA", tmp_path)
    (files.DATA / "regions.csv").write_text("code,name\n11,Île-de-France\n24\n")
    with pytest.raises(files.DataFileError, match=r"regions\.csv, line 3"):
        list(files.regions())
    (files.DATA / "regions.csv").write_text("code,name\n11,Île-de-France,x\n")
    with pytest.raises(files.DataFileError, match="line 2"):
        list(files.regions())
