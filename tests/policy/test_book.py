"""The page itself: its tables can be read, its words are of the legend, what it names is defined once."""

import re
from collections import Counter

import pytest

from recoupe.access.enums import Capacity, Purpose, Role
from recoupe.coordination.enums import ObjectiveState
from recoupe.crosscheck.enums import AgreementState, ContactState, HitState, JudgementState, ReleaseState
from recoupe.dealpoints.enums import DealPointState
from recoupe.deconfliction.settling.enums import OpinionState, SettlementState
from recoupe.intelligence.enums import ImportState, ReportState
from recoupe.targets.enums import TargetState
from tests.policy.book import ROLE_SETS, SHOWN, STANDINGS, clauses, rows, tables, text, words

STATES = {
    "report": ReportState, "dealpoint": DealPointState, "objective": ObjectiveState, "hit": HitState,
    "contact": ContactState, "release": ReleaseState, "agreement": AgreementState, "judgement": JudgementState,
    "import": ImportState, "target": TargetState, "settlement": SettlementState, "opinion": OpinionState,
}  # fmt: skip
KEYS = {
    "roles": ("role", "scope", "capacity"),
    "purposes": ("role",),
    "readers": ("object", "whose", "capacity"),
    "actions": ("action", "object"),
    "moves": ("object", "from", "to"),
    "routes": ("route",),
    "verbs": ("route", "verb"),
    "tables": ("table",),
    "fields": ("table", "field"),
    "functions": ("function",),
    "otherroles": ("role",),
    "callers": ("roles",),
    "stepup": ("route",),
}


def test_every_table_is_there_and_none_says_a_thing_twice() -> None:
    assert set(tables()) == set(KEYS)
    for name, key in KEYS.items():
        seen = Counter(tuple(row[part] for part in key) for row in rows(name))
        assert [one for one, times in seen.items() if times > 1] == [], name


def test_every_clause_is_defined_once_and_every_clause_that_is_named_is_defined() -> None:
    defined = re.findall(r"^- \*\*(P-\d+)\b", text(), re.MULTILINE)
    assert len(defined) == len(set(defined)) > 60
    assert set(re.findall(r"P-\d+", text())) - clauses() == set()


def roles_said(cell: str) -> set[str]:
    return set(words(cell)) - set(ROLE_SETS) - set(Role.values)


def test_cells_hold_the_words_of_the_legend() -> None:
    for row in rows("actions"):
        assert roles_said(row["roles"]) == set(), row
        assert set(words(row["who"])) <= STANDINGS, row
        assert all(clause in clauses() for clause in words(row["clauses"])), row
    for row in rows("routes"):
        assert roles_said(row["roles"]) == set(), row
        assert row["purpose"] in ("yes", "no"), row
        assert set(words(row["methods"])) <= {"GET", "HEAD", "POST"}, row
    for row in rows("moves"):
        assert set(words(row["who"])) <= STANDINGS - {"T-5", "any"}, row
    for row in rows("readers"):
        assert row["capacity"] in {*Capacity.values, "own", "held", "same", "authority"}, row
    for row in rows("functions"):
        assert set(words(row["writes"])) <= {table["table"] for table in rows("tables")}, row
        assert set(words(row["for"])) <= {action["action"] for action in rows("actions")} | {"any"}, row
    for row in rows("fields"):
        assert row["shown"] in SHOWN, row
        assert row["sql"] in ("yes", "no"), row
    for row in rows("purposes"):
        assert set(words(row["purposes"])) <= set(Purpose.values), row


@pytest.mark.parametrize("kind", sorted(STATES))
def test_states_exist(kind: str) -> None:
    known = set(STATES[kind].values)
    for row in rows("moves"):
        if row["object"] == kind:
            assert {row["from"], row["to"]} <= known, row
    for row in rows("actions"):
        said = set(words(row["state"])) - {"any", "T-5"}
        if row["object"] == kind and said:
            assert said <= known, row


def test_what_a_route_or_a_verb_does_is_an_action() -> None:
    actions = {row["action"] for row in rows("actions")}
    verbs = {row["route"] for row in rows("verbs")}
    for row in rows("routes"):
        assert row["action"] in actions or (row["action"] == "verb" and row["route"] in verbs), row
    for row in rows("verbs"):
        assert row["action"] in actions, row
        assert (row["to"] != "-") == row["action"].endswith(".move"), row
