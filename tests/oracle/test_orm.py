"""The rooms' permissions, actions and masks against the oracle: random agents, objects, actions, seconds."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from recoupe.access.queries import names_of
from recoupe.coordination.enums import ObjectiveState
from recoupe.dealpoints.enums import DealPointState
from recoupe.deconfliction.settling.enums import SettlementState
from recoupe.intelligence import fields, queries
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.models import Person as PersonRow
from recoupe.intelligence.models import Report
from recoupe.intelligence.models import Selector as SelectorRow
from recoupe.intelligence.queries import Search
from recoupe.kernel.selectors import SelectorKind
from recoupe.targets.enums import TargetState
from tests import proof
from tests.oracle import policy, tables, terms
from tests.oracle.harness.building import House
from tests.oracle.harness.cast import Identity, Person
from tests.oracle.harness.facts import KINDS
from tests.oracle.harness.said import Tally
from tests.oracle.harness.twins import ACTS, TWINS, Asked, decide

STATES = {"report.move": ReportState, "dealpoint.move": DealPointState, "objective.move": ObjectiveState,
          "target.move": TargetState, "settlement.move": SettlementState}  # fmt: skip
SECOND = frozenset({"objective.propose", "dealpoint.add_evidence"})
Question = tuple[str, str, str, Asked]
# Of so many questions, half of the time, the one whose answer comes last in the order of P-2 is asked.
KEEN, FURTHEST = 10, {"yes": 0, "conflict": 1, "invalid": 1, "forbidden": 2}


def alive(told: House) -> Iterator[tuple[Person, Identity, terms.Agent]]:
    """Those who may act under their session, with a purpose."""
    by_token = {person.token: person for person in told.people}
    for one in told.identities():
        agent = told.told(one)
        if agent and one.token in by_token and policy.live(told.facts, agent) and policy.has_purpose(told.facts, agent):
            yield by_token[one.token], one, agent


def _homes(told: House) -> dict[str, dict[str, Any]]:
    return {kind: dict(home(told.facts)) for kind, home in KINDS.items()} | {"agent": dict(told.facts.agents)}


def _questions(
    told: House, agent: terms.Agent, draw: Random, number: int, names: list[tuple[str, str]]
) -> Iterator[Question]:
    """Half on what the agent reads, so that the answers are not all alike; moves to any state; any second object."""
    homes = _homes(told)
    read = {
        kind: [i for i, obj in home.items() if policy.reads(told.facts, agent, kind, obj)]
        for kind, home in homes.items()
    }
    for _ in range(number):
        kind, action = draw.choice(names)
        among = read[kind] if draw.random() < 0.85 and read[kind] else list(homes[kind])
        if not among or (action in SECOND and not (read[kind] and read["report"])):
            continue

            # One that is not read is refused by the page that names it, before the permission is asked.
        among = read[kind] if action in SECOND else among
        drawn = [
            (kind, draw.choice(among), action, Asked(
                draw.choice(list(STATES[action])).value if action in STATES else "",
                draw.choice(read["report"]) if action == "dealpoint.add_evidence" else ""))
            for _ in range(draw.choice((1, KEEN)))
        ]  # fmt: skip
        # The one that goes furthest: what decides last is met as often as what decides first.
        yield min(drawn, key=lambda question: FURTHEST.get(_due(told, agent, question), len(FURTHEST)))


def _due(told: House, agent: terms.Agent, question: Question) -> terms.Answer:
    """What the oracle says; a point or a hit from which an objective is proposed is its second object."""
    kind, identifier, action, asked = question
    obj = _homes_cached(told)[kind][identifier]
    other: Any = _homes_cached(told)["report"].get(asked.other)
    if action == "objective.propose":
        kind, obj, other = "page", terms.Page(), obj
    return policy.may(told.facts, agent, kind, obj, action, to=asked.to or None, other=other)


_CACHE: dict[int, dict[str, dict[str, Any]]] = {}


def _homes_cached(told: House) -> dict[str, dict[str, Any]]:
    return _CACHE.setdefault(id(told), _homes(told))


def _compare(told: House, tally: Tally, names: list[tuple[str, str]], number: int) -> None:
    draw, people = Random(proof.seed()), list(alive(told))
    for person, one, agent in people:
        with told.house.acting(person) as acting:  # type: ignore[arg-type]
            for question in _questions(told, agent, draw, number * 6 // len(people) // 5 + 1, names):
                kind, identifier, action, asked = question
                product, due = decide(acting, kind, identifier, action, asked), _due(told, agent, question)
                tally.note(1, int(due == "yes"), f"{action} {due}")
                if product != due:
                    clause = (tables.action_row(action, kind) or {}).get("clauses", "T-4")
                    what = f"{action} {asked.to or kind} {identifier} {asked.other} "
                    f"{_homes_cached(told)[kind][identifier]}"
                    tally.differs(f"{one.login}", what, clause, product, due)


# Actions that no permission of a room answers here: who asks them instead.
ELSEWHERE = {
    "T-6 decides, and HTTP asks it": {
        "report.create", "import.upload", "dealpoint.import", "case.open", "cells.join", "cells.leave", "board.read",
        "journal.read", "journal.export", "reads.read", "account.code", "account.keys",
        "technical.read", "event.enter", "presence.enter", "presence.measure", "gauge.read", "registry_desk.read",
        "watch.read", "watch.call", "watch.note", "watch.offer", "watch.take",
        "purpose.declare", "session.end", "reference.read", "public", "notice.seen", "reminder.set",
    },
    "the source bureau, of which nobody works here (tests/operations/test_door.py)": {"event.mark", "event.withdraw"},
    "reading, asked of rows by SQL and of pages by HTTP": {"read", "list", "search", "print", "export"},
    "by the worker under the mandate of who handed it in (tests/intelligence)": {"import.check"},
    "the functions of the desk, asked by SQL and by pages (tests/desk); of accounts, T-6 and HTTP": {
        "account.register", "account.identity", "account.lost", "account.depart", "account.review", "recovery.answer",
        "tool.ask", "tool.answer", "tool.fetch", "tool.revoke", "tool.use", "tool.deposit", "tool.check",
    },
    "the plan's own truth tables (tests/plan/test_feeding.py, tests/plan/test_committee.py); T-6 by HTTP": {
        "plan.feed", "plan.preside", "plan.decide",
    },
    "signed by whoever hands in a file, for himself (tests/access; by SQL in test_writes)": {"mandate.sign"},
}  # fmt: skip


def test_every_action_of_the_table_is_asked_or_says_where() -> None:
    asked = {action for _kind, action in (*TWINS, *ACTS)}
    assert asked | set().union(*ELSEWHERE.values()) == {row["action"] for row in tables.ACTIONS}
    assert not asked & set().union(*ELSEWHERE.values())


def test_each_permission_answers_as_the_oracle(told: House) -> None:
    tally, wanted = Tally("orm"), proof.size(ci=3_600, full=38_000)
    _compare(told, tally, sorted(TWINS), wanted)
    tally.close(wanted, "(agent, objet, action) demandées aux permissions des salles, comparées à l'oracle")


def test_each_exchange_between_services_answers_as_the_oracle(told: House) -> None:
    tally, wanted = Tally("orm_acts"), proof.size(ci=400, full=4_000)
    _compare(told, tally, sorted(ACTS), wanted)
    tally.close(wanted, "(agent, objet, action) tentées pour de vrai puis défaites, comparées à l'oracle")


def test_each_name_is_masked_for_whom_the_oracle_masks_it(told: House) -> None:
    tally, wanted, draw = Tally("orm_fields"), proof.size(ci=1_000, full=8_000), Random(proof.seed())
    people = list(alive(told))
    share = wanted // len(people) + 1
    for person, one, agent in people:
        with told.house.acting(person) as acting:  # type: ignore[arg-type]
            rows = list(PersonRow.objects.order_by("id"))
            for row in draw.sample(rows, min(len(rows), share)):
                obj = told.facts.persons[str(row.id)]
                report = Report.objects.get(id=row.report_id)
                product = "masked" if fields.person(acting, report, row).masked else "yes"
                due = policy.shown(told.facts, agent, "report", obj, "intelligence_person.family")
                _noted(tally, one, "intelligence_person.family", obj, product, due)
            for found in draw.sample(chosen := list(SelectorRow.objects.all()), min(len(chosen), share)):
                _selector(told, tally, (one, agent), found)
            for other in draw.sample(sorted(told.facts.agents), 6):
                product = "yes" if names_of([other]) else "no"  # type: ignore[list-item]
                due = "yes" if policy.reads(told.facts, agent, "agent", told.facts.agents[other]) else "no"
                _noted(tally, one, "access_agent.display_name", told.facts.agents[other], product, due)
    tally.close(wanted, "champs de lignes lues, comparés à l'oracle")


def test_a_search_by_name_finds_what_the_oracle_finds(told: House) -> None:
    """P-44: whoever is masked for the agent is not found by him."""
    tally, wanted, draw = Tally("orm_names"), proof.size(ci=50, full=3_000), Random(proof.seed())
    names = sorted(told.house.sql(
        "SELECT id::text, family || ' ' || given FROM intelligence_person WHERE family LIKE 'Zqfzq%%'"
    ))  # fmt: skip
    people = list(alive(told))
    number, reports = wanted // len(people) + 1, {i: told.facts.persons[i].report for i, _name in names}
    for person, one, agent in people:
        with told.house.acting(person) as acting:  # type: ignore[arg-type]
            # Three in four of a report that he reads: there a mask decides.
            mine = [n for n in names if policy.reads(told.facts, agent, "report", told.facts.reports[reports[n[0]]])]
            asked = [draw.choice(mine if mine and draw.random() < 0.75 else names) for _ in range(number)]
            for identifier, name in asked:
                obj = told.facts.persons[identifier]
                found = {str(r.id) for r in queries.search(acting, Search(kind=SelectorKind.PERSON, selector=name))}
                due = policy.finds_by_name(told.facts, agent, obj)
                _noted(tally, one, "search", obj, *("yes" if v else "no" for v in (obj.report in found, due)))
    tally.close(wanted, "recherches par un nom, comparées à l'oracle")


def _selector(told: House, tally: Tally, who: tuple[Identity, terms.Agent], row: SelectorRow) -> None:
    obj = told.facts.selectors[str(row.id)]
    shown = fields.identifier(row.kind, row.raw, row.value)
    product = "yes" if shown == row.raw else "short"
    # The mask of the person under whom it stands is the page's, and HTTP asks it (P-85).
    due = policy.shown(told.facts, who[1], "report", replace(obj, person=None), "intelligence_selector.raw")
    _noted(tally, who[0], "intelligence_selector.raw", obj, product, due)


def _noted(tally: Tally, one: Identity, what: str, obj: object, product: str, due: str) -> None:
    tally.note(1, int(due == "yes"), f"{what} {due}")
    if product != due:
        tally.differs(one.login, f"{what} {obj}", "P-44 P-45 P-46", product, due)
