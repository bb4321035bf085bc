"""The matcher's index: keyed hashes of selectors, and what the rules ask of the records that hold them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class IndexKey(models.Model):
    """The mark of the key under which the index was made: another key would find nothing, and say so to nobody."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    mark = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="crosscheck_indexkey_one")]

    def __str__(self) -> str:
        return "index key"


class IndexRecord(models.Model):
    """One record in the index: identifiers and leaves to tell; neither text nor reference."""

    record_id = models.UUIDField(primary_key=True)
    record_kind = models.CharField(max_length=16)
    unit_id = models.UUIDField()
    file = models.CharField(max_length=20)
    purpose = models.CharField(max_length=40)
    tells_self = models.BooleanField()
    tells_other = models.BooleanField()
    departments = ArrayField(models.CharField(max_length=3))
    office_reads = models.BooleanField()
    batch = models.BooleanField()
    author_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    # Under which engine its people were entered; blank where none served. What another one entered is not compared.
    likeness = models.CharField(max_length=12, blank=True, db_default="")

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}"


class IndexEntry(models.Model):
    """One selector of one record, as HMAC-SHA256 under a key that is not in the database."""

    pk = models.CompositePrimaryKey("key", "record_id")
    key = models.BinaryField()
    record = models.ForeignKey(IndexRecord, on_delete=models.CASCADE, related_name="entries")
    strength = models.SmallIntegerField()

    def __str__(self) -> str:
        return str(self.record_id)


class IndexState(models.Model):
    """Where the index stands, for `recoupe check` and for a matcher that starts again: counts, no record."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    # The engine that serves, as a hit names it, and the mark under which it enters people.
    model = models.CharField(max_length=80, blank=True, db_default="")
    mark = models.CharField(max_length=12, blank=True, db_default="")
    # The files that are the index (their folder), and the last change of them that this base has committed.
    copy = models.CharField(max_length=32, blank=True, db_default="")
    last = models.BigIntegerField(default=0, db_default=0)
    people = models.IntegerField(default=0, db_default=0)
    # How far the index was compared with what is deposited, in hundredths; since when it is whole.
    swept = models.SmallIntegerField(default=0, db_default=0)
    whole_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="crosscheck_indexstate_one")]

    def __str__(self) -> str:
        return "index state"


class Decision(models.Model):
    """A pair on which a human has said something; the matcher, who alone knows both sides, draws the consequence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hit_id = models.UUIDField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.hit_id)
