"""The index of likeness beside the base: whom a record names is entered under keyed blocks; candidates are weighed.

Whoever changes it holds the base's lock to its commit; the base says which files are the index, and up to which change.
"""

import logging
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import OperationalError, connection
from django.utils import timezone

from recoupe.config.paths import matcher_folder
from recoupe.crosscheck import bulk, waterfall
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.keys import index_key
from recoupe.crosscheck.likeness.fresh import Newcomer
from recoupe.crosscheck.likeness.packing import Packing
from recoupe.crosscheck.likeness.parts import Held, View
from recoupe.crosscheck.likeness.postings import Places, Words
from recoupe.crosscheck.likeness.ranking import ranked_each
from recoupe.crosscheck.likeness.store import Store
from recoupe.crosscheck.models import IndexState
from recoupe.crosscheck.preparing import Work
from recoupe.crosscheck.rules import BLOCK_HOLDERS, CANDIDATES_WEIGHED, COMMON_HOLDERS
from recoupe.kernel.matchable import MatchRecord
from recoupe.kernel.refusal import Conflict
from recoupe.matching.conditions import Row
from recoupe.matching.score import Score

log = logging.getLogger(__name__)

LEFT_BEHIND_S = 24 * 3600.0
# Two transactions that enter two records alike must not both miss the other: one at a time from here to the commit.
_ALONE = "SELECT pg_advisory_xact_lock(1919250287, 2)"
_SERVES = """
    SELECT copy, people, ARRAY(SELECT id FROM reference_unit WHERE silent) FROM crosscheck_indexstate
     WHERE id = 1 AND mark = %s AND copy <> ''
"""
_SILENT = "SELECT id FROM reference_unit WHERE silent"
_CHANGED = "UPDATE crosscheck_indexstate SET last = %s, people = %s WHERE id = 1"
_FORGOTTEN = "UPDATE crosscheck_indexrecord SET likeness = '' WHERE likeness <> ''"


class UnwritableError(OperationalError):
    """The disk refused a file of the index: what was under way is undone and tried again, as after a full base."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Two records that seem to name one and the same: the weight, the steps to it, the model that weighed."""

    low: UUID
    high: UUID
    weight: float
    steps: list[dict[str, Any]]
    model: str


class Entered(NamedTuple):
    """Somebody whose likes are asked for: of which record, his row packed, his blocks."""

    record: MatchRecord
    packed: bytes
    blocks: Words


@dataclass(frozen=True, slots=True)
class Begun:
    """What one transaction changes: the index under the base's lock until its end, and who is prepared for it."""

    store: Store
    state: IndexState
    work: Work


_open: dict[Path, Store] = {}
_opening = threading.Lock()


def opened() -> frozenset[str]:
    """The indexes that this process has open: another name tells that one was replaced."""
    return frozenset(folder.name for folder in _open)


def close() -> None:
    """Forget which are open: they are read again when they are asked for."""
    _open.clear()


def alone() -> None:
    """Until the end of this transaction nobody else enters or folds."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)


@contextmanager
def writing() -> Iterator[None]:
    """A refusal of the disk is one of the house, never of a record."""
    try:
        yield
    except OSError as error:
        raise UnwritableError(str(error.strerror)) from error


def standing(state: IndexState) -> Store | None:
    """The files that this base's index is, holding what it has committed; None where they do not. Under its lock."""
    if not state.copy:
        return None
    folder = matcher_folder() / state.copy
    with _opening:
        found = _open.get(folder)
        try:
            if found is None:
                found = Store.opened(folder, index_key(), state.last)
                found.tidy()
            else:
                found.settle(state.last)
        except (Conflict, OSError) as error:
            _open.pop(folder, None)
            log.warning("matcher: the files of the index do not serve, %s", type(error).__name__)
            return None
        _open[folder] = found
    return found


def held(engine: Engine) -> Store | None:
    """The index where it is one for this engine, under the base's lock."""
    alone()
    state = IndexState.objects.filter(id=1, mark=engine.mark).first()
    return standing(state) if state else None


def seen(engine: Engine) -> tuple[View, int] | None:
    """The index as it stands, to be read beside whoever enters, and how many are in it; None where none is whole.

    The base's lock is taken only where this process has not opened these files yet.
    """
    copy, people, _ = _serves(engine.mark)
    store = _open.get(matcher_folder() / copy) or held(engine) if copy else None
    return (store.view(), people) if store else None


