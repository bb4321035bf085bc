"""Registered targets (FNOS): the attributes of article 2 of the order of 11 July 2012, and a listed set of columns."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recoupe.access.models import Protected
from recoupe.cases.enums import LegalFramework
from recoupe.cases.models import Case
from recoupe.reference.enums import Purpose
from recoupe.targets.enums import HELD, Article, Doer, Sex, TargetState

LINE = 120
# Article 2: what may be known of the person, and of who investigates him. Nothing else (tested).
PERSONAL = (
    "surname", "first_names", "nickname", "alias", "sex", "birth_date", "birth_place", "addresses", "emails", "phones",
    "imeis", "vehicle_makes", "vehicle_plates", "investigator_name", "investigator_contact", "magistrate_name",
    "magistrate_contact",
)  # fmt: skip


def _lines(length: int = LINE) -> Any:
    return ArrayField(models.CharField(max_length=length), default=list, blank=True)


class RegisteredTarget(Protected):
    """A person under a named procedure for one of the listed articles; two years at most, then nothing is left."""

    ref = models.CharField(max_length=24)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    legal_framework = models.CharField(max_length=12, choices=LegalFramework)
    articles = ArrayField(models.CharField(max_length=12, choices=Article))

    surname = models.CharField(max_length=LINE, blank=True)
    first_names = models.CharField(max_length=LINE, blank=True)
    nickname = models.CharField(max_length=LINE, blank=True)
    alias = models.CharField(max_length=LINE, blank=True)
    sex = models.CharField(max_length=1, choices=Sex, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    birth_place = models.CharField(max_length=LINE, blank=True)
    addresses = _lines(200)
    emails = _lines()
    phones = _lines(40)
    imeis = _lines(40)
    # One make for each plate, in the same order.
    vehicle_makes = _lines(40)
    vehicle_plates = _lines(40)
    investigator_name = models.CharField(max_length=LINE, blank=True)
    investigator_contact = models.CharField(max_length=LINE, blank=True)
    magistrate_name = models.CharField(max_length=LINE, blank=True)
    magistrate_contact = models.CharField(max_length=LINE, blank=True)

    state = models.CharField(max_length=16, choices=TargetState, default=TargetState.REQUESTED)
    state_since = models.DateTimeField()
    steps = models.PositiveIntegerField(default=1)
    requested_by_id = models.UUIDField()
    # For what it was asked: the acts of S-5 name purposes, and the other side reads it as the motive.
    purpose = models.CharField(max_length=40, choices=Purpose)
    # Why the person is registered again, and after which registration: never an extension.
    motive = models.CharField(max_length=500, blank=True)
    renews = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    registered_at = models.DateTimeField(null=True)
    expires_on = models.DateField(null=True)
    # How many of the two reminders have gone.
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta(Protected.Meta):
        indexes = [
            models.Index(fields=["case"], name="targets_registered_case"),
            models.Index(fields=["expires_on"], name="targets_registered_term", condition=Q(state__in=sorted(HELD))),
            # The matcher asks each second which are in conflict: a few of a million.
            models.Index(fields=["id"], name="targets_registered_conflict", condition=Q(state=TargetState.CONFLICT)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ref", "owner_unit"], name="targets_registeredtarget_ref"),
            # What is erased holds nothing, and what is not holds somebody.
            models.CheckConstraint(
                condition=Q(state=TargetState.ERASED, surname="", first_names="", birth_date__isnull=True)
                | (~Q(state=TargetState.ERASED) & ~Q(surname="")),
                name="targets_registeredtarget_erased",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(HELD)) | Q(registered_at__isnull=False, expires_on__isnull=False),
                name="targets_registeredtarget_term",
            ),
            models.CheckConstraint(
                condition=Q(renews__isnull=True) | (~Q(renews=F("id")) & ~Q(motive="")) | Q(state=TargetState.ERASED),
                name="targets_registeredtarget_renewed",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def vehicles(self) -> list[tuple[str, str]]:
        """Make and plate of each vehicle."""
        return list(zip(self.vehicle_makes, self.vehicle_plates, strict=True))


class TargetStep(models.Model):
    """One step of a registration's life: who, when, why; never changed once written, but for its motive once erased."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    target = models.ForeignKey(RegisteredTarget, on_delete=models.PROTECT, related_name="changes")
    step = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    doer = models.CharField(max_length=10, choices=Doer)
    actor_id = models.UUIDField(null=True)
    unit_code = models.CharField(max_length=16, blank=True)
    from_state = models.CharField(max_length=16, choices=TargetState, blank=True)
    to_state = models.CharField(max_length=16, choices=TargetState)
    motive = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "targets_targetstep"
        ordering = ["target", "step"]
        constraints = [models.UniqueConstraint(fields=["target", "step"], name="targets_targetstep_once")]

    def __str__(self) -> str:
        return f"{self.from_state} > {self.to_state}"


class CaseReminder(models.Model):
    """When a unit was last reminded of a procedure of its own without a registration (measure 21)."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=1)

    class Meta:
        db_table = "targets_casereminder"

    def __str__(self) -> str:
        return str(self.case_id)


class Outbox(models.Model):
    """A registration to compare, or to take out of the comparison; drained by delete, taken by the matcher alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    target_id = models.UUIDField()
    at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "targets_outbox"
        indexes = [models.Index(fields=["at"], name="targets_outbox_at")]

    def __str__(self) -> str:
        return str(self.target_id)
