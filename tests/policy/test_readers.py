"""Who reads each kind of object (T-3), who holds which key (T-1), which purposes a role has (T-2)."""

from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from recoupe.access.enums import PURPOSES_BY_ROLE, Capacity, Role
from recoupe.access.keys import own, own_capacity, reader_key
from recoupe.cases import actions as cases
from recoupe.coordination import rules as coordination
from recoupe.crosscheck import rules as crosscheck
from recoupe.dealpoints import rules as dealpoints
from recoupe.deconfliction import life as deconfliction
from recoupe.intelligence import actions as intelligence
from recoupe.intelligence import rules
from recoupe.intelligence.enums import ReportState
from recoupe.kernel.handling import H3Line, Handling
from tests.cases.test_actions import typed
from tests.policy.book import Row, of_object, rows, words
from tests.world import World

OWNER, CELL, OTHER_CELL, OFFICE, AUTHOR, RELAY, COURT, LEAD, CO, RECIPIENT, JOINT = (UUID(int=i) for i in range(1, 12))
# The author in the owner unit: the column `capacity` says `agent` of him there alone.
SEAT, _ = own(AUTHOR, OWNER)
Audience = set[tuple[UUID, str]]
CODES = [Handling.parse(codes, line, "x") for codes, line in product((["H0"], ["H1"], ["H2"], ["H1", "H2"]), ("",))] + [
    Handling.parse(["H3", *more], line.value, "x") for more in ([], ["H1"], ["H2"]) for line in H3Line
]


def told(audience: Any) -> Audience:
    return {(target, Capacity(capacity).value) for target, capacity in audience}


def expected(kind: str, whose: dict[str, list[UUID]], when: Callable[[str], bool], own: str) -> Audience:
    """The keys that the table gives; a phrase that the test does not know fails it."""
    found: Audience = set()
    for row in of_object("readers", kind):
        capacity = own if row["capacity"] in ("own", "held") else row["capacity"]
        targets = whose[row["whose"]]
        if when(row["when"]):
            found |= {(target, capacity) for target in targets}
    return found


def test_roles_give_the_keys_of_the_table(world: World) -> None:
    stored = world.sql("SELECT role, scope, capacity FROM access_rolecapacity")
    assert set(stored) == {(row["role"], row["scope"], row["capacity"]) for row in rows("roles")}
    assert {row["role"]: row["word"] for row in rows("roles")} == {role.value: str(role.label) for role in Role}


def test_roles_have_the_purposes_of_the_table() -> None:
    assert {row["role"]: words(row["purposes"]) for row in rows("purposes")} == {
        role.value: [purpose.value for purpose in purposes] for role, purposes in PURPOSES_BY_ROLE.items()
    }


@pytest.mark.parametrize(("kind", "own"), [("police_unit", "unit"), ("cross", "cell"), ("office", "office")])
def test_readers_of_a_report(kind: str, own: str) -> None:
    whose = {"author": [SEAT], "owner unit": [OWNER], "each of `cells`": [CELL, OTHER_CELL], "the office": [OFFICE]}
    for state, handling, silent in product(ReportState, CODES, (False, True)):
        codes = {code.value for code in handling.codes}
        cells = not silent and ("H3" not in codes or handling.h3_line is H3Line.BOTH)
        office = not silent and codes <= {"H0", "H1"}
        lives = state not in (ReportState.DRAFT, ReportState.ERASED)
        holds = {
            "state is DRAFT": state is ReportState.DRAFT,
            "state is neither DRAFT nor ERASED": lives,
            "state is neither DRAFT nor ERASED and cells read": lives and cells,
            "state is neither DRAFT nor ERASED and office reads": lives and office,
            "state is neither DRAFT nor ERASED and recipients read": False,
        }
        known = rules.Readership(
            state, AUTHOR, OWNER, kind, handling, silent, frozenset({CELL, OTHER_CELL}), OFFICE
        )  # fmt: skip
        wanted = expected("report", {**whose, "each of `recipients`": []}, holds.__getitem__, own)
        assert told(rules.audience(known)) == wanted
        assert rules.recipients_read(handling, silent) is (not silent and "H3" not in codes)
        assert own_capacity(kind).value == own


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("relay", [None, RELAY])
@pytest.mark.parametrize("kind", ["report", "event"])
@pytest.mark.parametrize("office_reads", [False, True])
def test_readers_of_one_side_of_a_hit(batch: bool, relay: UUID | None, office_reads: bool, kind: str) -> None:
    facts = crosscheck.Facts(
        kind, uuid4(), OWNER, "reports", "", True, True, False, frozenset({"13"}), office_reads, batch, AUTHOR,
        None,  # type: ignore[arg-type]
    )  # fmt: skip
    whose = {
        "author of the own record": [SEAT], "owner unit of the own record": [OWNER],
        "`relay`": [relay] if relay else [], "each cell of the own record": [CELL], "the office": [OFFICE],
    }  # fmt: skip
    holds = {
        "always": True, "the record came from no file and is not erased": not batch,
        "both sides were told and another unit answers": relay is not None, "cells read": True,
        "the record is not erased": True, "the own record is an event": kind == "event",
        "office reads": office_reads,
    }  # fmt: skip
    wanted = expected("hit", whose, holds.__getitem__, "")
    assert told(crosscheck.audience(facts, [CELL], OFFICE, relay)) == wanted


