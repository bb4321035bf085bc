"""Packed postings: what goes in comes out, once; who is gone leaves; a block that too many share is one mark."""

from random import Random

import numpy as np

from recoupe.crosscheck.pages import BUCKETS, CLOSED, FUNCTIONS, LOW, Held, Part, bucket_of, key_of, look
from recoupe.matching.blocking import KEYS

BOUND = 5


def held(pages: list[tuple[int, bytes]], key: int) -> Held:
    found = Held()
    for bucket, page in pages:
        if bucket == bucket_of(key):
            look(page, key, found)
    return found


def test_every_posting_is_found_under_its_key_alone_whatever_the_order_of_entry() -> None:
    draw = Random(7)
    keys = [key_of(draw.randbytes(32), at % FUNCTIONS) for at in range(400)]
    fresh = [(key, number) for number in range(1, 4) for key in keys]
    draw.shuffle(fresh)
    pages = Part.of([], fresh[:700]).pages()
    pages = Part.of(pages, fresh[700:] + fresh[:100]).pages()
    assert [bucket for bucket, _ in pages] == sorted({key >> LOW for key in keys})
    assert all(held(pages, key) == Held([1, 2, 3]) for key in keys)
    assert held(pages, keys[0] ^ 1) == Held()


def test_keys_at_both_ends_of_a_page_and_of_all_pages_are_found() -> None:
    ends = [0, (1 << LOW) - 1, 1 << LOW, (BUCKETS << LOW) - 1]
    pages = Part.of([], [(key, 9) for key in ends]).pages()
    assert [held(pages, key).open for key in ends] == [[9]] * 4


def test_who_tells_nobody_is_apart_and_is_not_counted() -> None:
    silent = [(64, CLOSED + number) for number in range(1, 20)]
    pages = Part.of([], [*silent, *((64, number) for number in range(20, 20 + BOUND))]).bounded(BOUND).pages()
    found = held(pages, 64)
    assert (len(found.open), len(found.closed), found.full) == (BOUND, 19, False)


def test_a_block_that_too_many_share_is_one_mark_named_by_its_function_and_stays_so() -> None:
    crowd = [(128 + 3, number) for number in range(1, 50_001)]
    part = Part.of([], crowd).bounded(BOUND)
    assert part.full_by_function() == {3: 1}
    ((_, page),) = part.pages()
    assert len(page) == 8
    again = Part.of(part.pages(), [(128 + 3, 60_000), (128 + 3, CLOSED + 60_001), (64, 2)]).bounded(BOUND).pages()
    assert held(again, 128 + 3) == Held(full=True)
    assert held(again, 64).open == [2]


def test_who_is_gone_leaves_the_pages() -> None:
    part = Part.of([], [(64, 1), (64, CLOSED + 2), (65, 3)])
    assert part.people() == [1, 2, 3]
    left = part.without_the_gone(np.array([2], np.int64))
    assert held(left.pages(), 64) == Held(closed=[2])
    assert left.people() == [2]
    assert left.without_the_gone(np.array([], np.int64)).bounded(BOUND).pages() == []


def test_there_is_a_rank_for_each_function_of_keys() -> None:
    assert len(KEYS) <= FUNCTIONS
