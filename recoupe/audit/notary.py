"""The notary's process: gives each committed entry its leaf, signs the tree every minute, answers the witnesses.

Its key is in a file that it alone reads. It signs nothing that does not begin as what it signed last, and nothing
while an old entry is kept out of the tree: a database that was rolled back or rewritten, or that hides entries, gets no
signature, its witnesses fall silent, and consultations stop (R-42).
"""

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection, transaction

from recoupe.audit.kept import ANNOUNCED, announced
from recoupe.audit.merkle import consistent
from recoupe.audit.notes import WITNESS, Checkpoint, Key, Signer, UnreadableError, read
from recoupe.audit.succession import Succession, SuccessionError
from recoupe.audit.tokens import PinRefusedError, TokenError
from recoupe.audit.tree import consistency, root_of
from recoupe.config.files import write_durably

log = logging.getLogger(__name__)

AT_ONCE = 5_000
# Leaves are given within a second of their commit.
PAUSE_S = 0.25
SIGN_EVERY_S = 60.0
RETRY_S = 1.0
# Before every reading of the clock, also on a machine that has just started.
NEVER = -math.inf
# A checkpoint is followed by another within a minute: who signs it later than this signs what is no news.
SEEN_WITHIN_S = 120


class DivergedError(Exception):
    """The journal is no longer the one that was signed: nothing more is signed, and people must look."""


class HeldUpError(Exception):
    """Old entries have no leaf although the sequencer was asked for all: what is signed would leave them out."""


@dataclass(slots=True)
class Notary:
    """One notary of one journal; `state` is its own folder."""

    signer: Signer
    state: Path
    every: float = SIGN_EVERY_S
    clock: Callable[[], float] = time.time
    stop: threading.Event = field(default_factory=threading.Event)
    halted: bool = False
    # What the witnesses are shown: the last checkpoint that was signed here.
    shown: Checkpoint | None = None
    noting: threading.Lock = field(default_factory=threading.Lock)
    # The key that was prepared to sign after this one, when there is one.
    heir: Callable[[], Signer | None] = lambda: None

    @property
    def memory(self) -> Path:
        """The file of the last signed checkpoint."""
        return self.state / "signed"

    def run(self) -> bool:
        """Sequence and sign until stopped; the database may be away for a while. Whether all went well."""
        signed_at = NEVER
        while not self.stop.is_set():
            try:
                if self.shown is None and not self.halted:
                    self.take_office()
                    self.shown = self.remembered()
                behind = self.sequence() == AT_ONCE
                if not behind:
                    self.stop.wait(PAUSE_S)
                elif signed_at == NEVER:
                    # What waited while no notary ran comes first: it is older than the first signature of this run.
                    continue
                if not self.halted and (self.succeed() or time.monotonic() >= signed_at + self.every):
                    self.sign()
                    signed_at = time.monotonic()
            except HeldUpError as found:
                log.error("notary: %s; nothing is signed until they have one", found)
                signed_at = time.monotonic()
            except (DivergedError, PinRefusedError) as found:
                self.halted = True
                log.error("notary: %s; nothing more is signed", found)
            except TokenError as away:
                log.warning("notary: %s, retried", away)
                self.stop.wait(RETRY_S)
            except (DatabaseError, InterfaceError) as error:
                log.warning("notary: %s, retried", type(error).__name__)
                connection.close()
                self.stop.wait(RETRY_S)
        connection.close()
        return not self.halted

    def sequence(self) -> int:
        """Give leaves to what is committed; how many."""
        before = self.size()
        return _sequence(AT_ONCE) - before

    def size(self) -> int:
        """How many leaves stand."""
        return _sequence(0)

    def sign(self) -> Checkpoint:
        """Sign the tree as it stands, if it begins as what was signed last; remember it before anybody sees it."""
        found = self._standing()
        with self.noting:
            signed = found.by_log(self.signer)
            self._remember(signed)
            self._keep(signed)
            self.shown = signed
        return signed

    def _standing(self, keys: tuple[bytes, ...] = ()) -> Checkpoint:
        """What may be signed now: the tree as it stands, if it begins as what was signed last."""
        size = self.size()
        try:
            found = Checkpoint(size, root_of(size), int(self.clock()), keys=keys)
            with self.noting:
                self._compare(found)
        except LookupError as error:
            raise DivergedError(f"leaves are missing: {error}") from error
        if overdue := _overdue():
            raise HeldUpError(f"{overdue} entries of more than ten minutes ago have no leaf")
        return found

    def succeed(self) -> bool:
        """Announce the key that was prepared and sign with it from now on; whether there was one.

        The announcement is on the disk before the new key signs anything else: after it, the old one never signs again.
        """
        heir, turns = self.heir(), announced(self.state)
        if heir is None or heir.key.public in {self.signer.key.public, *(key for turn in turns for key in turn.keys)}:
            return False
        last = self.shown or self.remembered()
        found = self._standing((self.signer.key.public, heir.key.public))
        if last is not None and found.at < last.at:
            # A clock that went back: a key begins after what the one before signed.
            return False
        notes = [turn.note for turn in (*turns, found.by_log(self.signer).by_log(heir))]
        lines = "".join(json.dumps({"note": note}) + "\n" for note in notes)
        write_durably(self.state / ANNOUNCED, lines, mode=0o644)
        self.signer = heir
        return True

    def take_office(self) -> None:
        """Sign with the key that was announced last; stopped in between, a change is ended here."""
        turns = announced(self.state)
        heir = self.heir()
        if not turns or turns[-1].keys[1] == self.signer.key.public:
            return
        if heir is None or heir.key.public != turns[-1].keys[1]:
            raise DivergedError("another key was announced than the one that is here")
        self.signer = heir

    def _compare(self, found: Checkpoint) -> None:
        last = self.shown or self.remembered()
        if last is None:
            return
        if found.size < last.size:
            raise DivergedError(f"{last.size} leaves were signed and {found.size} stand")
        path = consistency(last.size, found.size) if last.size else []
        if not consistent((last.size, last.root), (found.size, found.root), path):
            raise DivergedError(f"the first {last.size} leaves are not those that were signed")

    def _keep(self, signed: Checkpoint) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT audit.keep_checkpoint(%s::bigint, %s::timestamptz, %s::bytea, %s::text)",
                [signed.size, datetime.fromtimestamp(signed.at, UTC), signed.root, signed.note],
            )

    def remembered(self) -> Checkpoint | None:
        """What it signed last, from its own folder."""
        try:
            found = read(self.memory.read_text())
        except FileNotFoundError:
            return None
        except UnreadableError as error:
            raise DivergedError(f"{self.memory} is not readable ({error})") from error
        try:
            ours = Succession(self.signer.key, announced(self.state)).signed(found)
        except SuccessionError as error:
            raise DivergedError(str(error)) from error
        if not ours:
            raise DivergedError(f"{self.memory} does not carry this notary's signature")
        return found

    def _remember(self, signed: Checkpoint) -> None:
        write_durably(self.memory, signed.note)

    def cosign(self, line: str) -> bool:
        """Take a witness's signature of the checkpoint that is shown; whether it is one.

        Whoever reaches the socket may post a line again: its witness is seen when it signed, never when that comes.
        """
        with self.noting:
            if self.shown is None:
                return False
            alone = replace(self.shown, signatures=(line,))
            for name, public in witnesses():
                key = Key(name, WITNESS, public)
                at, held = alone.witnessed_at(key), self.shown.witnessed_at(key)
                if at is None:
                    continue
                if held is None or at > held:
                    others = [one for one in self.shown.signatures if not _of(one, self.shown, key)]
                    self._witnessed(name, at, replace(self.shown, signatures=(*others, line)))
                return True
        return False

    def _witnessed(self, name: str, at: int, seen: Checkpoint) -> None:
        # Who signs what was signed long ago was not there for what followed: the notary may have stopped since.
        moment = datetime.fromtimestamp(min(at, seen.at + SEEN_WITHIN_S), UTC)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT audit.witnessed(%s::text, %s::bigint, %s::text, %s::timestamptz)",
                [name, seen.size, seen.note, moment],
            )
        self.shown = seen


