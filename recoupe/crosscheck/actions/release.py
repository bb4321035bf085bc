"""Releasing a record to the other side: the holder decides, handling and magistrate set the terms (S-3, S-6)."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import own, own_key, reader_key, reader_keys
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import permissions, records, rules
from recoupe.crosscheck.actions.contact import call, tell, thread_of, voice_of, write
from recoupe.crosscheck.enums import AgreementState, NoticeKind, ReleaseState, Side, Voice
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Release
from recoupe.kernel.refusal import Conflict, Invalid, Refused, gettext_noop
from recoupe.kernel.text import clean_text
from recoupe.notices.actions import notify

LONGEST_REASON = 300
ONE_RECIPIENT = gettext_noop("Nommez le service destinataire : c'est celui de ce contact, et lui seul.")
EXISTENCE_ONLY = gettext_noop(
    "L'acte d'interconnexion entre ces deux fichiers permet d'en connaître l'existence, non le contenu."
)


@transaction.atomic
def request_release(*, by: Agent, thread: ContactThread, reason: str, voice: Voice | None = None) -> Release:
    """Ask the other side for its record; the reason is a message that it reads."""
    mine = voice_of(by, thread, voice)
    if mine == Voice.ARBITER:
        raise Refused(gettext_noop("Une communication se demande d'un service à l'autre."))
    _check_channel(thread)
    giving = Side(mine.value).other
    if _live(thread, giving):
        raise Conflict(gettext_noop("Une demande est déjà en cours pour cet enregistrement."))
    release = Release(
        thread=thread,
        giving_side=giving,
        recipient_id=thread.unit_of(giving.other),
        state=ReleaseState.REQUESTED,
    )
    record(Operation.MODIFY, refs=[("release", release.id), ("contact", thread.id)], details={"state": release.state})
    release.save(force_insert=True)
    write(by, thread, mine, reason, field="reason")
    tell(thread, [Voice(giving.value)], NoticeKind.RELEASE_REQUESTED)
    return release


@transaction.atomic
def release_record(*, by: Agent, side: HitSide, recipient: UUID, reason: str) -> Release:
    """Give one's own record to the one recipient named; a judicial one waits for its magistrate's agreement."""
    permissions.check_hold(by, side)
    # Whoever does not read it is told that alone, whatever the contact has come to (P-3).
    held = records.held(by, side.record_kind, side.record_id)
    thread = thread_of(side)
    _check_channel(thread)
    giving = Side(side.side)
    if recipient != thread.unit_of(giving.other):
        raise Invalid(ONE_RECIPIENT, field="recipient")
    terms = rules.release_terms(held.handling, held.silent)
    motive = clean_text(reason, LONGEST_REASON, "reason", required=True)
    release = _live(thread, giving) or Release(thread=thread, giving_side=giving, recipient_id=recipient, state="")
    if not _agreed(by, thread, side, held, release, reason=motive):
        return release
    return _grant(by, thread, held, release, terms)


@transaction.atomic
def refuse_release(*, by: Agent, side: HitSide, reason: str) -> Release:
    """Say no to the other side, with a reason that it reads."""
    permissions.check_hold(by, side)
    thread = thread_of(side)
    release = _live_or_conflict(thread, Side(side.side))
    _end(release, ReleaseState.REFUSED)
    write(by, thread, Voice(side.side), reason, field="reason")
    tell(thread, [Voice(Side(side.side).other.value)], NoticeKind.RELEASE_REFUSED)
    return release


@transaction.atomic
def withdraw_release(*, by: Agent, thread: ContactThread, voice: Voice | None = None) -> Release:
    """Take back one's own request."""
    mine = voice_of(by, thread, voice)
    if mine == Voice.ARBITER:
        raise Refused(gettext_noop("Une communication se demande d'un service à l'autre."))
    release = _live_or_conflict(thread, Side(mine.value).other)
    _end(release, ReleaseState.WITHDRAWN)
    return release


@transaction.atomic
def answer_agreement(*, by: Agent, agreement: Agreement, agreed: bool, reason: str = "") -> Agreement:
    """The magistrate in charge agrees, or refuses; the holder then sends the record, or the communication is closed."""
    permissions.check_agree(by, agreement)
    motive = clean_text(reason, LONGEST_REASON, "reason", required=not agreed)
    state = AgreementState.AGREED if agreed else AgreementState.REFUSED
    record(
        Operation.MODIFY,
        refs=[("agreement", agreement.id), (agreement.record_kind, agreement.record_id)],
        details={"state": state.value},
    )
    now = timezone.now()
    changed = Agreement.objects.filter(id=agreement.id, state=AgreementState.ASKED).update(
        state=state, answered_at=now, answer_reason=motive
    )
    if not changed:
        raise Conflict(gettext_noop("Cette demande a déjà reçu une réponse ou a été retirée."))
    agreement.state, agreement.answered_at, agreement.answer_reason = state, now, motive
    if not agreed:
        call("crosscheck.close_refused(%s::uuid)", agreement.id)
    unit = agreement.owner_unit_id
    holder = [reader_key(unit, Capacity.DUTY), own_key(agreement.asked_by, unit)]
    notify(holder, NoticeKind.AGREEMENT_ANSWERED, ("agreement", agreement.id))
    return agreement


