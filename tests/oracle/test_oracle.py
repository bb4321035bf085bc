"""The worked examples of docs/POLICY.md (section 11), on the oracle alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from . import policy, tables
from .example import AGENTS, DEFAULT, NOON, REPORT, at_pj13, may, readers, unit_key, with_reports
from .terms import (
    Agreement,
    Case,
    Child,
    Contact,
    DealPoint,
    Disclosure,
    Habilitation,
    HitSide,
    ImportFile,
    Judgement,
    Key,
    Keys,
    Objective,
    Person,
    Purpose,
    Release,
    Report,
    Session,
)


def test_1_a_report_and_its_keys() -> None:
    world = with_reports(REPORT)
    expected: Keys = frozenset({unit_key("PJ13", "unit"), unit_key("CROSS13", "cell"), unit_key("OFAST", "office")})
    assert policy.row_keys(world, "report", REPORT) == expected
    held = {unit_key("DED13", "unit"), unit_key("CROSS13", "territory"), unit_key("CROSS84", "territory")}
    assert policy.keys(world, AGENTS["ded"]) == held | {Key("agent", "ded", "agent", "DED13")}
    assert policy.opens(world, AGENTS["ded"], "report-page", "GET", REPORT) == "absent"
    assert policy.opens(world, AGENTS["ded"], "report-act", "POST", REPORT, verb="trier") == "absent"
    assert not policy.writes(world, AGENTS["ded"], "intelligence_report", "S", REPORT)
    assert readers(world, "report", REPORT) == at_pj13() | {"ana", "ana2", "chief", "office"}


def test_2_handling_codes() -> None:
    strict = replace(REPORT, handling=frozenset({"H2"}))
    assert readers(with_reports(strict), "report", strict) == at_pj13() | {"ana", "ana2", "chief"}
    assert may(with_reports(strict), ("ana", "head"), strict, "report.grade") == ["yes", "forbidden"]
    for closed in (
        replace(REPORT, handling=frozenset({"H3"}), h3_line="nobody"),
        replace(REPORT, handling=frozenset()),
    ):
        world = with_reports(closed)
        assert readers(world, "report", closed) == at_pj13()
        assert may(world, ("head", "inv2"), closed, "report.grade") == ["yes", "forbidden"]
    own = replace(REPORT, author="head", handling=frozenset({"H3"}), h3_line="nobody")
    assert may(with_reports(own), ("head",), own, "report.grade") == ["forbidden"]


def test_3_silence() -> None:
    muted = replace(REPORT, silent_until=date(2026, 11, 30), recipients=frozenset({"DED13"}))
    world = with_reports(muted)
    assert may(with_reports(REPORT), ("head", "ana"), REPORT, "report.silence") == ["yes", "forbidden"]
    assert readers(world, "report", muted) == at_pj13()
    later = replace(world, now=NOON + timedelta(days=9))
    assert readers(later, "report", muted) == at_pj13()
    side = HitSide("s", "h", "holder", "PJ13", "r", state="POSITIVE")
    contact, asked = Contact("c", "h", "MADE"), Release("x", "c", "holder", "r")
    told = replace(world, sides={"s": side})
    assert readers(told, "hit", side) == {"inv", "head", "duty"}
    assert readers(replace(told, reports={"r": REPORT}), "hit", side) == {"inv", "head", "duty"} | {
        "ana", "ana2", "chief", "office",
    }  # fmt: skip
    giving = replace(later, sides={"s": side}, contacts={"c": contact}, releases={"x": asked})
    assert policy.may(giving, AGENTS["head"], "hit", side, "release.give") == "conflict"
    freed = replace(giving, reports={"r": replace(muted, silent_until=None)})
    assert policy.may(freed, AGENTS["head"], "hit", side, "release.give") == "yes"


def test_4_the_author_never_handles() -> None:
    own = replace(REPORT, author="ana", owner="CROSS13", state="SUBMITTED")
    world = with_reports(own)
    assert may(world, ("ana", "ana2"), own, "report.move", "TRIAGED") == ["forbidden", "yes"]
    graded = replace(own, state="NO_HIT")
    assert may(world, ("ana", "ana2", "chief"), graded, "report.move", "DISSEMINATED") == [
        "forbidden",
        "forbidden",
        "yes",
    ]
    by_chief = replace(graded, author="chief")
    assert may(with_reports(by_chief), ("chief",), by_chief, "report.move", "DISSEMINATED") == ["forbidden"]
    waiting = replace(graded, review_needed=True)
    assert may(with_reports(waiting), ("chief",), waiting, "report.move", "DISSEMINATED") == ["conflict"]


def test_5_the_name_of_a_minor() -> None:
    boy = Person("p", "r", minor_at_event=True)
    world = replace(with_reports(REPORT), persons={"p": boy})
    for name, expected in (("inv2", "yes"), ("ana", "yes"), ("office", "masked"), ("pros", "no"), ("ded", "no")):
        assert policy.shown(world, AGENTS[name], "report", boy, "intelligence_person.family") == expected
    assert policy.shown(world, AGENTS["office"], "report", boy, "intelligence_person.category") == "yes"
    assert policy.shown(world, AGENTS["office"], "report", boy, "intelligence_person.minor_at_event") == "yes"
    assert policy.finds_by_name(world, AGENTS["ana"], boy)
    assert not policy.finds_by_name(world, AGENTS["office"], boy)


def test_6_a_release_makes_readers_only() -> None:
    boy, version = Person("p", "r", minor_at_event=True), Child("v", "intelligence_reportversion", "r", "inv")
    line = Disclosure("d", "r", "PJ13", "DED13")
    world = replace(with_reports(REPORT), persons={"p": boy}, children={"v": version}, disclosures={"d": line})
    assert readers(world, "report", REPORT) == at_pj13() | {"ana", "ana2", "chief", "office", "ded", "dedhead"}
    assert policy.shown(world, AGENTS["ded"], "report", boy, "intelligence_person.given") == "yes"
    for action in ("report.correct", "report.grade", "report.attach"):
        assert may(world, ("ded",), REPORT, action) == ["forbidden"]
    assert not policy.reads(world, AGENTS["ded"], "intelligence_reportversion", version)
    assert policy.reads(world, AGENTS["ana"], "intelligence_reportversion", version)
    foreign = replace(world, disclosures={"d": replace(line, from_unit="CROSS13")})
    assert not policy.reads(foreign, AGENTS["ded"], "report", REPORT)


def test_7_a_judicial_report() -> None:
    record = replace(REPORT, frame="judicial", case="k")
    case = Case("k", "PJ13", "TJ13", "judge")
    side, contact = HitSide("s", "h", "holder", "PJ13", "r", state="POSITIVE"), Contact("c", "h", "MADE")
    asked = Release("x", "c", "holder", "r")
    question = Agreement("a", "x", "r", "k", "judge", "PJ13", "inv")
    world = replace(with_reports(record), cases={"k": case}, sides={"s": side}, contacts={"c": contact})
    world = replace(world, releases={"x": asked}, agreements={"a": question})
    inv = AGENTS["inv"]
    assert policy.may(world, inv, "hit", side, "release.give") == "yes"
    waits = replace(world, releases={"x": replace(asked, state="AWAITING_MAGISTRATE")})
    assert policy.may(waits, inv, "hit", side, "release.give") == "conflict"
    assert readers(waits, "agreement", question) == {"judge", "inv", "head", "duty"}
    assert policy.may(waits, AGENTS["judge"], "agreement", question, "agreement.answer") == "yes"
    assert policy.may(waits, AGENTS["inv"], "agreement", question, "agreement.answer") == "forbidden"
    for other in ("judge2", "pros"):
        assert policy.may(waits, AGENTS[other], "agreement", question, "agreement.answer") == "absent"
    assert not policy.reads(waits, AGENTS["judge"], "report", record)
    agreed = replace(waits, agreements={"a": replace(question, state="AGREED", agreed=True)})
    assert policy.may(agreed, inv, "hit", side, "release.give") == "yes"
    assert policy.may(agreed, AGENTS["duty"], "hit", side, "release.give") == "absent"
    successor = replace(agreed, cases={"k": replace(case, magistrate="judge2")})
    assert policy.may(successor, inv, "hit", side, "release.give") == "conflict"


def test_8_a_transfer() -> None:
    moved = replace(AGENTS["inv"], unit="PJ69")
    session = Session("z", "inv", "PJ13", NOON + timedelta(hours=3))
    side, contact = HitSide("s", "h", "holder", "PJ13", "r"), Contact("c", "h", "MADE")
    draft, handed = Report("d", "inv", "PJ13", "DRAFT"), ImportFile("f", "inv", "PJ13")
    before = replace(with_reports(REPORT, draft), sides={"s": side}, contacts={"c": contact}, imports={"f": handed})
    own: dict[str, Any] = {"hit": side, "contact": contact, "report": draft, "import": handed}
    assert all(policy.reads(before, AGENTS["inv"], kind, obj) for kind, obj in own.items())
    assert policy.party(before, AGENTS["inv"], contact)
    world = replace(before, agents=AGENTS | {"inv": moved})
    assert policy.session_valid(world, AGENTS["inv"], session)
    assert not policy.session_valid(world, moved, session)
    assert not policy.live(world, moved)
    new = Habilitation("new", "inv", "PJ69", "investigator", date(2026, 11, 22))
    world = replace(world, habilitations={**world.habilitations, "new": new})
    assert policy.roles(world, moved) == {"investigator"}
    assert policy.opens(world, moved, "report-page", "GET", REPORT) == "absent"
    assert not any(policy.reads(world, moved, kind, obj) for kind, obj in own.items())
    assert not policy.party(world, moved, contact)
    assert policy.may(world, moved, "hit", side, "hit.answer") == "absent"
    back = replace(world, agents=AGENTS)
    assert all(policy.reads(back, AGENTS["inv"], kind, obj) for kind, obj in own.items())


@pytest.mark.parametrize(("hour", "counts"), [(0, True), (22, True), (23, False)])
def test_9_the_last_day_of_a_designation(hour: int, counts: bool) -> None:
    ends = replace(DEFAULT.habilitations["inv"], valid_to=date(2026, 11, 22))
    world = replace(DEFAULT, now=datetime(2026, 11, 22, hour, tzinfo=UTC), habilitations={"inv": ends})
    assert policy.live(world, AGENTS["inv"]) is counts


@pytest.mark.parametrize("told", [None, Purpose("duty", "REF"), Purpose("judicial_inquiry", " ", " too  few ")])
def test_10_no_purpose_no_key(told: Purpose | None) -> None:
    agent = replace(AGENTS["inv"], purpose=told)
    world = with_reports(REPORT)
    assert policy.live(world, agent) and not policy.keys(world, agent)
    open_ones = {
        "purpose",
        "commune-options",
        "outlines-departments",
        "outlines-communes",
        "set_language",
        "ready",
        "calendar-feed",
        "api-me",
    }
    for name, route in tables.ROUTES.items():
        expected = "yes" if name in open_ones | {"sign-out"} else "purpose"
        if route["roles"] == "tool":
            expected = "signin"
        assert policy.opens(world, agent, name, route["methods"].split()[0], REPORT) == expected


def test_11_a_duty_officer() -> None:
    mine, other = HitSide("s", "h", "holder", "PJ13", "r"), HitSide("t", "h", "asker", "DED13", "q")
    contact = Contact("c", "h", "REQUESTED", requested_side="asker")
    hidden = Report("q", "ded", "DED13", departments=frozenset({"84"}), handling=frozenset({"H2"}))
    world = replace(with_reports(REPORT, hidden), sides={"s": mine, "t": other}, contacts={"c": contact})
    duty = AGENTS["duty"]
    assert policy.reads(world, duty, "hit", mine) and not policy.reads(world, duty, "hit", other)
    assert policy.may(world, duty, "contact", contact, "contact.confirm") == "yes"
    assert policy.may(world, AGENTS["dedduty"], "contact", contact, "contact.confirm") == "forbidden"
    assert not policy.reads(world, duty, "report", REPORT)
    assert policy.shown(world, duty, "hit", mine, "crosscheck_hitside.record_id") == "no"
    assert policy.reads(world, AGENTS["office"], "contact", contact) and not policy.party(
        world, AGENTS["office"], contact
    )


def test_12_a_point_without_a_cell() -> None:
    point = DealPoint("d", "PJ13", "inv", courts=frozenset({"TJ13"}))
    world = replace(DEFAULT, points={"d": point})
    assert readers(world, "dealpoint", point) == at_pj13() | {"office", "pros", "pros2"}
    office = AGENTS["office"]
    for to in ("TO_VERIFY", "REJECTED"):
        assert policy.may(world, office, "dealpoint", point, "dealpoint.move", to=to) == "yes"
    assert policy.may(world, AGENTS["inv"], "dealpoint", point, "dealpoint.move", to="TO_VERIFY") == "forbidden"
    assert policy.may(world, office, "dealpoint", point, "dealpoint.move", to="CLOSED") == "conflict"


def test_13_an_objective_sent() -> None:
    sent = Objective("o", "PJ13", "head", frozenset({"CROSS13"}), "TJ13", "TO_PROSECUTOR", sent=True)
    world = replace(DEFAULT, objectives={"o": sent})

    def answer(name: str, one: Objective = sent) -> str:
        return policy.opens(world, AGENTS[name], "objective-act", "POST", one, verb="valider")

    assert (answer("pros"), answer("pros84"), answer("judge")) == ("yes", "absent", "forbidden")
    assert answer("pros", replace(sent, proposed_by="pros")) == "forbidden"
    assert answer("pros", replace(sent, sent=False)) == "absent"
    assert answer("pros", replace(sent, state="VALIDATED")) == "conflict"


def test_14_both_sides_of_a_weak_pair() -> None:
    second = replace(REPORT, id="q", owner="DED13", author="ded")
    put = Judgement("j", "CROSS13", "r", "q")
    world = replace(with_reports(REPORT, second), judgements={"j": put})
    assert policy.may(world, AGENTS["ana"], "judgement", put, "judgement.judge") == "yes"
    assert policy.sees_reasons(world, AGENTS["ana"], REPORT, second)
    boy, other = Person("p", "r", minor_at_event=True), Person("p2", "q")
    assert policy.name_in_reasons(world, AGENTS["ana"], boy, other) == "yes"
    assert policy.name_in_reasons(world, AGENTS["office"], other, boy) == "masked"
    muted = replace(second, silent_until=date(2026, 11, 22))
    assert not policy.sees_reasons(with_reports(REPORT, muted), AGENTS["ana"], REPORT, muted)
