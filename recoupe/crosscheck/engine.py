"""The comparison by likeness as the matcher serves it: one model's file, keyed blocks, sealed rows, the online weight.

Nothing of it is readable without the key of the index, which the matcher's process alone holds.
"""

import hmac
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recoupe.config.paths import matcher_model
from recoupe.crosscheck.communes import known_communes
from recoupe.crosscheck.keys import index_key, keyed
from recoupe.kernel.matchable import Subject
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching import blocking
from recoupe.matching.conditions import Row
from recoupe.matching.model import Model, read
from recoupe.matching.record import NOWHERE, Record, prepare
from recoupe.matching.score import Score, score, strength

log = logging.getLogger(__name__)

# No kind of selector starts with it: a block and a selector never share a hash.
_BLOCK = "\x00block"
_ROWS = b"\x00recoupe rows"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Engine:
    """What serves: a model under a name that no other file bears; rows made under another name are not compared."""

    model: Model
    name: str
    blank: Row
    key: bytes

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
        return prepare(written, today=today, communes=places).row

    def blocks(self, row: Row) -> list[int]:
        """Under which keyed hashes a row is searched: without the key, a list of all names finds none of them.

        Which words are rare is not asked here: a block that too many share is left out when it is searched.
        """
        found = {keyed(self.key, _BLOCK, text)[:8] for text in blocking.keys(row, self.model.blocking, {})}
        return sorted(int.from_bytes(short, "big", signed=True) for short in found)

    def seal(self, row: Row, record_id: UUID) -> bytes:
        """The row as it lies in the index, bound to its record: only the matcher's key opens it."""
        text = json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False)
        nonce = os.urandom(_NONCE)
        return nonce + _cipher(self.key).encrypt(nonce, text.encode(), record_id.bytes)

    def unseal(self, sealed: bytes, record_id: UUID) -> Row:
        """The row that was sealed for this record."""
        text = _cipher(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], record_id.bytes)
        found = json.loads(text)
        return {**self.blank, **{n: tuple(v) if isinstance(v, list) else v for n, v in found.items()}}

    def proposed(self, first: Row, second: Row) -> Score | None:
        """The weight of two rows where something is proposed (S-1, S-2)."""
        found = score(self.model, first, second)
        return found if strength(self.model, found, first, second) else None


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
    blank: Mapping[str, None] = dict.fromkeys(prepare(Record(), today=date.today()).row)
    return Engine(model, f"{model.version}@{mark[:12]}", dict(blank), key)


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, _ROWS, "sha256"))
