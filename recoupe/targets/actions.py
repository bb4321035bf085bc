"""Writes on the registry: each checks, journals, then changes, in one transaction; one verb for one decision."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import own, reader_key, reader_keys
from recoupe.audit.actions import record
from recoupe.cases.models import Case
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.text import clean_line
from recoupe.notices.actions import notify
from recoupe.reference import queries as reference
from recoupe.targets import permissions, rules
from recoupe.targets.enums import Doer, Sex, TargetState
from recoupe.targets.models import LINE, PERSONAL, RegisteredTarget, TargetStep

S = TargetState
KIND = "target"
SENTENCE_ABSENT = gettext_noop("Cette inscription n'existe pas, ou vous n'avez pas à en connaître.")
SENTENCE_SINCE_CHANGED = gettext_noop("Cette inscription a changé pendant que vous la lisiez : rechargez la page.")
SENTENCE_TWICE = gettext_noop("Cette inscription vient d'être demandée : cherchez-la dans la liste.")
SENTENCE_SEX = gettext_noop("Choisissez un sexe de la liste.")
SENTENCE_RENEWS = gettext_noop("Une nouvelle inscription de la même personne suit une inscription de votre service.")


@transaction.atomic
def request_target(
    *, by: Agent, case: Case, entry: rules.Entry, reason: str = "", renews: RegisteredTarget | None = None,
    key: UUID | None = None,
) -> RegisteredTarget:  # fmt: skip
    """Ask for the registration of a person under a procedure of one's own; the registry's manager is told.

    `renews` names the registration that this one follows: a row of its own, with its motive. `key` is drawn with the
    form: sent twice, it makes one request.
    """
    permissions.check_request(by, case)
    now, made = timezone.now(), once.own_id(by, key) if key else None
    if made:
        once.first_of(made)
        known: RegisteredTarget | None = RegisteredTarget.objects.filter(id=made).first()
        if known:
            return known
    if renews is not None and renews.owner_unit_id != case.owner_unit_id:
        raise Invalid(SENTENCE_RENEWS)
    target = RegisteredTarget(
        **({"id": made} if made else {}),
        owner_unit_id=case.owner_unit_id,
        readers=_readers(case),
        ref=human_ref(f"FN-{by.unit_code}", timezone.localdate(now).year),
        case=case,
        legal_framework=case.legal_framework,
        state=S.REQUESTED,
        state_since=now,
        requested_by_id=by.id,
        purpose=by.purpose or "",
        renews=renews,
        motive=rules.motive(reason, required=renews is not None),
        **_written(entry, now),
    )
    refs = [(KIND, target.id), ("case", case.id), *([(KIND, renews.id)] if renews else [])]
    record(rules.OPERATION[S.REQUESTED], refs=refs, fields=_filled(target), details={"state": S.REQUESTED.value})
    _insert(target)
    _write_step(target, by, "", "", now)
    _tell(target, S.REQUESTED, now)
    return target


@transaction.atomic
def check_target(
    *, by: Agent, target: RegisteredTarget, procedure: bool, article: bool, designation: bool, reason: str = ""
) -> RegisteredTarget:
    """The manager has looked at the procedure, the article and the designation of whoever asks (W3)."""
    permissions.check_decide(by, target, S.CHECKED)
    if not (procedure and article and designation):
        raise Invalid(rules.SENTENCE_CHECKS)
    return _move(by, target, S.CHECKED, reason)


@transaction.atomic
def register(*, by: Agent, target: RegisteredTarget, reason: str = "") -> RegisteredTarget:
    """Enter the person: from now on he is compared with the others, for two years at most."""
    today = timezone.localdate()
    years = reference.whole_parameter("retention.registry", today)
    return _move(by, target, S.REGISTERED, reason, registered_at=timezone.now(), expires_on=rules.expiry(today, years))


@transaction.atomic
def refuse(*, by: Agent, target: RegisteredTarget, reason: str) -> RegisteredTarget:
    """Say no, and why: the unit reads it, then nothing is left."""
    return _move(by, target, S.REFUSED, reason)


@transaction.atomic
def end(*, by: Agent, target: RegisteredTarget, reason: str) -> RegisteredTarget:
    """The person is no longer under this procedure: the row is erased the same day (R-RET-2)."""
    return _move(by, target, S.PROCEDURE_ENDED, reason)


@transaction.atomic
def amend(*, by: Agent, target: RegisteredTarget, entry: rules.Entry) -> RegisteredTarget:
    """Complete or correct what the registry holds of the person; a registered one is compared again."""
    permissions.check_amend(by, target)
    target = _locked(target)
    permissions.check_amend(by, target)
    written = _written(entry, timezone.now())
    changed = sorted(name for name, value in written.items() if getattr(target, name) != value)
    if not changed:
        return target
    record(rules.OPERATION[S.CHECKED], refs=[(KIND, target.id)], fields=changed)
    for name in changed:
        setattr(target, name, written[name])
    target.save(update_fields=changed)
    return target


def _readers(case: Case) -> list[int]:
    """The unit, the magistrate in charge, the prosecutor's office of the court, and who keeps the registry."""
    return reader_keys(
        {
            (case.owner_unit_id, Capacity.UNIT),
            own(case.magistrate_id, case.court_id),
            (case.court_id, Capacity.PROSECUTOR),
            (reference.office(timezone.localdate()).id, Capacity.REGISTRY),
        }
    )


