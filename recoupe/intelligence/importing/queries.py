"""Reads of imported files for screens and for the run itself; none of them writes to the journal."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.access.written import Written
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.models import ImportFile, ImportRefusal, Report
from recoupe.intelligence.queries import MOST, PAGE, in_lines
from recoupe.kernel.refusal import Absent, gettext_noop

SENTENCE_NO_FILE = gettext_noop("Ce fichier n'existe pas, ou il n'est pas de votre unité.")

# Each state of each file by its index, the newest first: a file of twenty thousand rows is not read whole.
_BROUGHT = "SELECT import_id, id FROM intelligence.brought(%s::uuid[], %s::text[], %s::integer)"
# The count of a file ends where a page would.
_LEFT = """
    SELECT import_id, count(*), bool_or(urgency), (array_agg(id))[1], (array_agg(ref))[1],
           (array_agg(commune_code))[1]
      FROM intelligence.brought(%s::uuid[], ARRAY['SUBMITTED'], %s::integer) GROUP BY import_id
"""
_FILE = Written(lambda i: ImportFile.objects.defer("content", "readers").filter(id=i), UUID(int=1))
_IS_LEFT = "SELECT EXISTS (SELECT 1 FROM intelligence.brought(ARRAY[%s]::uuid[], ARRAY['SUBMITTED'], 1))"


@dataclass(frozen=True, slots=True)
class Left:
    """What of a file is still to be triaged: how many reports, whether a life is at risk, and one of them."""

    number: int
    urgent: bool
    report_id: UUID
    ref: str
    commune_code: str


def import_file(agent: Agent, import_id: UUID) -> ImportFile:
    """A file of the agent's own, or of his unit when he heads it; without its content."""
    found: ImportFile | None = _FILE.first(import_id)
    if found is None:
        raise Absent(SENTENCE_NO_FILE)
    return found


def import_content(agent: Agent, import_id: UUID) -> bytes:
    """What a file holds while it is not finished."""
    content = ImportFile.objects.filter(id=import_id).values_list("content", flat=True).first()
    if content is None:
        raise Absent(SENTENCE_NO_FILE)
    return bytes(content)


def imports(agent: Agent, limit: int = PAGE) -> list[ImportFile]:
    """The files that the agent may see, newest first."""
    return list(ImportFile.objects.defer("content", "readers").order_by("-created_at")[:limit])


def imports_by_id(agent: Agent, import_ids: Collection[UUID]) -> dict[UUID, ImportFile]:
    """Those of these files that the agent may see."""
    return {row.id: row for row in ImportFile.objects.among(import_ids).defer("content", "readers")}


def still_compared(agent: Agent, import_id: UUID) -> bool:
    """Whether a report of this file still waits for its comparison; one that was set aside waits no more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.import_pending(%s::uuid)", [import_id])
        return bool(cursor.fetchone()[0])


def refusals(agent: Agent, of: ImportFile, limit: int | None = None) -> list[ImportRefusal]:
    """The refused rows of a file, by line; what concerns the whole file is its line 0."""
    return list(of.refusals.order_by("line", "field")[:limit])


def brought(
    agent: Agent, import_ids: Collection[UUID], limit: int = MOST, states: Collection[str] = ReportState.values
) -> dict[UUID, list[Report]]:
    """The newest reports that each of these files brought, as far as the agent may read them and a line tells them."""
    with connection.cursor() as cursor:
        cursor.execute(_BROUGHT, [list(import_ids), list(states), limit])
        rows: list[tuple[UUID, UUID]] = cursor.fetchall()
    # Each state of a file answers as many: only what is shown is read whole.
    newest: dict[UUID, list[UUID]] = {import_id: [] for import_id in import_ids}
    for import_id, report_id in rows:
        if len(newest[import_id]) < limit:
            newest[import_id].append(report_id)
    read = in_lines(agent, chain.from_iterable(newest.values()))
    return {import_id: [read[i] for i in ids if i in read] for import_id, ids in newest.items()}


def is_left(agent: Agent, import_id: UUID) -> bool:
    """Whether a report of this file, as far as the agent may read it, is still to be triaged."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_LEFT, [import_id])
        return bool(cursor.fetchone()[0])


def to_triage(agent: Agent, import_ids: Collection[UUID]) -> dict[UUID, Left]:
    """What is left to triage of each of these files, as far as the agent may read it; nothing left, no entry."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [list(import_ids), MOST])
        return {import_id: Left(*rest) for import_id, *rest in cursor.fetchall()}
