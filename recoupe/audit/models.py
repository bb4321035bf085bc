"""The journal. No foreign key: it outlives what it describes, and never holds content."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models

from recoupe.audit.enums import Operation


class Entry(models.Model):
    """One operation: who, when (UTC), why, on which references; the database fills actor, motive and time."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.UUIDField(null=True)
    unit = models.UUIDField(null=True)
    purpose = models.CharField(max_length=32)
    motive = models.CharField(max_length=300)
    case_ref = models.CharField(max_length=64)
    service = models.CharField(max_length=64)
    operation = models.CharField(max_length=16, choices=Operation.choices)
    refs = ArrayField(models.TextField())
    fields = ArrayField(models.TextField())
    details = models.JSONField()
    recipient = models.UUIDField(null=True)
    result_count = models.IntegerField(null=True)

    class Meta:
        db_table = "audit_entry"
        indexes = [
            BrinIndex(fields=["at"], name="audit_entry_at"),
            models.Index(fields=["actor", "-id"], name="audit_entry_actor"),
            GinIndex(fields=["refs"], name="audit_entry_refs"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.operation}"
