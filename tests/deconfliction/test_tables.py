"""The life of a danger, of a shift and of a settlement, and who is told: each as a table that is whole (S-6, S-11)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from recoupe.access.enums import Capacity, Role
from recoupe.crosscheck.enums import ContactState, Side
from recoupe.deconfliction import life, permissions
from recoupe.deconfliction.enums import DangerState, ShiftState
from recoupe.deconfliction.models import DangerSide
from recoupe.deconfliction.rules import (
    LAT_CELLS,
    LON_CELLS,
    Footprint,
    Limits,
    Margins,
    buckets,
    is_danger,
    meet,
    meeting_place,
)
from recoupe.deconfliction.settling import rules as settling
from recoupe.deconfliction.settling.enums import Doer, Lead, NoticeKind, OpinionState, SettlementState
from recoupe.deconfliction.settling.models import Opinion, Settlement
from recoupe.kernel import sphere
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.operations.rules import Leg
from tests.crosscheck.made import agent

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
NONE = Margins(0, 0)
S = SettlementState


# --- Lives -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("check", "table"),
    [(life.check_danger_step, life.DANGER_STEPS), (life.check_shift_step, life.SHIFT_STEPS)],
)
def test_each_pair_of_states_passes_exactly_when_the_table_has_it(check: Any, table: Mapping[Any, Any]) -> None:
    for current, wanted in product(table, table):
        if wanted in table[current]:
            check(current, wanted)
        else:
            with pytest.raises(Conflict):
                check(current, wanted)


def test_a_danger_is_on_the_watch_until_it_is_over_and_a_desk_that_was_not_handed_over_wants_a_word() -> None:
    assert {state for state in DangerState if not life.ON_WATCH[state]} == {DangerState.CLOSED}
    assert {state for state in ShiftState if life.NEEDS_MOTIVE[state]} == {ShiftState.HELD}


def test_a_danger_is_read_by_the_watch_desk_and_its_sides_by_the_desks_that_answer() -> None:
    office, unit, desk = uuid4(), uuid4(), uuid4()
    assert life.audience(office) == {(office, Capacity.WATCH)}
    assert life.side_audience(unit, desk) == {(unit, Capacity.DUTY), (desk, Capacity.DUTY)}


# --- Settling a conflict of registrations ----------------------------------------------------------------------
def test_every_step_has_its_doer_and_any_other_is_refused() -> None:
    for current, wanted in product(S, S):
        if (current, wanted) in settling.DOERS:
            assert settling.check_step(current, wanted) is settling.DOERS[current, wanted]
        else:
            with pytest.raises(Conflict):
                settling.check_step(current, wanted)
    assert {current for current, wanted in settling.DOERS if wanted is S.ENDED} == set(S) - {S.ENDED}
    assert {step for step, doer in settling.DOERS.items() if doer is Doer.OTHER} == {(S.PROPOSED, S.AGREED)}


def test_what_a_step_needs_and_what_is_settled() -> None:
    assert {S.PROPOSED, S.SUBMITTED} == settling.NEEDS_LEAD
    assert {S.PROPOSED, S.OPEN, S.ARBITRATION, S.SUBMITTED} == settling.NEEDS_REASON
    assert {S.AGREED, S.DECIDED} == settling.SETTLED


def test_two_services_settle_once_they_have_spoken() -> None:
    spoken = {ContactState.MADE, ContactState.ESCALATED_CELL, ContactState.ESCALATED_OFFICE,
              ContactState.ESCALATED_PROSECUTOR}  # fmt: skip
    for state in ContactState:
        if state in spoken:
            settling.check_contact(state)
        else:
            with pytest.raises(Conflict):
                settling.check_contact(state)


def test_a_reason_is_written_where_one_is_asked_for_and_the_lead_is_of_the_list() -> None:
    assert settling.reason("", required=False) == ""
    assert settling.reason("dix lettre", required=True) == "dix lettre"
    for short in ("", "neuf lett", " " * 30):
        with pytest.raises(Invalid) as refused:
            settling.reason(short, required=True)
        assert refused.value.field == "reason"
    assert [settling.lead(one.value) for one in Lead] == list(Lead)
    for typed in ("", "own", "nobody"):
        with pytest.raises(Invalid):
            settling.lead(typed)


@pytest.mark.parametrize("mine", [[], [Side.ASKER], [Side.HOLDER], [Side.ASKER, Side.HOLDER]])
@pytest.mark.parametrize("state", list(S))
def test_the_side_that_did_not_propose_is_asked_for_its_answer(state: S, mine: list[Side]) -> None:
    on_the_table = Settlement(state=state, proposed_by=Side.ASKER)
    wanted = [NoticeKind.PROPOSED] if state is S.PROPOSED and Side.HOLDER in mine else []
    assert settling.to_answer(on_the_table, mine) == wanted


def test_each_side_says_who_leads_in_its_own_words() -> None:
    for side in Side:
        assert [settling.said_by(side, one) for one in ("own", "other", "joint")] == [
            side.value, side.other.value, "joint",
        ]  # fmt: skip


# --- Who -------------------------------------------------------------------------------------------------------
def test_a_magistrate_decides_in_person_where_he_serves_once() -> None:
    court = uuid4()
    who = agent(unit_id=court, roles=(Role.PROSECUTOR,))
    asked = {"magistrate_id": who.id, "court_id": court, "state": OpinionState.ASKED}
    permissions.check_decide(who, Opinion(**asked))
    for changes in ({"magistrate_id": uuid4()}, {"court_id": uuid4()}):
        with pytest.raises(Refused):
            permissions.check_decide(who, Opinion(**asked | changes))
    for state in set(OpinionState) - {OpinionState.ASKED}:
        with pytest.raises(Conflict):
            permissions.check_decide(who, Opinion(**asked | {"state": state}))


def test_the_duty_desk_acknowledges_a_danger_that_stands_once() -> None:
    unit = uuid4()
    duty, colleague = (agent((unit, capacity), unit_id=unit) for capacity in (Capacity.DUTY, Capacity.UNIT))
    side = {"owner_unit_id": unit, "live": True, "acknowledged_at": None}
    permissions.check_acknowledge(duty, DangerSide(**side))
    with pytest.raises(Refused):
        permissions.check_acknowledge(colleague, DangerSide(**side))
    for changes, said in (
        ({"live": False}, permissions.SENTENCE_CLOSED),
        ({"acknowledged_at": NOON}, permissions.SENTENCE_DONE),
    ):
        with pytest.raises(Conflict) as refused:
            permissions.check_acknowledge(duty, DangerSide(**side | changes))
        assert refused.value.sentence == said


def test_two_armed_teams_are_a_danger_and_one_is_none() -> None:
    assert [is_danger(one, other) for one, other in product((True, False), repeat=2)] == [True, False, False, False]


# --- Where two events meet -------------------------------------------------------------------------------------
def test_the_margins_are_those_of_the_route_the_town_or_the_country() -> None:
    limits = Limits(500, 2000, 60, 1500, 30)
    assert {
        (corridor, in_town): limits.margins(corridor=corridor, in_town=in_town)
        for corridor, in_town in product((True, False), repeat=2)
    } == {
        (True, True): Margins(1500, 1800), (True, False): Margins(1500, 1800),
        (False, True): Margins(500, 3600), (False, False): Margins(2000, 3600),
    }  # fmt: skip
    assert limits.widest == Margins(2000, 3600)


def _place(lon: float, lat: float, hours: float = 0) -> Footprint:
    since = NOON + timedelta(hours=hours)
    return Footprint((Leg(Point(lon, lat), Point(lon, lat), since, since + timedelta(hours=1)),), 0, NONE)


def _ring(half: float, *, filled: bool) -> Footprint:
    """The sides of a square around (5, 45), within one hour."""
    corners = [Point(5 - half, 45 - half), Point(5 + half, 45 - half), Point(5 + half, 45 + half),
               Point(5 - half, 45 + half)]  # fmt: skip
    legs = tuple(Leg(*side, NOON, NOON + timedelta(hours=1)) for side in sphere.sides(corners))
    return Footprint(legs, 0, NONE, filled=filled)


def test_what_lies_inside_a_zone_meets_it_in_its_hours_and_what_a_route_encloses_does_not() -> None:
    zone, route = (_ring(0.5, filled=filled) for filled in (True, False))
    inside, later, outside = _place(5, 45), _place(5, 45, 9), _place(6, 45)
    for other, wanted in ((inside, True), (later, False), (outside, False)):
        assert meet(zone, other) is meet(other, zone) is wanted
        assert not meet(route, other)
    assert set(buckets(zone, NONE)) & set(buckets(inside, NONE))
    assert not set(buckets(route, NONE)) & set(buckets(inside, NONE))


def test_the_place_of_a_meeting_is_where_they_are_at_the_same_hours() -> None:
    """The other leg passes much nearer, on another day: its department has nothing to do with it."""
    first, last = Leg(Point(5, 45), Point(5, 45), NOON, NOON + timedelta(hours=1)), NOON + timedelta(days=2)
    route = Footprint((first, Leg(Point(2, 48), Point(2, 48), last, last + timedelta(hours=1))), 0, Margins(2000, 0))
    other = Footprint(
        (Leg(Point(2, 48), Point(2, 48), NOON, NOON + timedelta(hours=1)),
         Leg(Point(5.01, 45), Point(5.01, 45), NOON, NOON + timedelta(hours=1))),
        0, Margins(2000, 0),
    )  # fmt: skip
    assert meet(route, other)
    found = meeting_place(route, other)
    assert (round(found.lon, 1), round(found.lat, 1)) == (5.0, 45.0)


def test_a_route_stands_in_the_index_on_the_days_of_each_leg() -> None:
    days = [NOON + timedelta(days=n) for n in (0, 3)]
    legs = tuple(Leg(Point(5, 45), Point(5.3, 45), day, day + timedelta(hours=1)) for day in days)
    found = {bucket // (LON_CELLS * LAT_CELLS) for bucket in buckets(Footprint(legs, 0, NONE), NONE)}
    assert found == {int(day.timestamp()) // 86_400 for day in days}


@pytest.mark.parametrize(("lat", "rows"), [(89.95, (890, 900)), (-89.95, (0, 10)), (43.3, (660, 670))])
def test_near_a_pole_every_longitude_is_near_and_no_other_latitude(lat: float, rows: tuple[int, int]) -> None:
    cells = [bucket % (LON_CELLS * LAT_CELLS) for bucket in buckets(_place(5, lat), Margins(500, 0))]
    assert all(rows[0] <= cell // LON_CELLS < rows[1] for cell in cells)
    columns = {cell % LON_CELLS for cell in cells}
    assert len(columns) == (LON_CELLS if abs(lat) > 80 else len(columns))
    assert abs(lat) > 80 or len(columns) <= 3
