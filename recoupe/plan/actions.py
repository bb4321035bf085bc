"""Writes of the board: the figures of the day, what the owners bring, what the committee decides and freezes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.dates import plausible
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.plan import catalogue, freezing, importing, permissions, queries, rules
from recoupe.plan.enums import EvidenceKind, Minister, Standing, Verdict
from recoupe.plan.importing import Entry, Fault
from recoupe.plan.models import Card, Decision, Evidence, Session, Snapshot, Value

LABEL, MOTIVE, REFERENCE = 200, 500, 80
IN_FUTURE = gettext_noop("Une preuve date du jour même ou d'avant.")
NO_LABEL = gettext_noop("Dites ce qui prouve : un texte, un rapport, une date.")
NO_MILESTONE = gettext_noop("Ce jalon n'est pas de cette mesure.")
FILE_TWICE = gettext_noop("Ce fichier a déjà été déposé pour cette mesure.")


class BadFile(Invalid):
    """A file of values with lines that cannot be written: nothing of it was."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(
            gettext_noop("Rien n'a été écrit : %(n)s lignes sont à reprendre."), field="file", n=len(faults)
        )
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Proof:
    """What an owner shows; `key` is drawn with the form: sent twice, it is written once."""

    label: str
    on: date
    milestone: str = ""
    key: UUID | None = None


@transaction.atomic
def freeze() -> None:
    """Count every figure now and keep it for today; only the owner's and the worker's roles may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT plan.freeze()")


@transaction.atomic
def add_reference(*, by: Agent, card: Card, proof: Proof) -> Evidence:
    """Show a text, a report, a decision: the state that follows is the table's."""
    permissions.check_feed(by, card)
    evidence = _evidence(by, card, proof, EvidenceKind.REFERENCE)
    made = _made(by, evidence, proof)
    if made:
        return made
    _journal(card.measure, "plan_reference", ["label", "dated", "milestone"])
    evidence.save()
    return evidence


@transaction.atomic
def import_values(*, by: Agent, card: Card, proof: Proof, name: str, raw: bytes) -> Evidence:
    """Write a file of values whole, with the file as its evidence; BadFile answers each line that is wrong."""
    permissions.check_feed(by, card)
    text = importing.decoded(raw)
    evidence = _evidence(by, card, proof, EvidenceKind.FILE)
    made = _made(by, evidence, proof)
    if made:
        return made
    evidence.content, evidence.sha256 = text, hashlib.sha256(text.encode()).hexdigest()
    evidence.file_name = clean_line(name, 120, "file") or "valeurs.csv"
    # Two sendings of one file wait for each other.
    once.first_of(once.own_id(by, by.id, f"M{card.measure}:{evidence.sha256}"))
    if Evidence.objects.filter(measure=card.measure, sha256=evidence.sha256).exists():
        raise Conflict(FILE_TWICE)
    specs = {spec.code: spec for spec in catalogue.indicators_of(card.measure) if not spec.computed}
    known = (_entry(value) for value in Value.objects.filter(measure=card.measure))
    read = importing.read(text, specs, known, timezone.localdate())
    if read.faults:
        raise BadFile(read.faults)
    _journal(card.measure, "plan_file", ["file", "value"])
    evidence.save()
    Value.objects.bulk_create([_value(by, evidence, entry) for entry in read.entries])
    return evidence


@transaction.atomic
def hold_session(*, by: Agent, held_on: date, reference: str, members: Sequence[str]) -> Session:
    """Enter a meeting of the ministers' committee: its day, the reference of its minutes, who sat."""
    permissions.check_preside(by)
    if plausible(held_on, "held_on") > timezone.localdate():
        raise Invalid(gettext_noop("Une réunion s'enregistre une fois tenue."), field="held_on")
    number = clean_line(reference, REFERENCE, "reference")
    if not number:
        raise Invalid(gettext_noop("Indiquez la référence du relevé de décisions."), field="reference")
    sat = [minister.value for minister in Minister if minister.value in members]
    if not sat:
        raise Invalid(gettext_noop("Dites qui siégeait."), field="members")
    if Session.objects.filter(held_on=held_on).exists():
        raise Conflict(gettext_noop("La réunion de ce jour est déjà enregistrée."))
    record(
        Operation.COLLECT, details={"what": "plan", "plan": "plan_session"}, fields=["held_on", "reference", "members"]
    )
    session = Session(by_id=by.id, held_on=held_on, reference=number, members=sat)
    session.save()
    return session


