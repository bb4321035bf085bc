"""Tables of the cross-check: the matcher's own, what one side may know, and the exchange between two services."""

from recoupe.crosscheck.models.contact import ContactThread, Message, Party
from recoupe.crosscheck.models.hit import Hit, HitSide
from recoupe.crosscheck.models.index import (
    Decision,
    IndexEntry,
    IndexKey,
    IndexRecord,
    IndexState,
)
from recoupe.crosscheck.models.judgement import Finding, Judgement, WeakAnswer
from recoupe.crosscheck.models.release import Agreement, Release

__all__ = [
    "Agreement",
    "ContactThread",
    "Decision",
    "Finding",
    "Hit",
    "HitSide",
    "IndexEntry",
    "IndexKey",
    "IndexRecord",
    "IndexState",
    "Judgement",
    "Message",
    "Party",
    "Release",
    "WeakAnswer",
]
