"""Writes on deal points: each checks, journals, then changes, in one transaction; one verb for one decision."""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import reader_key, reader_keys
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import dating, permissions, placing, rules
from recoupe.dealpoints.enums import IN_STOCK, DealPointState
from recoupe.dealpoints.models import DealPoint, Evidence, StateChange
from recoupe.dealpoints.placing import Draft as Draft
from recoupe.intelligence.models import Report
from recoupe.kernel.dates import plausible
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.kernel.source import SourceKind
from recoupe.notices.actions import notify
from recoupe.reference import queries as reference

S = DealPointState
ALREADY_JOINED = gettext_noop("Cette fiche est déjà au dossier du point.")
REFUSED_SINCE_CHANGED = gettext_noop("Ce point a changé pendant que vous le lisiez : rechargez la page.")


@transaction.atomic
def propose_from_report(*, by: Agent, report: Report, draft: Draft) -> DealPoint:
    """Enter a point with the report as its first evidence; its cells are told."""
    now = timezone.now()
    permissions.check_propose(by, report)
    if draft.key:
        once.first_of(draft.key)
        made: DealPoint | None = DealPoint.objects.filter(pk=draft.key, proposed_by_id=by.id).first()
        if made:
            return made
    point = _point_of(by, report, draft, now)
    record(
        Operation.COLLECT,
        refs=[("dealpoint", point.id), ("report", report.id)],
        fields=["name", "point", "products", "hours", "violence", "minors_present", "roles_seen", "landlord"],
        details={"state": S.REPORTED.value},
    )
    _insert(point)
    _write_change(point, by, "", "", now)
    _attach(by, point, report)
    _tell_cells(point, S.REPORTED)
    return point


@transaction.atomic
def add_evidence(*, by: Agent, point: DealPoint, report: Report) -> Evidence:
    """Attach one more report to a point; a cell that does so on a living point confirms that it still lives."""
    permissions.check_add_evidence(by, point, report)
    record(Operation.MODIFY, refs=[("dealpoint", point.id), ("report", report.id)], details={"evidence": True})
    evidence = _attach(by, point, report)
    if permissions.decides(by, point, Capacity.CELL) and S(point.state) in IN_STOCK:
        locked = _locked(point)
        locked.last_confirmed_at = max(filter(None, (locked.last_confirmed_at, evidence.at)))
        locked.save(update_fields=["last_confirmed_at"])
    return evidence


@transaction.atomic
def verify(*, by: Agent, point: DealPoint, reason: str = "") -> DealPoint:
    """Take a reported point up: somebody goes and looks; a presumed duplicate becomes a point of its own again."""
    if S(point.state) is S.DUPLICATE:
        doubled = dating.doubled(dating.history(point))
        return _move(by, point, S.TO_VERIFY, reason, undoes=doubled.step, merged_into=None)
    return _move(by, point, S.TO_VERIFY, reason)


@transaction.atomic
def confirm(*, by: Agent, point: DealPoint, reason: str = "") -> DealPoint:
    """Make a point active: one officer saw it, or two independent sources of different kinds speak for it."""
    if S(point.state) is S.REPORTED:
        point = _move(by, point, S.TO_VERIFY, "")
    permissions.check_move(by, point, S.ACTIVE)
    if S(point.state) not in (S.TO_VERIFY, S.REOCCUPIED):
        raise Conflict(gettext_noop("Ce point a déjà été confirmé."))
    evidence = _counted_evidence(point)
    found = rules.confirmations(rules.EvidenceFact(SourceKind(e.source_kind), e.owner_unit_id) for e in evidence)
    needed = reference.whole_parameter("dealpoint.confirmations", timezone.localdate())
    if not found.sufficient(needed):
        raise Conflict(
            gettext_noop(
                "Il faut la constatation d'un agent, ou deux sources indépendantes de nature différente ; "
                "le dossier compte %(sources)s source(s) de %(kinds)s nature(s)."
            ),
            sources=found.sources,
            kinds=found.kinds,
        )
    dates = sorted(e.at for e in evidence)
    first = point.first_confirmed_at or dates[0]
    # It was sold there when it was first seen, not when it was found out.
    seen = dates[0] if S(point.state) is S.TO_VERIFY else None
    return _move(by, point, S.ACTIVE, reason, seen=seen, first_confirmed_at=first, last_confirmed_at=dates[-1])


@transaction.atomic
def target(*, by: Agent, point: DealPoint, reason: str = "") -> DealPoint:
    """An objective now bears on an active point."""
    return _move(by, point, S.TARGETED, reason)


@transaction.atomic
def resume(*, by: Agent, point: DealPoint, reason: str, since: date | None = None) -> DealPoint:
    """A targeted or disrupted point is plainly active again: the target was dropped or sales went on."""
    if S(point.state) not in (S.TARGETED, S.DISRUPTED):
        raise Conflict(gettext_noop("Seul un point ciblé ou perturbé peut redevenir actif sans nouvelle confirmation."))
    return _move(by, point, S.ACTIVE, reason, since=since)


