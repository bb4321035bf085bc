"""The moments of the made world: pure, in order, within two years, none ahead of its last day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from recoupe.demo import territory, world
from recoupe.demo.hours import PARIS, end_of
from recoupe.demo.pairs import CONTACT_STEPS
from recoupe.demo.records import Plan, World
from recoupe.demo.timeline import Timeline, timeline

TODAY = date(2026, 11, 22)
TWO_YEARS = timedelta(days=735)


@pytest.fixture(scope="module")
def made() -> World:
    return world.build(Plan(TODAY), territory.setting(TODAY))


@pytest.fixture(scope="module")
def times(made: World) -> Timeline:
    return timeline(made)


def _rises(moments: Sequence[datetime]) -> bool:
    return all(one < other for one, other in pairwise(moments))


def test_same_world_same_moments_and_another_seed_other_ones(made: World, times: Timeline) -> None:
    assert timeline(made) == times
    assert timeline(replace(made, plan=replace(made.plan, seed=7))).points != times.points


def test_everything_happened_in_order_before_the_last_day_within_two_years(times: Timeline) -> None:
    end = end_of(TODAY)
    for lives in (times.points, times.objectives, times.contacts):
        for key, moments in lives.items():
            assert _rises(moments), key
            assert all(end - TWO_YEARS <= at < end for at in moments), key
    for key, note in times.reports.items():
        moments = (note.submitted, note.triaged, note.graded, note.indexed, note.ended)
        assert _rises(moments), key
        assert end - TWO_YEARS <= moments[0] and moments[-1] < end, key


def test_notes_are_handed_in_within_the_week_and_mostly_graded_in_time(made: World, times: Timeline) -> None:
    for report in made.reports:
        wait = times.reports[report.key].submitted - report.collected_at
        assert timedelta(0) <= wait <= timedelta(days=7, hours=1), report.key  # the clocks change twice a year
        if report.by_hand:
            assert wait < timedelta(hours=1)
    waits = sorted(note.graded - note.submitted for note in times.reports.values())
    assert waits[len(waits) // 2] < timedelta(hours=48) < waits[-1] < timedelta(days=12)


def test_each_note_of_a_file_is_in_one_file_and_older_than_it(made: World, times: Timeline) -> None:
    drafts = {r.key: r for r in made.reports}
    held = [key for handed in times.files for key in handed.reports]
    assert sorted(held) == sorted(r.key for r in made.reports if not r.by_hand)
    assert len({(handed.unit, handed.at) for handed in times.files}) == len(times.files)
    for handed in times.files:
        assert {drafts[key].unit for key in handed.reports} == {handed.unit}
        assert all(times.reports[key].submitted == handed.at for key in handed.reports)


def test_a_point_is_entered_after_its_first_note_and_confirmed_on_what_is_known(made: World, times: Timeline) -> None:
    for point in made.points:
        entered = times.points[point.key][0]
        assert times.evidence[point.evidence[0]] == entered
        for key in point.evidence:
            assert times.evidence[key] >= max(entered, times.reports[key].submitted), point.key


def test_points_live_for_months_and_closed_ones_stayed_clean(made: World, times: Timeline) -> None:
    lives = [times.points[p.key] for p in made.points if len(p.path) > 3]
    assert len(lives) > 50
    assert all(life[-1] - life[0] > timedelta(days=30) for life in lives)
    for point in made.points:
        at = dict(zip(point.path, times.points[point.key][1:], strict=True))
        if "CLOSED" in at:
            assert (at["CLOSED"] - at["DISMANTLED"]).days >= 180, point.key
        if "REOCCUPIED" in at:
            assert (at["REOCCUPIED"] - at["DISMANTLED"]).days < 180, point.key
        if point.onto:
            moved = at.get("DUPLICATE") or at["DISPLACED"]
            assert times.points[point.onto][0] < moved, point.key


def test_an_objective_follows_the_life_of_its_point(made: World, times: Timeline) -> None:
    points = {p.key: p for p in made.points}
    for objective in made.objectives:
        point = points[objective.origin]
        lived = dict(zip(point.path, times.points[point.key][1:], strict=True))
        at = dict(zip(objective.path, times.objectives[objective.key][1:], strict=True))
        assert times.objectives[objective.key][0] > lived["ACTIVE"], objective.key
        for step, other in (("ALLOCATED", "TARGETED"), ("EXECUTED", "DISMANTLED")):
            if step in at:
                assert abs(at[step] - lived[other]) < timedelta(days=3), (objective.key, step)
        if "EXAMINED" in at and "ALLOCATED" in at:  # the cell meets on Tuesdays
            assert at["EXAMINED"].astimezone(PARIS).weekday() == 1, objective.key


def test_contacts_begin_after_both_notes_and_some_are_late(made: World, times: Timeline) -> None:
    late = []
    for pair in made.pairs:
        moments = times.contacts[pair.key]
        assert len(moments) == len(CONTACT_STEPS[pair.contact])
        both = max(times.reports[pair.first].submitted, times.reports[pair.second].submitted)
        assert not moments or moments[0] > both, pair.key
        if len(moments) > 1:
            late.append(moments[1] - moments[0] > timedelta(hours=48))
    assert {True, False} == set(late)
    waiting = [times.contacts[p.key][0] for p in made.pairs if p.contact == "requested"]
    overdue = [at + timedelta(hours=48) < end_of(TODAY) for at in waiting]
    assert {True, False} == set(overdue)
