"""Life of a point as complete tables; confirmations, motives, stock and map cells as properties."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.enums import Capacity
from recoupe.dealpoints import rules
from recoupe.dealpoints.enums import FINAL, IN_STOCK, DealPointKind, DealPointState
from recoupe.dealpoints.rules import Bounds, Change, EvidenceFact, cell_number, cell_ranges, confirmations
from recoupe.kernel.refusal import Invalid, Refused
from recoupe.kernel.source import OFFERED, SourceKind

S = DealPointState
K = SourceKind
A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


# -- tables: a new state cannot be half added --------------------------------------------------------------------------
def test_every_state_has_its_transitions_motive_and_notice() -> None:
    assert set(rules.TRANSITIONS) == set(S)
    assert set(rules.NEEDS_MOTIVE) == set(S)
    assert set(rules.TELLS_CELLS) == set(S)


def test_every_state_that_is_reached_says_who_decides_it() -> None:
    reached = {to for targets in rules.TRANSITIONS.values() for to in targets}
    assert reached == set(rules.DECIDED_BY) == set(S) - {S.REPORTED}


def test_which_states_say_why_and_of_which_the_cells_are_told() -> None:
    """W5: what takes a point off the street, or back on it, says why; the cells learn what they have to act on."""
    silent = {S.REPORTED, S.TO_VERIFY, S.ACTIVE, S.TARGETED, S.WATCH}
    assert {s for s in S if rules.NEEDS_MOTIVE[s]} == set(S) - silent
    told = {S.REPORTED, S.ACTIVE, S.DISMANTLED, S.REOCCUPIED, S.DUPLICATE, S.DISPLACED}
    assert {s for s in S if rules.TELLS_CELLS[s]} == told
    for state in silent:
        assert rules.checked_motive(state, "") == ""


def test_a_confirmation_counts_voices_and_kinds() -> None:
    """Many of one kind are not many kinds, and each number is its own threshold."""
    for sources, kinds, seen, needed, enough in (
        (2, 2, False, 2, True), (2, 1, False, 2, False), (1, 1, False, 1, True), (3, 2, False, 3, True),
        (3, 1, False, 3, False), (2, 2, False, 3, False), (0, 0, True, 3, True), (0, 0, False, 1, False),
    ):  # fmt: skip
        assert rules.Confirmations(sources, kinds, seen).sufficient(needed) is enough, (sources, kinds, seen, needed)


@pytest.mark.parametrize("source", K)
def test_two_units_are_two_voices_except_of_those_that_nobody_tells_apart(source: SourceKind) -> None:
    one_voice = source in (K.ANONYMOUS, K.OPEN_SOURCE)
    assert confirmations([EvidenceFact(source, A), EvidenceFact(source, B)]).sources == (1 if one_voice else 2)


def test_final_states_lead_nowhere_and_all_others_somewhere() -> None:
    assert {state for state, targets in rules.TRANSITIONS.items() if not targets} == FINAL


def test_every_state_is_reachable_from_a_report() -> None:
    seen, todo = {S.REPORTED}, [S.REPORTED]
    while todo:
        for to in rules.TRANSITIONS[todo.pop()] - seen:
            seen.add(to)
            todo.append(to)
    assert seen == set(S)


def test_no_point_is_active_without_having_been_verified_or_reoccupied() -> None:
    assert {s for s in S if S.ACTIVE in rules.TRANSITIONS[s]} == {S.TO_VERIFY, S.REOCCUPIED, S.TARGETED, S.DISRUPTED}


def test_the_only_way_to_closed_goes_through_the_watch() -> None:
    assert [s for s in S if S.CLOSED in rules.TRANSITIONS[s]] == [S.WATCH]


# -- confirmations -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("evidence", "active"),
    [
        ([], False),
        ([(K.OFFICER_OBSERVATION, A)], True),
        ([(K.ANONYMOUS, A)], False),
        ([(K.ANONYMOUS, A), (K.ANONYMOUS, B), (K.ANONYMOUS, C)], False),
        ([(K.PARTNER, A), (K.PARTNER, A)], False),
        ([(K.PARTNER, A), (K.PARTNER, B)], False),
        ([(K.PARTNER, A), (K.ANONYMOUS, A)], True),
        ([(K.OPEN_SOURCE, A), (K.OPEN_SOURCE, B)], False),
        ([(K.OPEN_SOURCE, A), (K.TECHNICAL, A)], True),
        ([(K.TECHNICAL, A), (K.TECHNICAL, B)], False),
        ([(K.FOREIGN_SERVICE, A), (K.ANONYMOUS, B)], True),
    ],
)
def test_what_makes_a_point_active(evidence: list[tuple[SourceKind, UUID]], active: bool) -> None:
    assert confirmations(EvidenceFact(*fact) for fact in evidence).sufficient(2) is active


facts = st.builds(EvidenceFact, st.sampled_from(OFFERED), st.sampled_from([A, B, C]))


@given(st.lists(facts, max_size=12), st.integers(1, 500))
def test_any_number_of_anonymous_reports_is_one_source(evidence: list[EvidenceFact], many: int) -> None:
    one = confirmations([*evidence, EvidenceFact(K.ANONYMOUS, A)])
    flood = confirmations([*evidence, *(EvidenceFact(K.ANONYMOUS, UUID(int=i + 9)) for i in range(many))])
    assert flood == one


@given(st.lists(facts, max_size=12))
def test_repeating_what_a_partner_said_adds_nothing(evidence: list[EvidenceFact]) -> None:
    assert confirmations(evidence + evidence) == confirmations(evidence)


@given(st.lists(facts, max_size=12), facts)
def test_one_more_piece_never_weakens_a_point(evidence: list[EvidenceFact], more: EvidenceFact) -> None:
    before, after = confirmations(evidence), confirmations([*evidence, more])
    assert after.sources >= before.sources
    assert after.sufficient(2) or not before.sufficient(2)


@given(st.lists(facts, max_size=12), st.randoms())
def test_the_order_of_evidence_does_not_matter(evidence: list[EvidenceFact], random: object) -> None:
    shuffled = sorted(evidence, key=lambda _: uuid4())
    assert confirmations(shuffled) == confirmations(evidence)


# -- who reads, what may be cited --------------------------------------------------------------------------------------
def test_the_audience_holds_territory_cells_office_prosecutors_and_owner_and_nobody_else() -> None:
    office, court = UUID(int=8), UUID(int=9)
    assert rules.audience([(A, Capacity.UNIT)], [B, C], office, [court]) == {
        (A, Capacity.UNIT),
        (B, Capacity.CELL),
        (B, Capacity.TERRITORY),
        (C, Capacity.CELL),
        (C, Capacity.TERRITORY),
        (office, Capacity.OFFICE),
        (court, Capacity.PROSECUTOR),
    }


def test_evidence_is_read_by_fewer_than_its_point() -> None:
    office = UUID(int=8)
    owner = [(A, Capacity.UNIT)]
    assert rules.evidence_audience(owner, [B], office) < rules.audience(owner, [B], office, [C])
    assert (B, Capacity.TERRITORY) not in rules.evidence_audience(owner, [B], office)


@pytest.mark.parametrize(
    ("codes", "own", "citable"),
    [
        (["H0"], False, True),
        (["H1"], False, True),
        (["H2"], False, False),
        (["H1", "H2"], False, False),
        (["H3"], False, False),
        (["H9"], False, False),
        ([], False, False),
        (["H2"], True, True),
        (["H3"], True, True),
    ],
)
def test_which_records_may_found_a_point(codes: list[str], own: bool, citable: bool) -> None:
    if citable:
        rules.checked_shareable(codes, own)
        return
    with pytest.raises(Refused):
        rules.checked_shareable(codes, own)


@pytest.mark.parametrize("metres", [None, 0, 1, 49])
def test_a_point_never_names_a_house(metres: int | None) -> None:
    assert rules.checked_uncertainty(metres) == 50


@pytest.mark.parametrize("metres", [-1, 20_001])
def test_an_absurd_radius_is_refused(metres: int) -> None:
    with pytest.raises(Invalid):
        rules.checked_uncertainty(metres)


@pytest.mark.parametrize("name", ["", "  ", "06 12 34 56 78", "chez toto@example.org", "x" * 81, "a\x00b"])
def test_a_name_that_identifies_or_breaks_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        rules.checked_name(name)


def test_a_made_up_name_is_kept() -> None:
    assert rules.checked_name("  Les  Cygnes ") == "Les Cygnes"


@pytest.mark.parametrize("state", [s for s in S if rules.NEEDS_MOTIVE[s]])
def test_a_decision_that_must_say_why_is_refused_without(state: DealPointState) -> None:
    with pytest.raises(Invalid):
        rules.checked_motive(state, "   vu     ")
    assert rules.checked_motive(state, "Personne sur place depuis trois semaines")


# -- dates and stock ---------------------------------------------------------------------------------------------------
def test_a_clean_point_may_be_closed_on_its_day() -> None:
    assert rules.closable_on(date(2026, 1, 1), 180) == date(2026, 6, 30)


T0 = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Lives of a few points that follow the transitions, a day or more apart."""
    changes = []
    for point in range(draw(st.integers(0, 4))):
        state, day, undoes, before = S.REPORTED, draw(st.integers(0, 20)), None, S.REPORTED
        for step in range(1, draw(st.integers(1, 8)) + 1):
            at, earlier = T0 + timedelta(days=day), 0 if undoes else draw(st.sampled_from((0, 0, 0, 5)))
            changes.append(Change(UUID(int=point), step, at, state, at - timedelta(days=earlier), undoes))
            day, undoes = day + draw(st.integers(0, 9)), None
            if state is S.MERGED:
                # A merger is undone, or nothing follows: from before the double on, nothing of it happened.
                doubled = max(c.step for c in changes if c.point == UUID(int=point) and c.to is S.DUPLICATE)
                state, undoes = before, doubled
            elif rules.TRANSITIONS[state]:
                following = draw(st.sampled_from(sorted(rules.TRANSITIONS[state])))
                state, before = following, state if following is S.DUPLICATE else before
            else:
                break
    return changes


