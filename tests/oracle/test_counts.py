"""Counts against the oracle: the budget of a day (P-38), the tiles of the first page (P-3), the plan board (P-78)."""

import re
from dataclasses import replace
from random import Random
from typing import Any

import psycopg
import pytest
from django.db import transaction

from recoupe.demo.discovery import pages
from recoupe.intelligence import actions
from recoupe.intelligence.actions.common import entry_of
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Invalid
from recoupe.reference.snapshot import forget
from tests import proof
from tests.crosscheck.scene import entry, new_phone
from tests.oracle import clauses, policy, tables, terms
from tests.oracle.harness.building import House
from tests.oracle.harness.facts import KINDS
from tests.oracle.harness.said import Tally
from tests.oracle.test_orm import alive
from tests.oracle.test_sql import acting
from tests.world import visitor

BUDGET = "UPDATE reference_legalparameter SET value = %s WHERE rule_code = 'deposit.daily_budget'"
_TILE = re.compile(r'<a class="tile[^"]*" href="([^"]*)">.*?<span class="tile__value">(\d+)', re.DOTALL)
# The page to which a tile leads, and the objects that it may count.
TILES = {
    "report-list": ("report",), "hit-list": ("hit", "judgement"), "contact-list": ("contact",),
    "agreement-list": ("agreement",), "objective-list": ("objective",), "dealpoint-list": ("dealpoint",),
    "import-list": ("import",), "target-list": ("target",), "event-list": ("event",),
    "danger-list": ("danger_side",), "registry-desk": ("settlement",),
}  # fmt: skip


@pytest.fixture
def small_budget(told: House) -> Any:
    told.house.sql("DELETE FROM intelligence_depositcount")
    told.house.sql(BUDGET, [6])
    forget()
    yield 6
    told.house.sql(BUDGET, [50])
    forget()


def test_the_budget_of_a_day_refuses_what_the_oracle_refuses(told: House, small_budget: int) -> None:
    """Deposits and corrections in a row, with and without a procedure; each counts for the case of its report."""
    tally, draw = Tally("budget"), Random(proof.seed())
    able = [
        (p, one, agent)
        for p, one, agent in alive(told)
        if policy.may(told.facts, agent, "page", terms.Page(), "report.create") == "yes"
    ]
    for person, one, agent in draw.sample(able, min(len(able), proof.size(ci=5, full=20))):
        cases = [case.id for case in told.facts.cases.values() if case.owner == agent.unit]
        world = replace(told.facts, deposits={}, daily_budget=small_budget)
        with told.house.acting(person) as acting_one, transaction.atomic():  # type: ignore[arg-type]
            made: list[Any] = []
            for step in range(9):
                # Another reference typed with the purpose is no other budget.
                by = replace(acting_one, case_ref=f"26/{step}")
                report = draw.choice(made) if made and draw.random() < 0.4 else None
                case = report.case_id if report else draw.choice([None, *cases])
                asked = _entry(report, case)
                phones = draw.choice((0, 1, 7)) if report else draw.choice((1, 1, 6))
                # A year of birth is no whole date; other services meet it all the same.
                named = draw.choice((0, 0, 1, 3))
                fresh = tuple(SelectorEntry("phone", new_phone()) for _ in range(phones))
                people = tuple(PersonEntry(family=_name(draw), birth="1985", category="suspect") for _ in range(named))
                asked = replace(asked, selectors=(*asked.selectors, *fresh), persons=(*asked.persons, *people))
                said = _tried(by, report, asked, made)
                action = "report.correct" if report else "report.submit"
                obj = replace(next(iter(world.reports.values())), author=agent.id, owner=str(agent.unit), stamped=None,
                              state="SUBMITTED" if report else "DRAFT", case=str(case) if case else None)  # fmt: skip
                due = policy.may(world, agent, "report", obj, action, new_selectors=phones, new_persons=named)
                tally.note(1, int(due == "yes"), f"{action} {due}")
                if said != due:
                    tally.differs(one.login, f"{action} case {case} {world.deposits}", "P-38", said, due)
                if due == "yes" and (phones or named or not report):
                    key = (agent.id, str(case or ""))
                    count = world.deposits.get(key, 0) + clauses.weight(named, phones)
                    world = replace(world, deposits={**world.deposits, key: count})
            transaction.set_rollback(True)
    tally.close(30, "dépôts et corrections d'un jour, refusés au-delà du plafond comme le dit l'oracle")
    assert tally.by["report.submit invalid"] and tally.by["report.correct invalid"]


