"""The figures of a day, as they were counted; national, or of a department when large enough to be shown."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class DailyFigure(models.Model):
    """One figure frozen on a day; a number below the threshold of small cells is never stored."""

    day = models.DateField()
    code = models.CharField(max_length=32)
    department = models.CharField(max_length=3, blank=True)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    withheld = models.BooleanField(default=False)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plan_dailyfigure"
        constraints = [
            models.UniqueConstraint(fields=["day", "code", "department"], name="plan_dailyfigure_once"),
            models.CheckConstraint(
                condition=Q(withheld=True) | Q(numerator__isnull=False), name="plan_dailyfigure_counted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.code} {self.department}"
