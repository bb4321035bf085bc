"""Clauses of docs/POLICY.md that no worked example shows, on the oracle alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from . import policy, tables
from .example import AGENTS, DEFAULT, LONG_AGO, REPORT, may, readers, with_reports
from .terms import (
    Agreement,
    Association,
    Case,
    Child,
    DealPoint,
    Disclosure,
    Evidence,
    Habilitation,
    HitSide,
    Judgement,
    Person,
    Purpose,
    Report,
    Selector,
    Session,
)


def test_a_magistrate_directs_at_his_court() -> None:
    case = Case("k", "PJ13", "TJ13", "judge")
    question = Agreement("a", "x", "r", "k", "judge", "PJ13", "inv")
    world = replace(with_reports(REPORT), cases={"k": case}, agreements={"a": question})
    away = replace(AGENTS["judge"], unit="TJ84")
    there = Habilitation("there", "judge", "TJ84", "examining_judge", LONG_AGO)
    moved = replace(world, agents=AGENTS | {"judge": away}, habilitations={**world.habilitations, "there": there})
    for kind, obj in (("case", case), ("agreement", question)):
        assert policy.reads(world, AGENTS["judge"], kind, obj)
        assert not policy.reads(moved, away, kind, obj)
    assert policy.may(moved, away, "agreement", question, "agreement.answer") == "absent"
    follows = replace(moved, cases={"k": replace(case, court="TJ84")})
    assert policy.reads(follows, away, "case", case) is False
    assert policy.reads(follows, away, "case", follows.cases["k"])
    assert policy.reads(follows, away, "agreement", question)


def test_a_service_joined_to_a_cell_reads_and_does_nothing_else() -> None:
    joined = Association("as", "CROSS13", "DED13", date(2026, 11, 1))
    analyst = Habilitation("x", "ded", "DED13", "cross_analyst", LONG_AGO)
    world = replace(with_reports(REPORT), habilitations={**DEFAULT.habilitations, "x": analyst})
    agent = replace(AGENTS["ded"], purpose=Purpose("coordination", "REF"))
    assert not policy.reads(world, agent, "report", REPORT)
    world = replace(world, associations={"as": joined})
    assert policy.reads(world, agent, "report", REPORT) and not policy.works_on(world, agent, REPORT)
    assert policy.may(world, agent, "report", REPORT, "report.grade") == "forbidden"
    assert not {key.capacity for key in policy.keys(world, agent)} & {"duty", "head"}
    own = replace(REPORT, id="own", author="ana", owner="CROSS13", silent_until=date(2026, 12, 1))
    assert not policy.reads(replace(world, reports={"own": own}), agent, "report", own)
    loud = replace(own, silent_until=None)
    assert policy.reads(replace(world, reports={"own": loud}), agent, "report", loud)
    for gone in (replace(joined, spread=False), replace(joined, ended=True), replace(joined, valid_to=LONG_AGO)):
        assert not policy.reads(replace(world, associations={"as": gone}), agent, "report", REPORT)


def test_joining_a_service() -> None:
    wanted = Association("as", "CROSS13", "DED13", date(2026, 11, 22))
    for candidate, expected in (
        (wanted, "yes"),
        (replace(wanted, valid_from=date(2026, 11, 21)), "invalid"),
        (replace(wanted, service="TJ13"), "invalid"),
        (replace(wanted, cell="OFAST"), "invalid"),
        (replace(wanted, service="MIN"), "forbidden"),
    ):
        assert policy.may(DEFAULT, AGENTS["aut"], "cell_service", candidate, "cells.join") == expected
    assert policy.opens(DEFAULT, AGENTS["dpo"], "cell-list", "GET") == "forbidden"


def test_fields_by_their_clause() -> None:
    iban = Selector("s", "r", "iban")
    steps = [Child(str(rank), "dealpoints_statechange", "d", number=rank) for rank in (1, 2)]
    point = DealPoint("d", "PJ13", "inv", frozenset({"CROSS13"}))
    world = replace(with_reports(REPORT), selectors={"s": iban}, points={"d": point})
    world = replace(world, evidence={"e": Evidence("e", "d", "r", "inv", "PJ13")})
    column = "dealpoints_statechange.unit_code"
    assert policy.shown(world, AGENTS["inv"], "report", iban, "intelligence_selector.raw") == "short"
    assert [policy.shown(world, AGENTS["ded"], "dealpoint", one, column) for one in steps] == ["no", "yes"]
    assert [policy.shown(world, AGENTS["inv2"], "dealpoint", one, column) for one in steps] == ["yes", "yes"]
    assert policy.shown(world, AGENTS["inv2"], "report", REPORT, "intelligence_report.author_id") == "yes"
    assert policy.shown(world, AGENTS["ana"], "report", REPORT, "intelligence_report.author_id") == "no"
    assert policy.shown(world, AGENTS["inv"], "report", REPORT, "intelligence_report.readers") == "no"
    assert not policy.selectable("intelligence_report.readers")


def test_what_is_erased_is_read_by_nobody() -> None:
    gone = replace(REPORT, state="ERASED")
    side = HitSide("s", "h", "holder", "PJ13", "r")
    world = replace(with_reports(gone), sides={"s": side})
    assert readers(world, "report", gone) == readers(world, "hit", side) == set()


def test_a_question_is_read_as_long_as_both_records_are() -> None:
    second = replace(REPORT, id="q", owner="DED13", author="ded")
    put = Judgement("j", "CROSS13", "r", "q")
    world = replace(with_reports(REPORT, second), judgements={"j": put})
    assert policy.reads(world, AGENTS["ana"], "judgement", put)
    muted = replace(second, silent_until=date(2026, 12, 1))
    assert not policy.reads(replace(world, reports={"r": REPORT, "q": muted}), AGENTS["ana"], "judgement", put)


def test_the_number_of_a_masked_person_and_the_register_of_a_silent_record() -> None:
    unknown, number = Person("p", "r", category="unknown"), Selector("s", "r", "phone", "p")
    line = Disclosure("d", "r", "PJ13", "DED13")
    world = replace(with_reports(REPORT), persons={"p": unknown}, selectors={"s": number}, disclosures={"d": line})
    column = "intelligence_selector.raw"
    assert [policy.shown(world, AGENTS[name], "report", number, column) for name in ("ana", "office")] == [
        "yes",
        "masked",
    ]
    assert policy.reads(world, AGENTS["ded"], "disclosure", line)
    assert not policy.reads(world, AGENTS["duty"], "disclosure", line)
    muted = replace(world, reports={"r": replace(REPORT, silent_until=date(2026, 12, 1))})
    assert not policy.reads(muted, AGENTS["ded"], "disclosure", line)
    assert policy.reads(muted, AGENTS["inv"], "disclosure", line)


def test_a_designation_names_its_purposes() -> None:
    narrow = replace(DEFAULT.habilitations["inv"], purposes=frozenset({"criminal_intelligence", "coordination"}))
    world = replace(DEFAULT, habilitations={"inv": narrow})
    for code, expected in (("criminal_intelligence", True), ("judicial_inquiry", False), ("coordination", False)):
        agent = replace(AGENTS["inv"], purpose=Purpose(code, "REF 1"))
        assert policy.has_purpose(world, agent) is expected


def test_a_cell_that_has_shut_handles_nothing() -> None:
    shut = replace(DEFAULT.units["CROSS13"], valid_to=date(2026, 11, 21))
    stamped = replace(REPORT, stamped=policy.row_keys(with_reports(REPORT), "report", REPORT))
    world = replace(with_reports(stamped), units={**DEFAULT.units, "CROSS13": shut})
    assert policy.reads(world, AGENTS["ana"], "report", stamped)
    assert may(world, ("ana", "chief", "head"), stamped, "report.grade") == ["forbidden"] * 3


def test_a_role_of_a_cell_elsewhere_and_whose_key_is_missing_write_nothing() -> None:
    """P-81, P-86: who only reads through an association, and who holds no key of the unit in which he serves."""
    away = {"x": Habilitation("x", "ded", "DED13", "cross_analyst", LONG_AGO)}
    agent = replace(AGENTS["ded"], purpose=Purpose("coordination", "REF 1"))
    inside = {"y": Habilitation("y", "ana", "CROSS13", "investigator", LONG_AGO)}
    other = replace(AGENTS["ana"], purpose=Purpose("judicial_inquiry", "REF 1"))
    for who, world in ((agent, replace(DEFAULT, habilitations=away)), (other, replace(DEFAULT, habilitations=inside))):
        assert policy.opens(world, who, "report-list", "GET") == "yes"
        assert policy.opens(world, who, "report-new", "GET") == "forbidden"
        new = Report("n", who.id, str(who.unit), "DRAFT")
        assert not policy.writes(replace(world, reports={"n": new}), who, "intelligence_report", "I", new)


def test_what_leaves_the_house_asks_for_a_key() -> None:
    now = DEFAULT.now
    fresh = Session("z", "head", "PJ13", now + timedelta(hours=3), proven_at=now - timedelta(minutes=4))
    world = with_reports(REPORT)
    stale = (now - timedelta(minutes=6), None, now + timedelta(hours=1))
    old = [(replace(fresh, proven_at=shown), "forbidden") for shown in stale]
    for session, expected in [(fresh, "yes"), *old]:
        assert policy.opens(world, AGENTS["head"], "report-print", "GET", REPORT, session=session) == expected
        assert policy.opens(world, AGENTS["head"], "report-page", "GET", REPORT, session=session) == "yes"


def test_a_draft_is_its_authors_alone() -> None:
    draft = replace(REPORT, state="DRAFT")
    world = with_reports(draft)
    assert readers(world, "report", draft) == {"inv"}
    assert may(world, ("inv", "head"), draft, "report.submit") == ["yes", "absent"]
    assert may(world, ("inv",), draft, "print") == ["conflict"]
    full = replace(world, deposits={("inv", ""): 50})
    assert may(full, ("inv",), draft, "report.submit") == ["invalid"]
    left = replace(world, deposits={("inv", ""): 47})
    inv = AGENTS["inv"]
    for persons, selectors, answer in ((3, 0, "yes"), (4, 0, "invalid"), (0, 15, "yes"), (0, 16, "invalid")):
        asked = policy.may(left, inv, "report", draft, "report.submit", new_persons=persons, new_selectors=selectors)
        assert asked == answer


def test_every_word_of_the_tables_is_known() -> None:
    for row in tables.ACTIONS + list(tables.ROUTES.values()):
        assert tables.role_set(row["roles"]) or row["roles"] in ("public", "tool")
    actions = {row["action"] for row in tables.ACTIONS}
    assert all(row["action"] in actions | {"verb"} for row in tables.ROUTES.values())
    assert all(row["action"] in actions for row in tables.VERBS.values())
    assert all(column.partition(".")[0] in tables.ROWS for column in tables.FIELDS)
