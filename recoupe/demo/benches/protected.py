"""A base of protected reports laid by the set-up, and agents who may read none, 0.3 %, 1 % and all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from recoupe.access.enums import Role
from recoupe.demo import crew

# A word of every report, of one in fifty thousand, of none, and of one in ten of those that only cell and office read.
FREQUENT, RARE, ABSENT, HIDDEN = "scooter", "xylophone", "hippocampe", "trombone"
RARE_ONE_IN = 50_000
# Of a thousand reports: so many belong to these units, the others to units that no agent of the bench works in.
SHARES = {"PJ59": 3, "PJ69": 10}
# The cell that reads every report, beside that of its department.
WIDE_CELL = "CROSS75"
OTHERS = ("SP31", "SR33", "PJ34", "GGD38", "SP44", "PJ67", "SR77", "PJ93", "SP06", "PJ76", "SR83", "PJ35")


@dataclass(frozen=True, slots=True)
class Reader:
    """An agent of the bench: what he may read of it, and his session."""

    name: str
    token: str


def readers() -> list[Reader]:
    """One agent for each share; the office's analyst reads every report."""
    wanted = (
        ("aucune", "SP13", Role.INVESTIGATOR),
        ("0,3 %", "PJ59", Role.INVESTIGATOR),
        ("1 %", "PJ69", Role.INVESTIGATOR),
        ("toutes", "OFAST", Role.OFAST_ANALYST),
    )
    return [
        Reader(name, crew.session(f"acces{rank}.{unit.lower()}", unit, role))
        for rank, (name, unit, role) in enumerate(wanted)
    ]


_UNITS = """
CREATE TEMPORARY TABLE bench_unit AS
SELECT u.id, u.code, u.departments || w.departments AS departments, o.slot,
       (SELECT min(k.code) FROM reference_commune k WHERE k.department_id = u.departments[1]) AS commune,
       ARRAY[access.key(u.id, 'unit'), access.key(c.id, 'cell'), access.key(f.id, 'office'),
             access.key(w.id, 'cell')] AS readers
  FROM unnest(%s::text[]) WITH ORDINALITY AS o (code, slot)
  JOIN reference_unit u ON u.code = o.code JOIN reference_unit c ON c.id = u.cell_id
  JOIN reference_unit f ON f.code = 'OFAST' JOIN reference_unit w ON w.code = %s
"""

# Oldest first, as they came in; a text of the usual length, its words drawn by the rank.
_REPORTS = """
INSERT INTO intelligence_report (id, owner_unit_id, readers, created_at, ref, author_id, state, version, purpose,
    source_kind, frame, seen_by_reporter, fact_text, assessment_text, event_from, event_to, event_precision,
    collected_at, submitted_at, place_kind, commune_code, place_text, departments, handling, h3_line,
    handling_conditions, silent_reason, source_grade, info_grade, grade_original, grade_doubt, products, means,
    violence, urgency, review_needed, external_ref)
SELECT gen_random_uuid(), u.id, u.readers, at, u.code || '-26-' || lpad(to_hex(i), 6, '0'), md5(u.code)::uuid, 'NO_HIT',
    1, 'criminal_intelligence', 'officer_observation', 'administrative', true,
    concat_ws(' ', 'Un', %(frequent)s::text, 'sombre ravitaille deux vendeurs',
        (ARRAY['devant le hall', 'à la gare', 'sous le porche', 'au marché', 'derrière le gymnase'])[1 + i %% 5],
        'vers', 8 + i %% 14, 'heures ; les acheteurs arrivent', (ARRAY['à pied', 'en voiture', 'à vélo'])[1 + i %% 3],
        ', paient en espèces et repartent vers la rue', 'inventée' || i %% 997, 'sans parler au guetteur',
        'qui porte une veste', (ARRAY['bleue', 'noire', 'rouge', 'grise', 'verte', 'blanche', 'jaune'])[1 + i %% 7],
        'et un sac ; repère', 'banc' || i, CASE WHEN i %% %(rare)s::integer = 7 THEN %(rare_word)s::text END,
        CASE WHEN u.slot > %(named)s::integer AND i %% 10 = 3 THEN %(hidden)s::text END) || '.',
    '', at::date, at::date, 'day', at, at, 'commune', u.commune, '', u.departments, '{H0}', '', '', '', 'B', '2', '',
    false, '{}', '{}', false, false, false, ''
  FROM generate_series(1, %(rows)s::integer) AS i
  CROSS JOIN LATERAL (SELECT now() - (%(rows)s::integer - i) * (interval '1700 days' / %(rows)s::integer)) AS t (at)
  JOIN bench_unit u ON u.slot = (%(slots)s::smallint[])[1 + i * 7 %% 1000]
"""

_FEED = """
INSERT INTO access_feed (key, kind, at, id)
SELECT k, 1, r.collected_at, r.id FROM intelligence_report r, unnest(r.readers) AS k ORDER BY 1, 3, 4
"""


def lay(rows: int) -> None:
    """So many reports, their lines of the lists and their words, as the product's own tables hold them."""
    units = [*SHARES, *OTHERS]
    slots = [1 + rank for rank, unit in enumerate(SHARES) for _ in range(SHARES[unit])]
    slots += [1 + len(SHARES) + n % len(OTHERS) for n in range(1000 - len(slots))]
    values: dict[str, str | int | list[int]] = {
        "rows": rows, "slots": slots, "named": len(SHARES), "rare": min(RARE_ONE_IN, rows // 2),
        "frequent": FREQUENT, "rare_word": RARE, "hidden": HIDDEN,
    }  # fmt: skip
    with crew.process("migrate"), connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(_UNITS, [units, WIDE_CELL])
        with open_to_owner("intelligence_report"), open_to_owner("access_feed"):
            with indexed_afterwards("intelligence_report"):
                cursor.execute(_REPORTS, values)
            with indexed_afterwards("access_feed"):
                cursor.execute(_FEED)
        cursor.execute("VACUUM (ANALYZE) intelligence_report, access_feed")


@contextmanager
def open_to_owner(table: str) -> Iterator[None]:
    """The owner alone passes its own row security, and no trigger asks for a journal, while the base is laid."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY, ENABLE TRIGGER USER")


@contextmanager
def indexed_afterwards(table: str) -> Iterator[None]:
    """Indexes that hold no rule are made once the rows stand: in a minute instead of ten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " WHERE i.indrelid = %s::regclass AND NOT i.indisunique",
            [table],
        )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _name, definition in found:
            cursor.execute(definition)
