"""The receipt: ten words of 2,048 (110 bits) and an eleventh that checks them; its keys are derived, never stored."""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.sealing import hpke

WORDS = 10
BITS = 11
COUNT = 1 << BITS
SEED = 14
# A word is told by its first four letters, without accents: a slip in the rest does no harm.
TELLING = 4
FILE = Path(__file__).parent / "static" / "sealing" / "words.txt"

SENTENCE_COUNT = gettext_noop("Un reçu a onze mots ; en voici %(count)s.")
SENTENCE_WORD = gettext_noop("Le mot n° %(number)s n'est pas de la liste : relisez-le.")
SENTENCE_CHECK = gettext_noop("Ces mots ne vont pas ensemble : un d'eux est faux, ou deux sont échangés.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """110 bits that only the sender holds."""

    seed: bytes = field(repr=False)

    @property
    def words(self) -> tuple[str, ...]:
        """The eleven words, in their order."""
        number = int.from_bytes(self.seed, "big")
        places = [number >> BITS * (WORDS - 1 - n) & COUNT - 1 for n in range(WORDS)]
        return tuple(word_list()[place] for place in [*places, _check(self.seed)])

    @property
    def fetch_key(self) -> bytes:
        """What asks for the answers and burns the thread: 32 bytes."""
        return self._derived(b"fetch")

    @property
    def place(self) -> bytes:
        """Under what the thread is kept: the hash of the fetch key, 32 bytes."""
        return hashlib.sha256(self.fetch_key).digest()

    @property
    def thread_key(self) -> bytes:
        """The private key that answers are sealed to: 32 bytes."""
        return hpke.derived_private_key(self._derived(b"thread"))

    def _derived(self, purpose: bytes) -> bytes:
        # 110 random bits: a slow hash would add nothing (security.md, "Settled since").
        return HKDF(SHA256(), hpke.KEY, salt=None, info=b"recoupe receipt 1 " + purpose).derive(self.seed)


def draw() -> Receipt:
    """A new receipt, from the system's generator."""
    return Receipt(secrets.randbits(WORDS * BITS).to_bytes(SEED, "big"))


def read(text: str) -> Receipt:
    """The receipt that somebody typed, whatever the case, the accents and what stands between; Invalid says where."""
    typed = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", text))
    if len(typed) != WORDS + 1:
        raise Invalid(SENTENCE_COUNT, count=len(typed))
    found = [_place(word, number) for number, word in enumerate(typed, start=1)]
    number = 0
    for place in found[:WORDS]:
        number = number << BITS | place
    seed = number.to_bytes(SEED, "big")
    if found[WORDS] != _check(seed):
        raise Invalid(SENTENCE_CHECK)
    return Receipt(seed)


def bare(word: str) -> str:
    """The word in small letters without accents."""
    small = word.lower().replace("œ", "oe").replace("æ", "ae")
    return "".join(c for c in unicodedata.normalize("NFD", small) if not unicodedata.combining(c))


@cache
def word_list() -> tuple[str, ...]:
    """The 2,048 words in their order, which is part of the format."""
    return tuple(FILE.read_text(encoding="utf-8").split())


@cache
def _places() -> dict[str, int]:
    return {bare(word)[:TELLING]: place for place, word in enumerate(word_list())}


def _place(word: str, number: int) -> int:
    place = _places().get(bare(word)[:TELLING])
    if place is None or len(bare(word)) < TELLING:
        raise Invalid(SENTENCE_WORD, number=number)
    return place


def _check(seed: bytes) -> int:
    digest = hashlib.sha256(b"recoupe receipt check\0" + seed).digest()
    return int.from_bytes(digest[:2], "big") >> 16 - BITS
