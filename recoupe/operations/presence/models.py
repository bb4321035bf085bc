"""The ledger of presence: what a patrol gave and found at a place, as first written and as corrected since."""

from django.db import models
from django.db.models import F, Q

from recoupe.access.models import Protected
from recoupe.operations.presence.enums import Allocation, LineState

REASON_MAX = 300
PATROL_MAX = 40


class Presence(Protected):
    """One step of one line, written once: the last step of a line counts. A patrol and numbers, never a person."""

    # The identity of the first step, and which one this is.
    line = models.UUIDField()
    step = models.PositiveSmallIntegerField(default=1)
    patrol = models.CharField(max_length=PATROL_MAX)
    commune_code = models.CharField(max_length=5)
    department = models.CharField(max_length=3)
    # Of the deal point near which it stood, when one is named.
    point_ref = models.CharField(max_length=24, blank=True)
    cell_number = models.IntegerField(null=True)
    # By the clock of the place: the day on which it began.
    day = models.DateField()
    zone = models.CharField(max_length=32)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    staff = models.PositiveSmallIntegerField()
    controls = models.PositiveIntegerField()
    # Fixed fines for use (AFD), then the other drug facts: numbers alone.
    fines = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    allocation = models.CharField(max_length=12, choices=Allocation)
    author_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=LineState, default=LineState.STANDS)
    # Why it was corrected or withdrawn.
    reason = models.CharField(max_length=REASON_MAX, blank=True)

    class Meta(Protected.Meta):
        constraints = [
            # By unit: a clash must not betray another service's line.
            models.UniqueConstraint(fields=["owner_unit", "line", "step"], name="operations_presence_step"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="operations_presence_window"),
            models.CheckConstraint(condition=Q(staff__gte=1), name="operations_presence_staff"),
            models.CheckConstraint(
                condition=Q(step=1, reason="", state=LineState.STANDS) | Q(step__gt=1, reason__gt=""),
                name="operations_presence_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["owner_unit", "starts_at"], name="operations_presence_ledger"),
            models.Index(fields=["department", "day"], name="operations_presence_figures"),
        ]

    def __str__(self) -> str:
        return f"{self.patrol} {self.day}"

    @property
    def hours(self) -> float:
        """Hours of presence: those of the window, for each of those who were there."""
        return (self.ends_at - self.starts_at).total_seconds() / 3600 * self.staff
