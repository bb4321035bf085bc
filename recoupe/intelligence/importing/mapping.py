"""Which column of a file is which field: a small file of its own, in TOML or JSON, written once a format."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.kernel.grading import grade_scheme
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.text import name_key
from recoupe.reference.communes import CodeKind, typed_as

MAX_MAPPING = 100_000
TEXT_FIELDS = frozenset({
    "fact_text", "assessment_text", "event_from", "event_to", "place_kind", "lon", "lat", "uncertainty_m",
    "commune", "place_text", "source_kind", "frame", "handling", "h3_line", "handling_conditions",
    "source_grade", "info_grade", "external_ref", "collected_at"
})  # fmt: skip
# Read with the unit's procedures, which this room does not know: they are no fields of an entry.
CASE_FIELDS = frozenset({"case_number", "case_court"})
BOOLEAN_FIELDS = frozenset({"seen_by_reporter", "violence", "urgency"})
LIST_FIELDS = frozenset({"products", "means"})
PERSON_FIELDS = frozenset({"family", "given", "aliases", "birth", "birth_commune", "category"})
DATE_FIELDS = frozenset({"event_from", "event_to", "birth", "collected_at"})
_PERSON = re.compile(r"person(\d{0,2})\.(\w+)$")
_TYPED = re.compile(r"(commune|person\d{0,2}\.birth_commune)\.(insee|postal)$")
_SELECTOR = re.compile(r"selector\.(\w+)$")
_SEPARATOR = re.compile(r"[;|\n]+")
_YES = frozenset({"oui", "o", "vrai", "true", "1", "x", "yes"})
_NO = frozenset({"", "non", "n", "faux", "false", "0", "no"})

SENTENCE_UNREADABLE = gettext_noop("Le fichier de correspondance ne se lit pas : il s'écrit en TOML ou en JSON.")
SENTENCE_NO_COLUMNS = gettext_noop("Le fichier de correspondance ne nomme aucune colonne.")
SENTENCE_FIELD = gettext_noop("Le fichier de correspondance nomme un champ inconnu : « %(name)s ».")
SENTENCE_COLUMN = gettext_noop("Le fichier n'a pas de colonne « %(column)s », que la correspondance attend.")
SENTENCE_DATE = gettext_noop("Date illisible dans le format prévu : « %(typed)s ».")
SENTENCE_BOOLEAN = gettext_noop("Écrivez oui ou non, et non « %(typed)s ».")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a column goes: a field of the report, of its n-th person, or a kind of selector."""

    name: str
    person: int | None = None
    selector: bool = False
    codes: CodeKind | None = None


def target(name: str) -> Target:
    """Read a field name: "fact_text", "grade", "selector.phone", "person.family", "person2.phone", "commune.postal"."""
    if typed := _TYPED.match(name):
        return replace(target(typed[1]), codes=CodeKind(typed[2]))
    if name in TEXT_FIELDS | CASE_FIELDS | BOOLEAN_FIELDS | LIST_FIELDS | {"grade"}:
        return Target("source_grade" if name == "grade" else name)
    kinds = frozenset(SelectorKind) - {SelectorKind.PERSON}
    if (found := _SELECTOR.match(name)) and found[1] in kinds:
        return Target(found[1], selector=True)
    if found := _PERSON.match(name):
        rank = int(found[1] or 1) - 1
        if found[2] in PERSON_FIELDS:
            return Target(found[2], rank)
        if found[2] in kinds:
            return Target(found[2], rank, selector=True)
    raise Invalid(SENTENCE_FIELD, field="mapping", name=name[:60])


