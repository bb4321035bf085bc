"""Keys of tools, recoveries of lost keys, quarterly reviews; reached by functions of policies.sql alone."""

import uuid

from django.db import models

from recoupe.access.enums import Purpose
from recoupe.access.models import Agent, Habilitation
from recoupe.desk.enums import KeyState, RecoveryState
from recoupe.reference.models import Unit


class ServiceKey(models.Model):
    """The key of a service's own tool: one unit, one purpose, two dates; of the key itself only the hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=32, choices=Purpose.choices)
    reason = models.CharField(max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField()
    state = models.CharField(max_length=8, choices=KeyState.choices)
    asked_by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=300, blank=True, default="")
    # In whose name the journal writes what the tool does: an account without any habilitation.
    technical_agent = models.OneToOneField(Agent, on_delete=models.PROTECT, null=True, related_name="+")
    key_hash = models.BinaryField(null=True, unique=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "desk_servicekey"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")), name="desk_servicekey_period"
            ),
            # Whoever asks never answers (two persons).
            models.CheckConstraint(
                condition=models.Q(answered_by__isnull=True) | ~models.Q(answered_by=models.F("asked_by")),
                name="desk_servicekey_two",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class KeyUse(models.Model):
    """How often a tool's key was used on one day."""

    pk = models.CompositePrimaryKey("key_id", "day")
    key = models.ForeignKey(ServiceKey, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    uses = models.BigIntegerField(default=0)
    # The last minute in which it was used, and how often in it: what the throttle looks at.
    minute = models.DateTimeField(null=True)
    in_minute = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "desk_keyuse"

    def __str__(self) -> str:
        return str(self.uses)


class Recovery(models.Model):
    """A lost key: asked by an authority, confirmed by a second person; without it no code is handed out again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=RecoveryState.choices)
    asked_by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "desk_recovery"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_by__isnull=True)
                | (~models.Q(answered_by=models.F("asked_by")) & ~models.Q(answered_by=models.F("agent"))),
                name="desk_recovery_two",
            ),
        ]

    def __str__(self) -> str:
        return str(self.agent_id)


class Identity(models.Model):
    """Which subject of a provider of identities is which agent: bound by an authority, never by name or address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    bound_by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    bound_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "desk_identity"
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], condition=models.Q(ended_at__isnull=True), name="desk_identity_once"
            ),
            models.UniqueConstraint(
                fields=["agent", "issuer"], condition=models.Q(ended_at__isnull=True), name="desk_identity_one_each"
            ),
        ]

    def __str__(self) -> str:
        return str(self.agent_id)


class Review(models.Model):
    """An authority looked at a habilitation again and kept it (each quarter)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    habilitation = models.ForeignKey(Habilitation, on_delete=models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    class Meta:
        db_table = "desk_review"
        indexes = [models.Index(fields=["habilitation", "reviewed_at"], name="desk_review_last")]

    def __str__(self) -> str:
        return str(self.reviewed_at)
