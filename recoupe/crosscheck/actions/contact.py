"""The contact between the two services, step by step; each step is in the journal and waits for the other side."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.keys import reader_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import permissions, rules
from recoupe.crosscheck.enums import ContactState, NoticeKind, Resolution, Side, Voice
from recoupe.crosscheck.models import ContactThread, HitSide, Message
from recoupe.kernel.refusal import Conflict, Invalid, Refused, gettext_noop
from recoupe.kernel.text import clean_text
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Unit

LONGEST_MESSAGE = 4000
NO_CHANNEL = gettext_noop(
    "L'autre service n'a pas été averti, parce que votre enregistrement est silencieux : "
    "le chef de votre unité peut lever ce silence, le contact s'ouvrira alors."
)
BETWEEN_PROCEDURES = gettext_noop(
    "Deux procédures judiciaires se rencontrent : leurs magistrats, prévenus l'un de l'autre, en décident."
    " Les services inscrivent ensuite ce règlement."
)
OF_REGISTRY = gettext_noop(
    "Deux inscriptions au fichier se rencontrent : un service propose qui mène, l'autre l'accepte,"
    " sur la page du conflit."
)
TWO_VOICES = gettext_noop("Vous répondez pour les deux services : choisissez pour lequel vous parlez.")


def thread_of(side: HitSide) -> ContactThread:
    """The channel of one side of a hit; refused when the other side was not told."""
    if side.thread_id is None:
        raise Conflict(NO_CHANNEL)
    thread: ContactThread = ContactThread.objects.get(id=side.thread_id)
    return thread


def voices(agent: Agent, thread: ContactThread) -> list[Voice]:
    """For whom the agent speaks in this contact: a side, both when he answers for both, the authority, or nobody."""
    sides = HitSide.objects.filter(thread_id=thread.id).order_by("side")
    found = [Voice(side.side) for side in sides if permissions.can_speak(agent, side)]
    return [*found, Voice.ARBITER] if permissions.can_arbitrate(agent, thread) else found


def voice_of(agent: Agent, thread: ContactThread, wanted: Voice | None) -> Voice:
    """The voice in which the agent acts; refused when it is not his, asked for when he has two."""
    mine = voices(agent, thread)
    if not mine or (wanted is not None and wanted not in mine):
        raise Refused(permissions.NOT_YOURS)
    if wanted is None and len(mine) > 1:
        raise Invalid(TWO_VOICES, field="voice")
    return wanted or mine[0]


@transaction.atomic
def open_contact(*, by: Agent, side: HitSide, text: str = "") -> ContactThread:
    """Ask the other side for a contact; it is due within the hours of the parameter (W2)."""
    permissions.check_speak(by, side)
    thread = thread_of(side)
    now = timezone.now()
    due = now + timedelta(hours=reference.whole_parameter("hit.contact_hours", timezone.localdate(now)))
    _step(by, thread, ContactState.REQUESTED, requested_side=side.side, requested_at=now, due_at=due)
    call("crosscheck.list(%s::uuid)", thread.id)
    tell(thread, [Voice(Side(side.side).other)], NoticeKind.CONTACT_REQUESTED, due)
    if text.strip():
        write(by, thread, Voice(side.side), text)
    return thread


@transaction.atomic
def make_contact(*, by: Agent, thread: ContactThread, voice: Voice | None = None) -> ContactThread:
    """Record that the two spoke: the side that was asked says so, not the one that waits."""
    mine = voice_of(by, thread, voice)
    # Neither the side that waits, nor the authority to which it was carried.
    if thread.requested_side and mine.value != Side(thread.requested_side).other.value:
        raise Refused(gettext_noop("C'est au service sollicité de confirmer que le contact est établi."))
    _step(by, thread, ContactState.MADE, made_at=timezone.now())
    tell(thread, [Voice(thread.requested_side)], NoticeKind.CONTACT_MADE)
    return thread


@transaction.atomic
def write_message(
    *, by: Agent, thread: ContactThread, text: str, voice: Voice | None = None, key: UUID | None = None
) -> Message:
    """Write to the other side; an answer of the side that was asked is the contact itself.

    `key` is drawn with the form: two clicks on it write one message.
    """
    mine = voice_of(by, thread, voice)
    identity = once.own_id(by, key, f"{mine}:{text}") if key else uuid4()
    if key:
        once.first_of(identity)
        written: Message | None = Message.objects.filter(id=identity, thread=thread).first()
        if written:
            return written
    if thread.state not in rules.OPEN_CONTACT:
        raise Conflict(
            gettext_noop("Ce contact est « %(state)s » : on n'y écrit pas."), state=ContactState(thread.state).label
        )
    if thread.state == ContactState.REQUESTED and mine.value != thread.requested_side:
        make_contact(by=by, thread=thread, voice=mine)
    return write(by, thread, mine, text, identity=identity)


@transaction.atomic
def propose_resolution(
    *, by: Agent, thread: ContactThread, resolution: Resolution, voice: Voice | None = None
) -> ContactThread:
    """Propose how to settle it; the other side accepts, or proposes something else."""
    mine = voice_of(by, thread, voice)
    if permissions.can_arbitrate(by, thread):
        raise Refused(gettext_noop("Une autorité saisie ne propose pas : elle tranche."))
    rules.check_contact_step(ContactState(thread.state), ContactState.RESOLVED)
    if of_registry(by, thread):
        raise Conflict(OF_REGISTRY)
    _change(by, thread, {"proposed": resolution}, proposed_resolution=Resolution(resolution), proposed_side=mine)
    tell(thread, others(mine), NoticeKind.RESOLUTION_PROPOSED)
    return thread


@transaction.atomic
def accept_resolution(*, by: Agent, thread: ContactThread, voice: Voice | None = None) -> ContactThread:
    """Accept what the other side proposed: the contact is resolved by both."""
    mine = voice_of(by, thread, voice)
    # Not by him who answers for both services either: it would be settled by one.
    if permissions.can_arbitrate(by, thread) or thread.proposed_side in voices(by, thread):
        raise Refused(gettext_noop("C'est à l'autre service d'accepter ce règlement."))
    if not thread.proposed_resolution:
        raise Conflict(gettext_noop("Aucun règlement n'a été proposé."))
    return _resolve(by, thread, mine, Resolution(thread.proposed_resolution))


@transaction.atomic
def settle(*, by: Agent, thread: ContactThread, resolution: Resolution, reason: str) -> ContactThread:
    """The authority to which the contact was carried decides, with a reason that both sides read."""
    permissions.check_arbitrate(by, thread)
    if between_procedures(by, thread):
        raise Conflict(BETWEEN_PROCEDURES)
    write(by, thread, Voice.ARBITER, reason, field="reason")
    return _resolve(by, thread, Voice.ARBITER, Resolution(resolution))


def between_procedures(by: Agent, thread: ContactThread) -> bool:
    """Whether two procedures meet in it, asked by the authority that has it: it does not settle them (S-6)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT crosscheck.between_procedures(%s::uuid)", [thread.id])
        return bool(cursor.fetchone()[0])