@pytest.mark.parametrize("desk", [OWNER, RELAY])
def test_readers_of_a_danger_and_of_its_sides(desk: UUID) -> None:
    whose = {"owner unit": [OWNER], "the desk that answers for it": [desk], "the office": [OFFICE]}
    watch = told(deconfliction.audience(OFFICE))
    assert watch == expected("danger", whose, lambda when: when == "always", "")
    found = told(deconfliction.side_audience(OWNER, desk)) | watch
    assert found == expected("danger_side", whose, lambda when: when == "always", "")


@pytest.mark.parametrize("cells", [[CELL, OTHER_CELL], []])
def test_readers_of_a_point_and_of_its_evidence(cells: list[UUID]) -> None:
    point = {
        "proposer’s unit": [OWNER], "each of `cells`": cells, "the office": [OFFICE],
        "each court competent for the commune": [COURT],
    }  # fmt: skip
    found = dealpoints.audience({(OWNER, Capacity.UNIT)}, cells, OFFICE, [COURT])
    assert told(found) == expected("dealpoint", point, lambda when: when == "always", "unit")
    evidence = {
        "owner unit of the record": [OWNER], "unit of who attached it": [RELAY],
        "each of `cells` of the point": cells, "the office": [OFFICE],
        # The base adds them while the point is merged (tests/dealpoints/test_lives.py).
        "each of `cells` of those in which it lives on": [],
    }  # fmt: skip
    brought = dealpoints.evidence_audience({(OWNER, Capacity.UNIT), (RELAY, Capacity.UNIT)}, cells, OFFICE)
    assert told(brought) == expected("evidence", evidence, lambda when: when == "always", "unit")


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize(("lead", "joint"), [(False, False), (True, False), (True, True)])
def test_readers_of_an_objective(sent: bool, lead: bool, joint: bool) -> None:
    whose = {
        "proposer’s unit": [OWNER], "each of `cells`": [CELL], "the office": [OFFICE], "its court": [COURT],
        "lead service": [LEAD], "joint lead service": [JOINT], "each associated service": [CO],
    }  # fmt: skip
    holds = {
        "always": True,
        "it was sent": sent,
        "it has one": lead,
        "it has two": joint,
        "it has a lead service": lead,
    }
    found = coordination.audience(
        {(OWNER, Capacity.CELL)},
        [CELL],
        OFFICE,
        COURT if sent else None,
        [LEAD, *([JOINT] if joint else []), CO] if lead else [],
    )
    assert told(found) == expected("objective", whose, holds.__getitem__, "cell")


def keys(row: Row, whose: dict[str, UUID]) -> int:
    return reader_key(whose[row["whose"]], row["capacity"])


def test_readers_of_a_case_as_they_stand_in_the_base(world: World) -> None:
    officer, magistrate = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.PROSECUTOR, "TJ13")
    with world.acting(officer) as by:
        case = cases.open_case(by=by, entry=typed(magistrate, "2026/777"))
    court = magistrate.unit_id
    whose = {"owner unit": officer.unit_id, "magistrate in charge": own(magistrate.id, court)[0], "its court": court}
    ((stored,),) = world.sql("SELECT readers FROM cases_case WHERE id = %s", [case.id])
    assert set(stored) == {keys(row, whose) for row in of_object("readers", "case")}


def test_readers_of_a_file_as_they_stand_in_the_base(world: World) -> None:
    sender = world.agent(Role.INVESTIGATOR, "SP13")
    with world.acting(sender) as by:
        made = intelligence.upload_import(
            by=by, name="x.csv", content=b"a;b\n", mapping={"columns": {"a": "fact_text"}}
        )
    whose = {"who handed it in": own(sender.id, sender.unit_id)[0], "owner unit": sender.unit_id}
    ((stored,),) = world.sql("SELECT readers FROM intelligence_importfile WHERE id = %s", [made.id])
    assert set(stored) == {keys(row, whose) for row in of_object("readers", "import")}