@given(histories(), st.integers(-1, 90))
def test_the_stock_of_a_past_day_ignores_what_came_later(changes: list[Change], day: int) -> None:
    at = T0 + timedelta(days=day)
    past = [c for c in changes if c.at < at]
    assert rules.states_at(changes, at) == rules.states_at(past, at)
    assert rules.states_at(changes, at) == rules.states_at(changes, at, known=at)


def test_the_last_step_of_a_day_counts_in_whatever_order_the_history_comes() -> None:
    """Two steps of one moment are told apart by their number."""
    first, last = Change(A, 1, T0, S.REPORTED, T0), Change(A, 2, T0, S.TO_VERIFY, T0)
    other = Change(B, 1, T0, S.REPORTED, T0)
    for history in ([first, last, other], [other, last, first]):
        assert rules.states_at(history, T0 + timedelta(seconds=1)) == {A: S.TO_VERIFY, B: S.REPORTED}


@given(histories(), st.integers(-1, 90))
def test_a_merger_that_was_undone_never_happened_for_whoever_knows_it(changes: list[Change], day: int) -> None:
    """Without the steps that were undone, and what undid them, the life of each point is the same at every moment."""
    at, known = T0 + timedelta(days=day), T0 + timedelta(days=400)
    gone = {c.point: rules.undone([o for o in changes if o.point == c.point]) for c in changes}
    kept = [c for c in changes if c.step not in gone[c.point] and c.undoes is None]
    assert rules.states_at(changes, at, known) == rules.states_at(kept, at, known)


