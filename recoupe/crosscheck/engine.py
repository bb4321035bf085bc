"""The comparison by likeness as the matcher serves it: one model's file, keyed blocks, the online weight.

Nothing of it is readable without the key of the index, which the matcher's process alone holds.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from recoupe.config.paths import matcher_model
from recoupe.crosscheck.communes import known_communes
from recoupe.crosscheck.keys import index_key
from recoupe.crosscheck.likeness.packing import common_to, flat
from recoupe.crosscheck.likeness.parts import Kind
from recoupe.crosscheck.likeness.postings import OF_RECORD, Keyer, Words
from recoupe.kernel.matchable import Subject
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching import blocking
from recoupe.matching.conditions import Row
from recoupe.matching.model import Model, read
from recoupe.matching.record import NOWHERE, Record, row_of
from recoupe.matching.score import Asking

log = logging.getLogger(__name__)

_BLOCK = b"\x00likeness blocks"
# How many made persons show what rows have in common, so that it is not packed anew in each.
_SHOWN = 600
_TOWNS = (
    "Marseille", "Paris", "Lyon", "Toulouse", "Nice", "Nantes", "Montpellier", "Strasbourg", "Bordeaux", "Lille",
    "Rennes", "Toulon", "Saint-Étienne", "Le Havre", "Fort-de-France", "Saint-Denis", "Alger", "Izmir", "Porto",
)  # fmt: skip
# By its multiples the parts of a whole are reached evenly.
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Engine:
    """What serves: a model under a name that no other file bears; rows made under another name are not compared."""

    model: Model
    name: str
    columns: tuple[str, ...]
    key: bytes

    @cached_property
    def mark(self) -> str:
        """Under what the people of a record were entered: the model and the columns of their rows."""
        text = "\x00".join((self.name, *self.columns))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @cached_property
    def functions(self) -> dict[str, int]:
        """The rank of each function that makes keys, which a key carries."""
        return {name: rank % OF_RECORD for rank, name in enumerate(self.model.blocking)}

    def row(self, subject: Subject, today: date) -> Row:
        """The row that is compared; no writing is refused."""
        kinds: dict[SelectorKind, tuple[str, ...]] = {}
        for kind, raw in subject.selectors:
            kinds[SelectorKind(kind)] = (*kinds.get(SelectorKind(kind), ()), raw)
        written = Record(
            family=subject.family,
            given=subject.given,
            aliases=subject.aliases,
            birth=subject.birth,
            birth_place=subject.birth_place,
            selectors=kinds,
        )
        places = known_communes() if subject.birth_place else NOWHERE
        return row_of(written, today=today, communes=places)

    @cached_property
    def _keyer(self) -> Keyer:
        return Keyer(hmac.digest(self.key, _BLOCK, "sha256"), self.functions)

    def blocks(self, row: Row) -> Words:
        """Under which keyed hashes a row is searched: without the key, a list of all names finds none of them.

        Which words are rare is not asked here: a block that too many share is left out when it is searched.
        """
        return self._keyer.keys(blocking.made(row, self.model.blocking, {}))

    def blocks_of_each(self, rows: Iterable[Row]) -> list[Words]:
        """The same of many."""
        return self._keyer.keys_of_each([blocking.made(row, self.model.blocking, {}) for row in rows])

    def kind(self) -> Kind:
        """What an index for this engine is: rows are packed by what the names most borne look like once prepared."""
        return Kind(self.mark, self.columns, self._common)

    @cached_property
    def _common(self) -> bytes:
        families, givens = (_most_borne(self.model, column) for column in ("family", "given_first"))
        rows = (self.row(_made(at, families, givens), date.today()) for at in range(_SHOWN))
        return common_to([flat(row, self.columns) for row in rows])

    def among(self, records: int) -> "Engine":
        """The same engine where so many are entered: the more, the more must agree before something is proposed.

        In a house younger than the holding that taught, as in that holding: it has not met its strangers yet.
        """
        return replace(self, model=self.model.among(max(records, self.model.learnt_among)))

    def asking(self, row: Row) -> Asking:
        """Somebody to be weighed beside others."""
        return Asking.known(self.model, row)


def serving() -> Engine | None:
    """What serves now: the file is looked at each time, so that a new model serves without a restart; None without."""
    path = matcher_model()
    try:
        seen = path.stat()
    except OSError:
        return None
    return _load(path, (seen.st_ino, seen.st_mtime_ns, seen.st_size), index_key())


@lru_cache(maxsize=1)
def _load(path: Path, stamp: tuple[int, int, int], key: bytes) -> Engine | None:
    """`stamp` tells one file from the next under the same path; identifiers are compared whatever the file is worth."""
    try:
        model = read(path)
    except Invalid as refusal:
        log.error("matcher: nothing is compared by likeness, %s: %s", path.name, refusal)
        return None
    mark: str = model.as_document()["hash"]
    columns = tuple(sorted(row_of(Record(), today=date.today())))
    return Engine(model, f"{model.version}@{mark[:12]}", columns, key)


def _made(at: int, families: Sequence[str], givens: Sequence[str]) -> Subject:
    """Somebody whom nobody knows: one to three given names, most of them with a birth place, some with more."""
    given = " ".join(_one_of(givens, 3 * at + nth) for nth in range(1 + at % 3))
    phones = (("phone", f"06{at * 611_953 % 10**8:08}"),) if at % 5 == 0 else ()
    aliases = (_one_of(givens, 7 * at),) if at % 5 == 1 else ()
    birth = f"{at % 28 + 1:02}/{at % 12 + 1:02}/{1940 + at * 7 % 70}"
    place = _TOWNS[at % len(_TOWNS)] if at % 4 else ""
    return Subject(_one_of(families, 5 * at), given, aliases, birth, place, phones)


def _one_of(names: Sequence[str], at: int) -> str:
    """One of them, those in front oftener; nothing where there are none."""
    return names[int(len(names) * (at * _GOLDEN % 1) ** 2)] if names else ""


def _most_borne(model: Model, column: str) -> list[str]:
    counts = model.frequencies[column].counts if column in model.frequencies else {}
    return sorted(counts, key=lambda name: (-counts[name], name))
