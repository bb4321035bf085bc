"""What waits for whom: a reader key, a kind and a reference, never any content."""

import uuid

from django.db import models


class Notice(models.Model):
    """One thing that waits for the holders of one reader key; `kind` and `record_kind` are words of higher rooms."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    record_kind = models.CharField(max_length=16)
    record_id = models.UUIDField()
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["key", "-at", "-record_id"],
                name="notices_notice_waiting",
                condition=models.Q(seen_at__isnull=True),
            ),
            # What is late, among the few that have a term: the others of a cell are some thousands.
            models.Index(
                fields=["key", "due_at"],
                name="notices_notice_due",
                condition=models.Q(seen_at__isnull=True, due_at__isnull=False),
            ),
        ]
        constraints = [
            # Fifty messages of one thread wait as one line; the line keeps the time of the first.
            models.UniqueConstraint(
                fields=["key", "record_id", "kind"],
                name="notices_notice_once",
                condition=models.Q(seen_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_kind} {self.record_id}"


class Reminder(models.Model):
    """How one agent wants to be reminded outside the application; no role reads the table (policies.sql).

    `calendar_hash` is the SHA-256 of the secret part of his calendar's address.
    """

    # Of recoupe.access, by its number: the row ends with the account's use, and blocks nothing.
    agent_id = models.UUIDField(primary_key=True, editable=False)
    address = models.EmailField(blank=True, default="", db_default="")
    quiet_from = models.TimeField()
    quiet_to = models.TimeField()
    calendar_hash = models.BinaryField(null=True, unique=True)
    calendar_since = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(calendar_hash__isnull=True, calendar_since__isnull=True)
                | models.Q(calendar_hash__isnull=False, calendar_since__isnull=False),
                name="notices_reminder_calendar",
            )
        ]

    def __str__(self) -> str:
        return str(self.agent_id)
