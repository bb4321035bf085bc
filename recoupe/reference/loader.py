"""Loads the data files into the tables: only what changed, in one transaction, the same result when run again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from recoupe.reference import files, snapshot
from recoupe.reference.models import LoadedFile

Progress = Callable[[str], None]

# Raised when the meaning of the rows changes while the files do not.
VERSION = 1


class DroppedRowsError(ValueError):
    """A row that other records may point to has left its file: it may be closed by a date, never dropped."""


@dataclass(frozen=True)
class Source:
    """A table, the files that it comes from, and how their rows become its columns.

    With a key, rows are inserted or updated; `kept` rows may be referenced, so none may vanish. Without
    a key, nothing points to the table and it is replaced whole.
    """

    table: str
    columns: str
    rows: Callable[[], Iterable[Sequence[Any]]]
    names: tuple[str, ...]
    key: str = ""
    kept: bool = False


_UNIT = (
    "id code name kind service parent_id departments cell_id valid_from valid_to opens_on permanent"
    " contact_name contact_phone contact_email contact_choice silent origin invented"
)
_COMMUNE = "code name name_key department_id population postal_codes lon lat valid_from valid_to"
_OUTLINE = "minx miny maxx maxy wkb"

# In the order of their references.
SOURCES = (
    Source("region", "code name", files.regions, ("regions.csv",), "code", True),
    Source("department", "code name of_name region_id", files.departments, ("departments.csv",), "code", True),
    Source("defencezone", "code name seat metropolitan departments", files.zones, ("zones.csv",), "code"),
    Source("commune", _COMMUNE, files.communes, ("communes.csv.gz",), "code", True),
    Source("formercommune", "code commune_id", files.former_communes, ("communes.csv.gz",), "code"),
    Source(
        "arrondissement",
        "code name name_key commune_id population postal_codes",
        files.arrondissements,
        ("arrondissements.csv",),
        "code",
    ),
    Source(
        "communeoutline",
        f"commune_id {_OUTLINE}",
        files.commune_outlines,
        ("commune_outlines.json.gz",),
        "commune_id",
    ),
    Source(
        "departmentoutline",
        f"department_id {_OUTLINE}",
        files.department_outlines,
        ("department_outlines.json.gz",),
        "department_id",
    ),
    Source("unit", _UNIT, files.units, ("units.csv",), "id", True),
    Source(
        "courtarea",
        "court_id commune_id valid_from valid_to",
        files.court_areas,
        ("court_areas.csv", "communes.csv.gz", "units.csv"),
    ),
    Source(
        "product",
        "code label label_en family canonical_unit legal_class",
        files.products,
        ("products.csv",),
        "code",
        True,
    ),
    Source(
        "offence",
        "code label label_en article registry valid_from valid_to origin",
        files.offences,
        ("offences.csv",),
        "code",
        True,
    ),
    Source(
        "legalparameter",
        "rule_code value unit valid_from valid_to legal_ref invented",
        files.parameters,
        ("parameters.csv",),
    ),
    Source(
        "interconnectionact",
        "file_a file_b purpose effect legal_ref valid_from valid_to invented",
        files.acts,
        ("acts.csv",),
    ),
    Source(
        "measure",
        "number objective measure_class title_fr title_en",
        files.measures,
        ("measures.csv",),
        "number",
        True,
    ),
)


def load_reference(progress: Progress) -> None:
    """Bring the reference tables to the state of the data files; runs as recoupe_owner on Django's connection."""
    loaded: list[int] = []
    with transaction.atomic():
        known = dict(LoadedFile.objects.values_list("name", "sha256"))
        for source in SOURCES:
            mark = f"{VERSION}:{files.digest(*source.names)}"[:64]
            if known.get(source.table) == mark:
                continue
            loaded.append(_load(source))
            LoadedFile.objects.update_or_create(name=source.table, defaults={"sha256": mark})
    if loaded:
        counts = {"rows": sum(loaded), "tables": len(loaded)}
        progress(_("Référence chargée : %(rows)s lignes dans %(tables)s tables") % counts)
    snapshot.forget()


def _load(source: Source) -> int:
    names = _Names(source)
    with connection.cursor() as cursor:
        # COPY does not write through row security: the rows pass by a temporary table.
        cursor.execute("DROP TABLE IF EXISTS pg_temp.incoming")
        cursor.execute(names.fill("CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS {select} LIMIT 0"))
        with cursor.copy(names.fill("COPY incoming ({columns}) FROM STDIN")) as copy:
            for row in source.rows():
                copy.write_row(row)
        if source.key:
            _refuse_dropped(cursor, source, names)
            cursor.execute(names.fill(_UPSERT))
        else:
            cursor.execute(names.fill("DELETE FROM {table}"))
            cursor.execute(names.fill("INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming"))
        cursor.execute(names.fill("SELECT count(*) FROM {table}"))
        count = int(cursor.fetchone()[0])
        cursor.execute(names.fill("ANALYZE {table}"))
    return count


def _refuse_dropped(cursor: Any, source: Source, names: "_Names") -> None:
    """Leaf rows that left the file go; rows that others may point to must not have left it."""
    if not source.kept:
        cursor.execute(names.fill("DELETE {gone}"))
        return
    cursor.execute(names.fill("SELECT {key} {gone} LIMIT 5"))
    dropped = [str(row[0]) for row in cursor.fetchall()]
    if dropped:
        raise DroppedRowsError(f"{source.names[0]}: rows may be closed, not dropped: {', '.join(dropped)}")


_UPSERT = """
    INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming
    ON CONFLICT ({key}) DO UPDATE SET {changes} WHERE ROW({old}) IS DISTINCT FROM ROW({new})
"""


class _Names:
    """The names of a source's table and columns, quoted, to fill a statement with."""

    def __init__(self, source: Source) -> None:
        columns = source.columns.split()
        others = [c for c in columns if c != source.key]
        table, key = sql.Identifier(f"reference_{source.table}"), sql.Identifier(source.key or columns[0])
        listed = _list("{0}", columns)
        self._parts: dict[str, sql.Composable] = {
            "table": table,
            "key": key,
            "columns": listed,
            "select": sql.SQL("SELECT {} FROM {}").format(listed, table),
            "gone": sql.SQL("FROM {0} WHERE NOT EXISTS (SELECT FROM incoming WHERE incoming.{1} = {0}.{1})").format(
                table, key
            ),
            "changes": _list("{0} = EXCLUDED.{0}", others),
            "old": _list("{1}.{0}", others, table),
            "new": _list("EXCLUDED.{0}", others),
        }

    def fill(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(**self._parts)


def _list(pattern: LiteralString, columns: Iterable[str], *more: sql.Composable) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(pattern).format(sql.Identifier(c), *more) for c in columns)
