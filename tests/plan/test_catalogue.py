"""What the files of the plan hold: each measure whole, the seed's figures, estimates that conflict and stay."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation

from recoupe.plan import catalogue, values
from recoupe.plan.enums import Cadence
from recoupe.reference import queries as reference
from tests.world import World

MEASURES = range(1, 56)


def test_each_of_the_55_measures_has_an_owner_partners_milestones_and_indicators(world: World) -> None:
    assert sorted(catalogue.cards()) == list(MEASURES)
    for number in MEASURES:
        card = catalogue.cards()[number]
        assert reference.unit(card.owner).valid_to is None
        assert all(card.partners)
        assert catalogue.milestones_of(number), number
        assert catalogue.indicators_of(number), number


def test_every_indicator_says_what_it_is() -> None:
    for code, spec in catalogue.indicators().items():
        assert code.startswith(f"m{spec.measure}_" if spec.measure else "c_"), code
        assert str(spec.title) and str(spec.definition) and str(spec.perimeter) and spec.source, code
        assert (spec.baseline is None) is (spec.baseline_on is None), code
        assert spec.computed or (spec.cadence is not Cadence.NONE) is bool(spec.measure), code


def test_titles_follow_the_language_of_the_page() -> None:
    spec = catalogue.indicators()["m16_reports"]
    with translation.override("en"):
        english = str(spec.title)
    with translation.override("fr"):
        assert (str(spec.title), english) == ("Signalements reçus", "Reports received")


def test_the_history_speaks_of_known_indicators_and_forward_periods() -> None:
    assert set(catalogue.history()) <= set(catalogue.indicators())
    for rows in catalogue.history().values():
        for one in rows:
            assert one.first <= one.last
            assert one.upper is None or one.upper > one.value
            assert one.source and one.definition and one.perimeter


@pytest.mark.parametrize(
    ("indicator", "year", "told"),
    [
        ("c_revenue_fr", 2018, {Decimal(3200), Decimal(3500)}),
        ("c_market_world", 2017, {Decimal(426000)}),
        ("c_lehavre", 2024, {Decimal("14.3"), Decimal("9.4"), Decimal(11)}),
        ("c_cocaine", 2025, {Decimal("37.5"), Decimal("42.3")}),
        ("m20_seized", 2022, {Decimal(982)}),
    ],
)
def test_conflicting_estimates_stand_side_by_side(indicator: str, year: int, told: set[Decimal]) -> None:
    rows = [one for one in catalogue.history()[indicator] if one.last.year == year]
    last = values.latest(rows)
    assert {one.value for one in last} == told
    assert len({one.said_by for one in last}) == len(last)


def test_the_years_of_the_courier_plan_follow_from_the_printed_variations() -> None:
    """751 kg (+53 %) and 324 persons (+42 %) against the same months of 2018."""
    for code, percent in (("m20_seized", 53), ("m20_arrests", 42)):
        start, first = catalogue.indicators()[code].baseline, catalogue.history()[code][0].value
        assert start is not None
        assert round((Fraction(first) / start - 1) * 100) == percent


def test_the_timeline_has_the_days_of_the_seed() -> None:
    assert [day.on.isoformat() for day in catalogue.timeline()][:1] == ["2019-09-17"]
    assert {"2019-12-31", "2020-01-01", "2020-06-16"} <= {day.on.isoformat() for day in catalogue.timeline()}
    assert catalogue.milestones()["m14_all"].due == catalogue.milestones()["m1_installed"].due


@pytest.mark.parametrize("text", ["a,b\n1\n", "a,b\n1,2,3\n"])
def test_a_line_with_a_field_too_many_or_too_few_is_refused(text: str, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "x.csv").write_text(text)
    monkeypatch.setattr(catalogue, "DATA", tmp_path)
    with pytest.raises(catalogue.DataFileError):
        list(catalogue.records("x.csv"))
