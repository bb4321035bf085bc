"""The notary's keys in turn: a change is announced in a checkpoint that the old key and the new one sign.

Who trusts one of them follows the announcements to the others; what a key signs outside its time counts for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from recoupe.audit.notes import Checkpoint, Key, UnreadableError


class SuccessionError(UnreadableError):
    """An announcement that does not follow, or none that leads to the key that is trusted."""


@dataclass(frozen=True, slots=True)
class _Reign:
    """One key, and the announcements between which it signs: of no lesser and no greater size or moment."""

    key: Key
    after: Checkpoint | None
    before: Checkpoint | None

    def covers(self, point: Checkpoint) -> bool:
        begun = self.after is None or (self.after.size <= point.size and self.after.at <= point.at)
        return begun and (self.before is None or (point.size <= self.before.size and point.at <= self.before.at))


class Succession:
    """Whose signature counts for which checkpoint."""

    def __init__(self, trusted: Key, points: Iterable[Checkpoint]) -> None:
        turns = sorted({point.body: point for point in points if point.keys}.values(), key=lambda one: one.at)
        keys = [turns[0].keys[0] if turns else trusted.public, *(turn.keys[1] for turn in turns)]
        for old, turn in zip(keys, turns, strict=False):
            if turn.keys[0] != old or not all(turn.signed_by(_like(trusted, key)) for key in turn.keys):
                raise SuccessionError("an announcement of a key does not follow the one before, or lacks a signature")
        if trusted.public not in keys or len(set(keys)) < len(keys):
            raise SuccessionError("no announcement leads to the key that is trusted")
        self._announced = {turn.body for turn in turns}
        between = pairwise([None, *turns, None])
        self._reigns = [_Reign(_like(trusted, key), *ends) for key, ends in zip(keys, between, strict=True)]

    @property
    def last(self) -> bytes:
        """The key that signs now."""
        return self._reigns[-1].key.public

    def signed(self, point: Checkpoint) -> bool:
        """Whether the key of its size and moment signed it; an announcement counts as one of ours or not at all."""
        if point.keys:
            return point.body in self._announced
        return any(reign.covers(point) and point.signed_by(reign.key) for reign in self._reigns)


def _like(trusted: Key, public: bytes) -> Key:
    return Key(trusted.name, trusted.kind, public)
