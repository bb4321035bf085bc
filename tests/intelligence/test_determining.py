"""R-CAT-1: a category left open is told after its term to those who may say it, until they have; then it is kept."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from recoupe.access.context import service
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import actions, queries, rules
from recoupe.intelligence.actions.common import notice_keys
from recoupe.intelligence.enums import NoticeKind, ReportState
from recoupe.intelligence.models import Person, Report
from recoupe.intelligence.queries import Filters
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.reference import queries as reference
from tests.intelligence.made import entry, person
from tests.world import TestAgent, World

KIND = NoticeKind.CATEGORY.value
OPEN_ONE = person(family="Inconnu-Test", category="unknown")
RESERVED = {"handling": "H3", "h3_line": "nobody", "handling_conditions": "opération en cours"}
SETTLED = {"wanted": "witness", "reason": "entendu le 12"}


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


def made(world: World, who: TestAgent, **changes: object) -> Report:
    with world.acting(who) as by:
        return actions.deposit(by=by, entry=entry(**{"persons": (person(), OPEN_ONE), **changes}))


def last_day() -> date:
    """The first day on which what is deposited today is told."""
    today = timezone.localdate()
    return today + timedelta(days=reference.whole_parameter(rules.CATEGORY_RULE, today))


def night(world: World, day: date) -> int:
    with world.process("worker"), service("worker", "tests"):
        return actions.tell_undetermined(today=day)


def keys_told(world: World, report: UUID) -> set[int]:
    found = world.sql(
        "SELECT key FROM notices_notice WHERE record_id = %s AND kind = %s AND seen_at IS NULL", [report, KIND]
    )
    return {key for (key,) in found}


def open_person(world: World, report: UUID) -> UUID:
    found: list[tuple[UUID]] = world.sql(
        "SELECT id FROM intelligence_person WHERE report_id = %s AND family = 'Inconnu-Test'", [report]
    )
    return found[0][0]


def home(world: World, who: TestAgent) -> str:
    return world.client(who).get("/").content.decode().replace("\u00a0", " ")


def test_it_is_told_once_on_its_day_to_author_and_cell_and_no_longer_once_said(
    world: World, author: TestAgent, analyst: TestAgent
) -> None:
    report = made(world, author)
    address = f'href="/renseignements/{report.id}/">Qualité d&#x27;une personne à déterminer</a>'
    assert night(world, last_day() - timedelta(days=1)) == 0
    assert night(world, last_day()) == 2
    assert night(world, last_day() + timedelta(days=1)) == 0
    with world.acting(author):
        assert keys_told(world, report.id) == set(notice_keys(report, NoticeKind.CATEGORY, timezone.localdate()))
    for who in (author, analyst):
        shown = home(world, who)
        assert address in shown
        assert "depuis 0 jour" in shown
        assert "Inconnu-Test" not in shown
    # Whoever triages has said nothing of the person: the cell is still told.
    with world.acting(analyst) as by:
        actions.triage(by=by, report=report)
    assert len(keys_told(world, report.id)) == 2
    with world.acting(analyst) as by:
        listed = queries.recent(by, filters=Filters(undetermined=True)).reports
        assert [one.id for one in listed] == [report.id]
        actions.determine(by=by, report=report, person=open_person(world, report.id), **SETTLED)
        assert queries.recent(by, filters=Filters(undetermined=True)).reports == []
    assert address not in home(world, author)
    assert address not in home(world, analyst)
    assert night(world, last_day()) == 0
    assert keys_told(world, report.id) == set()
    said = [line for line in world.journal("modify") if line[3].get("notice") in ("left", "ended")]
    assert [(line[1], line[2], line[3]) for line in said] == [
        (None, [f"report:{report.id}"], {"notice": word}) for word in ("left", "ended")
    ]


def test_the_base_tells_those_whom_the_rule_names(world: World, author: TestAgent, analyst: TestAgent) -> None:
    """The author, and who works on it: the cells that read it, else the office, else the head of its unit."""
    region = world.agent(Role.INVESTIGATOR, "OFAST-PREN")
    head = world.agent(Role.UNIT_HEAD, "PJ13")
    found = [
        made(world, author, handling="H2"),
        made(world, author, **RESERVED),
        made(world, analyst, **RESERVED),
        made(world, author, commune="", lon="4,8206", lat="43,9143", uncertainty_m="200"),
        made(world, region, commune="", place_kind="none"),
    ]
    silent = made(world, author)
    with world.acting(head) as by:
        until = timezone.localdate() + timedelta(days=9)
        found.append(actions.mark_silent(by=by, report=silent, until=until, reason="opération en cours"))
    night(world, last_day())
    today = timezone.localdate()
    told = [keys_told(world, report.id) for report in found]
    with world.acting(author):
        assert told == [set(notice_keys(report, NoticeKind.CATEGORY, today)) for report in found]
    assert [len(keys) for keys in told] == [2, 2, 2, 3, 2, 2]
    assert len({key for keys in told for key in keys}) == 3 + 4, "three authors, two cells, the office, a head"


def test_who_works_on_it_says_it_once_and_what_was_said_before_stays(
    world: World, author: TestAgent, analyst: TestAgent
) -> None:
    report = made(world, author)
    who = open_person(world, report.id)
    for other in (world.agent(Role.OFAST_ANALYST, "OFAST"), world.agent(Role.INVESTIGATOR, "PJ13")):
        with world.acting(other) as by, pytest.raises(Refused):
            actions.determine(by=by, report=report, person=who, **SETTLED)
    with world.acting(world.agent(Role.INVESTIGATOR, "DED13")) as by, pytest.raises(Absent):
        actions.determine(by=by, report=report, person=who, **SETTLED)
    with world.acting(analyst) as by:
        actions.triage(by=by, report=report)
        actions.grade(by=by, report=report, source="B", info="3")
    with world.acting(author) as by:
        for wrong in ({"wanted": "unknown"}, {"wanted": "informant"}, {"reason": " "}):
            with pytest.raises(Invalid):
                actions.determine(by=by, report=report, person=who, **SETTLED | wrong)
        after = actions.determine(by=by, report=report, person=who, **SETTLED)
        assert (after.state, after.grading, after.version) == (ReportState.GRADED, "B3", 2)
        (kept,) = queries.versions(by, after)
        assert [one["category"] for one in kept.content["persons"]] == ["suspect", "unknown"]
        assert [one.person.category for one in queries.persons(by, after)] == ["suspect", "witness"]
        assert queries.history(by, after)[-1].motive == SETTLED["reason"]
        with pytest.raises(Conflict):
            actions.determine(by=by, report=report, person=who, **SETTLED)
    entries = [(actor, refs) for _, actor, refs, details in world.journal("modify") if details == {}]
    assert entries[-1] == (author.id, [f"report:{report.id}"])
    # Said once: not even SQL of his own session says otherwise.
    with world.acting(author), pytest.raises(DatabaseError, match="said once"), transaction.atomic():
        record(Operation.MODIFY, refs=[("report", report.id)])
        Person.objects.filter(id=who).update(category="suspect")


def test_nobody_waits_for_what_is_closed(world: World, author: TestAgent, analyst: TestAgent) -> None:
    report = made(world, author)
    night(world, last_day())
    assert keys_told(world, report.id)
    with world.acting(analyst) as by:
        actions.reject(by=by, report=report, reason="hors sujet")
    assert f'/renseignements/{report.id}/">Qualité' not in home(world, author)
    night(world, last_day())
    assert keys_told(world, report.id) == set()
    with world.acting(author) as by, pytest.raises(Conflict):
        actions.determine(by=by, report=report, person=open_person(world, report.id), **SETTLED)
