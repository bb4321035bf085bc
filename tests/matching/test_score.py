"""The online weight is Splink's; it has no direction, no origin, and proposes no more than "weak" of a person."""

import json
import math
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from recoupe.kernel.refusal import Conflict
from recoupe.kernel.selectors import SelectorKind, Strength
from recoupe.matching.conditions import Row
from recoupe.matching.model import Frequencies, Model, prior_among, read
from recoupe.matching.record import Record, prepare
from recoupe.matching.score import SENTENCE_COMMON, SENTENCE_RARE, Asking, Score, best, score, strength
from tests.matching import made

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def model() -> Model:
    return read(DATA / "model.json")


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return made.rows(made.world(made.GOLDEN, made.GOLDEN_SEED))


def row(record: Record) -> Row:
    return prepare(record, today=made.TODAY, communes=made.COMMUNES).row


def judged(model: Model, one: Record, two: Record) -> Strength | None:
    left, right = row(one), row(two)
    return strength(model, score(model, left, right), left, right)


def test_the_weight_is_the_one_that_splink_gave_the_same_pair(model: Model, rows: dict[str, Row]) -> None:
    pairs = json.loads((DATA / "weights.json").read_text())
    assert len(pairs) == 400
    apart = [abs(score(model, rows[left], rows[right]).weight - weight) for left, right, weight in pairs]
    assert max(apart) <= 1e-6


def test_the_pairs_of_that_proof_show_most_levels_and_both_rarities(model: Model, rows: dict[str, Row]) -> None:
    parts = [
        part
        for left, right, _ in json.loads((DATA / "weights.json").read_text())
        for part in score(model, rows[left], rows[right]).parts
    ]
    assert len({(part.comparison.name, part.level and part.level.name) for part in parts}) > 20
    assert min(part.rarity for part in parts) < 0 < max(part.rarity for part in parts)


def test_a_score_has_no_direction_and_adds_up(model: Model, rows: dict[str, Row]) -> None:
    rng = Random(1)
    for _ in range(300):
        one, two = rng.sample(sorted(rows), 2)
        there, back = score(model, rows[one], rows[two]), score(model, rows[two], rows[one])
        assert there == back
        assert there.weight == pytest.approx(there.prior + sum(part.base + part.rarity for part in there.parts))
        assert 0 <= there.probability <= 1


def test_who_is_weighed_beside_many_weighs_what_he_weighs_beside_each(model: Model, rows: dict[str, Row]) -> None:
    rng = Random(2)
    for _ in range(40):
        mine, *others = (rows[name] for name in rng.sample(sorted(rows), 8))
        others += [mine, *others[:3], dict.fromkeys(mine), mine]
        whole, known = Asking(model, mine), Asking.known(model, mine)
        for other in others:
            found = score(model, mine, other)
            assert whole.score(other) == found
            assert known.score(other).weight == found.weight
            assert known.strength(known.score(other), other) == strength(model, found, mine, other)


def test_a_ranking_depends_on_no_order_and_two_models_are_never_mixed(model: Model, rows: dict[str, Row]) -> None:
    names = sorted(rows)[:6]
    scores = [(name, score(model, rows[names[0]], rows[name])) for name in names]
    rankings = {tuple(name for name, _ in best(order, 4)) for order in permutations(scores)}
    assert len(rankings) == 1 and next(iter(rankings))[0] == names[0]
    with pytest.raises(Conflict):
        best([*scores, ("other", Score("another", 0.0, ()))], 3)


def test_what_is_written_beside_a_record_changes_nothing(model: Model, rows: dict[str, Row]) -> None:
    """A row to which somebody adds a nationality or a category scores as before, whatever they are (R-SENS-2)."""
    rng = Random(2)
    marked = {
        name: {**found, "nationality": rng.choice("abc"), "category": rng.choice("de")} for name, found in rows.items()
    }
    names = rng.sample(sorted(rows), 40)
    for one in names[:5]:
        plain = [(two, score(model, rows[one], rows[two])) for two in names]
        other = [(two, score(model, marked[one], marked[two])) for two in names]
        assert best(plain, 40) == best(other, 40)


HOMONYMS = [Record(family, given, birth="12/03/1985", birth_place="Marseille", address="3 av Foch 13001 Marseille")
            for family, given in (("Martin", "Jean"), ("Ben Ali", "Mohamed"), ("Benali", "Mohammed"))]  # fmt: skip


@pytest.mark.parametrize("one", HOMONYMS, ids=["martin", "ben-ali", "benali"])
@pytest.mark.parametrize("two", HOMONYMS, ids=["martin", "ben-ali", "benali"])
def test_a_person_is_never_more_than_weak(model: Model, one: Record, two: Record) -> None:
    assert judged(model, one, two) in (None, Strength.WEAK)


