"""Files in, hits out: how many reports a second, and what each of them weighs in the database."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, FloatField, Func, Sum

from recoupe.access.enums import Role
from recoupe.crosscheck.models import Hit, IndexRecord
from recoupe.demo import crew
from recoupe.demo.benches.frame import Measure, Target
from recoupe.demo.benches.rows import Rows
from recoupe.demo.files import MAPPING
from recoupe.intelligence.models import Report

RATE = Target(500, at_least=True)
BYTES = Target(6.0)
SILENCE_S = 60.0
# What each part of a report's weight is, by table.
SHARES = {
    "fiches": ("intelligence_report",),
    "identifiants et personnes": ("intelligence_selector", "intelligence_person"),
    "historique": ("intelligence_reporthistory", "intelligence_gradinghistory", "intelligence_reportversion"),
    "journal": ("audit_entry", "audit_leaf", "audit_node", "audit_unsequenced"),
    "listes": ("access_feed",),
    "index du recoupement": ("crosscheck_indexrecord", "crosscheck_indexentry"),
    "recoupements": (
        "crosscheck_hit", "crosscheck_hitside", "crosscheck_contactthread", "crosscheck_party", "crosscheck_judgement",
    ),
    "avis": ("notices_notice",),
    "file d'attente": ("intelligence_outbox",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heads:
    """The sessions of the heads of unit who hand the files in."""

    tokens: dict[str, str]


def heads(rows: Rows) -> Heads:
    """One head a unit."""
    units = sorted({unit for unit, _content in rows.files})
    return Heads({unit: crew.session(f"chef.{unit.lower()}", unit, Role.UNIT_HEAD) for unit in units})


def measure_import(rows: Rows, by: Heads) -> Iterator[Measure]:
    """Every file handed in, checked, opened and written here, while the matcher's own process drains the queue."""
    size = (
        f"{rows.reports} fiches, {3 * rows.reports} identifiants, {len(by.tokens)} services, {len(rows.files)} fichiers"
    )
    started, worked = time.monotonic(), time.process_time()
    for rank, (unit, content) in enumerate(rows.files):
        crew.import_file(by.tokens[unit], f"{unit}-{rank}.csv", content, MAPPING)
    written, worked = time.monotonic() - started, time.process_time() - worked
    hits = _drained(rows.reports)
    whole = time.monotonic() - started
    how = (
        f"dépôt, contrôle, ouverture et écriture par un processus, recoupement par le sien ; "
        f"fin quand tout est comparé ({whole - written:.1f} s après la dernière ligne écrite)"
    )
    yield Measure("import_rate", rows.reports / whole, "fiches/s", how, size, RATE)
    yield Measure("import_writing_rate", rows.reports / written, "fiches/s", "la part de l'import seule", size)
    own = "temps de processeur de l'import seul, que la charge de la machine n'allonge guère"
    yield Measure("import_cpu_per_report", 1000 * worked / rows.reports, "ms", own, size)
    if hits < rows.meetings:
        raise RuntimeError(f"{rows.meetings - hits} meetings of {rows.meetings} were not found")
    yield Measure("import_hits", hits, "recoupements", f"au moins {rows.meetings} attendus, tous trouvés", size)


def _drained(wanted: int) -> int:
    """Wait until the matcher has compared every report; returns how many hits it found."""
    with crew.process("matcher"):
        seen, moved = 0, time.monotonic()
        while (compared := IndexRecord.objects.count()) < wanted:
            if compared > seen:
                seen, moved = compared, time.monotonic()
            elif time.monotonic() > moved + SILENCE_S:
                raise RuntimeError(f"the matcher stands still at {compared} of {wanted}")
            time.sleep(0.1)
        return int(Hit.objects.count())


def measure_weight(rows: Rows, by: Heads) -> Iterator[Measure]:
    """The size on disk of every table and index of the thread, less the texts."""
    texts = _texts(by)
    with crew.process("migrate"), connection.cursor() as cursor:
        # What autovacuum does within the minute: bring the indexes' pending lists in order, free what was deleted.
        cursor.execute("VACUUM (ANALYZE) " + ", ".join(table for tables in SHARES.values() for table in tables))
        sizes = {name: _size(tables) for name, tables in SHARES.items()}
    whole = sum(heap + index for heap, index in sizes.values())
    size = f"{rows.reports} fiches de trois identifiants"
    how = (
        "pg_total_relation_size de chaque table après VACUUM, textes déduits "
        f"(pg_column_size : {texts / rows.reports:.0f} octets par fiche) ; parts ci-dessous"
    )
    yield Measure("database_per_report", (whole - texts) / rows.reports / 1024, "KiB", how, size, BYTES)
    for name, (heap, index) in sizes.items():
        net = heap - texts if name == "fiches" else heap
        share = 100 * (net + index) / (whole - texts)
        split = f"{share:.1f} % ; table {net / rows.reports:.0f} + index {index / rows.reports:.0f} octets par fiche"
        yield Measure(f"database_share: {name}", (net + index) / rows.reports / 1024, "KiB", split, size)


def _size(tables: tuple[str, ...]) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_table_size(t::regclass)), sum(pg_indexes_size(t::regclass)) FROM unnest(%s::text[]) AS t",
            [list(tables)],
        )
        heap, index = cursor.fetchone()
    return int(heap), int(index)


def _texts(by: Heads) -> float:
    """The bytes of the texts as stored, which each head of unit may read."""
    size = Func(F("fact_text"), function="pg_column_size", output_field=FloatField())
    more = Func(F("assessment_text"), function="pg_column_size", output_field=FloatField())
    found = 0.0
    for token in by.tokens.values():
        with crew.acting(token) as agent:
            mine = Report.objects.filter(owner_unit_id=agent.unit_id)
            found += mine.aggregate(bytes=Sum(size + more))["bytes"] or 0.0
    return found