def _entry(report: Any, case: Any) -> ReportEntry:
    if report is not None:
        return entry_of(Report.objects.get(id=report.id))
    judicial: dict[str, Any] = {"frame": "judicial", "case_id": case} if case else {}
    return entry(**judicial)


def _name(draw: Random) -> str:
    """One that nobody bears yet."""
    return "Z" + "".join(draw.choices("aeioumnrt", k=14))


def _tried(by: Any, report: Any, asked: ReportEntry, made: list[Any]) -> str:
    try:
        with transaction.atomic():
            if report is None:
                made.append(actions.deposit(by=by, entry=asked))
            else:
                again = Report.objects.get(id=report.id)
                actions.correct(by=by, report=again, entry=asked, reason="précision apportée")
    except Invalid as refusal:
        return "invalid" if refusal.sentence.startswith("Votre plafond du jour") else refusal.sentence
    return "yes"


def test_the_first_page_counts_and_names_no_more_than_what_is_read(told: House, settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.ROOT_URLCONF = ["*"], "recoupe.config.urls_web"
    tally, draw = Tally("http_home"), Random(proof.seed())
    able = [(one, agent) for one in told.identities() if one.purpose and (agent := told.told(one)) is not None
            and policy.opens(told.facts, agent, "home", "GET") == "yes"]  # fmt: skip
    for one, agent in draw.sample(able, min(len(able), proof.size(ci=30, full=len(able)))):
        client = visitor(raises=True)
        client.cookies["recoupe_session"] = one.token
        answer = client.get("/")
        found = pages.visit({"/": answer}.__getitem__, "/")
        for address, number in _TILE.findall(answer.content.decode()):
            kinds = TILES[pages.name(address.partition("#")[0])]
            most = sum(policy.reads(told.facts, agent, k, obj) for k in kinds for obj in KINDS[k](told.facts).values())
            tally.note(1, 1, f"tile {kinds[0]}")
            if int(number) > most:
                tally.differs(one.login, f"tile {address}", "P-3", number, f"at most {most}")
        for link in found.links:
            values = pages.match(link)[1]
            kind = tables.ROUTES[pages.name(link)]["object"] if "id" in values else ""
            if kind in KINDS:
                obj = KINDS[kind](told.facts).get(str(values["id"]))
                due = obj is not None and policy.reads(told.facts, agent, kind, obj)
                tally.note(1, int(due), f"line {kind}")
                if not due:
                    tally.differs(one.login, f"line {link} {obj}", "P-3 P-29", "shown", "hidden")
    tally.close(60, "compteurs et lignes de l'accueil, tenus à ce que l'agent lit")
    assert sum(number for what, number in tally.by.items() if what.startswith("tile"))


def test_the_plan_board_counts_what_the_oracle_counts(told: House) -> None:
    """Frozen within a transaction that is thrown away, so that no other test meets these figures."""
    year = "SELECT id::text FROM intelligence_report WHERE submitted_at BETWEEN now() - interval '1 year' AND now()"
    recent = {identifier for (identifier,) in told.house.sql(year)}
    world = told.facts
    due = {
        "m1_reports": sum(policy.counted(world, r) for i, r in world.reports.items() if i in recent),
        "m5_stock": sum(map(policy.in_stock, world.points.values())),
    }
    [(small,)] = told.house.sql(
        "SELECT value::int FROM reference_legalparameter WHERE rule_code = 'statistics.small_cell'"
        " ORDER BY valid_from DESC NULLS LAST LIMIT 1"
    )
    tally = Tally("figures")
    with psycopg.connect(told.house.url("recoupe_app"), autocommit=True) as direct:
        for _person, one, agent in alive(told):
            opens = policy.may(world, agent, "figure", terms.Figure(), "board.read") == "yes"
            with acting(direct, one):
                try:
                    rows = direct.execute("SELECT code, numerator FROM plan.figures() WHERE department = ''").fetchall()
                except psycopg.errors.InsufficientPrivilege:
                    rows = []
            tally.note(1, int(opens), "opens")
            if bool(rows) != opens:
                tally.differs(one.login, "figures", "P-78", bool(rows), opens)
            for code, number in rows:
                kept = None if 0 < due.get(str(code), 0) < small else due.get(str(code))
                tally.note(1, 1, str(code))
                if code in due and number != kept:
                    tally.differs(one.login, f"{code}", "P-78", number, kept)
    tally.close(20, "chiffres du tableau du plan, comptés aussi par l'oracle")
    assert tally.by["m1_reports"] and due["m1_reports"] >= small
