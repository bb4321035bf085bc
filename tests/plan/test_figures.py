"""The specification of each figure of the board: one small table, one expected count."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.utils import timezone

from recoupe.access.models import Disclosure
from recoupe.cases.models import Case
from recoupe.coordination.models import Objective, Step
from recoupe.crosscheck.models import Release
from recoupe.dealpoints.models import DealPoint, StateChange
from recoupe.intelligence.models import GradingHistory, Report
from recoupe.plan.figures import SPECS
from recoupe.plan.models import Session
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.targets.models import RegisteredTarget, TargetStep
from tests.plan.tables import clear, counted, insert
from tests.world import World

NOW = datetime.now(UTC)
TODAY = date.today()
MANY = 11  # the threshold of small cells: what a row of these tables stands for


@pytest.fixture(autouse=True)
def empty(world: World) -> None:
    clear(world)


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def reports(times: int, days: float, **over: Any) -> list[dict[str, Any]]:
    fields: dict[str, Any] = {
        "state": "SUBMITTED",
        "fact_text": "x",
        "source_kind": "partner",
        "departments": ["13"],
        "handling": ["H0"],
        "event_from": TODAY,
        "event_to": TODAY,
        **over,
    }
    return [{"id": uuid4(), "ref": str(uuid4())[:30], "submitted_at": ago(days), **fields} for _ in range(times)]


# state     | deposited | counted
# SUBMITTED | 1 day     | 11
# HIT       | 364 days  | 11
# SUBMITTED | 366 days  |  0
# DRAFT     | never     |  0
# REJECTED  | 1 day     |  0
# silent    | 1 day     |  0
# H3 nobody | 1 day     |  0
# H3 both   | 1 day     | 11
# unknown   | 1 day     |  0
# no code   | 1 day     |  0
def test_m1_reports_counts_deposits_of_twelve_months_and_no_reserved_one(world: World) -> None:
    rows = [
        *reports(MANY, 1),
        *reports(MANY, 364, state="HIT"),
        *reports(MANY, 366),
        *reports(MANY, 1, state="DRAFT", ref=None),
        *reports(MANY, 1, state="REJECTED"),
        *reports(MANY, 1, silent_until=TODAY, silent_reason="x"),
        *reports(MANY, 1, handling=["H3"], h3_line="nobody"),
        *reports(MANY, 1, handling=["H3"], h3_line="both"),
        *reports(MANY, 1, handling=["H3", "H9"], h3_line="both"),
        *reports(MANY, 1, handling=[]),
    ]
    for row in rows:
        if row["state"] == "DRAFT":
            row["submitted_at"] = None
    insert(world, Report, rows)
    assert counted(world, "m1_reports") == (3 * MANY, None, False)


# deposited | graded after | in time | due
# 10 days   | 47 h         | 11      | 11
# 10 days   | 49 h         |         | 11
# 10 days   | never        |         | 11
# 10 days   | 1 h and 90 h | 11      | 11     the first grade counts
# 1 day     | 1 h          |         |        its delay is still running
def test_m1_graded_counts_first_grades_within_the_hours_of_the_parameter(world: World) -> None:
    for delays, days in (((47,), 10), ((49,), 10), ((), 10), ((1, 90), 10), ((1,), 1)):
        rows = reports(MANY, days)
        insert(world, Report, rows)
        insert(
            world,
            GradingHistory,
            [
                {"report_id": row["id"], "at": row["submitted_at"] + timedelta(hours=delay), "source": "B", "info": "2"}
                for row in rows
                for delay in delays
            ],
        )
    assert counted(world, "m1_graded") == (2 * MANY, 4 * MANY, False)


# department | deposited | its cell is active
# 13         | 89 days   | yes
# 59, 62     | 1 day     | both
# 75         | 91 days   | no
# 69         | silent    | no
def test_m1_cells_counts_open_cells_that_received_a_report_in_90_days(world: World) -> None:
    insert(
        world,
        Report,
        [
            *reports(1, 89, departments=["13"]),
            *reports(1, 1, departments=["59", "62"]),
            *reports(1, 91, departments=["75"]),
            *reports(1, 1, departments=["69"], silent_until=TODAY, silent_reason="x"),
        ],
    )
    cells = reference.units(TODAY, kind=UnitKind.CROSS)
    assert counted(world, "m1_cells") == (3, len(cells), False)


# asked    | state     | granted | asked for
# 1 day    | GRANTED   | 11      | 11
# 1 day    | REFUSED   |         | 11
# 1 day    | REQUESTED |         | 11
# 366 days | GRANTED   |         |
def test_m3_releases_counts_granted_over_asked(world: World) -> None:
    insert(
        world,
        Release,
        [
            {"state": state, "asked_at": ago(days), "decided_at": NOW, "record_id": record, "giving_side": "holder"}
            for state, days, granted in (("GRANTED", 1, 1), ("REFUSED", 1, 0), ("REQUESTED", 1, 0), ("GRANTED", 366, 1))
            for _ in range(MANY)
            for record in ([uuid4()] if granted else [None])
        ],
    )
    assert counted(world, "m3_releases") == (MANY, 3 * MANY, False)


# 12 units give in a circle: all 12 give and receive; a 13th only receives; an exchange two years old counts for nobody.
def test_m3_reciprocity_counts_units_that_give_and_receive(world: World) -> None:
    units = reference.units(TODAY, kind=UnitKind.POLICE_UNIT)[:14]
    circle = [(units[i], units[(i + 1) % 12], 5) for i in range(12)]
    insert(
        world,
        Disclosure,
        [
            {"from_unit_id": giver.id, "to_unit_id": taker.id, "at": ago(days), "record_kind": "report"}
            for giver, taker, days in [*circle, (units[0], units[12], 5), (units[13], units[0], 730)]
        ],
    )
    assert counted(world, "m3_reciprocity") == (12, 13, False)


def points(world: World, times: int, department: str, steps: list[tuple[str, float]], late: float = 0) -> list[UUID]:
    """Points of a department with their history: (state, days ago), each recorded `late` days after it held."""
    made = [uuid4() for _ in range(times)]
    insert(
        world,
        DealPoint,
        [
            {"id": i, "ref": str(i)[:24], "departments": [department], "state": steps[-1][0], "uncertainty_m": 300}
            | ({"merged_into_id": uuid4()} if steps[-1][0] in ("MERGED", "DUPLICATE") else {})
            for i in made
        ],
    )
    insert(
        world,
        StateChange,
        [
            {"point_id": i, "step": n, "at": ago(days - late), "since": ago(days), "to_state": state}
            for i in made
            for n, (state, days) in enumerate(steps, 1)
        ],
    )
    return made


# department | life                                   | in stock
# 13         | ACTIVE                                 | 11
# 13         | ACTIVE, TARGETED, DISRUPTED            | 11
# 69         | DISMANTLED, WATCH, REOCCUPIED          | 10
# 13         | ACTIVE, DISMANTLED                     |  0
# 13         | REPORTED                               |  0
# 13         | ACTIVE, then CLOSED dated tomorrow     | 11    history at this moment
def test_m5_stock_counts_points_from_history_and_shows_no_small_department(world: World) -> None:
    points(world, MANY, "13", [("REPORTED", 9), ("ACTIVE", 8)])
    points(world, MANY, "13", [("REPORTED", 9), ("ACTIVE", 8), ("TARGETED", 7), ("DISRUPTED", 6)])
    points(world, MANY - 1, "69", [("DISMANTLED", 9), ("WATCH", 8), ("REOCCUPIED", 7)])
    points(world, MANY, "13", [("ACTIVE", 9), ("DISMANTLED", 8)])
    points(world, MANY, "13", [("REPORTED", 9)])
    points(world, MANY, "13", [("ACTIVE", 9), ("CLOSED", -1)])
    assert counted(world, "m5_stock") == (4 * MANY - 1, None, False)
    assert counted(world, "m5_stock", "13") == (3 * MANY, None, False)
    assert counted(world, "m5_stock", "69") is None
    assert counted(world, "m5_stock", "59") is None


# entered  | life                  | confirmed | entered
# 10 days  | REPORTED, ACTIVE      | 11        | 11
# 10 days  | ... ACTIVE, TARGETED  | 11        | 11
# 10 days  | REPORTED              |           | 11
# 10 days  | REPORTED, REJECTED    |           |
# 10 days  | REPORTED, MERGED      |           |
# 400 days | REPORTED, ACTIVE      |           |
def test_m5_confirmed_counts_points_entered_and_once_active(world: World) -> None:
    points(world, MANY, "13", [("REPORTED", 10), ("ACTIVE", 8)])
    points(world, MANY, "13", [("REPORTED", 10), ("ACTIVE", 8), ("TARGETED", 1)])
    points(world, MANY, "13", [("REPORTED", 10)])
    points(world, MANY, "13", [("REPORTED", 10), ("REJECTED", 8)])
    points(world, MANY, "13", [("REPORTED", 10), ("MERGED", 8)])
    points(world, MANY, "13", [("REPORTED", 400), ("ACTIVE", 8)])
    assert counted(world, "m5_confirmed") == (2 * MANY, 3 * MANY, False)


# the loaded organisation: one open cell a department; closing that of Lozère uncovers one department of 101
def test_m14_coverage_counts_the_101_departments_with_an_open_cell(world: World) -> None:
    assert counted(world, "m14_coverage") == (101, 101, False)
    world.sql("UPDATE reference_unit SET valid_to = current_date - 1 WHERE code = 'CROSS48'")
    assert counted(world, "m14_coverage") == (100, 101, False)
    world.sql("UPDATE reference_unit SET valid_to = NULL WHERE code = 'CROSS48'")


def procedures(world: World, number: int, days: int, offences: Sequence[int] = (7990,)) -> list[UUID]:
    """Procedures of PJ13 opened so many days ago."""
    ids = [uuid4() for _ in range(number)]
    rows = [
        {"id": one, "number": str(one)[:20], "offences": list(offences), "state": "OPEN",
         "opened_on": TODAY - timedelta(days=days), "closed_on": None, "legal_framework": "preliminary"}
        for one in ids
    ]  # fmt: skip
    insert(world, Case, rows)
    return ids


def registrations(world: World, cases: Sequence[UUID], state: str) -> None:
    """One registration under each, which came to this state; erased since, as the figure must not forget it."""
    rows = [{"id": uuid4(), "case_id": case, "state": "ERASED", "ref": str(case)[:20]} for case in cases]
    insert(world, RegisteredTarget, rows)
    insert(world, TargetStep, [{"target_id": row["id"], "step": 1, "to_state": state} for row in rows])


def objectives(world: World, times: int, steps: list[tuple[str, float]], **over: Any) -> None:
    made = [uuid4() for _ in range(times)]
    state = "PROPOSED" if not over else "ALLOCATED"
    allocated = {"decision_id": uuid4(), "lead_id": uuid4(), "deadline": TODAY, "sent_at": NOW} if over else {}
    insert(
        world,
        Objective,
        [
            {"id": i, "ref": str(i)[:24], "state": state, "origin_kind": "hit", "origin_id": i, **allocated, **over}
            for i in made
        ],
    )
    insert(
        world,
        Step,
        [
            {"objective_id": i, "number": n, "at": ago(days), "to_state": to}
            for i in made
            for n, (to, days) in enumerate(steps, 1)
        ],
    )


# life                                    | examined
# PROPOSED                                |  0
# PROPOSED, EXAMINED                      | 11
# EXAMINED, REOPENED, EXAMINED            | 11   once each
# EXAMINED 366 days ago                   |  0
def test_m14_examined_counts_each_objective_once(world: World) -> None:
    objectives(world, MANY, [("PROPOSED", 3)])
    objectives(world, MANY, [("PROPOSED", 3), ("EXAMINED", 2)])
    objectives(world, MANY, [("EXAMINED", 30), ("REOPENED", 9), ("EXAMINED", 8)])
    objectives(world, MANY, [("EXAMINED", 366)])
    assert counted(world, "m14_examined") == (2 * MANY, None, False)


# life                     | allocated | validated
# VALIDATED                |           | 11
# VALIDATED, ALLOCATED     | 11        | 11
# REFUSED                  |           |
# VALIDATED 366 days ago   |           |
def test_m14_allocated_counts_allocations_over_validations(world: World) -> None:
    objectives(world, MANY, [("VALIDATED", 9)])
    objectives(world, MANY, [("VALIDATED", 9), ("ALLOCATED", 8)])
    objectives(world, MANY, [("REFUSED", 9)])
    objectives(world, MANY, [("VALIDATED", 366), ("ALLOCATED", 8)])
    assert counted(world, "m14_allocated") == (MANY, 2 * MANY, False)


# dismantled | reoccupied after | reoccupied | dismantled
# 200 days   | 179 days         | 11         | 11
# 200 days   | 181 days         |            | 11
# 200 days   | never            |            | 11
# 100 days   | 10 days          |            |           its 180 days are still running
# 600 days   | 10 days          |            |
# 200 days, each recorded 19 days late:
# 200 days   | 179 days         | 11         | 11
# 200 days   | 10 days, then merged             |           a double is no point of its own
def test_m22_reoccupied_counts_returns_within_180_days(world: World) -> None:
    points(world, MANY, "13", [("DISMANTLED", 200), ("WATCH", 190), ("REOCCUPIED", 21)])
    points(world, MANY, "13", [("DISMANTLED", 200), ("WATCH", 190), ("REOCCUPIED", 19)])
    points(world, MANY, "13", [("DISMANTLED", 200), ("WATCH", 190)])
    points(world, MANY, "13", [("DISMANTLED", 100), ("WATCH", 95), ("REOCCUPIED", 90)])
    points(world, MANY, "13", [("DISMANTLED", 600), ("WATCH", 595), ("REOCCUPIED", 590)])
    points(world, MANY, "13", [("DISMANTLED", 200), ("WATCH", 190), ("REOCCUPIED", 21)], late=19)
    points(
        world, MANY, "13", [("DISMANTLED", 200), ("REOCCUPIED", 190), ("ACTIVE", 60), ("DUPLICATE", 20), ("MERGED", 19)]
    )
    assert counted(world, "m22_reoccupied") == (2 * MANY, 4 * MANY, False)


# opened   | offence | registration | counted
# 20 days  | 7990    | registered   | 11 of 33
# 20 days  | 7990    |              |
# 20 days  | 7990    | asked for    |
# 14 days  | 7990    |              | no
# 20 days  | 180     |              | no
# 400 days | 7990    |              | no
def test_m21_registered_counts_cases_of_the_listed_articles_after_fifteen_days(world: World) -> None:
    registered = procedures(world, MANY, 20)
    procedures(world, MANY, 20)
    asked = procedures(world, MANY, 20)
    procedures(world, MANY, 14)
    procedures(world, MANY, 20, offences=[180])
    procedures(world, MANY, 400)
    registrations(world, registered, "REGISTERED")
    registrations(world, asked, "REQUESTED")
    assert counted(world, "m21_registered") == (MANY, 3 * MANY, False)


# financial | allocated | opened | allocated
# opened    | 8 days    | 11     | 11
# declined  | 8 days    |        | 11
# opened    | 366 days  |        |
def test_m29_financial_counts_opened_inquiries_over_allocations(world: World) -> None:
    objectives(world, MANY, [("ALLOCATED", 8)], financial="opened")
    objectives(world, MANY, [("ALLOCATED", 8)], financial="declined", financial_motive="x")
    objectives(world, MANY, [("ALLOCATED", 366)], financial="opened")
    assert counted(world, "m29_financial") == (MANY, 2 * MANY, False)


# -- small cells -------------------------------------------------------------------------------------------------------
SMALL = (None, None, True)


@pytest.mark.parametrize(("number", "kept"), [(0, (0, None, False)), (1, SMALL), (10, SMALL), (11, (11, None, False))])
def test_a_small_national_number_is_not_even_stored(
    world: World, number: int, kept: tuple[int | None, int | None, bool]
) -> None:
    insert(world, Report, reports(number, 1))
    assert counted(world, "m1_reports") == kept


def test_a_small_numerator_is_withheld_beside_a_large_denominator(world: World) -> None:
    insert(world, Report, reports(MANY, 9))
    rows = reports(1, 9)
    insert(world, Report, rows)
    insert(world, GradingHistory, [{"report_id": rows[0]["id"], "at": rows[0]["submitted_at"], "source": "B"}])
    assert counted(world, "m1_graded") == (None, MANY + 1, True)


def test_the_only_small_department_takes_the_smallest_shown_one_with_it(world: World) -> None:
    for row in reference.departments():
        if row.code not in ("48", "05"):
            points(world, MANY + 1, row.code, [("ACTIVE", 9)])
    points(world, MANY, "05", [("ACTIVE", 9)])
    points(world, 3, "48", [("ACTIVE", 9)])
    assert counted(world, "m5_stock", "48") is None
    assert counted(world, "m5_stock", "05") is None
    assert counted(world, "m5_stock", "13") == (MANY + 1, None, False)


def yesterday(world: World) -> bool:
    """Make today's count yesterday's; whether it is of the same month, before whose end little may change."""
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("UPDATE plan_dailyfigure SET day = day - 1, computed_at = computed_at - interval '1 day'")
    return timezone.localdate().day > 1


@pytest.mark.parametrize("more", [1, MANY - 1, MANY, MANY + 3])
def test_two_days_differ_by_nothing_or_by_the_threshold(world: World, more: int) -> None:
    insert(world, Report, reports(20, 9))
    assert counted(world, "m1_reports") == (20, None, False)
    same_month = yesterday(world)
    insert(world, Report, reports(more, 9))
    shown = 20 + more if more >= MANY or not same_month else 20
    assert world_counts(world, "m1_reports") == [(shown,)]
    # What waits adds up: several small differences make one that may be told.
    same_month = yesterday(world)
    insert(world, Report, reports(MANY, 9))
    assert world_counts(world, "m1_reports") == [(20 + more + MANY,)]


def test_a_line_waits_for_both_its_numbers(world: World) -> None:
    rows = reports(30, 9)
    insert(world, Report, rows)
    insert(world, GradingHistory, [{"report_id": r["id"], "at": r["submitted_at"], "source": "B"} for r in rows[:15]])
    assert counted(world, "m1_graded") == (15, 30, False)
    same_month = yesterday(world)
    insert(world, GradingHistory, [{"report_id": rows[20]["id"], "at": rows[20]["submitted_at"], "source": "B"}])
    insert(world, Report, reports(MANY, 9))
    world.sql("SELECT plan.freeze()", role="recoupe_worker")
    kept = world.sql(
        "SELECT numerator, denominator, computed_at < now() - interval '12 hours' FROM plan_dailyfigure"
        " WHERE code = 'm1_graded' ORDER BY day DESC LIMIT 1"
    )
    assert kept == [(15, 30, True) if same_month else (16, 30 + MANY, False)]


def test_a_department_is_told_once_a_month(world: World) -> None:
    points(world, 20, "13", [("ACTIVE", 9)])
    points(world, MANY - 1, "69", [("ACTIVE", 9)])
    points(world, MANY - 1, "59", [("ACTIVE", 9)])
    assert counted(world, "m5_stock", "13") == (20, None, False)
    assert counted(world, "m5_stock", "69") is None
    same_month = yesterday(world)
    points(world, MANY, "13", [("ACTIVE", 9)])
    points(world, 1, "69", [("ACTIVE", 9)])
    assert world_counts(world, "m5_stock", "13") == [(20,) if same_month else (20 + MANY,)]
    assert world_counts(world, "m5_stock", "69") == ([] if same_month else [(MANY,)])


def world_counts(world: World, code: str, department: str = "") -> list[tuple[int]]:
    """What is shown of a figure today after a new count."""
    world.sql("SELECT plan.freeze()", role="recoupe_worker")
    return world.sql(
        "SELECT numerator FROM plan_dailyfigure WHERE code = %s AND department = %s"
        " AND day = (now() AT TIME ZONE 'Europe/Paris')::date",
        [code, department],
    )


def test_every_declared_figure_is_counted_and_has_its_test(world: World) -> None:
    world.sql("SELECT plan.freeze()", role="recoupe_worker")
    kept = {code for (code,) in world.sql("SELECT code FROM plan_dailyfigure WHERE department = ''")}
    assert kept == {spec.code for spec in SPECS}
    tests = [name for name in globals() if name.startswith("test_m")]
    for spec in SPECS:
        assert any(name.startswith(f"test_{spec.code}_") for name in tests), spec.code


# held        | counted
# today       | 1
# 364 days ago| 1
# 367 days ago|
def test_m7_committee_counts_the_meetings_of_twelve_months(world: World) -> None:
    for number, days in enumerate((0, 364, 367)):
        held = {"held_on": TODAY - timedelta(days=days), "reference": f"R{number}", "members": ["interior"]}
        insert(world, Session, [{"id": uuid4(), "by_id": uuid4(), **held}])
    assert counted(world, "m7_committee") == (2, None, False)