def _check_channel(thread: ContactThread) -> None:
    if not thread.content_allowed:
        raise Conflict(EXISTENCE_ONLY)
    if thread.state not in rules.OPEN_CONTACT:
        raise Conflict(gettext_noop("Ouvrez d'abord le contact avec l'autre service."))


def _live(thread: ContactThread, giving: Side) -> Release | None:
    return Release.objects.filter(thread=thread, giving_side=giving, state__in=rules.LIVE_RELEASE).first()


def _live_or_conflict(thread: ContactThread, giving: Side) -> Release:
    release = _live(thread, giving)
    if release is None:
        raise Conflict(gettext_noop("Aucune communication n'est en cours pour cet enregistrement."))
    return release


def _agreed(
    by: Agent, thread: ContactThread, side: HitSide, held: records.Held, release: Release, *, reason: str
) -> bool:
    """Whether nothing more is needed; for a judicial record, ask the magistrate in charge the first time."""
    charge = records.in_charge(by, held)
    if charge is None:
        return True
    agreement = Agreement.objects.filter(release_id=release.id).first()
    if agreement is None:
        _ask(by, thread, side, charge, release, reason=reason)
        return False
    if agreement.state != AgreementState.AGREED:
        raise Conflict(gettext_noop("Le magistrat en charge de la procédure n'a pas encore donné son accord."))
    if (agreement.record_id, agreement.case_id, agreement.magistrate_id) != (
        held.id,
        charge.case_id,
        charge.magistrate_id,
    ):
        raise Conflict(
            gettext_noop(
                "La procédure ou son magistrat a changé depuis l'accord : refusez la communication et recommencez."
            )
        )
    return True


def _ask(
    by: Agent, thread: ContactThread, side: HitSide, charge: records.InCharge, release: Release, *, reason: str
) -> None:
    magistrate, unit = own(charge.magistrate_id, charge.court_id), side.owner_unit_id
    readers = {magistrate, (unit, Capacity.DUTY), own(by.id, unit)}
    if side.author_id is not None:
        readers.add(own(side.author_id, unit))
    agreement = Agreement(
        owner_unit_id=unit,
        readers=reader_keys(readers),
        release_id=release.id,
        record_kind=side.record_kind,
        record_id=side.record_id,
        case_id=charge.case_id,
        case_number=charge.number,
        magistrate_id=charge.magistrate_id,
        recipient_name=thread.name_of(Side(side.side).other),
        asked_by=by.id,
        reason=reason,
    )
    if release.state:
        rules.check_release_step(ReleaseState(release.state), ReleaseState.AWAITING_MAGISTRATE)
    refs = [("release", release.id), ("agreement", agreement.id), (side.record_kind, side.record_id)]
    record(Operation.MODIFY, refs=refs, details={"state": ReleaseState.AWAITING_MAGISTRATE.value})
    release.state = ReleaseState.AWAITING_MAGISTRATE
    release.save()
    agreement.save(force_insert=True)
    notify(reader_keys({magistrate}), NoticeKind.AGREEMENT_ASKED, ("agreement", agreement.id))


def _grant(by: Agent, thread: ContactThread, held: records.Held, release: Release, terms: rules.Terms) -> Release:
    """Journal it, then let the database enter it in the register and give the recipient's key to the record."""
    if release.state:
        rules.check_release_step(ReleaseState(release.state), ReleaseState.GRANTED)
    record(Operation.DISCLOSE, refs=[(held.kind, held.id)], recipient=release.recipient_id)
    release.state, release.decided_at = ReleaseState.GRANTED, timezone.now()
    release.record_kind, release.record_id = held.kind, held.id
    release.handling, release.not_in_proceedings = list(held.handling), terms.not_in_proceedings
    release.grading, release.last_verified = held.grading, held.last_verified
    release.save()
    call("crosscheck.open_report(%s::uuid)", release.id)
    tell(thread, [Voice(Side(release.giving_side).other.value)], NoticeKind.RELEASE_GRANTED)
    return release


def _end(release: Release, state: ReleaseState) -> None:
    rules.check_release_step(ReleaseState(release.state), state)
    record(Operation.MODIFY, refs=[("release", release.id)], details={"state": state.value})
    Agreement.objects.filter(release_id=release.id, state=AgreementState.ASKED).update(state=AgreementState.WITHDRAWN)
    release.state, release.decided_at = state, timezone.now()
    release.save()
