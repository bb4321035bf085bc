"""Writes of access: purposes, mandates, disclosures, and the accounts that an authority designates."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from recoupe.access import models, permissions, queries, rules
from recoupe.access.agent import Agent
from recoupe.access.codes import code_hash, new_code
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference.models import Unit

MANDATE_HOURS = 24
OWN_MAKING = gettext_noop(
    "Vous avez remis à cet agent son premier accès : une autre autorité le désigne comme autorité."
)


@transaction.atomic
def declare_purpose(*, by: Agent, token: str, purpose: str, motive: str, case_ref: str) -> None:
    """Say why one consults; it holds for the session until it is declared again."""
    motive, case_ref = motive.strip(), case_ref.strip()
    rules.check_purpose(by.purposes, purpose, motive, case_ref)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access.declare(%s::text, %s::text, %s::text, %s::text)", [token, purpose, motive, case_ref]
        )
        # A designation that ended meanwhile: the database asks again.
        if not cursor.fetchone()[0]:
            raise Invalid(rules.OTHER_PURPOSE, field="purpose")
    record(Operation.PURPOSE, refs=[("agent", by.id)], details={"purpose": purpose})


@transaction.atomic
def give_mandate(*, by: Agent, task: str) -> models.Mandate:
    """Let a background job act in one's name, with today's purpose, for a day at most."""
    permissions.check_mandate(by)
    record(Operation.CONFIGURE, refs=[("agent", by.id)], details={"mandate": task})
    now = timezone.now()
    return models.Mandate.objects.create(
        agent_id=by.id,
        task=task,
        purpose=by.purpose or "",
        motive=by.motive,
        case_ref=by.case_ref,
        granted_at=now,
        expires_at=now + timedelta(hours=MANDATE_HOURS),
    )


@dataclass(frozen=True, slots=True)
class Designation:
    """An agent to register with his habilitations: (role, valid from, valid to)."""

    login: str
    display_name: str
    unit: Unit
    roles: tuple[Role, ...]
    designated_by: str
    valid_from: date
    valid_to: date | None = None


@transaction.atomic
def designate(*, designations: Iterable[Designation]) -> list[models.Agent]:
    """Register agents in the set-up's own context; each one is an entry of the journal."""
    wanted = list(designations)
    agents = [models.Agent(login=d.login, display_name=d.display_name, unit=d.unit) for d in wanted]
    record(Operation.CONFIGURE, refs=[("agent", agent.id) for agent in agents], details={"what": "designation"})
    models.Agent.objects.bulk_create(agents)
    models.Habilitation.objects.bulk_create(
        models.Habilitation(
            agent=agent,
            role=role,
            unit=d.unit,
            purposes=rules.purposes_for([role]),
            designated_by=d.designated_by,
            valid_from=d.valid_from,
            valid_to=d.valid_to,
        )
        for agent, d in zip(agents, wanted, strict=True)
        for role in d.roles
    )
    return agents


@transaction.atomic
def grant_habilitation(
    *,
    by: Agent,
    agent: models.Agent,
    role: Role,
    valid_from: date,
    valid_to: date | None,
    reason: str,
    purposes: Collection[str] = (),
) -> models.Habilitation:
    """Designate an agent individually, for a role in his own unit and for purposes of it (R-ACC-1, P-98)."""
    permissions.check_designate(by, agent.id)
    rules.check_period(valid_from, valid_to, timezone.localdate())
    named = rules.named_purposes(role, purposes)
    if role == Role.DESIGNATING_AUTHORITY and not queries.may_raise(by, agent.id):
        raise Invalid(OWN_MAKING, field="role")
    held = models.Habilitation.objects.filter(agent=agent, role=role, unit_id=agent.unit_id, revoked_at__isnull=True)
    same: models.Habilitation | None = held.filter(valid_from=valid_from, valid_to=valid_to, purposes=named).first()
    if same is not None:
        return same  # the same designation sent twice
    record(
        Operation.CONFIGURE,
        refs=[("agent", agent.id)],
        details={
            "habilitation": role.value,
            "purposes": [purpose.value for purpose in named],
            "valid_from": valid_from.isoformat(),
            "valid_to": valid_to.isoformat() if valid_to else "",
            "reason": clean_line(reason, rules.LONGEST_MOTIVE, "reason"),
        },
    )
    return models.Habilitation.objects.create(
        agent=agent,
        role=role,
        unit_id=agent.unit_id,
        purposes=named,
        designated_by=by.name,
        valid_from=valid_from,
        valid_to=valid_to,
    )


