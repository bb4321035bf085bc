"""A file of the ledger (CSV or XLSX): read whole, refused line by line with a sentence, entered whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from recoupe.access.agent import Agent
from recoupe.intelligence.actions.common import moment
from recoupe.intelligence.importing.table import Table, read_table
from recoupe.kernel.dates import PartialDate
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.operations import permissions
from recoupe.operations.presence import actions, rules
from recoupe.operations.presence.actions import Entry
from recoupe.operations.presence.models import Presence
from recoupe.reference import communes

MOST = 300
# The name of each column, and what it is called here.
COLUMNS: Mapping[str, str] = {
    "patrouille": "patrol", "commune": "commune", "point": "point", "jour": "day", "de": "since", "a": "until",
    "effectif": "staff", "controles": "controls", "afd": "fines", "autres_faits": "found", "affectation": "allocation",
}  # fmt: skip
DEMANDED = ("patrouille", "commune", "jour", "de", "a", "effectif", "affectation")

SENTENCE_COLUMNS = gettext_noop("Il manque la colonne « %(column)s ». Colonnes attendues : %(columns)s.")
SENTENCE_MANY = gettext_noop("Ce fichier compte plus de %(most)s lignes : partagez-le.")
SENTENCE_NONE = gettext_noop("Ce fichier ne contient aucune ligne.")
SENTENCE_COMMUNE = gettext_noop("Aucune commune ne s'appelle « %(typed)s ».")
SENTENCE_DAY = gettext_noop("Jour illisible : écrivez-le comme 05/03/2026.")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a line of the file cannot be, by its number in the file."""

    line: int
    refusal: Invalid


@dataclass(frozen=True, slots=True)
class Lot:
    """What came of a file: its lines entered, or what is wrong with each that is refused, and then none."""

    made: list[Presence]
    wrong: list[Wrong]


def enter(*, by: Agent, content: bytes) -> Lot:
    """Enter a file; Invalid (field `file`) when it cannot be read as one at all."""
    permissions.check_patrol(by)
    table = read_table(content)
    _check(table)
    entries: list[tuple[int, Entry]] = []
    wrong: list[Wrong] = []
    names, today = [name.lower() for name in table.header], moment().today
    for row in table.rows:
        try:
            table.check(row)
            entries.append((row.line, _entry(dict(zip(names, row.cells, strict=False)), today)))
        except Invalid as refusal:
            wrong.append(Wrong(row.line, refusal))
    return _entered(by, entries, wrong)


def _check(table: Table) -> None:
    held = {name.lower() for name in table.header}
    for column in DEMANDED:
        if column not in held:
            raise Invalid(SENTENCE_COLUMNS, field="file", column=column, columns=", ".join(COLUMNS))
    if not table.rows:
        raise Invalid(SENTENCE_NONE, field="file")
    if len(table.rows) > MOST:
        raise Invalid(SENTENCE_MANY, field="file", most=MOST)


def _entry(cells: Mapping[str, str], today: date) -> Entry:
    """One row as a form would say it; Invalid names the field."""
    said = {name: cells.get(column, "").strip() for column, name in COLUMNS.items()}
    day = PartialDate.parse(said["day"], today=today, field="day")
    if not day.is_full:
        raise Invalid(SENTENCE_DAY, field="day")
    return Entry(
        patrol=said["patrol"],
        commune=_commune(said["commune"]),
        point=said["point"],
        day=day.first,
        since=rules.hour(said["since"], "since"),
        until=rules.hour(said["until"], "until", last=True),
        staff=rules.whole(said["staff"], "staff", 1, rules.STAFF_MAX),
        allocation=said["allocation"],
        **{name: rules.whole(said[name], name) for name in ("controls", "fines", "found")},
    )


def _commune(typed: str) -> str:
    """The code of the commune that is meant; nothing where a point is named instead."""
    if not typed:
        return ""
    found = communes.meant(typed, communes.LiveGazetteer())
    if found is None:
        raise Invalid(SENTENCE_COMMUNE, field="commune", typed=typed)
    return found.code


def _entered(by: Agent, entries: list[tuple[int, Entry]], wrong: list[Wrong]) -> Lot:
    """All of them, or what is wrong with each: a line is tried after those before it, then all are taken back."""
    made: list[Presence] = []
    with transaction.atomic():
        for number, entry in entries:
            try:
                made.append(actions.enter(by=by, entry=entry))
            except Invalid as refusal:
                wrong.append(Wrong(number, refusal))
        if wrong:
            transaction.set_rollback(True)
    return Lot([] if wrong else made, sorted(wrong, key=lambda one: one.line))