def test_twins_and_father_and_son_are_weak_at_most(model: Model) -> None:
    twin = Record("Benali", "Hassan", birth="12/03/1985", birth_place="Marseille", address="3 av Foch 13001 Marseille")
    other = Record("Benali", "Hocine", birth="12/03/1985", birth_place="Marseille", address="3 av Foch 13001 Marseille")
    father = Record("Martin", "Jean", birth="12/03/1955", address="3 av Foch 13001 Marseille")
    son = Record("Martin", "Jean", birth="02/07/1983", address="3 av Foch 13001 Marseille")
    assert judged(model, twin, other) in (None, Strength.WEAK)
    assert judged(model, father, son) in (None, Strength.WEAK)


@pytest.mark.parametrize("name", [("Martin", "Jean"), ("Benali", "Mohamed"), ("Zébulonski", "Théophraste")])
def test_a_name_alone_proposes_nothing_however_rare(model: Model, name: tuple[str, str]) -> None:
    eager = replace(model, threshold=-100.0)
    assert judged(eager, Record(*name), Record(*name)) is None
    dated = Record(*name, birth="12/03/1985")
    assert judged(eager, dated, dated) is Strength.WEAK
    assert judged(replace(model, threshold=100.0), dated, dated) is None


def with_plate(written: str, family: str = "") -> Record:
    return Record(family=family, selectors={SelectorKind.PLATE: (written,)})


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("AB-123-CD", "AB 123 CD", Strength.CERTAIN),
        ("XX1YZ", "XX1YZ", Strength.STRONG),
        ("AB-123-CD", "AB-124-CD", None),
        ("AB-123-CD", "??-123-??", None),
        ("??-123-??", "??-123-??", None),
        ("AB-180-CD", "AB-1BO-CD", None),
    ],
)
def test_only_a_whole_identifier_is_told_alone(model: Model, one: str, two: str, expected: Strength | None) -> None:
    assert judged(model, with_plate(one), with_plate(two)) is expected


def test_the_waterfall_tells_each_comparison_and_what_is_rare(model: Model) -> None:
    rare, common = Record("Zébulonski", "Théophraste", birth="12/03/1985"), Record("Martin", "Jean", birth="12/03/1985")
    borne = {"name_bag": Frequencies(1_000_000, {"jean martin": 20_000})}
    served = replace(model, frequencies={**model.frequencies, **borne})
    found = [score(served, row(record), row(record)).parts for record in (rare, common)]
    assert [part.comparison.name for part in found[0]] == ["name", "birth", "birth_place", "address"]
    assert all(part.reasons for parts in found for part in parts)
    assert (found[0][0].reasons[-1], found[1][0].reasons[-1]) == (SENTENCE_RARE, SENTENCE_COMMON)
    assert found[0][0].weight > found[1][0].weight


def test_the_larger_the_holding_the_more_must_agree(model: Model) -> None:
    """The same weights: each doubling of the records costs one bit of the prior, and the threshold stays."""
    one, two = row(Record("Martin", "Jean", birth="12/03/1985")), row(Record("Martin", "Jean", birth="1985"))
    found = {records: score(model.among(records), one, two) for records in (1_001, 2_001, 10_000_001)}
    assert found[1_001].parts == found[2_001].parts == found[10_000_001].parts
    odds = [prior_among(model.matches, records) for records in (1_001, 2_001)]
    apart = found[1_001].prior - found[2_001].prior
    assert apart == pytest.approx(math.log2(odds[0] / (1 - odds[0])) - math.log2(odds[1] / (1 - odds[1])))
    assert apart == pytest.approx(1, abs=0.01) and odds[0] == pytest.approx(2 * odds[1])
    at_the_edge = replace(model, threshold=found[2_001].weight)
    proposed = {records: strength(at_the_edge.among(records), found[records], one, two) for records in found}
    assert proposed == {1_001: Strength.WEAK, 2_001: Strength.WEAK, 10_000_001: None}
    assert score(model.among(model.learnt_among), one, two).weight == pytest.approx(score(model, one, two).weight)
    assert prior_among(3.0, 1) == prior_among(3.0, 2) == 0.5


TWINS = [Record("Benali", given, birth="12/03/1985", birth_place="Marseille") for given in ("Hassan", "Hocine")]
FATHER_AND_SON = [
    Record("Martin", "Jean", birth=born, address="3 av Foch 13001 Marseille") for born in ("1955", "1983")
]


@pytest.mark.parametrize("records", [2, 500, 40_000, 1_000_000, 100_000_000])
@pytest.mark.parametrize(
    "pair", [TWINS, FATHER_AND_SON, HOMONYMS[:2], HOMONYMS[1:]], ids=["twins", "son", "mar", "ben"]
)
def test_whatever_the_size_nobody_is_more_than_weak(model: Model, pair: list[Record], records: int) -> None:
    assert judged(model.among(records), *pair) in (None, Strength.WEAK)