def plain_mapping(text: str) -> dict[str, Any]:
    """The plain form of a mapping written in TOML or JSON, fit to be stored with its file."""
    if len(text) > MAX_MAPPING:
        raise Invalid(SENTENCE_UNREADABLE, field="mapping")
    try:
        plain = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        stored = json.dumps(plain, ensure_ascii=False, allow_nan=False)
        stored.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise Invalid(SENTENCE_UNREADABLE, field="mapping") from error
    # The database stores any character but this one.
    if not isinstance(plain, dict) or "\\u0000" in stored:
        raise Invalid(SENTENCE_UNREADABLE, field="mapping")
    return plain


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A mapping as read: columns, constants, the file's words for ours, and how its dates are written."""

    columns: dict[str, Target]
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    date_format: str = ""
    sheet: str = ""
    delimiter: str = ""
    scheme: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read TOML or JSON; raises Invalid with a sentence."""
        return cls.from_json(plain_mapping(text))

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """From its plain form, as stored with the file."""
        if not isinstance(plain, dict) or not isinstance(plain.get("columns"), dict) or not plain["columns"]:
            raise Invalid(SENTENCE_NO_COLUMNS, field="mapping")
        constants = _words(plain.get("constants", {}))
        for name in constants:
            target(name)
        values = plain.get("values", {})
        if not isinstance(values, dict):
            raise Invalid(SENTENCE_UNREADABLE, field="mapping")
        return cls(
            columns={str(column).strip(): target(str(name)) for column, name in plain["columns"].items()},
            constants=constants,
            values={
                target(str(name)).name: {name_key(k): v for k, v in _words(v).items()} for name, v in values.items()
            },
            date_format=str(plain.get("date_format", "")),
            sheet=str(plain.get("sheet", "")),
            delimiter=str(plain.get("delimiter", ""))[:1],
            scheme=grade_scheme(str(plain.get("scheme", "")), "mapping") or "",
        )

    def bound(self, header: list[str]) -> "BoundMapping":
        """This mapping on the columns of one file."""
        places = {name: index for index, name in enumerate(header)}
        for column in self.columns:
            if column not in places:
                raise Invalid(SENTENCE_COLUMN, field="mapping", column=column[:80])
        plan = [(places[column], column, where) for column, where in self.columns.items()]
        return BoundMapping(self, sorted(plan, key=lambda step: step[0]))


def _words(plain: Any) -> dict[str, str]:
    if not isinstance(plain, dict):
        raise Invalid(SENTENCE_UNREADABLE, field="mapping")
    return {
        str(key): ("oui" if value else "non") if isinstance(value, bool) else str(value) for key, value in plain.items()
    }


class BoundMapping:
    """Turns the cells of a row into an entry; says which column a fault comes from."""

    def __init__(self, mapping: FileMapping, plan: list[tuple[int, str, Target]]) -> None:
        self._mapping = mapping
        self._plan = plan
        self._constants = [(target(name), text) for name, text in mapping.constants.items()]
        self._of_field = {where.name: column for _, column, where in plan if where.person is None}

    def content(self, cells: list[str]) -> str:
        """The mapped cells as one string, the same for the same row of any file of this unit."""
        width = len(cells)
        return "\x1f".join(
            f"{where.person}.{where.name}={cells[index]}" for index, _, where in self._plan if index < width
        )

    def reference(self, cells: list[str]) -> str:
        """The sender's own reference in a row, without reading the rest of it."""
        return self._texts(cells, "external_ref")[0]

    def procedure(self, cells: list[str]) -> tuple[str, str]:
        """The number and the court of the procedure that a row names, as written; blank when it names none."""
        number, court = self._texts(cells, "case_number", "case_court")
        return number, court

    def _texts(self, cells: list[str], *names: str) -> list[str]:
        """A few fields of a row, without reading the rest of it."""
        fields: dict[str, Any] = dict.fromkeys(names, "")
        for where, text in self._constants:
            if where.name in names:
                self._put(where, text, fields, {}, [])
        for index, _, where in self._plan:
            if where.name in names and index < len(cells) and cells[index]:
                self._put(where, cells[index], fields, {}, [])
        return [str(fields[name]) for name in names]

    def entry(self, cells: list[str]) -> ReportEntry:
        """The entry that a row stands for, but for the procedure that it names."""
        fields: dict[str, Any] = {"grade_scheme": self._mapping.scheme}
        persons: dict[int, dict[str, Any]] = {}
        selectors: list[tuple[str, str, int | None]] = []
        for where, text in self._constants:
            self._put(where, text, fields, persons, selectors)
        width = len(cells)
        for index, _, where in self._plan:
            if index < width and cells[index]:
                self._put(where, cells[index], fields, persons, selectors)
        for name in CASE_FIELDS:
            fields.pop(name, None)
        named = {rank: p for rank, p in persons.items() if p.get("family") or p.get("given") or p.get("aliases")}
        place = {rank: i for i, rank in enumerate(sorted(named))}
        return ReportEntry(
            **fields,
            persons=tuple(PersonEntry(**named[rank]) for rank in sorted(named)),
            selectors=tuple(
                SelectorEntry(kind, raw, None if owner is None else place.get(owner)) for kind, raw, owner in selectors
            ),
        )

    def _put(
        self,
        where: Target,
        text: str,
        fields: dict[str, Any],
        persons: dict[int, dict[str, Any]],
        selectors: list[tuple[str, str, int | None]],
    ) -> None:
        name = where.name
        if where.selector:
            selectors.extend((name, part.strip(), where.person) for part in _SEPARATOR.split(text) if part.strip())
            return
        if words := self._mapping.values.get(name):
            text = words.get(name_key(text), text)
        if where.codes:
            text = typed_as(text, where.codes)
        if name in DATE_FIELDS and self._mapping.date_format:
            text = self._dated(text, name)
        if where.person is not None:
            value: Any = _parts(text) if name == "aliases" else text
            persons.setdefault(where.person, {})[name] = value
        elif name in LIST_FIELDS:
            fields[name] = _parts(text)
        elif name in BOOLEAN_FIELDS:
            fields[name] = _yes(text, name)
        else:
            fields[name] = text

    def _dated(self, text: str, name: str) -> str:
        """ISO writing of a date in the file's own format; a day that a workbook already knew as a date passes."""
        try:
            return datetime.strptime(text, self._mapping.date_format).date().isoformat()
        except ValueError as error:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                return text
            raise Invalid(SENTENCE_DATE, field=name, typed=text[:40]) from error

    def column_of(self, fault: Invalid) -> str:
        """The column of the file that a fault is about; the field's own name when no column is."""
        name = fault.field
        if found := re.match(r"persons-(\d+)-(\w+)$", name):
            for _, column, where in self._plan:
                if where.person == int(found[1]) and where.name == found[2]:
                    return column
            return found[2]
        if name.startswith("selectors-"):
            kinds = [column for _, column, where in self._plan if where.selector]
            return ", ".join(kinds)[:80]
        return self._of_field.get(
            {"point": "lon", "grade": "source_grade", "place_kind": "commune", "case_id": "case_number"}.get(
                name, name
            ),
            name,
        )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SEPARATOR.split(text) if part.strip())


def _yes(text: str, name: str) -> bool:
    word = name_key(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Invalid(SENTENCE_BOOLEAN, field=name, typed=text[:40])