def _serves(mark: str) -> tuple[str, int, list[UUID]]:
    """Which files are the index for an engine of this mark, how many are in it, and which units tell nobody today.

    Nothing where there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SERVES, [mark])
        found: tuple[str, int, list[UUID]] = cursor.fetchone() or ("", 0, [])
        return found


def ready(engine: Engine) -> tuple[Store, IndexState]:
    """The index for this engine, under the base's lock; an empty one where there is none that holds what it should."""
    alone()
    state = next(iter(bulk.held(IndexState, "id = 1")), None) or IndexState.objects.get_or_create(id=1)[0]
    store = standing(state)
    if store is None or store.kind.mark != engine.mark or store.people != state.people:
        if state.mark:
            log.warning("matcher: people are entered again, model %s", engine.name)
        empty(state)
        kind = engine.kind()
        folder = matcher_folder() / kind.name
        with writing():
            store = _open[folder] = Store.new(folder, engine.key, kind)
        state.model, state.mark, state.copy = engine.name, engine.mark, kind.name
        state.save()
    return store, state


def empty(state: IndexState) -> None:
    """No file is the index any more; who was entered is to be entered again. To be saved by the caller."""
    if state.copy:
        former = matcher_folder() / state.copy
        with _opening:
            _open.pop(former, None)
        shutil.rmtree(former, ignore_errors=True)
    with connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN)
    state.copy, state.mark, state.whole_at = "", "", None
    state.people = state.last = state.swept = 0


def tidy(state: IndexState) -> None:
    """What another state of this base left, and nobody has touched for a day, goes: erased people may be in it."""
    for folder in matcher_folder().glob("*"):
        if folder.name != state.copy and folder.is_dir() and time.time() - folder.stat().st_mtime > LEFT_BEHIND_S:
            shutil.rmtree(folder, ignore_errors=True)


def forget(record_ids: Sequence[UUID]) -> None:
    """Take out whomever these records name."""
    alone()
    state = IndexState.objects.filter(id=1).first()
    if state is None or not state.copy:
        return
    store = standing(state)
    if store is None:
        # Files that cannot be told of it are not the index any more.
        empty(state)
        state.save()
        return
    if gone := _named(store, record_ids):
        _change(store, state, gone, [], [])


def _named(store: Store, record_ids: Iterable[UUID]) -> list[bytes]:
    """Those of these records that name somebody in the index."""
    wanted = [record_id.bytes for record_id in record_ids]
    return sorted({store.record_of(number) for number in store.numbers_of(wanted)}) if wanted else []


def _change(store: Store, state: IndexState, gone: list[bytes], entered: list[Newcomer], units: list[bytes]) -> None:
    before = store.people
    with writing():
        store.change(gone, entered, units)
    state.last, state.people = state.last + 1, state.people + store.people - before
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [state.last, state.people])


def begin(engine: Engine, records: Sequence[MatchRecord]) -> Begun:
    """Whom these records name is being prepared; files that do not serve are replaced first. Under the base's lock.

    Who waits for that lock has his people prepared meanwhile, for the files that serve.
    """
    people, today = [one for record in records for one in record.subjects], timezone.localdate()
    kinds = [store.kind for store in list(_open.values()) if store.kind.mark == engine.mark]
    work = Work(engine, kinds[-1], people, today) if kinds else None
    store, state = ready(engine)
    if work is None or work.kind.name != store.kind.name:
        work = Work(engine, store.kind, people, today)
    return Begun(store, state, work)


def meet(engine: Engine, records: Sequence[MatchRecord], begun: Begun | None = None) -> dict[tuple[UUID, UUID], Alike]:
    """Enter whom these records name, over what was known of them, and weigh who is alike; records of two units only.

    A hit names none but those that the base holds under this engine (`House.entered`), and nobody is shown another.
    """
    begun, silent = begun or begin(engine, records), _silent()
    entered = _enter(begun, records, silent)
    engine = sized(engine)
    best: dict[tuple[UUID, UUID], Score] = {}
    for pair, weighed in weigh(engine, entered, (begun.store, _places(begun.store, silent))):
        known = best.get(pair)
        if known is None or known.weight < weighed.weight:
            best[pair] = weighed
    return {
        pair: Alike(*pair, weighed.weight, waterfall.written(weighed), engine.name) for pair, weighed in best.items()
    }


