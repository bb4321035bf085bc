"""The journal and its tree. No foreign key: it outlives what it describes, and never holds content."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models

from recoupe.audit.enums import Operation

# What opens one record, and tells its service so.
OPENINGS = (Operation.CONSULT, Operation.PRINT, Operation.EXPORT)
# The kind of a reference, as audit.opened asks for it.
_KIND = models.Func(
    models.F("refs__0"), models.Value(":"), models.Value(1), function="split_part", output_field=models.TextField()
)


class Entries(models.Manager["Entry"]):
    """The role of the site cannot read a salt, hence never asks for it."""

    def get_queryset(self) -> models.QuerySet["Entry"]:
        """Every column but the salt."""
        return super().get_queryset().defer("salt")


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
    # Erased with the entry: the leaf that stays in the tree then tells nothing of it, not even to whoever guesses.
    salt = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID())

    objects = Entries()

    class Meta:
        db_table = "audit_entry"
        indexes = [
            BrinIndex(fields=["at"], name="audit_entry_at"),
            models.Index(fields=["actor", "-id"], name="audit_entry_actor"),
            GinIndex(fields=["refs"], name="audit_entry_refs"),
            # Which rules the set-up said last: among the few entries of their kind.
            models.Index(fields=["-id"], name="audit_entry_configure", condition=models.Q(operation="configure")),
            # Who opened the records of a service: what a page is about stands first among its references.
            models.Index("refs__0", "at", name="audit_entry_read", condition=models.Q(operation__in=OPENINGS)),
            # The same from the other end: what was opened of a kind, the newest first.
            models.Index(_KIND, "at", name="audit_entry_opened", condition=models.Q(operation__in=OPENINGS)),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.operation}"


class Unsequenced(models.Model):
    """An entry whose transaction may not have ended yet, or that the sequencer has not taken: drained by delete."""

    # Taken oldest first; the rows of one moment stand in one or two pages, so that its index stays small.
    entry = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "audit_unsequenced"

    def __str__(self) -> str:
        return str(self.entry)


class Leaf(models.Model):
    """The place of one entry in the tree, given after its transaction ended, and the hash that stands there."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.BigIntegerField(unique=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"

    def __str__(self) -> str:
        return str(self.index)


class Node(models.Model):
    """The root of 256 ** level leaves, written once they are complete: proofs read these and few leaves."""

    pk = models.CompositePrimaryKey("level", "number")
    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_node"

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class Checkpoint(models.Model):
    """A size of the tree that the notary signed: the text, and the moment of the last signature of that size."""

    size = models.BigIntegerField(primary_key=True)
    first_at = models.DateTimeField()
    at = models.DateTimeField()
    root = models.BinaryField()
    note = models.TextField()

    class Meta:
        db_table = "audit_checkpoint"

    def __str__(self) -> str:
        return f"{self.size} {self.at:%Y-%m-%d %H:%M:%S}"


class Witness(models.Model):
    """Who keeps the checkpoints elsewhere and refuses one that disagrees; its long silence stops consultations."""

    name = models.CharField(max_length=64, primary_key=True)
    public_key = models.BinaryField()
    enrolled_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(default=0)

    class Meta:
        db_table = "audit_witness"

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """How many entries of one day (of Paris) are alike, below the mark; of a search, whose it is."""

    day = models.DateField()
    unit = models.UUIDField(null=True)
    purpose = models.CharField(max_length=32)
    operation = models.CharField(max_length=16)
    idle = models.BooleanField()
    seeker = models.UUIDField(null=True)
    entries = models.BigIntegerField()

    class Meta:
        db_table = "audit_tally"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "unit", "purpose", "operation", "idle", "seeker"],
                name="audit_tally_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.operation} {self.entries}"


class TallyMark(models.Model):
    """The leaf below which the entries are tallied: one row."""

    upto = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "audit_tallymark"

    def __str__(self) -> str:
        return str(self.upto)


class Aside(models.Model):
    """The hash of one line that the watch desk wrote beside the journal and that the journal has taken in."""

    hash = models.BinaryField(primary_key=True)
    # When the journal was given it, the last time.
    taken_at = models.DateTimeField()
    # The byte of the file behind it.
    upto = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "audit_aside"
        indexes = [models.Index(fields=["-taken_at", "-upto"], name="audit_aside_last")]

    def __str__(self) -> str:
        return bytes(self.hash).hex()
