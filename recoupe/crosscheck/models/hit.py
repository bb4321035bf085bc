"""A hit as the matcher knows it, and what one side of it may know."""

import uuid

from django.db import models

from recoupe.access.models import Protected
from recoupe.crosscheck.enums import HitState, Side
from recoupe.kernel.selectors import STRENGTH_LABELS, Strength

STRENGTHS = [(strength.value, label) for strength, label in STRENGTH_LABELS.items()]


class Hit(models.Model):
    """Two records of two units that share a selector; read and written by the matcher alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    low = models.UUIDField()
    high = models.UUIDField()
    asker = models.UUIDField()
    strength = models.CharField(max_length=8, choices=STRENGTHS)
    state = models.CharField(max_length=16, choices=HitState)
    content_allowed = models.BooleanField()
    # What was weighed by likeness, and by which model; null and empty where only an identifier is common.
    weight = models.FloatField(null=True)
    model = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="crosscheck_hit_once"),
            models.CheckConstraint(condition=models.Q(low__lt=models.F("high")), name="crosscheck_hit_ordered"),
            models.CheckConstraint(
                condition=models.Q(asker=models.F("low")) | models.Q(asker=models.F("high")),
                name="crosscheck_hit_asker",
            ),
        ]
        indexes = [models.Index(fields=["high"], name="crosscheck_hit_high")]

    def __str__(self) -> str:
        return str(self.id)


class HitSide(Protected):
    """What one side learns (S-1): whom to call, a strength in words, a date; the holder also who asks, and why.

    `thread_id` is the channel to the other side; null when that side was not told, so that there is nobody to speak to.
    """

    hit = models.ForeignKey(Hit, on_delete=models.PROTECT, related_name="sides")
    side = models.CharField(max_length=8, choices=Side)
    record_kind = models.CharField(max_length=16)
    record_id = models.UUIDField()
    author_id = models.UUIDField(null=True)
    relay_id = models.UUIDField(null=True)
    other_code = models.CharField(max_length=16)
    other_name = models.CharField(max_length=120)
    other_contact = models.CharField(max_length=80)
    other_phone = models.CharField(max_length=20)
    other_email = models.CharField(max_length=80)
    asker_code = models.CharField(max_length=16, blank=True)
    asker_name = models.CharField(max_length=120, blank=True)
    motive_category = models.CharField(max_length=40, blank=True)
    strength = models.CharField(max_length=8, choices=STRENGTHS)
    state = models.CharField(max_length=16, choices=HitState)
    thread_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta(Protected.Meta):
        constraints = [
            models.UniqueConstraint(fields=["hit", "side"], name="crosscheck_hitside_once"),
            models.CheckConstraint(
                condition=models.Q(side=Side.HOLDER) | models.Q(asker_code="", asker_name="", motive_category=""),
                name="crosscheck_hitside_holder_learns",
            ),
        ]
        indexes = [
            models.Index(fields=["record_id"], name="crosscheck_hitside_record"),
            models.Index(
                fields=["thread_id"], condition=models.Q(thread_id__isnull=False), name="crosscheck_hitside_thread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.id}"

    @property
    def is_weak(self) -> bool:
        """Whether both sides still have to say if it is the same person."""
        return self.strength == Strength.WEAK
