"""A service's own tool deposits its reports by its key and reads back what became of them, and nothing else (P-105)."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.test import Client

from recoupe.access.enums import Role
from recoupe.reference.snapshot import forget
from recoupe.web.intelligence import openapi, tool_shapes
from tests.crosscheck.scene import Scene, new_phone
from tests.tools import key_for
from tests.world import TestAgent, World

DEPOSIT, CHECK, DESCRIBED = "/api/v1/reports", "/api/v1/reports/check", "/api/v1/openapi.json"
ITEM: dict[str, Any] = {
    "external_ref": "A-1", "fact_text": "Un homme attend devant le hall.", "event_from": "2026-11-01",
    "commune": "13055", "source_kind": "officer_observation", "handling": "H0",
    "selectors": [{"kind": "phone", "raw": "06 39 98 12 34"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


def sole(world: World, token: str, ref: str) -> dict[str, Any]:
    """What the tool is told of one reference."""
    [found] = ask(token, CHECK, {"external_refs": [ref]}).json()["results"]
    return dict(found)


@pytest.fixture(scope="module")
def token(world: World, head: TestAgent) -> str:
    return key_for(world, head, "Main courante")


def ask(token: str, address: str, body: object) -> Any:
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})
    return client.post(address, body, content_type="application/json")


def item(ref: str, **changes: object) -> dict[str, object]:
    return ITEM | {"external_ref": ref} | changes


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
    assert sole(world, renewed, "K-1")["known"] is True
    assert ask(renewed, DEPOSIT, {"reports": [item("K-1")]}).json()["results"][0]["result"] == "known"


FORGED = [
    "SELECT intelligence.tool_deposit('{}', '[]', '[]', '[]', '[]')",
    "SELECT intelligence.tool_count(current_date, 1, 1)",
    "SELECT desk.acting_tool()",
]


@pytest.mark.parametrize("number", range(len(FORGED)))
def test_an_agent_is_no_tool_by_sql(world: World, head: TestAgent, number: int) -> None:
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [head.token])
        connection.execute("SELECT audit.record('collect', ARRAY['x:1'], '{}', '{}', NULL, NULL)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(FORGED[number].encode())


def test_by_sql_a_tool_writes_only_what_a_tool_may(world: World, head: TestAgent, token: str) -> None:
    """Readers, author, unit and state are the database's; a judicial report, a row of another table are refused."""
    reports = json.dumps([{"id": str(UUID(int=7)), "frame": "judicial", "external_ref": "J-1"}])
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
    ("judicial", b'{"reports": [{"external_ref": "x", "frame": "judicial"}]}', "application/json", 422),
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


def test_the_day_s_budget_stops_it_and_the_head_is_told_once(world: World, head: TestAgent) -> None:
    token = key_for(world, head, "Outil bavard")
    change = "UPDATE reference_legalparameter SET value = %s WHERE rule_code = 'deposit.tool_daily_budget'"
    world.sql(change, [3])
    forget()
    try:
        ask(token, DEPOSIT, {"reports": [item(f"B-{n}") for n in range(2)]})
        found = ask(token, DEPOSIT, {"reports": [item(f"B-{n}") for n in range(1, 5)]}).json()["results"]
        assert [one["result"] for one in found] == ["known", "accepted", "refused", "refused"]
        for _ in range(2):
            answer = ask(token, DEPOSIT, {"reports": [item("B-9")]})
            assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    finally:
        world.sql(change, [5000])
        forget()
    told = "SELECT count(*) FROM notices_notice n JOIN access_agent a ON a.id = n.record_id"
    assert world.sql(told + " WHERE n.kind = 'deposit_budget' AND a.display_name = 'Outil bavard'") == [(1,)]


def test_a_thousand_at_once(world: World, token: str) -> None:
    body = {"reports": [item(f"M-{n}", selectors=[]) for n in range(1_000)]}
    found = ask(token, DEPOSIT, body).json()["results"]
    assert {one["result"] for one in found} == {"accepted"}
    told = ask(token, CHECK, {"external_refs": [f"M-{n}" for n in range(1_000)]}).json()["results"]
    assert all(one["known"] and one["report"] for one in told)


def test_the_description_is_made_of_what_validates(world: World, token: str) -> None:
    answer = Client(headers={"authorization": f"Bearer {token}"}).get(DESCRIBED)
    assert answer.status_code == 200 and answer.json() == openapi.description()
    taken = answer.json()["paths"][DEPOSIT]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert taken == tool_shapes.BATCH.schema()
    assert taken["properties"]["reports"]["maxItems"] == 1_000