@transaction.atomic
def disrupt(*, by: Agent, point: DealPoint, reason: str, since: date | None = None) -> DealPoint:
    """Sales are hampered but go on."""
    return _move(by, point, S.DISRUPTED, reason, since=since)


@transaction.atomic
def dismantle(*, by: Agent, point: DealPoint, operation: str, on: date, reason: str) -> DealPoint:
    """An operation ended the sales; its reference and its day are required, and the day cannot lie ahead."""
    reference = placing.operation_reference(operation)
    if plausible(on, "on") > timezone.localdate():
        raise Invalid(gettext_noop("L'opération ne peut pas être à venir."), field="on")
    said = f"{reference} · {reason}" if reason.strip() else reason
    # What was entered late of the days before it gives way: sales had ended by then.
    return _move(by, point, S.DISMANTLED, said, seen=dating.start_of(on), dismantled_on=on)


@transaction.atomic
def watch(*, by: Agent, point: DealPoint, reason: str = "") -> DealPoint:
    """Keep an eye on a dismantled point at the days of the rule (7, 30, 90, 180)."""
    return _move(by, point, S.WATCH, reason)


@transaction.atomic
def close(*, by: Agent, point: DealPoint, reason: str) -> DealPoint:
    """End the watch of a point that stayed clean long enough after its dismantling (dated parameter)."""
    permissions.check_move(by, point, S.CLOSED)
    today = timezone.localdate()
    days = reference.whole_parameter("dealpoint.clean_days", today)
    if point.dismantled_on and today < rules.closable_on(point.dismantled_on, days):
        raise Conflict(
            gettext_noop("Un point se clôt après %(days)s jours sans reprise, soit à partir du %(on)s."),
            days=days,
            on=rules.closable_on(point.dismantled_on, days).strftime("%d/%m/%Y"),
        )
    return _move(by, point, S.CLOSED, reason)


@transaction.atomic
def reoccupy(*, by: Agent, point: DealPoint, reason: str, since: date | None = None) -> DealPoint:
    """Sales were seen again; the point counts in the stock at once, and is active after a new confirmation."""
    return _move(by, point, S.REOCCUPIED, reason, since=since, reoccupation_count=point.reoccupation_count + 1)


@transaction.atomic
def mark_duplicate(*, by: Agent, point: DealPoint, of: DealPoint, reason: str) -> DealPoint:
    """Say that two points are one; the head merges them."""
    _check_lives_on(point, of)
    return _move(by, point, S.DUPLICATE, reason, merged_into=of)


@transaction.atomic
def merge(*, by: Agent, point: DealPoint, reason: str) -> DealPoint:
    """Let the evidence of a duplicate speak for the point that it doubles; its history stays, and can come back."""
    permissions.check_move(by, point, S.MERGED)
    survivor = DealPoint.objects.filter(pk=point.merged_into_id).first()
    if survivor is None:
        raise Absent(gettext_noop("Le point conservé n'est pas à votre portée."))
    _check_lives_on(point, survivor)
    return _move(by, point, S.MERGED, reason)


@transaction.atomic
def separate(*, by: Agent, point: DealPoint, reason: str) -> DealPoint:
    """Undo a merger: the point is again what it was before it was taken for a double, with its evidence.

    What had been merged into it stays with it; what was merged beside it stays where it is.
    """
    permissions.check_separate(by, point)
    motive = rules.checked_motive(S.MERGED, reason)
    record(
        Operation.MODIFY,
        refs=[("dealpoint", point.id)],
        fields=["merged_into"],
        details={"state": S.MERGED.value, "undone": True},
    )
    locked = _locked(point)
    if locked.state != point.state:
        raise Conflict(REFUSED_SINCE_CHANGED)
    life, now = dating.history(locked), timezone.now()
    doubled = dating.doubled(life)
    before = dating.standing(life[: doubled.step - 1])
    locked.state, locked.state_since, locked.steps = doubled.from_state, before.at, locked.steps + 1
    locked.merged_into = None
    locked.save(update_fields=["state", "state_since", "steps", "merged_into"])
    _write_change(locked, by, S.MERGED, motive, now, undoes=doubled.step)
    _tell_cells(locked, S(locked.state))
    return locked


@transaction.atomic
def displace(*, by: Agent, point: DealPoint, to: DealPoint, reason: str, since: date | None = None) -> DealPoint:
    """Sales went elsewhere: the point ends, and says where they went."""
    _check_lives_on(point, to)
    return _move(by, point, S.DISPLACED, reason, since=since, merged_into=to)


@transaction.atomic
def reject(*, by: Agent, point: DealPoint, reason: str) -> DealPoint:
    """There is, or was, no sale there."""
    return _move(by, point, S.REJECTED, reason)