def sized(engine: Engine) -> Engine:
    """The engine for as many people as stand in the index and others may be told of; counted once an hour.

    Who tells nobody is not counted: one more would change what everybody else learns (R-26).
    """
    return engine.among(_people(engine.mark, engine.model.learnt_among, int(time.monotonic() // 3600)))


@lru_cache(maxsize=1)
def _people(mark: str, least: int, hour: int) -> int:
    """`least`: so many change nothing, and are not counted; `hour` alone makes the count anew."""
    copy, people, silent = _serves(mark)
    store = _open.get(matcher_folder() / copy) if copy else None
    if store is None or people <= least:
        return least
    return store.told_of(_places(store, silent))


def enter(engine: Engine, records: Sequence[MatchRecord]) -> list[Entered]:
    """Give each person named a place in the index, in the stead of whomever these records named before."""
    return _enter(begin(engine, records), records, _silent())


def _enter(begun: Begun, records: Sequence[MatchRecord], silent: Collection[UUID]) -> list[Entered]:
    store = begun.store
    newcomers, units = [], list[bytes]()
    named = [record for record in records for _ in record.subjects]
    entered = [Entered(record, *one) for record, one in zip(named, begun.work.done(), strict=True)]
    places = {one: store.unit(one.bytes, units) for one in {record.unit_id for record in named}}
    for one, keys in zip(entered, _with_own(store, entered), strict=True):
        record = one.record
        is_open = record.tells_other and record.unit_id not in silent
        place, at = places[record.unit_id], _seconds(record.at)
        newcomers.append(Newcomer(record.record_id.bytes, place, is_open, at, one.packed, keys))
    gone = _named(store, [record.record_id for record in records])
    if gone or newcomers:
        _change(store, begun.state, gone, newcomers, units)
    return entered


def _with_own(store: Store, entered: Sequence[Entered]) -> list[Words]:
    """The keys of each and the one under which his record is found again."""
    if not entered:
        return []
    own = store.keys_of_records([one.record.record_id.bytes for one in entered])
    every = np.concatenate([part for nth, one in enumerate(entered) for part in (one.blocks, own[nth : nth + 1])])
    ends = accumulate((one.blocks.size + 1 for one in entered), initial=0)
    return [every[first:past] for first, past in pairwise(ends)]


def _seconds(at: datetime) -> int:
    return min(max(0, int(at.timestamp())), 2**32 - 1)


def _silent() -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_SILENT)
        return {unit for (unit,) in cursor.fetchall()}


def quiet(store: Store) -> Places:
    """The units of the index that tell nobody today."""
    return _places(store, _silent())


def _places(store: Store, units: Iterable[UUID]) -> Places:
    quiet = {unit.bytes for unit in units}
    return np.array([at for at, unit in enumerate(store.units) if unit in quiet], np.int64)


def weigh(
    engine: Engine, entered: Sequence[Entered], known: tuple[Store, Places] | None = None, *, all_of_them: bool = False
) -> list[tuple[tuple[UUID, UUID], Score]]:
    """Who of the others is proposed beside each of these, with the waterfall; or all who were weighed.

    `known`: the index and its silent units, where this transaction has read them already.
    """
    if not entered:
        return []
    store, silent = known or _read(engine)
    view = store.view()
    packing = Packing(view.kind.columns, view.kind.common)
    rows: dict[int, Row] = {}
    found = []
    for mine, numbers in zip(entered, _worth_weighing(store, entered, silent), strict=True):
        if not numbers:
            continue
        asking = engine.asking(packing.unpack(mine.packed))
        for number in numbers:
            if number not in rows:
                rows[number] = packing.unpack(view.packed(number))
            weighed = asking.score(rows[number]) if all_of_them else asking.proposed(rows[number])
            if weighed:
                one, two = mine.record.record_id, UUID(bytes=view.record_of(number))
                found.append(((min(one, two), max(one, two)), weighed))
    return found


def _read(engine: Engine) -> tuple[Store, Places]:
    copy, _, silent = _serves(engine.mark)
    store = _open.get(matcher_folder() / copy) if copy else None
    if store is None:
        store, _state = ready(engine)
        return store, quiet(store)
    return store, _places(store, silent)


def _worth_weighing(store: Store, entered: Sequence[Entered], silent: Places) -> Iterator[list[int]]:
    """Those of other units: so many of whom others may be told, and the newest of each holder that tells nobody."""
    known = store.search(np.concatenate([one.blocks for one in entered]))
    askers = np.repeat(np.arange(len(entered)), [len(one.blocks) for one in entered])
    places = {unit: place for place, unit in enumerate(store.units)}
    own = np.array([places.get(one.record.unit_id.bytes, -1) for one in entered])
    for chosen, closed in ranked_each(known, askers, own, silent, bound=BLOCK_HOLDERS, most=CANDIDATES_WEIGHED):
        yield [*chosen, *_newest(known, closed)] if closed.size else chosen


def _newest(known: Held, closed: Places) -> list[int]:
    of_unit: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for at in closed.tolist():
        of_unit[int(known.units[at])].add((int(known.at[at]), int(known.numbers[at])))
    return [number for people in of_unit.values() for _, number in sorted(people)[-COMMON_HOLDERS:]]
