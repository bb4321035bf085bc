"""A file of values, line by line: what can be written, and one sentence for each line that cannot. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from recoupe.kernel.dates import FIRST_YEAR, PartialDate
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.plan.enums import FigureUnit
from recoupe.plan.figures import FigureSpec

MAX_BYTES = 256 * 1024
MAX_LINES = 2_000
# The largest number that the base keeps, with four decimals.
MAX_VALUE = Decimal(10) ** 13
PERIMETER, DEFINITION, SOURCE = 120, 200, 160
REQUIRED = ("indicateur", "du", "au", "valeur", "source")
OPTIONAL = ("borne haute", "environ", "définitif", "périmètre", "définition")
_YES, _NO = frozenset({"oui", "o", "1", "x", "yes"}), frozenset({"", "non", "n", "0", "no"})

NOT_TEXT = gettext_noop("Ce fichier n'est pas un texte en UTF-8 : enregistrez-le en CSV UTF-8.")
TOO_HEAVY = gettext_noop("Ce fichier est trop lourd : %(max)s Ko au plus.")
TOO_LONG = gettext_noop("Ce fichier est trop long : %(max)s lignes au plus.")
EMPTY = gettext_noop("Ce fichier ne contient aucune valeur.")
NO_COLUMN = gettext_noop("Il manque la colonne « %(column)s » : la première ligne nomme les colonnes.")
UNKNOWN_COLUMN = gettext_noop("La colonne « %(column)s » est inconnue.")
SHAPE = gettext_noop("Cette ligne n'a pas le nombre de colonnes de la première.")
NOT_OURS = gettext_noop("« %(code)s » n'est pas un indicateur importé de cette mesure.")
NOT_A_NUMBER = gettext_noop("« %(text)s » n'est pas un nombre : écrivez 1234,5.")
OUT_OF_RANGE = gettext_noop("Cette valeur est hors des bornes de l'unité.")
BACKWARDS = gettext_noop("La fin de la période précède son début.")
FULL_DATES = gettext_noop("Écrivez le jour, le mois et l'année de chaque borne de la période.")
NO_SOURCE = gettext_noop("Dites de qui vient cette valeur.")
YES_OR_NO = gettext_noop("« %(text)s » : écrivez oui ou non.")
TWICE = gettext_noop("Cette valeur est déjà à la ligne %(line)s.")
ALREADY = gettext_noop("Cette valeur est déjà au tableau.")
HIGHER = gettext_noop("La borne haute doit dépasser la valeur.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value to be written: what the base keeps of it."""

    indicator: str
    first: date
    last: date
    value: Decimal
    source: str
    upper: Decimal | None = None
    approximate: bool = False
    final: bool = False
    perimeter: str = ""
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line (the first is line 1, the header)."""

    line: int
    refusal: Invalid


@dataclass(frozen=True, slots=True)
class Read:
    """A whole file: it is written only without any fault."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]


def decoded(raw: bytes) -> str:
    """The text of a file; raises Invalid with a sentence."""
    if len(raw) > MAX_BYTES:
        raise Invalid(TOO_HEAVY, field="file", max=MAX_BYTES // 1024)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(NOT_TEXT, field="file") from error
    if "\0" in text:
        raise Invalid(NOT_TEXT, field="file")
    return text


def read(text: str, specs: Mapping[str, FigureSpec], known: Iterable[Entry], today: date) -> Read:
    """Every line of a file, held to the indicators of one measure and to what is on the board already."""
    rows = _rows(text)
    if len(rows) < 2:
        raise Invalid(EMPTY, field="file")
    if len(rows) - 1 > MAX_LINES:
        raise Invalid(TOO_LONG, field="file", max=MAX_LINES)
    header = _header(rows[0][1])
    entries: dict[Entry, int] = {}
    there, faults = frozenset(known), list[Fault]()
    for line, cells in rows[1:]:
        try:
            if len(cells) != len(header):
                raise Invalid(SHAPE)
            entry = entry_of(dict(zip(header, cells, strict=True)), specs, today)
            if entry in entries:
                raise Invalid(TWICE, line=entries[entry])
            if entry in there:
                raise Invalid(ALREADY)
            entries[entry] = line
        except Invalid as refusal:
            faults.append(Fault(line, refusal))
    return Read(tuple(entries), tuple(faults))


def _rows(text: str) -> list[tuple[int, list[str]]]:
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise Invalid(SHAPE, field="file") from error
    return found


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.lower().replace("_", " ") for cell in cells]
    for column in REQUIRED:
        if column not in names:
            raise Invalid(NO_COLUMN, field="file", column=column)
    for name in names:
        if name not in REQUIRED + OPTIONAL or names.count(name) > 1:
            raise Invalid(UNKNOWN_COLUMN, field="file", column=name[:40])
    return names


def entry_of(cells: Mapping[str, str], specs: Mapping[str, FigureSpec], today: date) -> Entry:
    """One line by the names of its columns; raises Invalid with the sentence of what is wrong."""
    spec = specs.get(cells["indicateur"].lower())
    if spec is None:
        raise Invalid(NOT_OURS, field="indicator", code=cells["indicateur"][:40])
    first, last = _full(cells["du"], today, "first"), _full(cells["au"], today, "last")
    if last < first:
        raise Invalid(BACKWARDS, field="last")
    value = number(cells["valeur"], spec, "value")
    upper = number(cells["borne haute"], spec, "upper") if cells.get("borne haute") else None
    if upper is not None and upper <= value:
        raise Invalid(HIGHER, field="upper")
    source = clean_line(cells["source"], SOURCE, "source")
    if not source:
        raise Invalid(NO_SOURCE, field="source")
    return Entry(
        spec.code,
        first,
        last,
        value,
        source,
        upper,
        _flag(cells.get("environ", ""), "approximate"),
        _flag(cells.get("définitif", ""), "final"),
        clean_line(cells.get("périmètre", ""), PERIMETER, "perimeter"),
        clean_line(cells.get("définition", ""), DEFINITION, "definition"),
    )


def _full(text: str, today: date, field: str) -> date:
    """A whole day of the past, in French or ISO writing."""
    found = PartialDate.parse(text, today=today, field=field, first_year=FIRST_YEAR)
    if not found.is_full:
        raise Invalid(FULL_DATES, field=field)
    return found.first


def number(text: str, spec: FigureSpec, field: str) -> Decimal:
    """A number as the French write it, not below zero, a share not above 100; four decimals are kept."""
    plain = "".join(text.split()).replace(",", ".")
    try:
        value = Decimal(plain) if plain.isascii() else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise Invalid(NOT_A_NUMBER, field=field, text=text[:40])
    most = Decimal(100) if spec.unit is FigureUnit.SHARE else MAX_VALUE
    if not 0 <= value <= most:
        raise Invalid(OUT_OF_RANGE, field=field)
    if spec.unit is FigureUnit.COUNT and value != value.to_integral_value():
        raise Invalid(NOT_A_NUMBER, field=field, text=text[:40])
    return value.quantize(Decimal("0.0001"))


def _flag(text: str, field: str) -> bool:
    word = text.lower()
    if word not in _YES | _NO:
        raise Invalid(YES_OR_NO, field=field, text=text[:40])
    return word in _YES