def of_registry(by: Agent, thread: ContactThread) -> bool:
    """Whether two registrations meet in it, asked by a party: they are settled by who leads (W3)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT crosscheck.of_registry(%s::uuid)", [thread.id])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def escalate(
    *, by: Agent, thread: ContactThread, reason: str, court: Unit | None = None, voice: Voice | None = None
) -> ContactThread:
    """Carry the contact to the next authority: head of the cell, office, prosecutor's office of a court."""
    mine = voice_of(by, thread, voice)
    state = rules.next_escalation(ContactState(thread.state))
    authority = _authority(by, state, court)
    _step(by, thread, state, arbiter_id=authority.id)
    key = reader_key(authority.id, rules.ESCALATED_TO[state])
    call("crosscheck.escalate(%s::uuid, %s::uuid, %s::bigint)", thread.id, authority.id, key)
    write(by, thread, mine, reason, field="reason")
    tell(thread, [Voice.ARBITER, *others(mine)], NoticeKind.ESCALATED)
    return thread


def _authority(by: Agent, state: ContactState, court: Unit | None) -> Unit:
    """The unit to which the contact goes; a prosecutor's office is named by whoever carries it there."""
    today = timezone.localdate()
    if state == ContactState.ESCALATED_CELL:
        own = reference.unit_by_id(by.unit_id)
        cells = [own] if own.kind == UnitKind.CROSS else [own.cell] if own.cell_id else []
        cells += [reference.cell_of_department(code, today) for code in sorted(by.departments)]
        for cell in cells:
            if cell is not None and cell.works_on(today):
                return cell
        raise Conflict(gettext_noop("Aucune CROSS n'est compétente pour votre unité : adressez-vous à l'OFAST."))
    if state == ContactState.ESCALATED_OFFICE:
        return reference.office(today)
    if court is None or court.kind not in (UnitKind.COURT, UnitKind.SPECIALISED_COURT) or not court.works_on(today):
        raise Invalid(gettext_noop("Choisissez la juridiction dont le parquet est saisi."), field="court")
    return court


