"""Carrying an opened file to its end: one transaction a block, taken up again where a kill left it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError

from recoupe.access.agent import Agent
from recoupe.intelligence import actions
from recoupe.intelligence.actions.common import known_for, moment
from recoupe.intelligence.actions.importing import BLOCK
from recoupe.intelligence.enums import ImportState
from recoupe.intelligence.importing import queries
from recoupe.intelligence.importing.checking import FileReader, PreparedRow, RowRefusal
from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.importing.procedures import Naming, NoProcedures, Procedures
from recoupe.intelligence.models import ImportFile
from recoupe.intelligence.places import PlaceTable
from recoupe.kernel.refusal import Invalid

# Opens one transaction in the name of an agent, and commits it: a session in a command, a mandate in a job.
Acting = Callable[[], AbstractContextManager[Agent]]
TRIES = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come."""

    done: int
    total: int
    written: int
    known: int


def ignore(progress: Progress) -> None:
    """Nobody watches."""


def check(acting: Acting, import_id: UUID, *, naming: Naming = NoProcedures) -> ImportFile:
    """Read the whole file without writing a report, and keep every refused row with its reason."""
    with acting() as agent:
        found = queries.import_file(agent, import_id)
        content, procedures = queries.import_content(agent, import_id), naming(agent)
    try:
        checked = _reader(agent, found, content, procedures).check()
    except Invalid as fault:
        with acting() as agent:
            return actions.fail_import(by=agent, import_file=found, fault=fault)
    with acting() as agent:
        return actions.check_import(by=agent, import_file=found, checked=checked)


def run(
    acting: Acting,
    import_id: UUID,
    progress: Callable[[Progress], None] = ignore,
    *,
    naming: Naming = NoProcedures,
) -> ImportFile:
    """Write what is left of an opened file; safe to call again after a kill, and beside another call."""
    with acting() as agent:
        found = queries.import_file(agent, import_id)
        if found.state in (ImportState.DONE, ImportState.REFUSED):
            return found
        content, procedures = queries.import_content(agent, import_id), naming(agent)
    reader = _reader(agent, found, content, procedures)
    while found.rows_done < reader.total:
        found = _block(acting, found, reader)
        progress(Progress(found.rows_done, reader.total, found.rows_written, found.rows_known))
    with acting() as agent:
        return actions.finish_import(by=agent, import_file=found)


def _reader(agent: Agent, found: ImportFile, content: bytes, procedures: Procedures) -> FileReader:
    today = moment().today
    known = known_for(agent, today, PlaceTable(today))
    mapping = FileMapping.from_json(found.mapping)
    return FileReader(content, mapping, known, found.owner_unit_id, procedures=procedures)


def _block(acting: Acting, found: ImportFile, reader: FileReader) -> ImportFile:
    """The next block: read outside the transaction, written inside it."""
    start = found.rows_done
    stop = min(start + BLOCK, reader.total)
    outcome = list(reader.rows(start, stop))
    valid = [row for row in outcome if isinstance(row, PreparedRow)]
    refused = [row for row in outcome if isinstance(row, RowRefusal)]

    def write() -> ImportFile:
        with acting() as agent:
            return actions.import_block(
                by=agent, import_file=found, rows=valid, position=start, passed=stop - start, refusals=refused
            )

    for _ in range(TRIES):
        try:
            return write()
        except IntegrityError:
            # Another file of the unit wrote one of these rows meanwhile, or a reference was taken: look again.
            continue
    return write()


def imported_before(agent: Agent, of: ImportFile) -> ImportFile | None:
    """The last file with the same bytes that was written, among those that the agent may see."""
    same = ImportFile.objects.defer("content", "readers").filter(sha256=of.sha256, state=ImportState.DONE)
    return same.exclude(id=of.id).order_by("-finished_at").first()
