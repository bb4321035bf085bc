"""The board: 55 measures, a state that only figures give, open to those who act and to nobody else."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Refused
from recoupe.plan import actions, permissions, queries, rules
from recoupe.plan.enums import BoardState, FigureState, PlanObjective
from recoupe.plan.figures import BY_CODE, SPECS
from recoupe.plan.rules import Counted
from tests.plan.tables import clear, insert
from tests.plan.test_figures import MANY, points, reports
from tests.world import World

B = BoardState
F = FigureState
TODAY = date(2026, 11, 22)
COVERAGE = BY_CODE["m14_coverage"]


# -- states ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("counted", "today", "state"),
    [
        (Counted(101, 101, False), TODAY, F.REACHED),
        (Counted(31, 101, False), date(2019, 9, 17), F.IN_PROGRESS),
        (Counted(31, 101, False), date(2019, 12, 31), F.IN_PROGRESS),
        (Counted(31, 101, False), date(2020, 1, 1), F.LATE),
        (Counted(0, 0, False), TODAY, F.NO_DATA),
        (Counted(None, 101, True), TODAY, F.WITHHELD),
    ],
)
def test_a_share_with_a_target_and_a_day(counted: Counted, today: date, state: FigureState) -> None:
    assert rules.figure_state(COVERAGE, counted, today) is state


def test_a_count_and_a_share_without_target_never_claim_success() -> None:
    count, share = BY_CODE["m5_stock"], BY_CODE["m1_graded"]
    assert rules.figure_state(count, Counted(500, None, False), TODAY) is F.IN_PROGRESS
    assert rules.figure_state(count, Counted(0, None, False), TODAY) is F.NO_DATA
    assert rules.figure_state(share, Counted(50, 50, False), TODAY) is F.IN_PROGRESS
    assert rules.figure_state(replace(share, target=Fraction(1)), Counted(50, 50, False), TODAY) is F.REACHED


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_divides_or_says_nothing(numerator: int, denominator: int) -> None:
    value = rules.share(Counted(numerator, denominator, False))
    assert value == (Fraction(numerator, denominator) if denominator else None)


def test_every_figure_says_what_it_is() -> None:
    assert len(BY_CODE) == len(SPECS)
    for spec in SPECS:
        assert spec.code.startswith(f"m{spec.measure}_")
        assert str(spec.title) and str(spec.definition) and str(spec.perimeter)
        assert spec.computed
        assert spec.due is None or spec.target is not None


# -- the board on the base ---------------------------------------------------------------------------------------------
def test_the_board_has_55_measures_and_measures_only_what_it_counts(world: World) -> None:
    clear(world)
    insert(world, Report, reports(MANY, 9))
    with world.acting(world.agent(Role.CROSS_ANALYST, "CROSS13")) as agent:
        board = queries.board(agent)
    assert [section.objective for section in board] == list(PlanObjective)
    rows = {row.measure.number: row for section in board for row in section.rows}
    assert sorted(rows) == list(range(1, 56))
    assert [len(section.rows) for section in board] == [9, 14, 5, 5, 15, 7]
    measured = {spec.measure for spec in SPECS}
    assert {number for number, row in rows.items() if any(f.spec.computed for f in row.figures)} == measured
    assert all(row.figures and row.steps and row.partners for row in rows.values())
    # Neither a value nor evidence nor a day to hold: nobody says anything of it.
    assert rows[6].state is B.NOT_MEASURED
    # The plan gave a day and no evidence came; the last value is of 2023.
    assert (rows[1].state, rows[20].state) == (B.LATE, B.LATE)
    assert [figure.spec.code for figure in rows[20].overdue] == ["m20_seized", "m20_arrests"]
    figures = {figure.spec.code: figure for row in rows.values() for figure in row.figures}
    assert (figures["m1_reports"].numerator, figures["m1_reports"].state) == (MANY, F.IN_PROGRESS)
    assert (figures["m14_coverage"].percent, figures["m14_coverage"].state) == (100.0, F.REACHED)
    assert {figure.state for figure in rows[3].figures} == {F.NO_DATA}
    assert board[0].measured == 4


@pytest.mark.parametrize("demo", [True, False])
def test_every_figure_of_the_made_world_says_that_it_is_made(world: World, demo: bool) -> None:
    with override_settings(DEMO=demo), world.acting(world.agent(Role.PROSECUTOR, "TJ13")) as agent:
        rows = [row for section in queries.board(agent) for row in section.rows]
    figures = [figure for row in rows for figure in row.figures if figure.spec.computed]
    assert len(figures) == len(SPECS)
    assert {figure.made for figure in figures} == {demo}


def by_department(agent: Agent) -> Mapping[str, int]:
    """The stock of deal points by department, as the board shows it."""
    rows = [row for section in queries.board(agent) for row in section.rows]
    figures = {f.spec.code: f for row in rows for f in row.figures if f.spec.computed}
    assert not any(figure.by_department for code, figure in figures.items() if code != "m5_stock")
    return figures["m5_stock"].by_department or {}


def test_figures_are_frozen_for_the_day_and_counted_again_only_by_the_night(world: World) -> None:
    clear(world)
    with world.acting(world.agent(Role.OFAST_ANALYST, "OFAST")) as agent:
        queries.board(agent)
    points(world, MANY, "13", [("ACTIVE", 9)])
    with world.acting(world.agent(Role.OFAST_ANALYST, "OFAST")) as agent:
        assert by_department(agent) == {}
        with pytest.raises(DatabaseError), transaction.atomic():
            actions.freeze()
    with world.process("worker"):
        actions.freeze()
    with world.acting(world.agent(Role.OFAST_ANALYST, "OFAST")) as agent:
        assert by_department(agent) == {"13": MANY}


@pytest.mark.parametrize("role", list(Role))
def test_python_and_the_database_open_the_board_to_the_same_roles(world: World, role: Role) -> None:
    unit = {"prosecutor": "TJ13", "examining_judge": "TJ13", "cross_analyst": "CROSS13", "cross_head": "CROSS13"}
    with world.acting(world.agent(role, unit.get(role.value, "PJ13"))) as agent:
        allowed = role in permissions.BOARD_ROLES
        assert permissions.can_read_board(agent) is allowed
        if allowed:
            assert queries._rows()
            return
        with pytest.raises(Refused):
            queries.board(agent)
        with pytest.raises(DatabaseError, match="not open"), transaction.atomic():
            queries._rows()


def test_without_a_purpose_the_board_is_closed(world: World) -> None:
    with world.acting(world.agent(Role.CROSS_ANALYST, "CROSS13", purpose=False)) as agent:
        assert not permissions.can_read_board(agent)
        with pytest.raises(DatabaseError, match="not open"), transaction.atomic():
            queries._rows()


@pytest.mark.parametrize("role", [f"recoupe_{name}" for name in ("app", "worker", "matcher", "portal", "signin")])
@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM plan_dailyfigure", "SELECT * FROM plan.counts()", "SELECT * FROM plan.reports()",
     "SELECT * FROM plan.points()", "SELECT * FROM plan.figures()"],
)  # fmt: skip
def test_exact_numbers_and_rows_reach_no_role(world: World, role: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql(statement, role=role)
