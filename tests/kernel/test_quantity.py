"""Quantities: French numbers, masses that convert, tablets and plants that never do."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel import quantity
from recoupe.kernel.quantity import UNIT_LABELS, Quantity, Unit, decimal
from recoupe.kernel.refusal import Invalid

MASSES = (Unit.MG, Unit.G, Unit.KG, Unit.T)
VOLUMES = (Unit.ML, Unit.L)
NATURES = [*[(unit, MASSES) for unit in MASSES], *[(unit, VOLUMES) for unit in VOLUMES]]
COUNTS = (Unit.TABLET, Unit.PLANT, Unit.SEED, Unit.BLOTTER, Unit.CAPSULE, Unit.DOSE)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("12,5 kg", "12.5", Unit.KG),
        ("12.5kg", "12.5", Unit.KG),
        ("0,75 g", "0.75", Unit.G),
        ("1 200 g", "1200", Unit.G),
        ("1\u202f200,5 g", "1200.5", Unit.G),
        ("1.200.000 comprimés", "1200000", Unit.TABLET),
        ("12,500 kg", "12.500", Unit.KG),
        ("3 pieds", "3", Unit.PLANT),
        ("1 cachet", "1", Unit.TABLET),
        ("20 Buvards", "20", Unit.BLOTTER),
        ("2 tonnes", "2", Unit.T),
        ("500 mL", "500", Unit.ML),
        ("4 kilos", "4", Unit.KG),
        ("30 gr", "30", Unit.G),
    ],
)
def test_what_people_write(text: str, value: str, unit: Unit) -> None:
    assert Quantity.parse(text) == Quantity(Decimal(value), unit)


def test_traces_have_no_number() -> None:
    assert Quantity.parse("traces").is_traces
    assert Quantity.parse("Trace de cocaïne").is_traces
    assert not Quantity.parse("1 g").is_traces


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1.200 kg", quantity.SENTENCE_AMBIGUOUS),
        ("0 g", quantity.SENTENCE_RANGE),
        ("0,000 kg", quantity.SENTENCE_RANGE),
        ("1000000001 g", quantity.SENTENCE_RANGE),
        ("12", quantity.SENTENCE_NUMBER),
        ("kg", quantity.SENTENCE_NUMBER),
        ("-3 kg", quantity.SENTENCE_NUMBER),
        ("", quantity.SENTENCE_NUMBER),
        ("1,2,3 kg", quantity.SENTENCE_NUMBER),
        ("1 2000 g", quantity.SENTENCE_NUMBER),
        ("٣ kg", quantity.SENTENCE_NUMBER),
        ("9" * 500 + " kg", quantity.SENTENCE_NUMBER),
        ("3 barrettes", quantity.SENTENCE_UNIT),
    ],
)
def test_what_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Quantity.parse(text)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e5", "", "1_000", "--1", "0x1"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(Invalid):
        decimal(text)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "0"])
def test_no_quantity_without_something(value: str) -> None:
    with pytest.raises(Invalid):
        Quantity(Decimal(value), Unit.G)


@given(st.decimals("0.001", "1000", places=3), st.sampled_from(NATURES), st.data())
def test_mass_and_volume_convert_there_and_back(
    value: Decimal, nature: tuple[Unit, tuple[Unit, ...]], data: st.DataObject
) -> None:
    unit, kin = nature
    there = Quantity(value, unit).to(data.draw(st.sampled_from(kin)))
    assert there.to(unit).value == value


def test_known_conversions() -> None:
    assert Quantity(Decimal("1.5"), Unit.KG).to(Unit.G).value == 1500
    assert Quantity(Decimal(2), Unit.T).to(Unit.KG).value == 2000
    assert Quantity(Decimal(1), Unit.L).to(Unit.ML).value == 1000
    assert Quantity(None, Unit.G).to(Unit.KG) == Quantity(None, Unit.KG)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("other", Unit)
def test_what_is_counted_never_converts(count: Unit, other: Unit) -> None:
    if other is count:
        assert Quantity(Decimal(3), count).to(other).value == 3
        return
    for source, target in ((count, other), (other, count)):
        with pytest.raises(Invalid):
            Quantity(Decimal(3), source).to(target)
        with pytest.raises(Invalid):
            Quantity(Decimal(3), source) + Quantity(Decimal(3), target)


def test_mass_is_no_volume() -> None:
    with pytest.raises(Invalid):
        Quantity(Decimal(1), Unit.KG).to(Unit.L)


def test_sums() -> None:
    assert Quantity(Decimal(1), Unit.KG) + Quantity(Decimal(500), Unit.G) == Quantity(Decimal("1.5"), Unit.KG)
    assert Quantity(Decimal(1), Unit.KG) + Quantity(None, Unit.G) == Quantity(Decimal(1), Unit.KG)
    assert Quantity(None, Unit.G) + Quantity(Decimal(1), Unit.KG) == Quantity(Decimal(1000), Unit.G)
    assert (Quantity(None, Unit.G) + Quantity(None, Unit.KG)).is_traces


@given(st.text(max_size=30))
def test_reading_refuses_but_never_breaks(text: str) -> None:
    try:
        found = Quantity.parse(text)
    except Invalid:
        return
    assert found.value is None or found.value > 0


def test_every_unit_has_a_label() -> None:
    assert set(UNIT_LABELS) == set(Unit)
