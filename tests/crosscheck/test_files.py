"""The files of the index: what goes in comes out, whatever was killed, cut, damaged or undone meanwhile."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from recoupe.crosscheck.likeness import postings
from recoupe.crosscheck.likeness.fresh import Newcomer
from recoupe.crosscheck.likeness.packing import Packing, flat
from recoupe.crosscheck.likeness.parts import Held, Kind
from recoupe.crosscheck.likeness.postings import FUNCTIONS, OF_RECORD, Keyer, key_of
from recoupe.crosscheck.likeness.postings import KEYS as ALL_KEYS
from recoupe.crosscheck.likeness.ranking import ranked, ranked_among, ranked_each
from recoupe.crosscheck.likeness.store import Store
from recoupe.kernel.refusal import Conflict
from recoupe.matching.blocking import KEYS
from recoupe.matching.conditions import Row

KEY, BOUND = b"k" * 32, 5
NOBODY = np.empty(0, np.int64)
UNIT, OTHER = b"u" * 16, b"v" * 16


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.new(tmp_path / "index", KEY, Kind("mark", ("a", "b"), b"common"))


def record(number: int) -> bytes:
    return number.to_bytes(16, "big")


def one(store: Store, number: int, *keys: int, is_open: bool = True, unit: int = 0) -> Newcomer:
    named = record(number)
    return Newcomer(
        named, unit, is_open, number, b"row %d" % number, np.array([*keys, store.key_of_record(named)], np.uint64)
    )


def enter(store: Store, *people: Newcomer) -> list[int]:
    return store.change([], list(people), [] if store.units else [UNIT, OTHER])


def found(store: Store, key: int, bound: int = BOUND) -> list[int]:
    """The records under one key that not too many share."""
    numbers, closed = ranked(store.search(np.array([key], np.uint64)), NOBODY, bound, 1_000)
    assert not closed.size
    return sorted(int.from_bytes(store.record_of(number), "big") for number in numbers)


def folded(store: Store, bound: int = BOUND) -> None:
    store.rotate()
    while parts := store.due():
        assert store.swap(parts, store.built(parts, bound))


def again(store: Store, serial: int | None = None) -> Store:
    """The same files as another process opens them."""
    return Store.opened(store.folder, KEY, store.serial if serial is None else serial)


def test_whoever_is_entered_is_found_under_his_keys_alone_folded_or_not(store: Store) -> None:
    draw = Random(7)
    keys = [key_of(KEY, draw.randbytes(8), at % OF_RECORD) for at in range(400)]
    for start in range(1, 13):
        enter(store, *(one(store, start * 1_000 + at, key, keys[at - 1]) for at, key in enumerate(keys)))
        if start in (4, 8, 10):
            folded(store, 1_000)
    assert len(store.parts) == 4
    for opened in (store, again(store)):
        for at in range(0, 399, 57):
            wanted = sorted(start * 1_000 + who for start in range(1, 13) for who in (at, at + 1))
            assert found(opened, keys[at], 1_000) == wanted
        assert found(opened, keys[0] ^ 1 << 6, 1_000) == []
        assert {opened.packed(number) for number in opened.numbers_of([record(5_007)])} == {b"row 5007"}


def test_keys_at_both_ends_are_found(store: Store) -> None:
    ends = [0, (1 << 12) - 1, 1 << 12, (1 << 28) - 1, 1 << 28, ALL_KEYS - 1]
    enter(store, one(store, 9, *ends))
    assert [found(store, key) for key in ends] == [[9]] * len(ends)
    folded(store)
    assert [found(store, key) for key in ends] == [[9]] * len(ends)


def test_who_tells_nobody_is_apart_and_is_not_counted(store: Store) -> None:
    silent = [one(store, number, 64, is_open=False, unit=1) for number in range(1, 20)]
    enter(store, *silent, *(one(store, number, 64) for number in range(20, 20 + BOUND)))
    for _ in range(2):
        held = store.search(np.array([64], np.uint64))
        told, closed = ranked(held, NOBODY, BOUND, 100)
        assert (len(told), len(closed)) == (BOUND, 19)
        # A unit that tells nobody since, and one's own unit.
        assert ranked(held, np.array([0], np.int64), BOUND, 100)[0] == []
        assert ranked(held, NOBODY, BOUND, 100, unit=0)[0] == []
        folded(store)


def test_a_block_that_too_many_share_is_one_mark_named_by_its_function_and_searches_nobody(store: Store) -> None:
    enter(store, *(one(store, number, 128 + 3) for number in range(1, 3_001)))
    assert found(store, 128 + 3) == []
    folded(store)
    assert store.full() == {3: 1}
    assert found(store, 128 + 3) == []
    enter(store, one(store, 4_000, 128 + 3, 64))
    assert (found(store, 128 + 3), found(store, 64)) == ([], [4_000])
    assert len(store.numbers_of([record(7)])) == 1


def test_who_shares_most_and_rarest_comes_first(store: Store) -> None:
    keys = [64, 129, 194]
    enter(store, one(store, 1, 64), one(store, 2, 64, 129), one(store, 3, 64), one(store, 4, 194))
    numbers, _ = ranked(store.search(np.array(keys, np.uint64)), NOBODY, BOUND, 3)
    assert [store.record_of(number) for number in numbers] == [record(2), record(4), record(3)]
    assert ranked(Held(NOBODY, NOBODY, NOBODY, NOBODY.astype(bool), NOBODY, NOBODY), NOBODY, BOUND, 3)[0] == []


def test_what_one_function_says_several_times_counts_once(store: Store) -> None:
    grams = [64, 128, 192, 256, 320]
    enter(store, one(store, 1, *grams), one(store, 2, 64, 65))
    numbers, _ = ranked(store.search(np.array([*grams, 65], np.uint64)), NOBODY, BOUND, 1)
    assert [store.record_of(number) for number in numbers] == [record(2)]


def test_many_asked_at_once_are_told_what_each_is_told_alone(store: Store) -> None:
    rng = Random(7)
    for number in range(1, 400):
        keys = [64 * rng.randrange(1, 60) + rng.randrange(3) for _ in range(4)]
        enter(store, one(store, number, *keys, is_open=number % 7 > 0, unit=number % 2))
        if number == 200:
            folded(store, 8)
    asked = [[64 * rng.randrange(1, 60) + rng.randrange(3) for _ in range(rng.randrange(6))] for _ in range(40)]
    units = [-1 if at % 3 == 0 else at % 2 for at in range(len(asked))]
    alone = [
        ranked(store.search(np.array(keys, np.uint64)), NOBODY, 8, 5, unit=None if unit < 0 else unit)
        for keys, unit in zip(asked, units, strict=True)
    ]
    held = store.search(np.array([key for keys in asked for key in keys], np.uint64))
    whose = np.repeat(np.arange(len(asked)), [len(keys) for keys in asked])
    together = list(ranked_each(held, whose, np.array(units), NOBODY, bound=8, most=5))
    assert [chosen for chosen, _ in together] == [chosen for chosen, _ in alone]
    assert [closed.size for _, closed in together] == [closed.size for _, closed in alone]
    assert any(chosen for chosen, _ in alone) and any(closed.size for _, closed in alone)


def test_who_leaves_is_found_no_more_and_leaves_the_files(store: Store) -> None:
    enter(store, *(one(store, number, 64) for number in range(1, 4)))
    folded(store)
    enter(store, one(store, 4, 64))
    store.change([record(2), record(4)], [])
    for opened in (store, again(store)):
        assert found(opened, 64) == [1, 3]
        assert opened.people == 2
    store.rotate()
    while parts := store.due(daily=True):
        assert store.swap(parts, store.built(parts, BOUND))
    assert sum(len(part.source.people) for part in store.parts) == 2
    assert found(again(store), 64) == [1, 3]


def test_who_leaves_while_files_are_folded_stays_out(store: Store) -> None:
    enter(store, *(one(store, number, 64) for number in range(1, 4)))
    store.rotate()
    parts = store.due()
    made = store.built(parts, BOUND)
    store.change([record(2)], [])
    assert store.swap(parts, made)
    assert found(store, 64) == found(again(store), 64) == [1, 3]
    # Built from what serves no more: thrown away.
    assert not store.swap(parts, made)


def test_what_the_base_has_undone_is_undone(store: Store) -> None:
    enter(store, one(store, 1, 64))
    store.settle(1)
    store.change([record(1)], [one(store, 2, 64)])
    assert found(store, 64) == [2]
    # The base says that the second change was not committed; another one then bears its number.
    store.settle(1)
    assert found(store, 64) == [1]
    enter(store, one(store, 3, 64))
    assert found(store, 64) == found(again(store), 64) == [1, 3]


def test_a_kill_between_the_log_and_the_commit_leaves_what_was_committed(store: Store) -> None:
    enter(store, one(store, 1, 64))
    store.change([record(1)], [one(store, 2, 64)])
    killed = again(store, 1)
    assert found(killed, 64) == [1]
    enter(killed, one(killed, 3, 64))
    assert found(again(killed), 64) == [1, 3]


def test_files_older_than_the_base_say_so(store: Store) -> None:
    enter(store, one(store, 1, 64))
    with pytest.raises(Conflict):
        again(store, 2)
    folded(store)
    with pytest.raises(Conflict):
        again(store, 0)
    store.settle(1)
    with pytest.raises(Conflict):
        store.settle(2)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def _turned(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("suffix", ["", ".log", ".segment"])
@pytest.mark.parametrize("damage", [_cut, _turned, Path.unlink], ids=["cut", "turned", "lost"])
def test_damaged_files_are_not_read(store: Store, suffix: str, damage: Callable[[Path], None]) -> None:
    enter(store, one(store, 1, 64))
    folded(store)
    enter(store, one(store, 2, 64))
    (path,) = (path for path in store.folder.iterdir() if path.suffix == suffix)
    damage(path)
    with pytest.raises(Conflict):
        again(store)


def test_a_log_of_another_place_is_not_read(store: Store) -> None:
    """Frames are bound to their file: what one has seen is not given to it again under another name."""
    enter(store, one(store, 1, 64))
    former = store.parts[-1].log
    assert former is not None
    content = former.path.read_bytes()
    folded(store)
    log = store.parts[-1].log
    assert log is not None
    log.path.write_bytes(content)
    assert found(again(store), 64) == [1]
    assert again(store).people == 1


def test_a_full_disk_leaves_the_files_as_they_were(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(store, one(store, 1, 64))
    with monkeypatch.context() as full:
        full.setattr(os, "fdatasync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            enter(store, one(store, 2, 64))
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            store.built(store.parts, BOUND)
    assert found(store, 64) == found(again(store), 64) == [1]
    assert not list(store.folder.glob("*.new"))
    enter(store, one(store, 3, 64))
    assert found(again(store), 64) == [1, 3]


def test_what_another_process_wrote_is_read_before_a_change(store: Store) -> None:
    enter(store, one(store, 1, 64))
    other = again(store)
    enter(other, one(other, 2, 64))
    store.settle(2)
    assert found(store, 64) == [1, 2]
    folded(store)
    other.settle(2)
    enter(other, one(other, 3, 64))
    assert found(again(other), 64) == [1, 2, 3]


def test_who_reads_keeps_what_stood_while_files_are_merged_and_replaced(store: Store) -> None:
    enter(store, one(store, 1, 77), one(store, 2, 77))
    view = store.view()
    held, named = view.look(np.array([77], np.uint64))
    folded(store)
    Store.new(store.folder, KEY, Kind("other", (), b""))
    assert sorted(named.values()) == [record(1), record(2)]
    assert [view.packed_of(number, named[number]) for number in held.numbers.tolist()] == [b"row 1", b"row 2"]
    assert found(store, 77) == [1, 2]


def test_a_number_that_was_undone_reads_nobody_else_under_the_former_name(store: Store) -> None:
    enter(store, one(store, 1, 77))
    before = store.serial
    enter(store, one(store, 2, 77), one(store, 3, 77))
    view = store.view()
    _, named = view.look(np.array([77], np.uint64))
    store.settle(before)
    enter(store, one(store, 4, 77))
    assert {found: view.packed_of(number, found) for number, found in named.items()} == {
        record(1): b"row 1", record(2): None, record(3): None,
    }  # fmt: skip


def test_hidden_people_take_no_place_and_make_no_block_worth_less(store: Store) -> None:
    enter(store, one(store, 1, 5), one(store, 2, 6), one(store, 3, 6))
    keys = np.array([5, 6], np.uint64)
    held, mine = store.view().look(keys)
    before = ranked_among(held, mine, BOUND, 3)
    assert [mine[number] for number in before] == [record(1), record(3), record(2)]
    enter(store, *(one(store, 10 + at, 5, unit=1) for at in range(BOUND - 1)))
    held, _ = store.view().look(keys)
    assert ranked_among(held, mine, BOUND, 3) == before
    assert ranked_among(held, (), BOUND, 3) == []


def test_nothing_is_enciphered_twice_the_same_way(store: Store, tmp_path: Path) -> None:
    other = Store.new(tmp_path / "other", KEY, Kind("mark", ("a", "b"), b"common", store.kind.name))
    for made in (store, other):
        enter(made, *(one(made, at, at) for at in range(100)))
    frames = [next(made.folder.glob("*.log")).read_bytes()[16:] for made in (store, other)]
    for made in (store, other):
        folded(made)
    rows = [next(made.folder.glob("*.segment")).read_bytes()[-600:-32] for made in (store, other)]
    for first, second in (frames, rows):
        parts = {first[at : at + 8] for at in range(0, len(first), 8)}
        assert not parts & {second[at : at + 8] for at in range(0, len(second), 8)}


def test_rows_of_a_segment_are_read_one_by_one_and_in_a_row(store: Store) -> None:
    enter(store, *(one(store, number, 64) for number in range(1, 40)))
    folded(store)
    segment = store.parts[0].source
    assert [segment.row(at) for at in range(39)] == list(segment.packed(0, 39)) == [b"row %d" % n for n in range(1, 40)]


def test_a_row_is_packed_whole_and_hostile_writing_stays_in_its_column() -> None:
    columns = ("a", "b", "c", "d", "e")
    packing = Packing(columns, flat({"a": "martin", "b": ("x", "y"), "c": 1984.0, "d": None, "e": None}, columns))
    rows: list[Row] = [
        {"a": "martin", "b": ("x",), "c": 1984.0, "d": None, "e": None},
        {"a": None, "b": (), "c": None, "d": "é🦊", "e": ("", "z")},
        dict.fromkeys(columns),
    ]
    for row in rows:
        assert packing.unpack(packing.pack(row)) == row
    hostile: Row = {**rows[2], "a": "x\x1fy\x1e", "e": "\x01\x02"}
    assert packing.unpack(packing.pack(hostile)) == {**rows[2], "a": "xy"}


def test_keys_made_together_are_those_made_one_by_one() -> None:
    ranks = {"one": 0, "other": 7}
    made = [("one", ["a", "é" * 90]), ("other", ["a"])]
    again = [("one", ["b", "a", "b"])]

    def alone(made: list[tuple[str, list[str]]]) -> list[int]:
        found = {key_of(KEY, f"{name}:{text}".encode(), ranks[name]) for name, texts in made for text in texts}
        return sorted(found)

    keyer = Keyer(KEY, ranks)
    for _ in range(2):
        found = [keys.tolist() for keys in keyer.keys_of_each([made, [], again])]
        assert found == [alone(made), [], alone(again)]
        assert [keyer.keys(one).tolist() for one in (made, [], again)] == found
    assert Keyer(bytes(32), ranks).keys_of_each([made])[0].tolist() != alone(made)
    assert keyer.keys_of_each([]) == []


def test_what_is_kept_of_the_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_MOST_KNOWN", 3)
    keyer, texts = Keyer(KEY, {"one": 0}), [str(at) for at in range(20)]
    for _ in range(2):
        keys = [keyer.keys_of_each([[("one", [text])]])[0].tolist() for text in texts]
        assert keys == [[key_of(KEY, f"one:{text}".encode(), 0)] for text in texts]
        assert len(keyer._known["one"]) <= 3


def test_there_is_a_rank_for_each_function_of_keys() -> None:
    assert len(KEYS) <= OF_RECORD < FUNCTIONS
