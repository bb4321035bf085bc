"""A service's own tool deposits its reports by its key and reads back what became of them, and nothing else (P-105)."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import transaction
from django.test import Client

from recoupe.access.enums import Role
from recoupe.desk.context import Tool, open_tool
from recoupe.intelligence.actions import bringing
from recoupe.kernel.refusal import Refused
from recoupe.web.intelligence import openapi, tool_shapes
from tests.crosscheck.scene import Scene, new_phone
from tests.tools import CHECK, DEPOSIT, DESCRIBED, ask, cases_for, item, key_for, sole
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def token(world: World, head: TestAgent) -> str:
    return key_for(world, head, "Main courante")


@pytest.fixture(scope="module")
def cases(world: World) -> dict[str, UUID]:
    return cases_for(world)


def test_from_a_key_to_a_report_and_back(world: World, head: TestAgent, token: str) -> None:
    answer = ask(token, DEPOSIT, {"reports": [item("A-1"), item("A-2", fact_text="")]})
    assert answer.status_code == 200, answer.content
    first, second = answer.json()["results"]
    assert "faults" not in first, first
    assert (first["result"], first["state"]) == ("accepted", "SUBMITTED")
    assert (second["result"], second["faults"][0]["field"]) == ("refused", "fact_text")
    [row] = world.sql(
        "SELECT r.id, r.author_id, r.purpose, u.code, r.state FROM intelligence_report r"
        " JOIN reference_unit u ON u.id = r.owner_unit_id WHERE r.external_ref = 'A-1'"
    )
    assert row[1:] == (head.id, "criminal_intelligence", "PJ13", "SUBMITTED")
    entry = [e for e in world.journal("collect") if e[2] == [f"report:{row[0]}"]]
    assert [e[3]["answers"] for e in entry] == [str(head.id)]
    again = ask(token, DEPOSIT, {"reports": [item("A-1")]}).json()["results"]
    assert again == [{"external_ref": "A-1", "result": "known", "report": first["report"], "state": "SUBMITTED",
                      "submitted_at": again[0]["submitted_at"]}]  # fmt: skip
    told = ask(token, CHECK, {"external_refs": ["A-1", "Z-9"]}).json()["results"]
    assert [(one["external_ref"], one["known"], one["hits"]) for one in told] == [("A-1", True, []), ("Z-9", False, [])]


def test_a_hit_of_what_it_deposited_is_told_and_nothing_of_the_other_record(
    scene: Scene, customs: TestAgent, head: TestAgent, token: str
) -> None:
    world, phone = scene.world, new_phone()
    held = scene.enter(customs, phone=phone, fact_text="Le secret des douanes.")
    selectors = [{"kind": "phone", "raw": phone}]
    assert ask(token, DEPOSIT, {"reports": [item("H-1", selectors=selectors)]}).status_code == 200
    scene.pull()
    scene.pull("bulk")
    answer = ask(token, CHECK, {"external_refs": ["H-1"]})
    [hit] = answer.json()["results"][0]["hits"]
    assert set(hit) == set(tool_shapes.HIT.fields)
    assert (hit["service_code"], hit["strength"]) == ("DED13", "certain")
    assert str(held) not in answer.content.decode() and "secret" not in answer.content.decode()
    [entry] = [e for e in world.journal("consult") if e[3].get("what") == "tool_check"][-1:]
    assert f"hit:{hit['id']}" in entry[2]
    # The page of the unit shows the same side to its own people.
    assert world.client(head).get(f"/recoupements/{hit['id']}/").status_code == 200


def test_a_hidden_record_changes_no_byte_of_an_answer(scene: Scene, customs: TestAgent, token: str) -> None:
    """The twin: the same selector in a record that nobody may be told of, and the tool reads the same."""
    phone = new_phone()
    selectors = [{"kind": "phone", "raw": phone}]
    ask(token, DEPOSIT, {"reports": [item("T-1", selectors=selectors)]})
    scene.pull("bulk")
    before = ask(token, CHECK, {"external_refs": ["T-1"]})
    scene.enter(customs, phone=phone, handling="H3", h3_line="nobody", handling_conditions="Source à protéger.")
    scene.pull()
    after = ask(token, CHECK, {"external_refs": ["T-1"]})
    assert (before.content, before.headers) == (after.content, after.headers)
    # The twin can differ: one that may be told of does.
    scene.enter(customs, phone=phone)
    scene.pull()
    assert ask(token, CHECK, {"external_refs": ["T-1"]}).content != before.content


def test_the_head_finds_the_batch_among_the_files_of_his_unit(world: World, head: TestAgent, token: str) -> None:
    ask(token, DEPOSIT, {"reports": [item("F-1"), item("F-2", event_from="31/02/2026")]})
    [(file,)] = world.sql("SELECT import_id FROM intelligence_report WHERE external_ref = 'F-1'")
    shown = world.client(head).get(f"/imports/{file}/")
    assert shown.status_code == 200 and "Main courante" in shown.content.decode()
    assert world.sql("SELECT line, field FROM intelligence_importrefusal WHERE import_file_id = %s", [file]) == [
        (2, "event_from")
    ]


def test_nothing_of_anybody_else_comes_back(scene: Scene, police: TestAgent, token: str) -> None:
    """A report of the unit's own people, a file's, another tool's: the same bytes as what is not there."""
    world = scene.world
    report = scene.enter(police, external_ref="P-1")
    world.sql("SELECT 1")
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE intelligence_report SET external_ref = 'P-1' WHERE id = %s", [report])
    other = key_for(world, world.agent(Role.UNIT_HEAD, "PJ13"), "Autre outil")
    foreign = key_for(world, world.agent(Role.UNIT_HEAD, "DED13"), "Main courante")
    for each in (other, foreign):
        assert ask(each, DEPOSIT, {"reports": [item("P-2")]}).json()["results"][0]["result"] == "accepted"
    told = [
        ask(token, CHECK, {"external_refs": [ref]}).content.replace(ref.encode(), b"") for ref in ("P-1", "P-2", "N-0")
    ]
    assert len(set(told)) == 1
    assert ask(token, DEPOSIT, {"reports": [item("P-2")]}).json()["results"][0]["result"] == "accepted"


