"""A witness's process: no database, a folder and a key of its own; it signs nothing that disagrees with what it keeps.

What it keeps is what proves a tampering later: one line a size, flushed to the disk before its signature leaves.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from recoupe.audit.kept import append_durably, kept_in
from recoupe.audit.merkle import consistent
from recoupe.audit.notes import Checkpoint, Key, Signer, UnreadableError, read
from recoupe.audit.succession import Succession, SuccessionError
from recoupe.config.files import write_durably

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
PATIENCE_S = 10.0
RETRY_S = 1.0
# A notary whose clock runs ahead could date a checkpoint after what it is about to hide.
AHEAD_S = 120
NEWEST = "newest.jsonl"


class DisagreesError(Exception):
    """A checkpoint that cannot follow those that are kept: it is kept apart as evidence, and never signed."""


@dataclass(slots=True)
class Witness:
    """One witness of one journal."""

    signer: Signer
    log_key: Key
    folder: Path
    ask: httpx.Client
    every: float = LOOK_EVERY_S
    clock: Callable[[], float] = time.time
    stop: threading.Event = field(default_factory=threading.Event)
    signed: Checkpoint | None = None
    known: Checkpoint | None = None
    # The announcements of keys that it keeps.
    turns: list[Checkpoint] | None = None

    @property
    def kept(self) -> Path:
        """The checkpoints that it signed, one JSON line each, oldest first."""
        return self.folder / "checkpoints.jsonl"

    @property
    def newest(self) -> Path:
        """The last checkpoint that it signed, with its moment: of one size `kept` has the first alone."""
        return self.folder / NEWEST

    @property
    def refused(self) -> Path:
        """The checkpoints that disagree, as evidence."""
        return self.folder / "refused.jsonl"

    def run(self) -> None:
        """Look, verify, keep, sign, until stopped."""
        while not self.stop.is_set():
            try:
                self.look()
            except DisagreesError as found:
                log.error("witness %s: %s", self.signer.name, found)
            except (httpx.HTTPError, UnreadableError, ValueError, OSError) as error:
                log.warning("witness %s: %s, retried", self.signer.name, type(error).__name__)
                self.stop.wait(min(RETRY_S, self.every))
                continue
            self.stop.wait(self.every)

    def look(self) -> Checkpoint | None:
        """One look: the checkpoint that was signed, or None when nothing is new."""
        answered = self.ask.get("/checkpoint")
        shown = read(answered.raise_for_status().text)
        if self.signed is not None and self.signed.body == shown.body:
            return None
        self._demand(shown)
        self._keep(shown)
        line = shown.cosignature(self.signer, int(self.clock()))
        self.ask.post("/cosignature", content=line.encode()).raise_for_status()
        # Its beat: who keeps the processes sees here that this witness still signs.
        os.utime(self.kept)
        self.signed = shown
        return shown

    def last(self) -> Checkpoint | None:
        """The last checkpoint that it keeps."""
        if self.known is None and self.kept.is_file():
            self.known = last_of(self.kept, kept_in(self.kept), self._signed)
        return self.known

    def _announced(self) -> list[Checkpoint]:
        if self.turns is None:
            self.turns = [point for point in kept_in(self.kept) if point.keys] if self.kept.is_file() else []
        return self.turns

    def _signed(self, shown: Checkpoint) -> bool:
        try:
            return Succession(self.log_key, self._announced()).signed(shown)
        except SuccessionError:
            # Its keeper gave it a key that was announced after what it keeps.
            return False

    def _follow(self, shown: Checkpoint) -> None:
        """Take the announcements that lead to another key; each is a checkpoint, held against what is kept."""
        answered = self.ask.get("/announced")
        try:
            told = [read(note) for note in answered.json()] if answered.is_success else []
        except (ValueError, TypeError, AttributeError):
            told = []
        last, known = self.last(), {turn.body for turn in self._announced()}
        new = [p for p in told if p.keys and p.body not in known and (last is None or p.at >= last.at)]
        try:
            Succession(self.log_key, [*self._announced(), *new])
        except SuccessionError as found:
            self._accuse(new[-1] if new else shown, str(found))
        for point in sorted(new, key=lambda one: one.at):
            self._compare(point)
            self._keep(point)
            self._announced().append(point)

    def _demand(self, shown: Checkpoint) -> None:
        if not self._signed(shown):
            self._follow(shown)
            if not self._signed(shown):
                self._accuse(shown, "it does not carry the signature of the notary's key")
        self._compare(shown)

    def _compare(self, shown: Checkpoint) -> None:
        if shown.at > self.clock() + AHEAD_S:
            self._accuse(shown, "its moment has not come yet")
        last = self.last()
        if last is None:
            return
        if shown.size < last.size:
            self._accuse(shown, f"it holds {shown.size} leaves, and {last.size} were seen")
        if shown.at < last.at:
            self._accuse(shown, "it is older than what was seen")
        path: list[bytes] = []
        if 0 < last.size < shown.size:
            told = self.ask.get(f"/consistency/{last.size}/{shown.size}").raise_for_status().json()
            path = [bytes.fromhex(step) for step in told]
        if not consistent((last.size, last.root), (shown.size, shown.root), path):
            self._accuse(shown, f"it does not begin as the {last.size} leaves that were seen")

    def _accuse(self, shown: Checkpoint, why: str) -> None:
        append_durably(self.refused, {"why": why, "seen_at": int(self.clock()), "note": shown.note})
        raise DisagreesError(f"checkpoint of {shown.size} leaves refused: {why}")

    def _keep(self, shown: Checkpoint) -> None:
        last = self.last()
        if last is None or last.size < shown.size or shown.keys:
            append_durably(self.kept, {"seen_at": int(self.clock()), "note": shown.note})
        # Of one size the first moment is kept; the last one stands beside: time does not go back.
        write_durably(self.newest, json.dumps({"seen_at": int(self.clock()), "note": shown.note}) + "\n")
        self.known = shown


def last_of(path: Path, kept: Sequence[Checkpoint], signed: Callable[[Checkpoint], bool]) -> Checkpoint | None:
    """The last checkpoint of a witness's file, at the last moment at which it was signed (from the file beside it)."""
    last = kept[-1] if kept else None
    beside = path.with_name(NEWEST)
    try:
        found = kept_in(beside)[-1]
    except (OSError, ValueError, LookupError):
        return last
    same = last is not None and (found.size, found.root) == (last.size, last.root) and found.at > last.at
    return found if same and signed(found) else last


def asking(where: str) -> httpx.Client:
    """A client of the notary at `unix:/path` or at an address."""
    if where.startswith("unix:"):
        transport = httpx.HTTPTransport(uds=where.removeprefix("unix:"))
        return httpx.Client(transport=transport, base_url="http://notary", timeout=PATIENCE_S)
    return httpx.Client(base_url=where, timeout=PATIENCE_S)