def _of(line: str, shown: Checkpoint, key: Key) -> bool:
    return replace(shown, signatures=(line,)).witnessed_at(key) is not None


def _sequence(most: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT audit.sequence(%s::integer)", [most])
        return int(cursor.fetchone()[0])


def _overdue() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.overdue()")
        return int(cursor.fetchone()[0])


def witnesses() -> list[tuple[str, bytes]]:
    """The witnesses that are named, and their public keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, public_key FROM audit.witnesses()")
        return [(name, bytes(public)) for name, public in cursor.fetchall()]


def answer(notary: Notary, method: str, path: str, body: bytes) -> tuple[int, str]:
    """What a witness is told: the checkpoint, or a proof between two sizes; and what it sends is checked."""
    parts = path.strip("/").split("/")
    shown = notary.shown
    if method == "GET" and parts == ["checkpoint"] and shown is not None:
        return 200, shown.note
    if method == "GET" and parts[0] == "consistency" and len(parts) == 3 and shown is not None:
        try:
            old, new = int(parts[1]), int(parts[2])
            if not 0 < old <= new <= shown.size:
                return 400, "sizes"
            return 200, json.dumps([step.hex() for step in consistency(old, new)])
        except (ValueError, LookupError):
            return 400, "sizes"
    if method == "GET" and parts == ["announced"]:
        return 200, json.dumps([turn.note for turn in announced(notary.state)])
    if method == "POST" and parts == ["cosignature"]:
        try:
            return (200, "kept") if notary.cosign(body.decode().strip()) else (403, "no signature of a witness")
        except (UnicodeDecodeError, UnreadableError):
            return 400, "no signature"
    return 404, "nothing"