@transaction.atomic
def decide(*, by: Agent, session: Session, card: Card, verdict: Verdict, reason: str) -> Decision:
    """Write what the committee decided of a measure: blocked, abandoned or taken up again; the day is its meeting's."""
    permissions.check_decide(by, queries.fed_by(card.measure))
    motive = clean_line(reason, MOTIVE, "reason")
    if not motive:
        raise Invalid(gettext_noop("Écrivez le motif que le comité a retenu."), field="reason")
    once.first_of(once.own_id(by, session.id, f"M{card.measure}"))
    if Snapshot.objects.filter(session=session).exists():
        raise Conflict(gettext_noop("Le tableau de cette réunion est gelé : ses décisions le sont aussi."))
    last = Decision.objects.filter(measure=card.measure).order_by("-session__held_on").first()
    if last is not None and last.session.held_on >= session.held_on:
        raise Conflict(gettext_noop("Une réunion du même jour ou d'après a déjà décidé de cette mesure."))
    standing = rules.STANDINGS[Verdict(last.verdict)] if last else Standing.OPEN
    if verdict not in rules.VERDICTS[standing]:
        raise Conflict(gettext_noop("Cette décision ne change rien à la mesure telle que le comité l'a laissée."))
    _journal(card.measure, "plan_decision", ["verdict", "motive"])
    decision = Decision(by_id=by.id, session=session, measure=card.measure, verdict=verdict, motive=motive)
    decision.save()
    return decision


@transaction.atomic
def freeze_board(*, by: Agent, session: Session) -> Snapshot:
    """Keep the board as the meeting has it: one text, its hash, never changed again."""
    permissions.check_preside(by)
    once.first_of(session.id)
    made: Snapshot | None = Snapshot.objects.filter(session=session).first()
    if made:
        return made
    content = freezing.text_of(by, session)
    record(Operation.COLLECT, details={"what": "plan", "plan": "plan_snapshot"}, fields=["content"])
    snapshot = Snapshot(
        by_id=by.id, session=session, content=content, sha256=hashlib.sha256(content.encode()).hexdigest()
    )
    snapshot.save()
    return snapshot


def _journal(measure: int, verb: str, fields: Sequence[str]) -> None:
    record(Operation.COLLECT, details={"what": "plan", "plan": verb, "number": measure}, fields=fields)


def _evidence(by: Agent, card: Card, proof: Proof, kind: EvidenceKind) -> Evidence:
    label = clean_line(proof.label, LABEL, "label")
    if not label:
        raise Invalid(NO_LABEL, field="label")
    if plausible(proof.on, "on") > timezone.localdate():
        raise Invalid(IN_FUTURE, field="on")
    if proof.milestone and proof.milestone not in {one.code for one in catalogue.milestones_of(card.measure)}:
        raise Invalid(NO_MILESTONE, field="milestone")
    evidence = Evidence(
        by_id=by.id, measure=card.measure, milestone=proof.milestone, kind=kind, label=label, dated=proof.on
    )
    if proof.key:
        evidence.id = once.own_id(by, proof.key)
    return evidence


def _made(by: Agent, evidence: Evidence, proof: Proof) -> Evidence | None:
    """What the same form has already written."""
    if proof.key is None:
        return None
    once.first_of(evidence.id)
    found: Evidence | None = Evidence.objects.filter(pk=evidence.id, by_id=by.id).first()
    return found


def _entry(value: Value) -> Entry:
    return Entry(
        value.indicator, value.first, value.last, value.value, value.source, value.upper, value.approximate,
        value.final, value.perimeter, value.definition,
    )  # fmt: skip


def _value(by: Agent, evidence: Evidence, entry: Entry) -> Value:
    return Value(
        by_id=by.id, measure=evidence.measure, evidence=evidence, indicator=entry.indicator, first=entry.first,
        last=entry.last, value=entry.value, upper=entry.upper, approximate=entry.approximate, final=entry.final,
        perimeter=entry.perimeter, definition=entry.definition, source=entry.source,
    )  # fmt: skip
