"""Putting a loaded world in its past: the states were made by the rooms' actions; here their rows get their moments."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from recoupe.access.enums import FeedKind
from recoupe.demo import files
from recoupe.demo.hours import PARIS, end_of
from recoupe.demo.loading.door import past
from recoupe.demo.loading.stage import Stage
from recoupe.demo.pairs import CONTACT_STEPS
from recoupe.demo.records import ObjectiveDraft
from recoupe.demo.timeline import Timeline, timeline

REPORTS, WORK = "reports", "work"
REGISTERED_BEFORE = timedelta(days=10)
ENTERED_BEFORE = timedelta(days=1)
SPEAKS = frozenset({"request", "answer", "ask", "keep", "escalate"})  # steps that write a message
_TAIL = len("26-ABCDEF")

_FUNCTIONS = """
CREATE FUNCTION pg_temp.past_end() RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$ SELECT {end}::timestamptz $$;
CREATE FUNCTION pg_temp.past_ref(ref text, at timestamptz) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT left(ref, -{tail}) || to_char(at AT TIME ZONE 'Europe/Paris', 'YY') || right(ref, 7) $$
"""


@cache
def _script(name: str) -> str:
    text = (Path(__file__).parent / f"past_{name}.sql").read_text(encoding="utf-8")
    return text.replace("past_ref(", "pg_temp.past_ref(").replace("past_end(", "pg_temp.past_end(")


def moments(stage: Stage) -> Timeline:
    """When everything of this world happened."""
    if stage.moments is None:
        stage.moments = timeline(stage.world)
    return stage.moments


def place_reports(stage: Stage) -> None:
    """Hand the notes in when they were handed in, under the references of their years."""
    for key, (report, ref) in stage.reports.items():
        stage.reports[key] = (report, _dated(ref, moments(stage).reports[key].submitted))
    with past(stage.process, REPORTS) as cursor:
        if cursor is not None:
            _reports(cursor, stage)
            cursor.execute(_script("reports"))


def place_work(stage: Stage, points: dict[str, UUID], objectives: dict[str, UUID]) -> None:
    """Everything else, notices and journal with it."""
    with past(stage.process, WORK) as cursor:
        if cursor is None:
            return
        end = end_of(stage.world.plan.today).astimezone(UTC)
        cursor.execute(_FUNCTIONS.format(end=f"'{end.isoformat()}'", tail=_TAIL))
        _reports(cursor, stage)
        _steps(cursor, "past_point (id uuid, step integer, at timestamptz)", points, moments(stage).points)
        _steps(
            cursor, "past_objective (id uuid, number integer, at timestamptz)", objectives, moments(stage).objectives
        )
        _objective_days(cursor, stage, objectives)
        _contacts(cursor, stage)
        _registrations(cursor, end - datetime.now(UTC) - REGISTERED_BEFORE)
        _events(cursor, end - datetime.now(UTC) - ENTERED_BEFORE)
        cursor.execute(_script("work"))


def _registrations(cursor: Any, moved: timedelta) -> None:
    """Registrations were asked for and decided in one sitting, some days before the last one: all of it together."""
    for column in ("created_at", "state_since", "registered_at"):
        cursor.execute(f"UPDATE targets_registeredtarget SET {column} = {column} + %s", [moved])  # noqa: S608
    cursor.execute("UPDATE targets_registeredtarget SET expires_on = (expires_on + %s)::date", [moved])
    cursor.execute("UPDATE targets_targetstep SET at = at + %s", [moved])
    cursor.execute("UPDATE notices_notice SET at = at + %s WHERE record_kind = 'target'", [moved])
    cursor.execute("UPDATE access_feed SET at = at + %s WHERE kind = %s", [moved, int(FeedKind.TARGET)])


def _events(cursor: Any, moved: timedelta) -> None:
    """Events were entered in one sitting, a day before the last one; when they take place stays, around today."""
    cursor.execute(
        "UPDATE operations_event SET created_at = created_at + %s, changed_at = changed_at + %s", [moved, moved]
    )
    cursor.execute("UPDATE deconfliction_danger SET opened_at = opened_at + %s", [moved])
    cursor.execute("UPDATE notices_notice SET at = at + %s WHERE record_kind = 'danger_side'", [moved])
    cursor.execute(
        "UPDATE crosscheck_hit SET at = at + %s WHERE id IN"
        " (SELECT hit_id FROM crosscheck_hitside WHERE record_kind = 'event')",
        [moved],
    )


def _dated(ref: str, at: datetime) -> str:
    """A reference bears the year in which it was given."""
    return f"{ref[:-_TAIL]}{at.astimezone(PARIS):%y}{ref[2 - _TAIL :]}"


def _fill(cursor: Any, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """A table of this transaction, from its columns and its rows."""
    name, columns = table.split(" ", 1)
    cursor.execute(f"CREATE TEMP TABLE {name} {columns} ON COMMIT DROP")
    with cursor.cursor.copy(f"COPY {name} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(f"ANALYZE {name}")


def _reports(cursor: Any, stage: Stage) -> None:
    """Each note and each file, by the identifiers that the rooms gave."""
    times, drafts = moments(stage), stage.drafts
    cursor.execute("SELECT id, import_id FROM intelligence_report WHERE import_id IS NOT NULL")
    held = dict(cursor.fetchall())
    last = {handed.unit: handed for handed in times.files}
    of: dict[str, UUID] = {}
    rows = []
    for handed in times.files:
        own, template = (held[stage.reports[f.reports[0]][0]] for f in (handed, last[handed.unit]))
        made = own if own != template or handed is last[handed.unit] else uuid4()
        content = files.unit_file([drafts[key] for key in handed.reports])
        of |= dict.fromkeys(handed.reports, made)
        known = (handed.name, hashlib.sha256(content).hexdigest(), len(content), len(handed.reports), handed.at)
        rows.append((made, template, *known))
    columns = "id uuid, template uuid, name text, sha256 text, size integer, rows integer, at timestamptz"
    _fill(cursor, f"past_file ({columns})", rows)
    columns = "submitted timestamptz, triaged timestamptz, graded timestamptz, indexed timestamptz, ended timestamptz"
    notes = [
        (found, ref, drafts[key].collected_at, of.get(key), times.evidence.get(key),
         at.submitted, at.triaged, at.graded, at.indexed, at.ended)
        for key, (found, ref) in stage.reports.items() if (at := times.reports[key])
    ]  # fmt: skip
    columns = f"id uuid PRIMARY KEY, ref text, collected timestamptz, file uuid, evidence timestamptz, {columns}"
    _fill(cursor, f"past_report ({columns})", notes)


def _steps(cursor: Any, table: str, ids: dict[str, UUID], steps: Any) -> None:
    _fill(cursor, table, [(i, rank, at) for key, i in ids.items() for rank, at in enumerate(steps[key], 1)])


def _objective_days(cursor: Any, stage: Stage, ids: dict[str, UUID]) -> None:
    """The days that an allocation, an operation and an outcome name, in step with the objective's own."""
    rows = [(ids[draft.key], *_days(stage, draft)) for draft in stage.world.objectives]
    _fill(cursor, "past_objective_day (id uuid, deadline date, operation date, outcome date)", rows)


def _days(stage: Stage, draft: ObjectiveDraft) -> tuple[Any, Any, Any]:
    at = dict(zip(draft.path, moments(stage).objectives[draft.key][1:], strict=True))
    on = {step: moment.astimezone(PARIS).date() for step, moment in at.items()}
    planned = on.get("OPERATION_PLANNED")
    return (
        on["ALLOCATED"] + timedelta(days=draft.deadline_days) if "ALLOCATED" in on else None,
        on.get("EXECUTED", planned + timedelta(days=12) if planned else None),
        on.get("JUDICIAL_OUTCOME"),
    )


def _contacts(cursor: Any, stage: Stage) -> None:
    rows = [
        (stage.ledger.value(f"pair:{pair.key}"), step, step in SPEAKS, at)
        for pair in stage.world.pairs
        for step, at in zip(CONTACT_STEPS[pair.contact], moments(stage).contacts[pair.key], strict=True)
    ]
    _fill(cursor, "past_contact (id uuid, step text, speaks boolean, at timestamptz)", rows)
