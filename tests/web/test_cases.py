"""Procedures by the screens: opened before their magistrate, named by judicial reports, read by whom they concern."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from recoupe.access.enums import Role
from recoupe.web.intelligence import writing
from tests.web.intelligence.typed import errors_of, report_id, text_of, typed
from tests.world import TestAgent, World

NEW = "/procedures/nouvelle/"


@pytest.fixture(autouse=True)
def no_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """No matcher runs in these tests."""
    monkeypatch.setattr(writing, "WAIT_S", 0.0)


@pytest.fixture(scope="module")
def court(world: World) -> tuple[str, UUID]:
    """A court and its id."""
    rows = world.sql(
        "SELECT code, id FROM reference_unit WHERE kind = 'court' AND '13' = ANY(departments) ORDER BY code"
    )
    code, identity = (
        rows or world.sql("SELECT code, id FROM reference_unit WHERE kind = 'court' ORDER BY code LIMIT 1")
    )[0]
    return code, identity


@pytest.fixture(scope="module")
def prosecutor(world: World, court: tuple[str, UUID]) -> TestAgent:
    return world.agent(Role.PROSECUTOR, court[0])


@pytest.fixture(scope="module")
def judge(world: World, court: tuple[str, UUID]) -> TestAgent:
    return world.agent(Role.EXAMINING_JUDGE, court[0])


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def form(court: tuple[str, UUID], magistrate: TestAgent, **changes: Any) -> dict[str, Any]:
    return {
        "court": str(court[1]),
        "number": "2026/001234",
        "legal_framework": "preliminary",
        "magistrate": str(magistrate.id),
        "opened_on": "2026-11-03",
        "parquet_number": "",
        "offences": "7990, 7991",
        **changes,
    }


def opened(world: World, who: TestAgent, data: dict[str, Any]) -> UUID:
    answer = world.client(who).post(NEW, data)
    assert answer.status_code == 302, errors_of(answer)
    found = re.fullmatch(r"/procedures/([0-9a-f-]{36})/", answer["Location"])
    assert found
    return UUID(found[1])


def test_a_procedure_is_opened_in_two_steps(
    world: World, author: TestAgent, court: tuple[str, UUID], prosecutor: TestAgent
) -> None:
    client = world.client(author)
    assert "Aucune procédure" in text_of(client.get("/procedures/"))
    assert str(court[1]) in text_of(client.get(NEW))
    second = text_of(client.get(f"{NEW}?court={court[1]}"))
    assert prosecutor.login in second
    case = opened(world, author, form(court, prosecutor))
    page = text_of(client.get(f"/procedures/{case}/"))
    for words in ("2026/001234", prosecutor.login, "7990 · Transport non autorisé", "7991 · ", "03/11/2026"):
        assert words in page, words
    assert "2026/001234" in text_of(client.get("/procedures/"))
    twice = client.post(NEW, form(court, prosecutor))
    assert twice.status_code == 409
    assert "déjà" in errors_of(twice)
    assert [line[0] for line in world.journal() if f"case:{case}" in line[2]] == ["collect", "consult", "consult"]


def test_a_judicial_report_names_its_procedure(
    world: World, author: TestAgent, court: tuple[str, UUID], prosecutor: TestAgent
) -> None:
    case = opened(world, author, form(court, prosecutor, number="2026/5000"))
    client = world.client(author)
    assert "2026/5000" in text_of(client.get("/renseignements/nouveau/"))
    report = report_id(client.post("/renseignements/nouveau/", typed(frame="judicial", case_id=str(case))))
    assert "2026/5000" in text_of(client.get(f"/renseignements/{report}/"))
    assert str(report) in text_of(client.get(f"/procedures/{case}/"))
    closed = client.post(f"/procedures/{case}/clore/", {"closed_on": "2026-11-20"})
    assert closed.status_code == 302
    assert "2026/5000" not in text_of(client.get("/renseignements/nouveau/"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", ""),
        ("number", "n'importe quoi"),
        ("number", "\x00"),
        ("number", "9" * 4_000),
        ("number", "2999/12"),
        ("court", ""),
        ("court", "pas-un-uuid"),
        ("court", str(UUID(int=1))),
        ("magistrate", ""),
        ("magistrate", str(UUID(int=2))),
        ("legal_framework", "instinct"),
        ("legal_framework", "commission"),
        ("opened_on", "31/02/2026"),
        ("opened_on", "2999-01-01"),
        ("opened_on", "0001-01-01"),
        ("offences", "vol, recel"),
        ("offences", "0"),
        ("offences", ",".join(str(n) for n in range(1, 30))),
        ("parquet_number", "x" * 900),
    ],
)
def test_bad_input_is_a_sentence(
    world: World, author: TestAgent, court: tuple[str, UUID], prosecutor: TestAgent, field: str, value: str
) -> None:
    answer = world.client(author).post(NEW, form(court, prosecutor, number="2026/77") | {field: value})
    assert answer.status_code == 422
    assert errors_of(answer)
    assert world.sql("SELECT count(*) FROM cases_case WHERE number = '2026/77'") == [(0,)]


def test_a_judge_directs_by_rogatory_commission_only(
    world: World, author: TestAgent, court: tuple[str, UUID], judge: TestAgent
) -> None:
    assert world.client(author).post(NEW, form(court, judge, number="2026/88")).status_code == 422
    assert opened(world, author, form(court, judge, number="2026/88", legal_framework="commission"))


@pytest.mark.parametrize(
    ("number", "closed_on"), [("2026/61", ""), ("2026/62", "2999-01-01"), ("2026/63", "2026-11-01"), ("2026/64", "zzz")]
)
def test_a_bad_closing_is_a_sentence(
    world: World, author: TestAgent, court: tuple[str, UUID], prosecutor: TestAgent, number: str, closed_on: str
) -> None:
    case = opened(world, author, form(court, prosecutor, number=number))
    answer = world.client(author).post(f"/procedures/{case}/clore/", {"closed_on": closed_on})
    assert answer.status_code == 422
    assert errors_of(answer)


def test_the_head_of_the_unit_puts_another_magistrate_in_charge_and_says_why(
    world: World, author: TestAgent, court: tuple[str, UUID], prosecutor: TestAgent, judge: TestAgent
) -> None:
    case = opened(world, author, form(court, prosecutor, number="2026/100"))
    page, change = f"/procedures/{case}/", f"/procedures/{case}/magistrat/"
    head, other = world.agent(Role.UNIT_HEAD, "PJ13"), world.agent(Role.PROSECUTOR, court[0])
    assert change not in text_of(world.client(author).get(page))
    assert world.client(author).get(change).status_code == 403
    client = world.client(head)
    assert change in text_of(client.get(page))
    offered = text_of(client.get(change))
    assert (head.id, [f"case:{case}"], {"what": "magistrate"}) in [line[1:] for line in world.journal("consult")]
    # The magistrates who may direct it, without the one who does.
    options = set(re.findall(r'<option value="([0-9a-f-]{36})"', offered.split('name="magistrate"')[1]))
    assert str(other.id) in options
    assert not options & {str(prosecutor.id), str(judge.id)}
    asked = {"court": str(court[1]), "magistrate": str(other.id), "reason": "Mutation du magistrat"}
    for wrong in (
        {"reason": ""},
        {"magistrate": str(judge.id)},
        {"magistrate": str(uuid4())},
        {"court": "x"},
        {"reason": "x" * 900},
    ):
        answer = client.post(change, asked | wrong)
        assert answer.status_code == 422, wrong
        assert errors_of(answer)
    assert client.post(change, asked).headers["Location"] == page
    shown = text_of(client.get(page))
    assert "Mutation du magistrat" in shown
    assert f"{prosecutor.login}, puis {other.login}" in shown
    assert "Une procédure vous est confiée" in text_of(world.client(other).get("/"))
    assert world.client(other).get(page).status_code == 200
    # Opened, it is no longer announced.
    assert "Une procédure vous est confiée" not in text_of(world.client(other).get("/"))
    assert client.post(f"/procedures/{case}/clore/", {"closed_on": "2026-11-20"}).status_code == 302
    assert client.get(change).status_code == 409
    assert change not in text_of(client.get(page))


def test_a_court_without_another_magistrate_says_so(
    world: World, author: TestAgent, court: tuple[str, UUID], prosecutor: TestAgent
) -> None:
    case = opened(world, author, form(court, prosecutor, number="2026/101"))
    empty = world.sql("SELECT id FROM reference_unit WHERE kind = 'court' AND code = 'TJ2A'")
    elsewhere = empty or world.sql(
        "SELECT id FROM reference_unit WHERE kind = 'court' AND id <> %s LIMIT 1", [court[1]]
    )
    client = world.client(world.agent(Role.UNIT_HEAD, "PJ13"))
    shown = text_of(client.get(f"/procedures/{case}/magistrat/", {"court": str(elsewhere[0][0])}))
    assert "Aucun autre magistrat de cette juridiction" in shown
    assert 'name="magistrate"' not in shown


def test_who_reads_and_closes_a_procedure(
    world: World, author: TestAgent, court: tuple[str, UUID], prosecutor: TestAgent, judge: TestAgent
) -> None:
    case = opened(world, author, form(court, prosecutor, number="2026/99"))
    page, close = f"/procedures/{case}/", f"/procedures/{case}/clore/"
    stranger = world.agent(Role.INVESTIGATOR, "SP13")
    readers: list[tuple[TestAgent, int, int]] = [
        (author, 200, 302),
        (world.agent(Role.INVESTIGATOR, "PJ13"), 200, 0),
        (prosecutor, 200, 403),
        (judge, 404, 403),
        (stranger, 404, 404),
        (world.agent(Role.CROSS_ANALYST, "CROSS13"), 404, 403),
        (world.agent(Role.DPO, "OFAST"), 403, 403),
    ]
    for who, reads, _closes in readers:
        assert world.client(who).get(page).status_code == reads, who.login
    for who, _reads, closes in reversed(readers):
        if closes:
            answer = world.client(who).post(close, {"closed_on": "2026-11-20"})
            assert answer.status_code == closes, who.login
    assert "2026/99" not in text_of(world.client(stranger).get("/procedures/"))
    assert world.client(prosecutor).get(NEW).status_code == 403