# -- what they share --------------------------------------------------------------------------------------------------
def _point_of(by: Agent, report: Report, draft: Draft, now: datetime) -> DealPoint:
    today = timezone.localdate(now)
    spot = placing.spot_of(report, draft.lon, draft.lat, draft.uncertainty_m, today, named=draft.commune_code)
    said = placing.described(draft, report.products)
    return DealPoint(
        id=draft.key or uuid4(),
        ref=human_ref(f"PD{spot.departments[0]}", now.year),
        owner_unit_id=by.unit_id,
        readers=reader_keys(spot.audience(by)),
        lon=spot.lon,
        lat=spot.lat,
        uncertainty_m=spot.uncertainty_m,
        cell_number=rules.cell_number(spot.lon, spot.lat),
        commune_code=spot.commune_code,
        departments=list(spot.departments),
        cells=list(spot.cells),
        violence=report.violence if draft.violence is None else draft.violence,
        minors_present=draft.minors_present,
        state=S.REPORTED,
        state_since=now,
        proposed_by_id=by.id,
        created_at=now,
        **said,
    )


def _check_lives_on(point: DealPoint, other: DealPoint) -> None:
    if point.pk == other.pk or S(other.state) in (S.MERGED, S.DISPLACED, S.REJECTED, S.DUPLICATE):
        raise Conflict(gettext_noop("Choisissez un autre point, encore suivi."))


def _insert(point: DealPoint) -> None:
    try:
        with transaction.atomic():
            point.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(gettext_noop("Ce point vient d'être enregistré : cherchez-le dans la liste.")) from error


def _locked(point: DealPoint) -> DealPoint:
    """The row as it stands now, held until the end; whoever decides on it waits for his turn."""
    found: DealPoint | None = DealPoint.objects.select_for_update().filter(pk=point.pk).first()
    if found is None:
        raise Conflict(REFUSED_SINCE_CHANGED)
    return found


def _move(
    by: Agent,
    point: DealPoint,
    to: DealPointState,
    reason: str,
    *,
    since: date | None = None,
    seen: datetime | None = None,
    undoes: int | None = None,
    **changes: Any,
) -> DealPoint:
    """One step; `since`: the day on which somebody saw it, `seen`: the moment that its evidence gives."""
    permissions.check_move(by, point, to)
    motive = rules.checked_motive(to, reason)
    record(Operation.MODIFY, refs=[("dealpoint", point.id)], fields=sorted(changes), details={"state": to.value})
    locked = _locked(point)
    if locked.state != point.state:
        raise Conflict(REFUSED_SINCE_CHANGED)
    before, now = locked.state, timezone.now()
    held = seen or dating.since(locked, to, since, now)
    locked.state, locked.state_since, locked.steps = to, now, locked.steps + 1
    for field, value in changes.items():
        setattr(locked, field, value)
    locked.save(update_fields=["state", "state_since", "steps", *changes])
    _write_change(locked, by, before, motive, now, since=min(held, now), undoes=undoes)
    _tell_cells(locked, to)
    return locked


def _write_change(
    point: DealPoint,
    by: Agent,
    before: str,
    motive: str,
    now: datetime,
    *,
    since: datetime | None = None,
    undoes: int | None = None,
) -> None:
    StateChange.objects.create(
        point=point,
        step=point.steps,
        at=now,
        since=since or now,
        undoes=undoes,
        actor_id=by.id,
        unit_code=by.unit_code,
        from_state=before,
        to_state=point.state,
        motive=motive,
    )


def _attach(by: Agent, point: DealPoint, report: Report) -> Evidence:
    evidence = Evidence(
        point=point,
        counts_for=point,
        owner_unit_id=report.owner_unit_id,
        brought_by_id=by.unit_id,
        readers=reader_keys(placing.evidence_audience(placing.unit_of(report), point, by)),
        record_kind="report",
        record_id=report.id,
        source_kind=report.source_kind,
        at=report.collected_at,
    )
    # What another service joined, and this one does not read, stands in a row of its own.
    if Evidence.objects.filter(counts_for=point, record_kind=evidence.record_kind, record_id=report.id).exists():
        raise Conflict(ALREADY_JOINED)
    try:
        with transaction.atomic():
            evidence.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(ALREADY_JOINED) from error
    return evidence


def _counted_evidence(point: DealPoint) -> list[Evidence]:
    """What confirms a point: all its evidence, or only what is later than its last dismantling."""
    rows = Evidence.objects.filter(counts_for=point)
    if S(point.state) is S.REOCCUPIED and point.dismantled_on:
        rows = rows.filter(at__date__gt=point.dismantled_on)
    return list(rows)


def _tell_cells(point: DealPoint, to: DealPointState) -> None:
    if rules.TELLS_CELLS[to]:
        keys = [reader_key(cell, Capacity.CELL) for cell in point.cells]
        notify(keys, f"dealpoint_{to.value.lower()}", ("dealpoint", point.id))
