"""A report and its attachment. Facts and assessment are two columns (R-FACT-1); no column holds an origin (S-8)."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from recoupe.access.enums import Purpose
from recoupe.access.models import Protected
from recoupe.intelligence.enums import EventPrecision, Frame, PlaceKind, ReportState, SourceKind

SUBMITTED = ~Q(state=ReportState.DRAFT)


class Report(Protected):
    """A graded piece of intelligence, from its draft to its erasure (W1)."""

    # Given at submission; a draft has none, so that an abandoned draft leaves no gap to count.
    ref = models.CharField(max_length=32, null=True)  # noqa: DJ001
    author_id = models.UUIDField()
    state = models.CharField(max_length=16, choices=ReportState, default=ReportState.DRAFT)
    version = models.PositiveSmallIntegerField(default=1)
    # Why its author acted when he submitted it: the category that a met holder learns (S-1).
    purpose = models.CharField(max_length=32, choices=Purpose, blank=True)

    source_kind = models.CharField(max_length=20, choices=SourceKind, blank=True)
    frame = models.CharField(max_length=16, choices=Frame, default=Frame.ADMINISTRATIVE)
    case_id = models.UUIDField(null=True, blank=True)
    seen_by_reporter = models.BooleanField(default=False)

    fact_text = models.TextField(blank=True)
    assessment_text = models.TextField(blank=True)
    assessment_author_id = models.UUIDField(null=True, blank=True)
    assessment_at = models.DateTimeField(null=True, blank=True)

    event_from = models.DateField(null=True, blank=True)
    event_to = models.DateField(null=True, blank=True)
    event_precision = models.CharField(max_length=8, choices=EventPrecision, default=EventPrecision.DAY)
    collected_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)

    place_kind = models.CharField(max_length=8, choices=PlaceKind, default=PlaceKind.NONE)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    uncertainty_m = models.PositiveIntegerField(null=True, blank=True)
    commune_code = models.CharField(max_length=5, blank=True)
    place_text = models.CharField(max_length=200, blank=True)
    # The departments whose cells work on it: two near a border, none where the office does.
    departments = ArrayField(models.CharField(max_length=3), default=list, blank=True)

    handling = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    h3_line = models.CharField(max_length=12, blank=True)
    handling_conditions = models.CharField(max_length=500, blank=True)
    silent_until = models.DateField(null=True, blank=True)
    silent_reason = models.CharField(max_length=300, blank=True)

    source_grade = models.CharField(max_length=1, default="X")
    info_grade = models.CharField(max_length=1, default="4")
    grade_original = models.CharField(max_length=4, blank=True)
    # How what was typed is to be read: B3 of the scale A to F × 1 to 6 is another grade than B3 of 4x4 (S-10).
    grade_scheme = models.CharField(max_length=3, blank=True, default="", db_default="")
    grade_doubt = models.BooleanField(default=False)

    products = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    means = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    violence = models.BooleanField(default=False)
    urgency = models.BooleanField(default=False)

    # R-SENS-1: a word of the sensitive list was met; no dissemination before a second person has read it.
    review_needed = models.BooleanField(default=False)
    reviewed_by = models.UUIDField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)

    import_id = models.UUIDField(null=True, blank=True)
    external_ref = models.CharField(max_length=64, blank=True)
    # Of the owner unit and of its own reference (or of the row): the same row never enters twice.
    fingerprint = models.UUIDField(null=True, blank=True)

    class Meta(Protected.Meta):
        indexes = [
            models.Index(fields=["commune_code", "event_from"], name="intelligence_report_place"),
            models.Index(fields=["author_id", "-collected_at", "-id"], name="intelligence_report_author"),
            models.Index(fields=["case_id"], condition=Q(case_id__isnull=False), name="intelligence_report_case"),
            models.Index(
                fields=["silent_until"], condition=Q(silent_until__isnull=False), name="intelligence_report_silence"
            ),
            models.Index(
                fields=["import_id", "state", "-collected_at", "id"],
                condition=Q(import_id__isnull=False),
                name="intelligence_report_import",
            ),
        ]
        constraints = [
            # Within the unit, so that a clash tells nobody of a report that he may not read.
            models.UniqueConstraint(fields=["ref", "owner_unit"], name="intelligence_report_ref"),
            models.UniqueConstraint(fields=["fingerprint", "owner_unit"], name="intelligence_report_fingerprint"),
            models.CheckConstraint(
                condition=~SUBMITTED
                | Q(
                    ref__isnull=False,
                    submitted_at__isnull=False,
                    event_from__isnull=False,
                    event_to__isnull=False,
                    fact_text__gt="",
                    source_kind__gt="",
                )
                | Q(state=ReportState.ERASED),
                name="intelligence_report_complete",
            ),
            models.CheckConstraint(
                condition=~SUBMITTED | Q(frame=Frame.ADMINISTRATIVE) | Q(case_id__isnull=False),
                name="intelligence_report_judicial",
            ),
            models.CheckConstraint(
                condition=Q(event_to__isnull=True) | Q(event_to__gte=F("event_from")),
                name="intelligence_report_event",
            ),
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__range=(-180, 180), lat__range=(-90, 90)),
                name="intelligence_report_point",
            ),
            models.CheckConstraint(
                condition=Q(silent_until__isnull=True) | Q(silent_reason__gt=""),
                name="intelligence_report_silent",
            ),
            models.CheckConstraint(
                condition=Q(assessment_text="") | Q(assessment_author_id__isnull=False, assessment_at__isnull=False),
                name="intelligence_report_assessment",
            ),
            models.CheckConstraint(
                condition=Q(source_kind__in=["", *SourceKind.values]),
                name="intelligence_report_source",
            ),
        ]

    def __str__(self) -> str:
        return self.ref or str(self.id)

    @property
    def not_in_proceedings(self) -> bool:
        """H1: its content may not be used in judicial proceedings without the holder's permission."""
        return "H1" in self.handling

    @property
    def grading(self) -> str:
        """The 4x4 grade as it is written: B2, X4…"""
        return f"{self.source_grade}{self.info_grade}"


class Attachment(models.Model):
    """One photo or document, re-encoded on entry: what came in is never kept (R-08)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.OneToOneField(Report, models.CASCADE, related_name="attachment")
    media_type = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    pages = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()
    author_id = models.UUIDField()

    def __str__(self) -> str:
        return self.media_type
