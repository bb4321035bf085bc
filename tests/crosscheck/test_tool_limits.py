"""Where a service's own tool is stopped: its budgets, its pace, a block that cannot be written (P-90, P-105)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.intelligence.actions import bringing
from recoupe.reference.snapshot import forget
from tests.tools import CHECK, DEPOSIT, ask, cases_for, item, key_for, sole
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def cases(world: World) -> dict[str, UUID]:
    return cases_for(world)


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


FAULTS = {
    "a fault of the database": "RAISE EXCEPTION 'broken' USING ERRCODE = 'disk_full';",
    "the connection is cut": "PERFORM pg_terminate_backend(pg_backend_pid());",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_block_that_fails_takes_nothing_back_and_each_item_says_so(
    world: World, head: TestAgent, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told as accepted is there; the rest is sent again, and all of it stands once."""
    token = key_for(world, head, f"Outil coupé, {fault}")
    monkeypatch.setattr(bringing, "BLOCK", 2)
    mark = f"X{list(FAULTS).index(fault)}"
    body = {"reports": [item(f"{mark}-{n}") for n in range(4)] + [item(f"{mark}-bad", fact_text="")]}
    with broken(world, f"{mark}-2", FAULTS[fault]):
        answer = ask(token, DEPOSIT, body)
    assert answer.status_code == 200
    told = answer.json()["results"]
    assert [one["result"] for one in told] == ["accepted", "accepted", "unwritten", "unwritten", "refused"]
    assert all("renvoyez-la" in one["faults"][0]["sentence"] for one in told[2:4])
    held = "SELECT external_ref FROM intelligence_report WHERE external_ref LIKE %s ORDER BY 1"
    assert world.sql(held, [f"{mark}-%"]) == [(f"{mark}-0",), (f"{mark}-1",)]
    again = ask(token, DEPOSIT, body).json()["results"]
    assert [one["result"] for one in again] == ["known", "known", "accepted", "accepted", "refused"]
    assert world.sql(held, [f"{mark}-%"]) == [(f"{mark}-{n}",) for n in range(4)]


@contextmanager
def broken(world: World, ref: str, what: str) -> Iterator[None]:
    """The database fails in this way when it writes the report of this reference."""
    with psycopg.connect(world.admin_url, autocommit=True) as direct:
        direct.execute(
            f"CREATE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$"
            f" BEGIN IF NEW.external_ref = '{ref}' THEN {what} END IF; RETURN NEW; END $$".encode()
        )
        direct.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON intelligence_report FOR EACH ROW EXECUTE FUNCTION public.broken()"
        )
        try:
            yield
        finally:
            direct.execute("DROP FUNCTION public.broken CASCADE")


GUESSES, BY_HAND = 5_000, 50
TOLD = (
    "SELECT count(*) FROM notices_notice n JOIN access_agent a ON a.id = n.record_id"
    " WHERE n.kind = 'deposit_budget' AND a.display_name = %s"
)


def guess(number: int, **changes: object) -> dict[str, object]:
    person = {"family": f"Kermarrec{number}", "given": "Yann", "birth": str(1960 + number % 40), "category": "suspect"}
    return item(f"G-{number}", persons=[person], **changes)


def test_five_thousand_guessed_names_are_stopped_at_fifty_and_the_head_is_told(
    world: World, head: TestAgent, cases: dict[str, UUID]
) -> None:
    """The budget of an agent and a procedure holds for a tool; an identifier that is nobody's, or wrong, is none."""
    token = key_for(world, head, "Outil curieux")
    results: list[str] = []
    for start in range(0, GUESSES, 1_000):
        batch = [guess(n, **({"selectors": []} if n % 2 else {})) for n in range(start, start + 1_000)]
        answer = ask(token, DEPOSIT, {"reports": batch})
        results += [one["result"] for one in answer.json()["results"]] if answer.status_code == 200 else ["stopped"]
        assert answer.status_code == 200 or int(answer.headers["Retry-After"]) > 0
    assert results.count("accepted") == BY_HAND
    assert results[-1] == "stopped"
    assert world.sql(TOLD, ["Outil curieux"]) == [(1,)]
    wrong = guess(9_001, selectors=[{"kind": "iban", "raw": "FR7612345678901234567890123", "person": 0}])
    assert ask(token, DEPOSIT, {"reports": [wrong]}).status_code == 429
    # A procedure has a count of its own, and who brings an identifier with each name is no guesser.
    more = [guess(9_002, frame="judicial", case_number="2026/8801"),
            guess(9_003, selectors=[{"kind": "phone", "raw": "06 39 98 12 34", "person": 0}]),
            item("G-none")]  # fmt: skip
    told = ask(token, DEPOSIT, {"reports": more}).json()["results"]
    assert [one["result"] for one in told] == ["accepted"] * 3


def test_names_in_one_report_count_as_those_of_many(world: World, head: TestAgent) -> None:
    token = key_for(world, head, "Outil groupé")
    many = [
        item(f"N-{names}", persons=[guess(at)["persons"][0] for at in range(names)], selectors=[])  # type: ignore[index]
        for names in (40, 11, 10)
    ]
    told = ask(token, DEPOSIT, {"reports": many}).json()["results"]
    assert [one["result"] for one in told] == ["accepted", "refused", "accepted"]
    assert world.sql(TOLD, ["Outil groupé"]) == [(1,)]


def test_five_thousand_guessed_references_are_stopped_at_fifty_and_the_head_is_told(
    world: World, head: TestAgent
) -> None:
    token = key_for(world, head, "Outil fouineur")
    ask(token, DEPOSIT, {"reports": [item("S-1")]})
    assert ask(token, CHECK, {"external_refs": [f"S-{n}" for n in range(1, 52)]}).status_code == 200
    for start in range(100, GUESSES, 1_000):
        answer = ask(token, CHECK, {"external_refs": [f"S-{n}" for n in range(start, start + 1_000)]})
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert world.sql(TOLD, ["Outil fouineur"]) == [(1,)]
    # What it has brought it may always read back.
    assert sole(token, "S-1")["known"] is True


def test_beyond_its_pace_a_key_opens_nothing_until_the_next_minute(world: World, head: TestAgent) -> None:
    token = key_for(world, head, "Outil pressé")
    change = "UPDATE reference_legalparameter SET value = %s WHERE rule_code = 'tool.requests_minute'"
    this_minute()
    world.sql(change, [3])
    try:
        before = len(paced(world))
        answers = [ask(token, CHECK, {"external_refs": ["N-0"]}) for _ in range(3)]
        answers += [ask(token, DEPOSIT, {"reports": [item("N-1")]}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429, 429]
        for answer in answers[3:]:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert 0 < int(answer.headers["Retry-After"]) <= 60
        # The first is a line, the others are counted.
        assert len(paced(world)) == before + 1
        assert world.sql("SELECT count(*) FROM intelligence_report WHERE external_ref = 'N-1'") == [(0,)]
        world.sql("UPDATE desk_keyuse SET minute = minute - interval '1 minute'")
        assert ask(token, CHECK, {"external_refs": ["N-0"]}).status_code == 200
    finally:
        world.sql(change, [120])


def this_minute() -> None:
    """Wait for the next minute where little of this one is left: a count starts again with each."""
    if (second := timezone.now().second) > 45:
        time.sleep(60 - second)


def paced(world: World) -> list[Any]:
    return [entry for entry in world.journal("refused") if entry[3].get("what") == "service_key_pace"]
