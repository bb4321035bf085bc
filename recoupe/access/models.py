"""Agents, their habilitations, keys and sessions, mandates, and the register of disclosures."""

import uuid
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from recoupe.access.enums import Backup, Capacity, FeedKind, Purpose, Role, SignInBy
from recoupe.access.written import Written
from recoupe.reference.models import Unit


class Agent(models.Model):
    """A person with an account; the account alone opens nothing, a live habilitation does (R-ACC-1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    login = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=120)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Since when he is where he is: the database says it at each transfer.
    placed_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.login


class Habilitation(models.Model):
    """An individual designation: one role, in one unit, for named purposes, by a named authority, between two dates."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="habilitations")
    role = models.CharField(max_length=32, choices=Role.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    designated_by = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    purposes = ArrayField(models.CharField(max_length=32, choices=Purpose.choices))

    class Meta:
        indexes = [models.Index(fields=["agent"], name="access_habilitation_agent")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="access_habilitation_period",
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.role}"

    @property
    def purpose_labels(self) -> list[str]:
        """What it may be used for, in words."""
        return [str(purpose.label) for purpose in Purpose if purpose in self.purposes]


class RoleCapacity(models.Model):
    """Which capacities a role gives, over its own unit, the agent himself or the cells of its territory."""

    role = models.CharField(max_length=32, choices=Role.choices)
    scope = models.CharField(max_length=8)
    capacity = models.CharField(max_length=16, choices=Capacity.choices)

    class Meta:
        db_table = "access_rolecapacity"
        constraints = [models.UniqueConstraint(fields=["role", "scope", "capacity"], name="access_rolecapacity_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.scope} {self.capacity}"


class Passkey(models.Model):
    """A key of an agent (WebAuthn): its public half and its counter, reached by the sign-in process alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    name = models.CharField(max_length=64)
    added_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # Taken away because its counter went back: somebody else holds it too (P-91).
    copied = models.BooleanField(default=False, db_default=False)
    # As it said when it last answered; empty for one that has not answered since this is kept.
    backup = models.CharField(max_length=8, choices=Backup.choices, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return str(self.id)


class EnrolmentCode(models.Model):
    """What the desk hands out so that an agent enrols his first key: once, within a day; only its hash is kept."""

    code_hash = models.BinaryField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    issued_by = models.UUIDField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_enrolmentcode"

    def __str__(self) -> str:
        return str(self.issued_at)


class Challenge(models.Model):
    """What a key has to sign, once, within five minutes, for the use that it was asked for."""

    challenge_hash = models.BinaryField(primary_key=True)
    use = models.CharField(max_length=8)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.use


class Session(models.Model):
    """One sign-in: only the hash of its token is kept."""

    token_hash = models.BinaryField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    purpose = models.CharField(max_length=32, choices=Purpose.choices, blank=True)
    motive = models.CharField(max_length=300, blank=True)
    case_ref = models.CharField(max_length=64, blank=True)
    # A session of before passkeys says nothing here, and opens nothing.
    how = models.CharField(max_length=8, choices=SignInBy.choices, blank=True, default="")
    # From where it was opened (a hash); a session without it is one of the set-up or of a command.
    client = models.BinaryField(null=True)
    # When it was last used (to the minute), and when its agent last showed his key.
    seen_at = models.DateTimeField(default=timezone.now)
    proven_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.agent_id)


class SignInFailure(models.Model):
    """A refused sign-in of the last hour: by which key and why; without a key, how many more in that minute."""

    passkey = models.ForeignKey(Passkey, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=16)
    at = models.DateTimeField()
    place = models.CharField(max_length=8, blank=True, default="", db_default="")
    tries = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "access_signinfailure"
        indexes = [models.Index(fields=["passkey", "at"], name="access_signinfailure_recent")]

    def __str__(self) -> str:
        return str(self.at)


class Mandate(models.Model):
    """What an agent asked a background job to do in his name, and until when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    task = models.CharField(max_length=64)
    purpose = models.CharField(max_length=32, choices=Purpose.choices)
    motive = models.CharField(max_length=300, blank=True)
    case_ref = models.CharField(max_length=64, blank=True)
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.task


class FeedEntry(models.Model):
    """One line of the list table: a reader key, a time, an object."""

    pk = models.CompositePrimaryKey("key", "kind", "at", "id")
    key = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=FeedKind.choices)
    at = models.DateTimeField()
    id = models.UUIDField()

    class Meta:
        db_table = "access_feed"
        indexes = [models.Index(fields=["id"], name="access_feed_object")]

    def __str__(self) -> str:
        return str(self.id)


class Disclosure(models.Model):
    """Register of disclosures (S-9): what went to whom, when and on which ground; it lives as long as the data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_kind = models.CharField(max_length=16)
    record_id = models.UUIDField(db_index=True)
    from_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ground = models.CharField(max_length=120)
    handling = ArrayField(models.CharField(max_length=4), default=list)
    grading = models.CharField(max_length=8, blank=True)
    last_verified = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}"


class CellService(models.Model):
    """A service joined to a cell by the authority: its own CROSS analysts read what the cell reads, while it lasts.

    It has a reader key of its own, so that its end takes nothing from anybody else; nobody holds the key before every
    row carries it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cell = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    key = models.BigIntegerField(unique=True, editable=False)
    cell_key = models.BigIntegerField(editable=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    decided_by = models.UUIDField()
    decided_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True, default="")
    # When every row carried the key, and when none did any more.
    spread_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    # Where the recomputation stands: the table and the last row of it, rows looked at, rows in all when it began.
    at_table = models.CharField(max_length=63, blank=True, default="")
    at_row = models.UUIDField(null=True)
    rows_seen = models.BigIntegerField(default=0)
    rows_in_all = models.BigIntegerField(default=0)

    class Meta:
        db_table = "access_cellservice"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="access_cellservice_period",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cell_id} {self.service_id}"

    @property
    def done_percent(self) -> int:
        """How much of the recomputation is done."""
        if self.cleared_at or (self.spread_at and not self.ended_at):
            return 100
        return min(99, 100 * self.rows_seen // self.rows_in_all) if self.rows_in_all else 0


def listed(ids: Collection[uuid.UUID]) -> models.Func:
    """These identifiers as one parameter, whatever their number: what a row's own one is looked for in."""
    one = models.Value(list(ids), output_field=ArrayField(models.UUIDField()))
    return models.Func(one, template="SELECT unnest(%(expressions)s)")


@lru_cache(maxsize=64)
def _by_id(model: type[models.Model]) -> Written[Any]:
    return Written(lambda ids: model._default_manager.filter(id__in=listed(ids)), [uuid.UUID(int=1)])


class ProtectedManager(models.Manager[Any]):
    """Never asks for the reader keys: the application role may write them, not read them."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Rows without their keys."""
        return super().get_queryset().defer("readers")

    def among(self, ids: Collection[uuid.UUID]) -> models.QuerySet[Any]:
        """Those of these rows that the agent reads, each found by its own key.

        A plain list of ids lets the planner walk the index of reader keys first: all that the agent reads, each time.
        """
        return self.filter(id__in=listed(ids))

    def by_id(self, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Any]:
        """The same, by id; no query for none."""
        model: type[models.Model] = self.model
        return {row.pk: row for row in _by_id(model).rows(list(ids))} if ids else {}


class Protected(models.Model):
    """A row of case data: its owner unit and the keys that may read it, computed by the actions of its room."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    readers = ArrayField(models.BigIntegerField(), editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ProtectedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"
