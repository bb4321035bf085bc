"""Keys bring together what one slip parts; no block grows with its square, and what was too large is told."""

from itertools import combinations

import pytest

from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.blocking import BOUND, KEYS, NEEDS, WINDOW, keys, plan
from recoupe.matching.conditions import Row
from recoupe.matching.record import Record, prepare
from tests.matching import made

ALL = tuple(KEYS)


def row(record: Record) -> Row:
    return prepare(record, today=made.TODAY, communes=made.COMMUNES).row


def meet(one: Record, two: Record, *chosen: str) -> bool:
    return not set(keys(row(one), chosen or ALL, {})).isdisjoint(keys(row(two), chosen or ALL, {}))


@pytest.mark.parametrize(
    ("function", "one", "two"),
    [
        ("phonetic", Record("Benali", "Mohamed"), Record("Mouhamed", "Ben Ali")),
        ("named_year", Record("Benali", "Mohamed", birth="12/03/1985"), Record("Mouhamed", "Ben Ali", birth="1985")),
        (
            "named_place",
            Record("Benali", "Mohamed", birth_place="Orléans"),
            Record("Mouhamed", "Ben Ali", birth_place="ORLEANS"),
        ),
        ("whole_name", Record("Martin", "Jean"), Record("Jean", "Martin")),
        ("birth_date", Record("X", "Jean", birth="12/03/1985"), Record("Y", "Jo", birth="03/12/1985")),
        ("birth_sound", Record("Durand", "A", birth="12/03/1985"), Record("B", "Durant", birth="03/12/1985")),
        ("partial_date", Record("Durand", "A", birth="12/03/1985"), Record("Durant", "B", birth="1985")),
        ("same_day", Record("Durand", "A", birth="12/03/1985"), Record("Durant", "B", birth="12/03/1958")),
        ("rare_word", Record("Zébulon", "A"), Record("Petit", "Zebulon")),
        ("gram", Record("Vandenberghe", "Luc"), Record("Vanderberghe", "Lucien")),
        ("alias", Record(aliases=("Momo",)), Record(aliases=("Mohamed",))),
        ("two_words", Record("Martin", "Jean Paul"), Record("Paul", "Martin")),
        ("whole_date", Record("A", birth="12/03/1985"), Record("B", birth="1985-03-12")),
        ("street", Record("Durand", address="3 av Foch"), Record("Durant", address="3 avenue Foch 13001 Marseille")),
    ],
)
def test_each_key_brings_together_what_it_is_for(function: str, one: Record, two: Record) -> None:
    assert meet(one, two, function)
    assert not meet(one, Record("Kowalski", "Wanda", birth="25/07/1961", address="9 rue X"), function)


def test_what_leaves_blank_the_column_that_a_key_needs_has_no_such_key() -> None:
    assert NEEDS.keys() == KEYS.keys()
    records = [found.record for found in made.world(made.GOLDEN, made.GOLDEN_SEED)]
    rows = [row(one) for one in (*records, Record(), Record(birth="1985"), Record(birth="03/1985"))]
    needed = {(name, found[NEEDS[name]] is None) for name in KEYS for found in rows if any(KEYS[name](found, {}))}
    assert {name for name, is_blank in needed if is_blank} == set()
    assert len(needed) >= 15


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "0612345678"), ("plate", "AB123CD"), ("imei", "356938035643809"), ("container", "CSQU3054383"),
     ("iban", "FR7630006000011234567890189"), ("company", "732829320"), ("vessel", "IMO9074729")],
)  # fmt: skip
def test_two_writings_one_slip_apart_always_share_a_key(kind: str, value: str) -> None:
    whole = Record(selectors={SelectorKind(kind): (value,)})
    start = 3 if kind == "vessel" else 1
    for at in range(start, len(value)):
        put = "7" if value[at] != "7" else "8"
        for slip in {value[:at] + put + value[at + 1 :], value[:at] + value[at + 1 :]}:
            other = Record(selectors={SelectorKind(kind): (slip,)})
            short = kind in ("company", "vessel", "imei", "container", "iban") and len(slip) < len(value)
            # A number cut short may be read as another kind of number: then it is not compared as this one.
            assert meet(whole, other) or short, slip


@pytest.mark.parametrize(
    ("kind", "value", "slip"),
    [("phone", "0692859769", "069289769"), ("phone", "0691589994", "0291589994"), ("phone", "0698981242", "0098981242"),
     ("phone", "+590691072612", "0621072612"), ("imei", "35693803564380", "3569380356438")],
)  # fmt: skip
def test_a_slip_that_reads_as_a_number_of_elsewhere_or_as_one_cut_short_is_met(
    kind: str, value: str, slip: str
) -> None:
    whole, other = (Record(selectors={SelectorKind(kind): (written,)}) for written in (value, slip))
    assert meet(whole, other)


def test_a_plate_of_which_three_characters_were_read_meets_the_whole_one() -> None:
    plate = "AB123CD"
    for known in combinations(range(7), 3):
        partial = "".join(char if at in known else "?" for at, char in enumerate(plate))
        whole, seen = (Record(selectors={SelectorKind.PLATE: (written,)}) for written in (plate, partial))
        assert meet(whole, seen), partial


def test_one_person_held_thousands_of_times_makes_no_square() -> None:
    same = [row(Record("Martin", "Jean", birth="12/03/1985"))] * 3000
    spread = [row(Record("Martin", "Jean", birth="12/03/1985", address=f"{n} rue Longue")) for n in range(1200)]
    found = plan([*same, *spread], ("phonetic", "birth_date"))
    assert len(found.copies) == 2999 and {first for first, _ in found.copies} == {0}
    assert len(found.pairs) <= 1201 * WINDOW * 2
    assert {block.function for block in found.oversized} == {"phonetic", "birth_date"}
    assert {block.rows for block in found.oversized} == {1201}


def test_pairs_are_the_same_in_whatever_order_the_rows_come() -> None:
    world = list(made.rows(made.world(60, seed=3)).items())
    chosen = ("phonetic", "birth_date", "partial_date", "rare_word")

    def pairs(items: list[tuple[str, Row]]) -> set[frozenset[str]]:
        found = plan([made_row for _, made_row in items], chosen)
        equal = {at: first for first, at in found.copies}
        names = [items[equal.get(at, at)][1] for at in range(len(items))]
        return {
            frozenset((str(sorted(map(str, names[a].items()))), str(sorted(map(str, names[b].items())))))
            for a, b in found.pairs
        }

    assert pairs(world) == pairs(world[::-1])


def test_keys_reach_most_of_the_true_pairs_of_the_made_world() -> None:
    world = made.world(250, seed=11)
    by_key = made.rows(world)
    found = plan([by_key[item.key] for item in world], ALL, bound=BOUND)
    first = {at: known for known, at in found.copies}

    def met(one: int, two: int) -> bool:
        ours, theirs = sorted((first.get(one, one), first.get(two, two)))
        return ours == theirs or (ours, theirs) in found.pairs

    true = [(a, b) for a, b in combinations(range(len(world)), 2) if world[a].person == world[b].person]
    assert sum(met(a, b) for a, b in true) / len(true) > 0.97
    assert len(found.pairs) < len(world) ** 2 / 8