def test_a_new_key_of_the_same_tool_finds_what_it_brought(world: World, head: TestAgent, token: str) -> None:
    ask(token, DEPOSIT, {"reports": [item("K-1")]})
    renewed = key_for(world, head, "Main courante")
    assert sole(renewed, "K-1")["known"] is True
    assert ask(renewed, DEPOSIT, {"reports": [item("K-1")]}).json()["results"][0]["result"] == "known"


FORGED = [
    "SELECT intelligence.tool_deposit('{}', '[]', '[]', '[]', '[]')",
    "SELECT intelligence.tool_count(gen_random_uuid(), current_date, 1, 1)",
    "SELECT desk.acting_tool()",
]


@pytest.mark.parametrize("number", range(len(FORGED)))
def test_an_agent_is_no_tool_by_sql(world: World, head: TestAgent, number: int) -> None:
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [head.token])
        connection.execute("SELECT audit.record('collect', ARRAY['x:1'], '{}', '{}', NULL, NULL)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(FORGED[number].encode())


@pytest.mark.parametrize("procedure", [None, "absent", "foreign", "closed"])
def test_by_sql_a_tool_writes_only_what_a_tool_may(
    world: World, head: TestAgent, token: str, cases: dict[str, UUID], procedure: str | None
) -> None:
    """Readers, author, unit and state are the database's; a report of no open procedure of its unit is refused."""
    case = cases.get(procedure, UUID(int=8)) if procedure else None
    reports = json.dumps(
        [{"id": str(UUID(int=7)), "frame": "judicial", "case_id": case and str(case), "external_ref": "J-1"}]
    )
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT desk.open_tool(%s)", [token])
        assert connection.execute("SELECT access.keys(), access.units()").fetchone() == ([], [])
        for table in ("intelligence_report", "intelligence_importfile", "crosscheck_hitside", "cases_case"):
            assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT intelligence.tool_deposit('{}', %s, '[]', '[]', '[]')", [reports])


BAD: list[tuple[str, bytes, str, int]] = [
    ("not JSON", b"{", "application/json", 400),
    ("no UTF-8", b"\xff", "application/json", 400),
    ("no number", b'{"reports": NaN}', "application/json", 400),
    ("deep", b"[" * 100_000, "application/json", 400),
    ("a form", b"reports=1", "application/x-www-form-urlencoded", 415),
    ("latin", b"{}", "application/json; charset=latin-1", 415),
    ("no list", b'{"reports": {}}', "application/json", 422),
    ("no item", b'{"reports": []}', "application/json", 422),
    ("a field that nobody knows", b'{"reports": [{"external_ref": "x", "readers": []}]}', "application/json", 422),
    ("half a character", b'{"reports": [{"external_ref": "\\ud800"}]}', "application/json", 422),
    ("nul", b'{"reports": [{"external_ref": "\\u0000"}]}', "application/json", 422),
    ("another frame", b'{"reports": [{"external_ref": "x", "frame": "secret"}]}', "application/json", 422),
    ("too many", b'{"reports": [' + b",".join([b"{}"] * 1_001) + b"]}", "application/json", 422),
    ("too heavy", b" " * (4 * 1024 * 1024 + 1), "application/json", 413),
    ("far too heavy", b" " * (20 * 1024 * 1024 + 1), "application/json", 413),
]


@pytest.mark.parametrize("number", range(len(BAD)), ids=[said for said, *_ in BAD])
def test_bad_input_is_a_problem_and_changes_nothing(world: World, token: str, number: int) -> None:
    _, body, kind, status = BAD[number]
    before = world.sql("SELECT count(*) FROM intelligence_report")
    client = Client(headers={"authorization": f"Bearer {token}"})
    answer = client.generic("POST", DEPOSIT, body, content_type=kind)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert set(answer.json()) >= {"type", "title", "status", "detail"}
    assert world.sql("SELECT count(*) FROM intelligence_report") == before


def test_a_session_opens_none_of_it(world: World, head: TestAgent) -> None:
    client = world.client(head)
    for address in (DEPOSIT, CHECK):
        assert client.post(address, {"reports": []}, content_type="application/json").status_code == 401
    assert client.get(DESCRIBED).status_code == 401


def test_who_answers_for_it_must_still_be_able_to_write(world: World) -> None:
    """Another role, the same unit: the key opens, and deposits and reads back nothing; the refusal is an entry."""
    former = world.agent(Role.UNIT_HEAD, "PJ13")
    token = key_for(world, former, "Outil d'un ancien chef")
    assert ask(token, DEPOSIT, {"reports": [item("O-1")]}).status_code == 200
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE access_habilitation SET role = 'duty_officer' WHERE agent_id = %s", [former.id])
    before = len(world.journal("refused"))
    for address, body in ((DEPOSIT, {"reports": [item("O-2")]}), (CHECK, {"external_refs": ["O-1"]})):
        assert ask(token, address, body).status_code == 403
    assert len(world.journal("refused")) == before + 2
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT desk.open_tool(%s)", [token])
        assert connection.execute("SELECT * FROM intelligence.tool_reports(ARRAY['O-1'])").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT intelligence.tool_deposit('{}', '[]', '[]', '[]', '[]')")
    # Each block of a batch opens the context anew: the one that follows the loss of the role is refused too.
    with transaction.atomic():
        tool = open_tool(token)
        assert isinstance(tool, Tool)
        with pytest.raises(Refused):
            bringing.bring(tool=tool, batch=bringing.Batch("0" * 64, 1), items=[])


def test_a_thousand_at_once_are_two_files_of_five_hundred(world: World, token: str) -> None:
    body = {"reports": [item(f"M-{n}", selectors=[]) for n in range(1_000)]}
    found = ask(token, DEPOSIT, body).json()["results"]
    assert {one["result"] for one in found} == {"accepted"}
    files = "SELECT count(*), count(DISTINCT import_id) FROM intelligence_report WHERE external_ref LIKE 'M-%%'"
    assert world.sql(files) == [(1_000, 2)]
    told = ask(token, CHECK, {"external_refs": [f"M-{n}" for n in range(1_000)]}).json()["results"]
    assert all(one["known"] and one["report"] for one in told)


def test_a_judicial_report_names_an_open_procedure_of_its_unit(
    world: World, head: TestAgent, token: str, cases: dict[str, UUID]
) -> None:
    """Number, and court to be sure; the magistrate in charge is the procedure's. Of any other nothing is learnt."""
    named = [("J-1", "2026/8801", "TJ13"), ("J-2", "2026 / 8801", ""), ("J-3", "2026/8801", "TJ69"),
             ("J-4", "2026/8802", ""), ("J-5", "2026/8803", ""), ("J-6", "2026/8899", ""), ("J-7", "", "")]  # fmt: skip
    sent = [item(ref, frame="judicial", case_number=number, case_court=court) for ref, number, court in named]
    sent += [item("J-8", case_number="2026/8801"), item("J-9", frame="administrative", case_number="2026/8801")]
    told = ask(token, DEPOSIT, {"reports": sent}).json()["results"]
    assert [one["result"] for one in told] == ["accepted"] * 2 + ["refused"] * 5 + ["accepted", "refused"]
    faults = [one["faults"] for one in told if one["result"] == "refused"]
    assert [fault["field"] for [fault] in faults] == ["case_number"] * 5 + ["frame"]
    assert len({fault["sentence"] for [fault] in faults[:4]}) == 1
    kept = "SELECT external_ref, frame, case_id FROM intelligence_report WHERE external_ref LIKE 'J-%%' ORDER BY 1"
    assert world.sql(kept) == [(ref, "judicial", cases["own"]) for ref in ("J-1", "J-2", "J-8")]
    [(first,)] = world.sql("SELECT id FROM intelligence_report WHERE external_ref = 'J-1'")
    assert "2026/8801" in world.client(head).get(f"/renseignements/{first}/").content.decode()


PERSON = {"family": "Testard", "given": "Cyr", "birth": "1985", "category": "suspect"}
OTHER_CONTENT: dict[str, dict[str, Any]] = {
    "the fact": {"fact_text": "Deux hommes attendent."},
    "the day": {"event_from": "2026-11-02"},
    "the place": {"commune": "13001"},
    "handling": {"handling": "H1"},
    "a person": {"persons": [PERSON | {"given": "Cyril"}]},
    "no person": {"persons": [], "selectors": [{"kind": "phone", "raw": "06 39 98 12 34"}]},
    "a phone": {"selectors": [{"kind": "phone", "raw": "06 39 98 12 35", "person": 0}]},
    "another phone": {
        "selectors": [{"kind": "phone", "raw": "06 39 98 12 34"}, {"kind": "phone", "raw": "06 39 98 12 35"}]
    },
    "urgency": {"urgency": True},
}


def test_a_known_reference_with_another_content_is_a_conflict_and_nothing_changes(
    world: World, head: TestAgent, token: str
) -> None:
    held = item("C-1", persons=[PERSON], selectors=[{"kind": "phone", "raw": "06 39 98 12 34", "person": 0}])
    ask(token, DEPOSIT, {"reports": [held]})
    rows = "SELECT to_jsonb(r) - 'readers' FROM intelligence_report r WHERE external_ref = 'C-1'"
    before = world.sql(rows)
    # Another writing of the same is the same.
    same = held | {"selectors": [{"kind": "phone", "raw": "+33639981234", "person": 0}], "event_from": "01/11/2026"}
    for sent in (held, same):
        assert ask(token, DEPOSIT, {"reports": [sent]}).json()["results"][0]["result"] == "known"
    for what, change in OTHER_CONTENT.items():
        [told] = ask(token, DEPOSIT, {"reports": [held | change]}).json()["results"]
        assert told["result"] == "conflict", what
        assert (told["state"], told["faults"][0]["field"]) == ("SUBMITTED", "external_ref")
        assert "rien n'y a changé" in told["faults"][0]["sentence"]
    assert world.sql(rows) == before
    # Beside a new one, the page of the file names the line.
    ask(token, DEPOSIT, {"reports": [item("C-2"), held | {"fact_text": "Autre chose."}]})
    [(file,)] = world.sql("SELECT import_id FROM intelligence_report WHERE external_ref = 'C-2'")
    counted = (
        "SELECT rows_written, rows_known, rows_refused, lines_differing FROM intelligence_importfile WHERE id = %s"
    )
    assert world.sql(counted, [file]) == [(1, 1, 0, [2])]
    assert "(ligne 2)" in world.client(head).get(f"/imports/{file}/").content.decode()


def test_what_is_erased_is_known_and_no_more(world: World, token: str) -> None:
    ask(token, DEPOSIT, {"reports": [item("E-1")]})
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE intelligence_report SET state = 'ERASED', fact_text = '' WHERE external_ref = 'E-1'")
    [told] = ask(token, DEPOSIT, {"reports": [item("E-1")]}).json()["results"]
    assert (told["result"], told["state"]) == ("known", "ERASED")


def test_the_description_is_made_of_what_validates(world: World, token: str) -> None:
    answer = Client(headers={"authorization": f"Bearer {token}"}).get(DESCRIBED)
    assert answer.status_code == 200 and answer.json() == openapi.description()
    taken = answer.json()["paths"][DEPOSIT]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert taken == tool_shapes.BATCH.schema()
    assert taken["properties"]["reports"]["maxItems"] == 1_000


def test_the_description_speaks_the_language_of_who_asks(world: World, token: str) -> None:
    told = [
        Client(headers={"authorization": f"Bearer {token}", "accept-language": language}).get(DESCRIBED).json()
        for language in ("fr", "en")
    ]
    problems = [one["paths"][DEPOSIT]["post"]["responses"]["401"]["description"] for one in told]
    assert problems == [
        "La clé manque, est inconnue, échue ou retirée.", "The key is missing, unknown, over or taken away.",
    ]  # fmt: skip