def test_what_counts_is_said_by_the_definition_of_the_day() -> None:
    wider = ((date(2020, 1, 1), frozenset({S.ACTIVE})), (date(2024, 1, 1), frozenset({S.ACTIVE, S.WATCH})))
    assert rules.counted_on(date(2023, 12, 31), wider) == rules.counted_on(date(1999, 1, 1), wider) == {S.ACTIVE}
    assert rules.counted_on(date(2024, 1, 1), wider) == {S.ACTIVE, S.WATCH}
    assert rules.counted_on(date(2026, 1, 1)) == IN_STOCK == {S.ACTIVE, S.TARGETED, S.DISRUPTED, S.REOCCUPIED}


def test_only_a_merger_is_given_back_and_to_what_can_be_taken_for_a_double() -> None:
    may_double = {state for state, to in rules.TRANSITIONS.items() if S.DUPLICATE in to}
    assert {s: set(to) for s, to in rules.GIVEN_BACK.items()} == {S.MERGED: may_double}


# -- map ---------------------------------------------------------------------------------------------------------------
lons, lats = st.floats(-180, 180), st.floats(-90, 90)


@given(lons, lats, st.tuples(lons, lons), st.tuples(lats, lats))
def test_a_point_in_a_window_is_in_one_of_its_cell_ranges(
    lon: float, lat: float, ew: tuple[float, float], ns: tuple[float, float]
) -> None:
    bounds = Bounds(min(ew), min(ns), max(ew), max(ns))
    inside = bounds.west <= lon <= bounds.east and bounds.south <= lat <= bounds.north
    covered = any(first <= cell_number(lon, lat) <= last for first, last in cell_ranges(bounds))
    assert covered or not inside


@given(st.floats(-5, 9), st.floats(41, 51))
def test_a_department_wide_window_reads_few_cells(west: float, south: float) -> None:
    bounds = Bounds(west, south, west + 1.5, south + 1)
    assert len(cell_ranges(bounds)) <= 11
    assert sum(last - first + 1 for first, last in cell_ranges(bounds)) <= 11 * 17


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "a,b,c,d", "5,43,4,44", "0,0,0,0", "-181,0,1,1", "0,0,1,91", "nan,0,1,1"]
)
def test_a_window_off_the_earth_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Bounds.parse(text)


def test_a_window_is_read() -> None:
    assert Bounds.parse("5.2,43.1,5.6,43.4") == Bounds(5.2, 43.1, 5.6, 43.4)


@pytest.mark.parametrize(
    ("one", "other", "metres", "proposed"),
    [
        (("street", 50), ("lobby", 50), 10, True),
        (("street", 50), ("street", 50), 51, False),
        (("street", 50), ("street", 120), 119, True),
        (("street", 300), ("street", 300), 150, True),
        (("street", 300), ("street", 300), 151, False),
        (("street", 501), ("street", 50), 0, False),
        (("stash", 50), ("street", 50), 0, False),
        (("stash", 50), ("stash", 50), 10, True),
        (("delivery", 50), ("delivery", 50), 0, False),
        (("online", 50), ("street", 50), 0, False),
    ],
)
def test_two_points_are_proposed_as_one_by_their_sort_and_their_radius(
    one: tuple[str, int], other: tuple[str, int], metres: float, proposed: bool
) -> None:
    first, second = (rules.Known(DealPointKind(kind), radius) for kind, radius in (one, other))
    assert rules.may_be_one(first, second, metres) is rules.may_be_one(second, first, metres) is proposed
