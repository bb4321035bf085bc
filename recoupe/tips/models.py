"""Sealed letters and what belongs to them; reached by functions of policies.sql alone. No row carries a time."""

import uuid

from django.db import models

from recoupe.reference.models import Unit


class PublicKey(models.Model):
    """What letters are sealed to, of a cell, an antenna or the office; its other half never comes here unwrapped."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    public = models.BinaryField(unique=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "tips_publickey"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="tips_publickey_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.valid_from}"


class Letter(models.Model):
    """A letter as it came (`sealing.letter`), with its day alone; written once, gone by burning or at its term."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField()
    # Two of its parts, for the two ways in which it is found.
    place = models.BinaryField()
    area = models.CharField(max_length=3)
    # The same letter sent again, because no answer came, is one letter.
    digest = models.BinaryField(unique=True)
    letter = models.BinaryField()

    class Meta:
        db_table = "tips_letter"
        indexes = [
            models.Index(fields=["place"], name="tips_letter_place"),
            models.Index(fields=["area", "day"], name="tips_letter_area"),
            models.Index(fields=["day"], name="tips_letter_term"),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.day}"


class Answer(models.Model):
    """An answer as it was sealed to the receipt (`sealing.answer`), under the place of its thread."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField()
    place = models.BinaryField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "tips_answer"
        indexes = [models.Index(fields=["place"], name="tips_answer_place")]

    def __str__(self) -> str:
        return str(self.day)


class SpentProof(models.Model):
    """A proof of work that has served: the hash of it, as long as a replay could be believed."""

    proof = models.BinaryField(primary_key=True)
    day = models.DateField()

    class Meta:
        db_table = "tips_spentproof"
        indexes = [models.Index(fields=["day"], name="tips_spentproof_day")]

    def __str__(self) -> str:
        return str(self.day)
