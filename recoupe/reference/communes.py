"""Which commune is meant by what somebody wrote: one order for forms and files; a refusal names the candidates.

1. « INSEE 13001 » and « CP 13001 » say themselves what they are, and so does the column of a file that a mapping types.
2. Five characters are an official code and a postal code alike; where the two name different communes of today it is
   asked.
3. « Saint-Denis (93) » is a name and its department; a bare name must be borne by one commune alone.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import Protocol

from recoupe.kernel.refusal import Absent, Invalid, gettext_noop
from recoupe.kernel.text import name_key
from recoupe.reference import queries, rules
from recoupe.reference.models import Arrondissement, Commune, FormerCommune

SHOWN = 6
READ_AT_ONCE = 2_000
_INSEE = re.compile(r"(?:code\s+)?(?:insee|cog)\s*:?\s*(\w{5})", re.IGNORECASE)
_POSTAL = re.compile(r"(?:cp|code\s+postal)\s*:?\s*(\d{5})", re.IGNORECASE)
_LABEL = re.compile(r"(.+?)\s*\((\w{2,3})\)")

SENTENCE_SEVERAL = gettext_noop(
    "Plusieurs communes répondent à « %(typed)s » : %(found)s. Précisez le département, "
    "comme « %(name)s (%(department)s) », ou le code officiel, comme « INSEE %(code)s »."
)
SENTENCE_TWO_CODES = gettext_noop(
    "« %(typed)s » est à la fois un code officiel et un code postal : %(found)s. Écrivez le nom de la commune, "
    "« INSEE %(typed)s » pour le code officiel ou « CP %(typed)s » pour le code postal."
)


class CodeKind(StrEnum):
    """What the codes of a column are, when its file says so."""

    INSEE = "insee"
    POSTAL = "postal"


@dataclass(frozen=True, slots=True)
class Seat:
    """One commune: code, name and department."""

    code: str
    name: str
    department: str

    @property
    def label(self) -> str:
        """« Saint-Denis 93066 (Seine-Saint-Denis) »: what tells it from another of its name."""
        return f"{self.name} {self.code} ({queries.department(self.department).name})"


class Gazetteer(Protocol):
    """Where communes are looked up: in the database for one, in a table for thousands."""

    def official(self, code: str) -> Seat | None:
        """By official code; former ones and arrondissements lead to the commune of today."""

    def postal(self, code: str) -> list[Seat]:
        """By postal code, the most populated first."""

    def named(self, key: str) -> list[Seat]:
        """By the key of the whole name, the most populated first."""


def typed_as(text: str, kind: CodeKind) -> str:
    """A code from a column of that kind, so written that it says what it is; spreadsheets drop a leading zero."""
    code = text.strip().upper()
    if code.isdigit() and len(code) == 4:
        code = f"0{code}"
    if not rules.is_commune_code(code):
        return text
    return f"{'INSEE' if kind is CodeKind.INSEE else 'CP'} {code}"


def meant(typed: str, gazetteer: Gazetteer, *, codes_are_official: bool = False) -> Seat | None:
    """The commune meant, None when there is none; Invalid names the candidates when there are several.

    `codes_are_official`: a bare code is one of our lists, or of a column that its mapping did not declare postal.
    """
    text = typed.strip()
    if said := _INSEE.fullmatch(text):
        return gazetteer.official(said[1].upper())
    if said := _POSTAL.fullmatch(text):
        return _only(text, gazetteer.postal(said[1]))
    if rules.is_commune_code(text.upper()):
        official = gazetteer.official(text.upper())
        if official is not None and codes_are_official:
            return official
        return _of_code(text, official, gazetteer.postal(text))
    label = _LABEL.fullmatch(text)
    found = gazetteer.named(rules.spelled_out(name_key(label[1] if label else text)))
    if label:
        found = [seat for seat in found if seat.department == label[2].upper()]
    return _only(text, found)


def _of_code(typed: str, official: Seat | None, postal: list[Seat]) -> Seat | None:
    # The code of a commune that is gone gives way to a postal code of today: 75001 was once Alfortville.
    if official is None or (postal and official.code != typed.upper()):
        return _only(typed, postal)
    if all(seat.code == official.code for seat in postal):
        return official
    raise Invalid(SENTENCE_TWO_CODES, field="commune", typed=typed, found=listed([official, *postal]))


def _only(typed: str, found: list[Seat]) -> Seat | None:
    if len(found) > 1:
        raise several(typed, found)
    return found[0] if found else None


def several(typed: str, found: list[Seat]) -> Invalid:
    """The refusal that names the candidates and shows how to choose one."""
    first = found[0]
    return Invalid(
        SENTENCE_SEVERAL,
        field="commune",
        typed=typed,
        found=listed(found),
        name=first.name,
        department=first.department,
        code=first.code,
    )


def listed(found: Iterable[Seat]) -> str:
    """The candidates in one line, each once."""
    labels = [seat.label for seat in dict.fromkeys(found)]
    return ", ".join(labels[:SHOWN]) + (", …" if len(labels) > SHOWN else "")


class LiveGazetteer:
    """One question to the database each: for a form."""

    def official(self, code: str) -> Seat | None:
        """By code, former ones too."""
        try:
            return seat(queries.commune(code))
        except Absent:
            return None

    def postal(self, code: str) -> list[Seat]:
        """An arrondissement's postal code is its commune's."""
        places = queries.search_places(code, 60) if rules.is_postal_code(code) else []
        codes = dict.fromkeys(place.commune_code for place in places if code in place.postal_codes)
        return [seat(queries.commune(commune)) for commune in codes]

    def named(self, key: str) -> list[Seat]:
        """By the whole name."""
        rows = Commune.objects.filter(name_key=key).order_by("-population", "code")
        return [seat(row) for row in rows] if key else []


class GazetteerTable:
    """All communes at once: for a file of thousands of rows."""

    def official(self, code: str) -> Seat | None:
        """By code, former ones too."""
        table = _table()
        return table.seat(code) or table.seat(table.former.get(code))

    def postal(self, code: str) -> list[Seat]:
        """An arrondissement's postal code is its commune's."""
        return _table().seats(_table().postal_codes.get(code))

    def named(self, key: str) -> list[Seat]:
        """By the whole name."""
        return _table().seats(_table().names.get(key))


def seat(row: Commune) -> Seat:
    """A commune as a candidate."""
    return Seat(row.code, row.name, row.department_id)


class _Lines:
    """Texts by key in one sorted block of bytes: every process keeps it, and a dictionary weighs ten times as much."""

    def __init__(self, told: dict[str, str]) -> None:
        lines = sorted(f"{key}\t{said}\n".encode() for key, said in told.items())
        self._block = b"".join(lines)
        self._starts = array("I", accumulate(map(len, lines[:-1]), initial=0))

    def get(self, key: str) -> str:
        """What is told of this key; nothing where it is unknown."""
        wanted = key.encode("utf-8", "replace") + b"\t"
        place = bisect_left(self._starts, wanted, key=self._from)
        found = self._from(self._starts[place]) if place < len(self._starts) else b""
        return found.removeprefix(wanted)[:-1].decode() if found.startswith(wanted) else ""

    def _from(self, start: int) -> bytes:
        return self._block[start : self._block.find(b"\n", start) + 1]


@dataclass(frozen=True, slots=True)
class _Table:
    """By code the department and the name; by former code, postal code and key of the name the codes."""

    labels: _Lines
    former: _Lines
    postal_codes: _Lines
    names: _Lines

    def seat(self, code: str) -> Seat | None:
        department, _, name = self.labels.get(code).partition(" ")
        return Seat(code, name, department) if name else None

    def seats(self, codes: str) -> list[Seat]:
        return [found for code in codes.split() if (found := self.seat(code))]


@lru_cache(maxsize=1)
def _table() -> _Table:
    labels, former, postal_codes, names = dict[str, str](), dict[str, str](), dict[str, str](), dict[str, str]()
    rows = Commune.objects.order_by("-population", "code")
    fields = ("code", "department_id", "name", "name_key", "postal_codes")
    for code, department, name, key, served in rows.values_list(*fields).iterator(READ_AT_ONCE):
        labels[code] = f"{department} {name}"
        _add(names, key, code)
        for postal in served:
            _add(postal_codes, postal, code)
    for gone, commune in FormerCommune.objects.values_list("code", "commune_id"):
        former.setdefault(gone, commune)
    for district, commune, served in Arrondissement.objects.values_list("code", "commune_id", "postal_codes"):
        former.setdefault(district, commune)
        for postal in served:
            if commune not in postal_codes.get(postal, "").split():
                _add(postal_codes, postal, commune)
    return _Table(_Lines(labels), _Lines(former), _Lines(postal_codes), _Lines(names))


def _add(codes: dict[str, str], key: str, code: str) -> None:
    codes[key] = f"{codes[key]} {code}" if key in codes else code
