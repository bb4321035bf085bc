"""A record as it was written, and the row that is compared: neither has a place for an origin (S-8)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from recoupe.kernel.dates import FIRST_YEAR
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.text import french_spaces
from recoupe.matching.comparison import Comparison
from recoupe.matching.conditions import Row, Value
from recoupe.matching.kinds import (
    accounts,
    addresses,
    aliases,
    birth,
    containers,
    emails,
    firms,
    handles,
    handsets,
    names,
    phones,
    places,
    plates,
    vessels,
    wallets,
    written,
)
from recoupe.matching.kinds.places import Places

Columns = Callable[[Iterable[str]], dict[str, Value]]

# A new kind of selector is one file of kinds/ and one line here.
SELECTORS: dict[SelectorKind, tuple[Columns, Comparison]] = {
    SelectorKind.PHONE: (phones.columns, phones.COMPARISON),
    SelectorKind.PLATE: (plates.columns, plates.COMPARISON),
    SelectorKind.IMEI: (handsets.columns, handsets.COMPARISON),
    SelectorKind.IBAN: (accounts.columns, accounts.COMPARISON),
    SelectorKind.WALLET: (wallets.columns, wallets.COMPARISON),
    SelectorKind.HANDLE: (handles.columns, handles.COMPARISON),
    SelectorKind.EMAIL: (emails.columns, emails.COMPARISON),
    SelectorKind.COMPANY: (firms.columns, firms.COMPARISON),
    SelectorKind.CONTAINER: (containers.columns, containers.COMPARISON),
    SelectorKind.VESSEL: (vessels.columns, vessels.COMPARISON),
}
IDENTITY: tuple[Comparison, ...] = (
    names.COMPARISON, aliases.COMPARISON, birth.COMPARISON, places.COMPARISON, addresses.COMPARISON,
)  # fmt: skip
COMPARISONS: dict[str, Comparison] = {
    comparison.name: comparison for comparison in (*IDENTITY, *(found for _, found in SELECTORS.values()))
}
NOWHERE = Places()
# Most records say little beside a name and a birth: the columns of what they leave blank are made once.
_BLANK: dict[str, Value] = {
    **{name: value for columns, _ in SELECTORS.values() for name, value in columns(()).items()},
    **aliases.columns(()), **places.columns("", NOWHERE), **addresses.columns(""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """One person, vehicle, firm or ship as somebody wrote it; whatever is not known is left blank."""

    family: str = ""
    given: str = ""
    aliases: tuple[str, ...] = ()
    birth: str = ""
    birth_place: str = ""
    address: str = ""
    selectors: Mapping[SelectorKind, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The row of a record, and a sentence for each part of its writing that could not be read whole."""

    row: Row
    doubts: tuple[str, ...]


def prepare(record: Record, *, today: date, communes: Places = NOWHERE, first_year: int = FIRST_YEAR) -> Prepared:
    """The row of a record, and what of its writing is doubtful."""
    born = birth.read(record.birth, today, first_year)
    doubts = [french_spaces(born.doubt)] if born.doubt else []
    for kind, raws in record.selectors.items():
        if kind in SELECTORS:
            doubts += written.read(kind, raws).doubts
    return Prepared(row_of(record, today=today, communes=communes, first_year=first_year), tuple(doubts))


def row_of(record: Record, *, today: date, communes: Places = NOWHERE, first_year: int = FIRST_YEAR) -> Row:
    """Every column of every comparison, always; no writing is refused, however odd."""
    born = birth.read(record.birth, today, first_year)
    row = dict(_BLANK)
    row |= names.columns(record.family, record.given)
    row |= birth.columns(born.known)
    if record.aliases:
        row |= aliases.columns(record.aliases)
    if record.birth_place:
        row |= places.columns(record.birth_place, communes)
    if record.address:
        row |= addresses.columns(record.address)
    for kind, raws in record.selectors.items():
        if kind in SELECTORS:
            row |= SELECTORS[kind][0](raws)
    return row
