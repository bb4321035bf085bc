"""Opening, closing and handing over procedures."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import own, reader_keys
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import permissions, rules
from recoupe.cases.enums import CaseState, LegalFramework
from recoupe.cases.models import Case, MagistrateChange
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind

KIND = "case"
MOTIVE_MAX = 300
COURTS = frozenset({UnitKind.COURT, UnitKind.SPECIALISED_COURT})

SENTENCE_ABSENT = gettext_noop("Cette procédure n'existe pas, ou vous n'avez pas à en connaître.")
SENTENCE_COURT = gettext_noop("Choisissez une juridiction de la liste.")
SENTENCE_MAGISTRATE = gettext_noop("Ce magistrat n'exerce pas dans cette juridiction, ou pas à ce titre.")
SENTENCE_FRAMEWORK = gettext_noop("Choisissez un cadre d'enquête de la liste.")
SENTENCE_SAME = gettext_noop("Ce magistrat dirige déjà cette procédure.")
SENTENCE_TWICE = gettext_noop("Votre service tient déjà une procédure de ce numéro.")


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """A procedure as typed: its number as written, its court by id, its magistrate by agent id."""

    number: str
    court_id: UUID
    magistrate_id: UUID
    legal_framework: str
    opened_on: date
    parquet_number: str = ""
    offences: tuple[int, ...] = ()


def _readers(unit_id: UUID, court_id: UUID, magistrate_id: UUID) -> list[int]:
    """Its unit, the magistrate in charge, the prosecutor's office of its court (R-COURT)."""
    return reader_keys({(unit_id, Capacity.UNIT), own(magistrate_id, court_id), (court_id, Capacity.PROSECUTOR)})


def _check_court(court_id: UUID, today: date) -> None:
    try:
        court = reference.unit_by_id(court_id)
    except Absent as error:
        raise Invalid(SENTENCE_COURT, field="court") from error
    if court.kind not in COURTS or not court.works_on(today):
        raise Invalid(SENTENCE_COURT, field="court")


def _check_magistrate(court_id: UUID, magistrate_id: UUID, framework: LegalFramework) -> None:
    role = rules.directing_role(framework)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases.serves(%s::uuid, %s::uuid, %s::text)", [magistrate_id, court_id, role.value])
        if not cursor.fetchone()[0]:
            raise Invalid(SENTENCE_MAGISTRATE, field="magistrate")


def _framework(raw: str) -> LegalFramework:
    try:
        return LegalFramework(raw)
    except ValueError as error:
        raise Invalid(SENTENCE_FRAMEWORK, field="legal_framework") from error


def _locked(case: Case) -> Case:
    try:
        found: Case = Case.objects.select_for_update().get(id=case.id)
    except Case.DoesNotExist as error:
        raise Absent(SENTENCE_ABSENT) from error
    return found


@transaction.atomic
def open_case(*, by: Agent, entry: CaseEntry) -> Case:
    """Register a procedure of one's own unit, with its court and the magistrate who directs it."""
    permissions.check_open(by)
    today = timezone.localdate()
    framework = _framework(entry.legal_framework)
    rules.check_opening(entry.opened_on, today)
    _check_court(entry.court_id, today)
    _check_magistrate(entry.court_id, entry.magistrate_id, framework)
    case = Case(
        owner_unit_id=by.unit_id,
        number=rules.number(entry.number, today),
        parquet_number=clean_line(entry.parquet_number, rules.NUMBER_MAX, "parquet_number"),
        court_id=entry.court_id,
        magistrate_id=entry.magistrate_id,
        legal_framework=framework,
        offences=rules.offences(list(entry.offences)),
        opened_on=entry.opened_on,
        readers=_readers(by.unit_id, entry.court_id, entry.magistrate_id),
    )
    record(Operation.COLLECT, refs=[(KIND, case.id)], details={"state": CaseState.OPEN})
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(SENTENCE_TWICE) from error
    return case


@transaction.atomic
def close_case(*, by: Agent, case: Case, closed_on: date, reason: str = "") -> Case:
    """End a procedure; its records stay judicial."""
    permissions.check_change(by, case)
    case = _locked(case)
    permissions.check_change(by, case)
    rules.check_closing(case.opened_on, closed_on, timezone.localdate())
    record(Operation.MODIFY, refs=[(KIND, case.id)], details={"state": CaseState.CLOSED})
    case.state, case.closed_on = CaseState.CLOSED, closed_on
    case.save(update_fields=["state", "closed_on"])
    return case


@transaction.atomic
def change_magistrate(*, by: Agent, case: Case, court_id: UUID, magistrate_id: UUID, reason: str) -> Case:
    """Another magistrate directs it from now on, and the database tells both.

    The former one reads of it no more than what he answered himself.
    """
    permissions.check_change_magistrate(by, case)
    case = _locked(case)
    permissions.check_change_magistrate(by, case)
    motive = clean_line(reason, MOTIVE_MAX, "reason", required=True)
    _check_court(court_id, timezone.localdate())
    _check_magistrate(court_id, magistrate_id, LegalFramework(case.legal_framework))
    former = case.magistrate_id
    if (former, case.court_id) == (magistrate_id, court_id):
        raise Conflict(SENTENCE_SAME)
    refs = [(KIND, case.id), ("agent", former), ("agent", magistrate_id)]
    record(Operation.MODIFY, refs=refs, fields=["court", "magistrate"])
    case.court_id, case.magistrate_id = court_id, magistrate_id
    case.readers = _readers(case.owner_unit_id, court_id, magistrate_id)
    case.save(update_fields=["court", "magistrate_id", "readers"])
    MagistrateChange.objects.create(
        case=case, at=timezone.now(), actor_id=by.id, former_id=former, magistrate_id=magistrate_id, reason=motive
    )
    return case
