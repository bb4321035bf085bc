"""Deal points, what speaks for them, and the history from which every past figure can be counted again."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext

from recoupe.access.models import Protected
from recoupe.dealpoints.enums import DealPointKind, DealPointState, Extent
from recoupe.dealpoints.rules import MAX_UNCERTAINTY_M, MIN_UNCERTAINTY_M
from recoupe.kernel.source import SOURCE_LABELS, SourceKind
from recoupe.reference.models import Unit


class DealPoint(Protected):
    """A place of sale: a point with its uncertainty, a name made up by the unit, and no person."""

    ref = models.CharField(max_length=24)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=DealPointKind.choices)
    lon = models.FloatField()
    lat = models.FloatField()
    uncertainty_m = models.PositiveIntegerField()
    cell_number = models.IntegerField()
    commune_code = models.CharField(max_length=5)
    departments = ArrayField(models.CharField(max_length=3))
    cells = ArrayField(models.UUIDField())
    products = ArrayField(models.CharField(max_length=30), default=list)
    hours = models.CharField(max_length=200, blank=True)
    extent = models.CharField(max_length=12, choices=Extent.choices, default=Extent.SPOT)
    # Whose walls they are: an organisation by its name and its SIREN, never a person.
    landlord = models.CharField(max_length=120, blank=True)
    landlord_siren = models.CharField(max_length=9, blank=True)
    violence = models.BooleanField(default=False)
    minors_present = models.BooleanField(default=False)
    roles_seen = ArrayField(models.CharField(max_length=16), default=list)
    state = models.CharField(max_length=16, choices=DealPointState.choices)
    state_since = models.DateTimeField()
    steps = models.PositiveIntegerField(default=1)
    proposed_by_id = models.UUIDField()
    first_confirmed_at = models.DateTimeField(null=True)
    last_confirmed_at = models.DateTimeField(null=True)
    dismantled_on = models.DateField(null=True)
    reoccupation_count = models.PositiveSmallIntegerField(default=0)
    # Where this point lives on: the other one of a duplicate, the survivor of a merger, the place it moved to.
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(Protected.Meta):
        constraints = [
            # By unit: a reference that is refused because another unit has it would tell that it has.
            models.UniqueConstraint(fields=["ref", "owner_unit"], name="dealpoints_dealpoint_ref"),
            models.CheckConstraint(
                condition=Q(uncertainty_m__gte=MIN_UNCERTAINTY_M, uncertainty_m__lte=MAX_UNCERTAINTY_M),
                name="dealpoints_dealpoint_uncertainty",
            ),
            models.CheckConstraint(
                condition=Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="dealpoints_dealpoint_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["MERGED", "DISPLACED", "DUPLICATE"], merged_into__isnull=False)
                | (~Q(state__in=["MERGED", "DISPLACED", "DUPLICATE"]) & Q(merged_into__isnull=True)),
                name="dealpoints_dealpoint_lives_on",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="dealpoints_dealpoint_not_itself",
            ),
            models.CheckConstraint(
                condition=Q(extent=Extent.SPOT) | Q(kind__in=["delivery", "online"]), name="dealpoints_dealpoint_extent"
            ),
            models.CheckConstraint(
                condition=(Q(landlord="") & Q(landlord_siren="")) | (~Q(landlord="") & ~Q(landlord_siren="")),
                name="dealpoints_dealpoint_landlord",
            ),
        ]
        indexes = [models.Index(fields=["cell_number"], name="dealpoints_dealpoint_map")]

    def __str__(self) -> str:
        return self.ref


class Evidence(Protected):
    """One record that speaks for a point, by an opaque reference; read by fewer than the point is.

    Each service that joins the record has a row of its own: none learns from a key of another's (R-24).
    """

    point = models.ForeignKey(DealPoint, on_delete=models.PROTECT, related_name="evidence")
    # The point for which it speaks now: its own, or where that one lives on once merged; the base sees to it.
    counts_for = models.ForeignKey(DealPoint, on_delete=models.PROTECT, related_name="+")
    # Not known of what was joined before the column was there.
    brought_by = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    record_kind = models.CharField(max_length=16)
    record_id = models.UUIDField()
    source_kind = models.CharField(max_length=24)
    at = models.DateTimeField()

    class Meta(Protected.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["point", "record_kind", "record_id", "brought_by"], name="dealpoints_evidence_once"
            )
        ]
        indexes = [models.Index(fields=["record_id"], name="dealpoints_evidence_record")]

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}"

    @property
    def source_label(self) -> str:
        """The kind of source in the reader's language."""
        return gettext(SOURCE_LABELS[SourceKind(self.source_kind)])


class StateChange(models.Model):
    """One step of a point's life: who, when, why; never changed once written.

    `at`: when it was recorded; `since`: from when it held out there. `undoes`: the first step that it annuls, which
    then never happened for whoever knows it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    point = models.ForeignKey(DealPoint, on_delete=models.PROTECT, related_name="changes")
    step = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(default=timezone.now)
    undoes = models.PositiveIntegerField(null=True)
    actor_id = models.UUIDField()
    unit_code = models.CharField(max_length=16)
    from_state = models.CharField(max_length=16, choices=DealPointState.choices, blank=True)
    to_state = models.CharField(max_length=16, choices=DealPointState.choices)
    motive = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "dealpoints_statechange"
        ordering = ["point", "step"]
        constraints = [
            models.UniqueConstraint(fields=["point", "step"], name="dealpoints_statechange_once"),
            models.CheckConstraint(
                condition=Q(undoes__isnull=True) | Q(undoes__lt=F("step")), name="dealpoints_statechange_undoes"
            ),
            models.CheckConstraint(condition=Q(since__lte=F("at")), name="dealpoints_statechange_since"),
        ]

    def __str__(self) -> str:
        return f"{self.from_state} > {self.to_state}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only: history is not rewritten (the database refuses it as well)."""
        super().save(*args, **{**kwargs, "force_insert": True})


class Price(models.Model):
    """What one unit of a product was seen or said to cost there on a day; never changed, only said again.

    `at`: when it was recorded. The same product, unit and day recorded again replaces what was recorded before.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    point = models.ForeignKey(DealPoint, on_delete=models.PROTECT, related_name="prices")
    product = models.CharField(max_length=30)
    euros = models.DecimalField(max_digits=9, decimal_places=2)
    unit = models.CharField(max_length=8)
    day = models.DateField()
    source_kind = models.CharField(max_length=24)
    at = models.DateTimeField(default=timezone.now)
    actor_id = models.UUIDField()

    class Meta:
        db_table = "dealpoints_price"
        ordering = ["point", "-day", "-at"]
        constraints = [models.CheckConstraint(condition=Q(euros__gt=0), name="dealpoints_price_positive")]

    def __str__(self) -> str:
        return f"{self.product} {self.day}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only (the database refuses anything else as well)."""
        super().save(*args, **{**kwargs, "force_insert": True})

    @property
    def source_label(self) -> str:
        """The kind of source in the reader's language."""
        return gettext(SOURCE_LABELS[SourceKind(self.source_kind)])


class Tick(models.Model):
    """One transaction that changed a point which a reader key reads; written, and read, by the base alone."""

    pk = models.CompositePrimaryKey("key", "xid")
    key = models.BigIntegerField()
    xid = models.BigIntegerField()
    at = models.DateTimeField()
    mark = models.BigIntegerField()

    class Meta:
        db_table = "dealpoints_tick"

    def __str__(self) -> str:
        return str(self.xid)