def _written(entry: rules.Entry, now: datetime) -> dict[str, Any]:
    """The columns that an entry fills; Invalid with its sentence and field otherwise."""
    today = timezone.localdate(now)
    rules.check_birth(entry.birth_date, today, reference.whole_parameter("minor.never_before_age", today))
    if entry.sex not in Sex.values:
        raise Invalid(SENTENCE_SEX, field="sex")
    plates = rules.selectors(SelectorKind.PLATE, (plate for _, plate in entry.vehicles), "vehicles")
    makes = [clean_line(make, 40, "vehicles") for make, _ in entry.vehicles]
    if len(plates) != len(makes):
        raise Invalid(rules.SENTENCE_VEHICLE, field="vehicles")
    names = ("first_names", "nickname", "alias", "birth_place", "investigator_name", "investigator_contact",
             "magistrate_name", "magistrate_contact")  # fmt: skip
    return {
        "surname": clean_line(entry.surname, LINE, "surname", required=True),
        "articles": rules.articles(entry.articles),
        "sex": entry.sex,
        "birth_date": entry.birth_date,
        "addresses": rules.bounded([line for a in entry.addresses if (line := clean_line(a, 200, "addresses"))],
                                   "addresses"),
        "emails": rules.selectors(SelectorKind.EMAIL, entry.emails, "emails"),
        "phones": rules.selectors(SelectorKind.PHONE, entry.phones, "phones"),
        "imeis": rules.selectors(SelectorKind.IMEI, entry.imeis, "imeis"),
        "vehicle_makes": makes,
        "vehicle_plates": plates,
        **{name: clean_line(getattr(entry, name), LINE, name) for name in names},
    }  # fmt: skip


def _filled(target: RegisteredTarget) -> list[str]:
    return sorted(name for name in PERSONAL if getattr(target, name))


def _insert(target: RegisteredTarget) -> None:
    try:
        with transaction.atomic():
            target.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(SENTENCE_TWICE) from error


def _locked(target: RegisteredTarget) -> RegisteredTarget:
    """The row as it stands now, held until the end; whoever decides on it waits for his turn."""
    found: RegisteredTarget | None = RegisteredTarget.objects.select_for_update().filter(pk=target.pk).first()
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def _move(by: Agent, target: RegisteredTarget, to: TargetState, reason: str, **changes: Any) -> RegisteredTarget:
    permissions.check_decide(by, target, to)
    motive = rules.motive(reason, required=to in rules.NEEDS_MOTIVE)
    refs = [(KIND, target.id), ("case", target.case_id)]
    record(rules.OPERATION[to], refs=refs, fields=sorted(changes), details={"state": to.value})
    locked = _locked(target)
    if locked.state != target.state:
        raise Conflict(SENTENCE_SINCE_CHANGED)
    before, now = locked.state, timezone.now()
    locked.state, locked.state_since, locked.steps = to, now, locked.steps + 1
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=["state", "state_since", "steps", *changes])
    _write_step(locked, by, before, motive, now)
    _tell(locked, to, now)
    return locked


def _write_step(target: RegisteredTarget, by: Agent, before: str, motive: str, now: datetime) -> None:
    TargetStep.objects.create(
        target=target,
        step=target.steps,
        at=now,
        doer=rules.DECIDED_BY[S(target.state)],
        actor_id=by.id,
        unit_code=by.unit_code,
        from_state=before,
        to_state=target.state,
        motive=motive,
    )


def _tell(target: RegisteredTarget, to: TargetState, now: datetime) -> None:
    told = rules.TELLS[to]
    if told is None:
        return
    whom, kind = told
    if whom is Doer.MANAGER:
        keys = [reader_key(reference.office(timezone.localdate(now)).id, Capacity.REGISTRY)]
    else:
        keys = [reader_key(target.owner_unit_id, Capacity.UNIT)]
    notify(keys, kind, (KIND, target.id))