def _resolve(by: Agent, thread: ContactThread, mine: Voice, resolution: Resolution) -> ContactThread:
    _step(by, thread, ContactState.RESOLVED, resolution=resolution, resolved_at=timezone.now())
    tell(thread, others(mine), NoticeKind.CONTACT_RESOLVED)
    return thread


def others(mine: Voice) -> list[Voice]:
    """The sides to tell of what this voice did."""
    return [voice for voice in (Voice.ASKER, Voice.HOLDER) if voice != mine]


def tell(thread: ContactThread, to: list[Voice], kind: NoticeKind, due: Any = None) -> None:
    """Leave a notice for these parties; only the database knows by which keys."""
    roles = [voice.value for voice in to]
    call("crosscheck.tell(%s::uuid, %s::text[], %s::text, %s::timestamptz)", thread.id, roles, kind.value, due)


def _step(by: Agent, thread: ContactThread, wanted: ContactState, **fields: Any) -> None:
    rules.check_contact_step(ContactState(thread.state), wanted)
    _change(by, thread, {"state": wanted.value}, state=wanted, **fields)


def _change(by: Agent, thread: ContactThread, details: dict[str, str], **fields: Any) -> None:
    """Journal, then write, only if nobody moved the contact meanwhile."""
    record(Operation.MODIFY, refs=[("contact", thread.id)], fields=sorted(fields), details=details)
    if not ContactThread.objects.filter(id=thread.id, state=thread.state).update(**fields):
        raise Conflict(gettext_noop("Ce contact vient de changer : rechargez la page."))
    for name, value in fields.items():
        setattr(thread, name, value)


def write(
    by: Agent, thread: ContactThread, voice: Voice, text: str, *, field: str = "text", identity: UUID | None = None
) -> Message:
    """Write one message in a voice that the caller has checked."""
    clean = clean_text(text, LONGEST_MESSAGE, field, required=True)
    message = Message(id=identity or uuid4(), thread=thread, voice=voice, author_id=by.id, text=clean)
    refs = [("contact", thread.id), ("message", message.id)]
    record(Operation.DISCLOSE, refs=refs, recipient=_recipient(thread, voice))
    message.save(force_insert=True)
    tell(thread, others(voice), NoticeKind.MESSAGE)
    return message


def _recipient(thread: ContactThread, voice: Voice) -> UUID | None:
    """The unit to which a side writes, as it knows it; an authority writes to both."""
    return None if voice == Voice.ARBITER else thread.unit_of(Side(voice.value).other)


def call(function: str, *params: Any) -> None:
    """Call one of the functions of policies.sql, which reach what neither side may read."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", list(params))
