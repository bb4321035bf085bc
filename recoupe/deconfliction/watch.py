"""What duty desks and the watch desk do about a danger: acknowledge it, call, leave a note, hand the desk over."""

from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.deconfliction import danger_queries as queries
from recoupe.deconfliction import life, permissions
from recoupe.deconfliction.dangers import NOTICE, REF, SIDE_REF
from recoupe.deconfliction.enums import LineKind, ShiftState
from recoupe.deconfliction.models import Danger, DangerSide
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.notices.actions import mark_seen

TEXT_MAX = 300
SHIFT_REF = "watch_shift"

SENTENCE_OVER = gettext_noop("Ce danger est écarté : il n'y a plus rien à y noter.")
SENTENCE_NOTES = gettext_noop("Laissez d'abord une consigne sur chaque danger en cours : il en manque %(missing)s.")
SENTENCE_NOT_HELD = gettext_noop("Vous ne tenez pas la veille : prenez-la d'abord.")
SENTENCE_HELD = gettext_noop("Vous tenez déjà la veille.")
SENTENCE_MOTIVE = gettext_noop("La relève n'est pas préparée : dites pourquoi vous prenez la veille sans elle.")


@transaction.atomic
def acknowledge(*, by: Agent, side: DangerSide) -> None:
    """The duty desk of one unit knows of the danger, and is told no more until it opens again."""
    permissions.check_acknowledge(by, side)
    record(Operation.MODIFY, refs=[(SIDE_REF, side.id)], details={"state": "ACKNOWLEDGED"})
    if not _did("SELECT deconfliction.acknowledge(%s::uuid)", side.id):
        # Closed, or acknowledged by a colleague, since this page was read.
        raise Conflict(permissions.SENTENCE_DONE)
    mark_seen(by=by, refs=[(SIDE_REF, side.id)], kinds=[NOTICE])


@transaction.atomic
def note_call(*, by: Agent, danger: Danger, side: UUID, reached: bool) -> None:
    """The watch desk called one side, which answered or did not."""
    _write(by, danger, [(REF, danger.id), (SIDE_REF, side)], (side, reached, ""))


@transaction.atomic
def leave_note(*, by: Agent, danger: Danger, text: str) -> None:
    """What the next shift must know of a danger."""
    _write(by, danger, [(REF, danger.id)], (None, None, clean_line(text, TEXT_MAX, "text", required=True)))


def _write(by: Agent, danger: Danger, refs: list[Ref], line: tuple[UUID | None, bool | None, str]) -> None:
    permissions.check_watch(by)
    kind = LineKind.NOTE if line[0] is None else LineKind.CALL
    record(Operation.COLLECT, refs=refs, details={"what": f"watch_{kind}"})
    query = "SELECT deconfliction.write_line(%s::uuid, %s::uuid, %s::boolean, %s::text)"
    if not _did(query, danger.id, *line):
        raise Conflict(SENTENCE_OVER)


@transaction.atomic
def offer(*, by: Agent) -> None:
    """Who holds the desk hands it over, a note left on each danger that stands."""
    permissions.check_watch(by)
    held = queries.shift(by)
    if held is None or held.agent_id != by.id:
        raise Conflict(SENTENCE_NOT_HELD)
    life.check_shift_step(ShiftState(held.state), ShiftState.OFFERED)
    record(Operation.MODIFY, refs=[(SHIFT_REF, held.id)], details={"state": ShiftState.OFFERED})
    if not _did("SELECT deconfliction.offer_watch()"):
        raise Conflict(SENTENCE_NOTES, missing=len(without_note(by)))


@transaction.atomic
def take(*, by: Agent, motive: str = "") -> None:
    """The next one takes the desk; from somebody who has not handed it over, for a motive."""
    permissions.check_watch(by)
    held, why = queries.shift(by), clean_line(motive, TEXT_MAX, "motive")
    if held is not None:
        if held.agent_id == by.id:
            raise Conflict(SENTENCE_HELD)
        life.check_shift_step(ShiftState(held.state), ShiftState.ENDED)
        if life.NEEDS_MOTIVE[ShiftState(held.state)] and not why:
            raise Invalid(SENTENCE_MOTIVE, field="motive")
    refs: list[Ref] = [(SHIFT_REF, held.id)] if held else [("agent", by.id)]
    record(Operation.MODIFY, refs=refs, details={"what": "watch_taken"})
    if not _did("SELECT deconfliction.take_watch(%s::text)", why):
        # Somebody else took it meanwhile.
        raise Conflict(SENTENCE_MOTIVE)


def without_note(by: Agent) -> list[Danger]:
    """The dangers that stand and on which the agent has left no note since he holds the desk."""
    held = queries.shift(by)
    standing = queries.open_dangers(by, timezone.now())
    lines = queries.lines_of(by, [danger.id for danger in standing])
    since = held.since if held else timezone.now()
    noted = {
        danger
        for danger, written in lines.items()
        if any(one.kind == LineKind.NOTE and one.author_id == by.id and one.at >= since for one in written)
    }
    return [danger for danger in standing if danger.id not in noted]


def _did(query: str, *params: UUID | bool | str | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return bool(cursor.fetchone()[0])
