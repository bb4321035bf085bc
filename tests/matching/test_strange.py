"""The spoilt names themselves: the same for a seed, of every kind, and never without a name."""

from collections import Counter
from datetime import date
from functools import cache

import pytest

from tests.matching.strange import KINDS, Record, persons, spoil, spoil_kind

FIELDS = {"first_names", "surname", "birth_date", "birth_place", "married_name", "alias"}
# Kinds that need something few persons have, and the share they must still reach; the others reach half.
RARE = {"married_name": 0.08, "particle": 0.08, "day_month": 0.3, "accents_lost": 0.2, "transliteration": 0.3}


@cache
def _people() -> list[Record]:
    """Two thousand persons, drawn once."""
    return persons(2000, 7)


def test_persons_are_the_same_for_a_seed_and_whole() -> None:
    assert persons(50, 7) == _people()[:50] != persons(50, 8)
    for person in _people():
        assert set(person) == FIELDS
        assert (
            person["surname"]
            and person["birth_place"]
            and 1950 <= date.fromisoformat(person["birth_date"]).year <= 2007
        )
        assert person["first_names"] and person["first_names"] == person["first_names"].strip()


def test_homonyms_come_at_a_natural_rate() -> None:
    names = Counter((person["first_names"].split()[0], person["surname"]) for person in _people())
    shared = sum(count for count in names.values() if count > 1) / len(_people())
    assert 0.05 < shared < 0.5
    assert len({person["surname"] for person in _people()}) > 350


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_changes_a_fair_share_and_leaves_a_name(kind: str) -> None:
    spoilt = [spoil_kind(person, kind, 1) for person in _people()[:400]]
    assert spoilt[:20] == [spoil_kind(person, kind, 1) for person in _people()[:20]]
    assert all(set(record) == FIELDS and (record["surname"] or record["alias"]) for record in spoilt)
    changed = sum(a != b for a, b in zip(spoilt, _people(), strict=False)) / len(spoilt)
    assert changed >= RARE.get(kind, 0.5)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        spoil_kind(_people()[0], "handwriting", 1)


def test_a_spoilt_record_keeps_its_fields_and_a_name_at_the_rates_told() -> None:
    before = [dict(person) for person in _people()]
    spoilt = [spoil(person, 3) for person in _people()]
    assert before == _people()
    assert spoilt[:50] == [spoil(person, 3) for person in _people()[:50]]
    assert spoilt[:50] != [spoil(person, 4) for person in _people()[:50]]
    for person, record in zip(_people(), spoilt, strict=True):
        assert set(record) == FIELDS and record != person
        assert (record["surname"] or record["alias"]).strip()
    lengths = Counter(len(record["birth_date"]) for record in spoilt)
    assert set(lengths) == {0, 4, 7, 10}
    assert 0.12 < lengths[0] / len(spoilt) < 0.18
    assert 0.17 < (lengths[4] + lengths[7]) / len(spoilt) < 0.23
