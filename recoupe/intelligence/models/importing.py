"""A file of reports, its progress, and the rows that were refused."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from recoupe.access.models import Protected
from recoupe.intelligence.enums import ImportState


class ImportFile(Protected):
    """One file that a unit hands in: checked as a whole, opened by the head of the unit, written block by block."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    # Emptied when the import ends: the reports are what remains.
    content = models.BinaryField(null=True)
    size = models.PositiveIntegerField()
    mapping = models.JSONField()
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    uploaded_by = models.UUIDField()
    opened_by = models.UUIDField(null=True)
    opened_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    # Whether the valid rows are written although others were refused.
    accept_valid = models.BooleanField(default=False)
    rows_total = models.PositiveIntegerField(default=0)
    rows_valid = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    # How many rows of the file are behind us: written in the transaction of the block itself.
    rows_done = models.PositiveIntegerField(default=0)
    rows_written = models.PositiveIntegerField(default=0)
    rows_known = models.PositiveIntegerField(default=0)
    # The lines of the known rows that say something else than the report that stands under their reference.
    lines_differing = ArrayField(models.PositiveIntegerField(), default=list, db_default=[])

    class Meta(Protected.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opened_by__isnull=True, opened_at__isnull=True)
                | models.Q(opened_by__isnull=False, opened_at__isnull=False),
                name="intelligence_importfile_opened",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportRefusal(models.Model):
    """One refused row: its line in the file, the field, and the sentence that says why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    import_file = models.ForeignKey(ImportFile, models.CASCADE, related_name="refusals", db_index=False)
    line = models.PositiveIntegerField()
    field = models.CharField(max_length=80, blank=True)
    sentence = models.CharField(max_length=300)
    params = models.JSONField(default=dict)

    class Meta:
        db_table = "intelligence_importrefusal"
        indexes = [models.Index(fields=["import_file", "line"], name="intelligence_importrefusal_l")]

    def __str__(self) -> str:
        return str(self.line)