@transaction.atomic
def revoke_habilitation(*, by: Agent, habilitation: models.Habilitation, reason: str) -> None:
    """End a habilitation now: the agent's next request is refused."""
    permissions.check_designate(by, habilitation.agent_id)
    if habilitation.revoked_at is not None:
        return
    record(
        Operation.CONFIGURE,
        refs=[("agent", habilitation.agent_id)],
        details={"revoked": habilitation.role, "reason": clean_line(reason, rules.LONGEST_MOTIVE, "reason")},
    )
    habilitation.revoked_at = timezone.now()
    habilitation.save(update_fields=["revoked_at"])


@transaction.atomic
def transfer(*, by: Agent, agent: models.Agent, unit: Unit, reason: str) -> None:
    """Move an agent to another unit: every habilitation of the former one is dead at once."""
    permissions.check_designate(by, agent.id)
    if not unit.works_on(timezone.localdate()):
        raise Invalid(gettext_noop("Ce service n'est pas ouvert aujourd'hui."), field="unit")
    if unit.id == agent.unit_id:
        return
    record(
        Operation.CONFIGURE,
        refs=[("agent", agent.id)],
        details={"transfer": unit.code, "reason": clean_line(reason, rules.LONGEST_MOTIVE, "reason")},
    )
    agent.unit = unit
    agent.save(update_fields=["unit"])


@transaction.atomic
def enrol_code(*, by: Agent, agent: models.Agent, reason: str) -> str:
    """A code by which somebody else enrols a key: once, within a day, entered by the function; its hash alone stays."""
    permissions.check_designate(by, agent.id)
    why = rules.checked_reason(reason)
    code = new_code()
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.issue_code(%s::uuid, %s::bytea, %s::text)", [agent.id, code_hash(code), why])
    return code


@transaction.atomic
def revoke_passkeys(*, by: Agent, agent: models.Agent, reason: str) -> int:
    """Take every way in of somebody else, and end his sessions; the function enters it. Returns how many keys."""
    permissions.check_designate(by, agent.id)
    why = rules.checked_reason(reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.revoke_passkeys(%s::uuid, %s::text)", [agent.id, why])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Joining:
    """A service to join to a cell, from a day, perhaps to a day."""

    cell: Unit
    service: Unit
    valid_from: date
    valid_to: date | None = None


@transaction.atomic
def join_cell(*, by: Agent, joining: Joining, reason: str) -> UUID:
    """Let the CROSS analysts of a service read what a cell reads; they do once the worker has passed over every row."""
    permissions.check_cells(by, joining.service.id)
    rules.check_joining(joining.cell, joining.service, timezone.localdate())
    rules.check_period(joining.valid_from, joining.valid_to, timezone.localdate())
    why = rules.checked_reason(reason)
    joined = uuid4()
    record(
        Operation.CONFIGURE,
        refs=[("cell_service", joined)],
        details={"what": "cell_service", "cell": joining.cell.code, "service": joining.service.code},
    )
    live = models.CellService.objects.filter(cell=joining.cell, service=joining.service, ended_at__isnull=True)
    if live.exists():
        raise Conflict(gettext_noop("Ce service est déjà associé à cette cellule."))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access.join_cell(%s::uuid, %s::uuid, %s::uuid, %s::date, %s::date, %s::text)",
            [joined, joining.cell.id, joining.service.id, joining.valid_from, joining.valid_to, why],
        )
    return joined


@transaction.atomic
def leave_cell(*, by: Agent, joined: models.CellService, reason: str) -> None:
    """End it now: no request that starts afterwards reads by it, whatever the rows still carry."""
    permissions.check_cells(by, joined.service_id)
    why = rules.checked_reason(reason)
    if joined.ended_at is not None:
        return
    record(Operation.CONFIGURE, refs=[("cell_service", joined.id)], details={"what": "cell_service_end"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.leave_cell(%s::uuid, %s::text)", [joined.id, why])
