"""A second verifier of an exported journal, written from docs/JOURNAL.md alone and sharing nothing with the first.

It follows the recursive definitions of RFC 9162 (PATH and SUBPROOF, split at the largest power of two), not the loops.

    python3 second_verifier.py EXPORT --log-key HEX [--witness NAME=HEX]... [--kept FILE]...
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "recoupe-journal/1"
ORIGIN = "recoupe/journal"
NOTARY = "notaire"
KIND_NOTARY = 0x01
KIND_WITNESS = 0x04
EMPTY_ROOT = hashlib.sha256(b"").digest()
LARGEST = 2**63 - 1
PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
ANNOUNCEMENT = re.compile(r"key ([0-9a-f]{64}) ([0-9a-f]{64})")
SIGNATURE_LINE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class RefusedError(Exception):
    """What was given does not hold, for the reason said."""


def refuse(reason: str) -> NoReturn:
    """Stop here, with this reason."""
    raise RefusedError(reason)


# --- The tree -------------------------------------------------------------------------------------------------------


def leaf_hash(salt: bytes, said: bytes) -> bytes:
    """The leaf of an entry: its salt, then its text."""
    return hashlib.sha256(b"\x00" + salt + said).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split_at(size: int) -> int:
    """The largest power of two smaller than `size`, which is two or more."""
    return 1 << ((size - 1).bit_length() - 1)


def root_by_path(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root to which PATH(index, D[size]) leads, by its definition; its last hash is the sibling below the root."""
    if not 0 <= index < size:
        refuse("a place outside the tree")
    if size == 1:
        if path:
            refuse("an inclusion path too long for its place")
        return leaf
    if not path:
        refuse("an inclusion path too short for its place")
    below, sibling, split = path[:-1], path[-1], split_at(size)
    if index < split:
        return node_hash(root_by_path(index, split, leaf, below), sibling)
    return node_hash(sibling, root_by_path(index - split, size - split, leaf, below))


def subproof_roots(old: int, new: int, known: bytes | None, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots to which SUBPROOF(old, D[new], b) leads; `known` is the old root while b is true, None afterwards."""
    if old == new:
        expected = 1 if known is None else 0
        if len(path) != expected:
            refuse(f"a consistency path too {'long' if path else 'short'} for its sizes")
        root = path[0] if known is None else known
        return root, root
    if not path:
        refuse("a consistency path too short for its sizes")
    below, other, split = path[:-1], path[-1], split_at(new)
    if old <= split:
        before, after = subproof_roots(old, split, known, below)
        return before, node_hash(after, other)
    before, after = subproof_roots(old - split, new - split, None, below)
    return node_hash(other, before), node_hash(other, after)


def check_inclusion(index: int, leaf: bytes, path: Sequence[bytes], size: int, root: bytes) -> None:
    """Refuse a leaf that is not at this place of this tree."""
    if root_by_path(index, size, leaf, path) != root:
        refuse("the leaf does not lead to the root")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Refuse an old tree with which the new one does not begin."""
    if not 0 <= old <= new:
        refuse("an earlier checkpoint larger than the head")
    if (old == 0 and old_root != EMPTY_ROOT) or (new == 0 and new_root != EMPTY_ROOT):
        refuse("an empty tree under another root than that of nothing")
    if old in (0, new) and path:
        refuse("a consistency path where there is none (equal sizes, or from size 0)")
    if old == new and old_root != new_root:
        refuse("another root for the same size")
    if 0 < old < new and subproof_roots(old, new, old_root, path) != (old_root, new_root):
        refuse("the earlier tree is not the beginning of the head's")


# --- Strict reading -------------------------------------------------------------------------------------------------


def unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The members of a JSON object, none of them given twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        refuse("a JSON object with a name given twice")
    return members


def no_constant(_name: str) -> NoReturn:
    """Refuse NaN and the infinities, which are not JSON."""
    refuse("a number that is not JSON")


def json_object(text: str) -> dict[str, object]:
    """The JSON object that this text is."""
    try:
        value: object = json.loads(text, object_pairs_hook=unique_members, parse_constant=no_constant)
    except (ValueError, RecursionError):
        refuse("a text that is not a JSON object")
    if not isinstance(value, dict):
        refuse("a text that is not a JSON object")
    return value


def utf8(text: str) -> bytes:
    """The UTF-8 of a text; a lone surrogate has none."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        refuse("a text that has no UTF-8")


def read_line(raw: bytes) -> dict[str, object]:
    """The JSON object of one line of a file."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        refuse("a line that is not UTF-8")
    return json_object(text)


def text_of(value: object, what: str) -> str:
    """A value that must be a string."""
    if not isinstance(value, str):
        refuse(f"{what} that is not a string")
    return value


def hexadecimal(value: object, length: int, what: str) -> bytes:
    """So many bytes, in lower-case hexadecimal."""
    text = text_of(value, what)
    if re.fullmatch(r"[0-9a-f]*", text) is None or len(text) != 2 * length:
        refuse(f"{what} that is not {length} bytes in lower-case hexadecimal")
    return bytes.fromhex(text)


def hashes(value: object) -> list[bytes]:
    """A path: a list of hashes."""
    if not isinstance(value, list):
        refuse("a path that is not a list")
    return [hexadecimal(item, 32, "a hash") for item in value]


def plain_number(text: str, what: str) -> int:
    """A number written plainly: no sign, no blank, no leading zero."""
    if PLAIN_NUMBER.fullmatch(text) is None or int(text) > LARGEST:
        refuse(f"{what} that is not written plainly")
    return int(text)


def base64_bytes(text: str, what: str) -> bytes:
    """The bytes of a base64 text, written in its only canonical way."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        refuse(f"{what} that is not base64")
    if base64.b64encode(data).decode("ascii") != text:
        refuse(f"{what} that is not plain base64")
    return data


# --- Notes and their signatures -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signer:
    """A key under a name, for one kind of signature."""

    name: str
    kind: int
    public: bytes

    def number(self) -> bytes:
        """The key number, which stands before each signature."""
        return hashlib.sha256(utf8(self.name) + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def signed(self, signature: bytes, body: bytes) -> bool:
        """Whether these bytes, after the key number, are this signer's signature of the body."""
        message = body
        if self.kind == KIND_WITNESS:
            moment, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = b"cosignature/v1\ntime %d\n" % moment + body
        if len(signature) != 64:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Checkpoint:
    """What a note says, and the known signers whose signatures it carries."""

    size: int
    root: bytes
    moment: int
    signers: frozenset[Signer]
    announces: tuple[Signer, ...] = ()


@dataclass(frozen=True)
class Known:
    """The notary's keys, oldest first, the announcements between them, and the witnesses that are named."""

    notary: tuple[Signer, ...]
    witnesses: tuple[Signer, ...] = ()
    announcements: tuple[Checkpoint, ...] = ()

    def in_force(self, size: int, moment: int) -> list[Signer]:
        """The keys that may sign a tree of this size at this moment; two of them at the very end of one."""
        begins = [(0, 0), *((one.size, one.moment) for one in self.announcements)]
        ends = [*begins[1:], (LARGEST, LARGEST)]
        spans = zip(self.notary, begins, ends, strict=True)
        return [
            key for key, first, last in spans if first[0] <= size <= last[0] and first[1] <= moment <= last[1]
        ]  # fmt: skip


def signature_lines(lines: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each signature line."""
    if not lines:
        refuse("a note without a signature")
    for line in lines:
        match = SIGNATURE_LINE.fullmatch(line)
        if match is None:
            refuse("a note with a malformed signature line")
        data = base64_bytes(match[2], "a signature")
        if len(data) < 5:
            refuse("a signature too short to be one")
        yield match[1], data


def signers_of(lines: Sequence[str], body: bytes, known: Sequence[Signer]) -> frozenset[Signer]:
    """The known signers of a body; a wrong signature under a known name and number refuses the whole note."""
    found: set[Signer] = set()
    for name, data in signature_lines(lines):
        for signer in known:
            if (signer.name, signer.number()) != (name, data[:4]):
                continue
            if not signer.signed(data[4:], body):
                refuse(f"a signature in the name of {name!a} that is not of this body by this key")
            found.add(signer)
    return frozenset(found)


def read_note(value: object, known: Known) -> Checkpoint:
    """The checkpoint of a note that carries the notary's signature, by the key in force; an announcement that holds."""
    note, lines, body = read_body(value)
    found = signers_of(lines, body, [*known.notary, *known.witnesses])
    if note.announces:
        if note not in known.announcements:
            refuse("an announcement of a key that does not follow")
    elif found.isdisjoint(known.in_force(note.size, note.moment)):
        refuse("a note without the notary's signature")
    return replace(note, signers=found)


def read_announcement(value: object) -> Checkpoint | None:
    """The announcement that a note is, signed by both keys that it names; None for another note."""
    note, lines, body = read_body(value)
    if note.announces and not signers_of(lines, body, note.announces).issuperset(note.announces):
        refuse("an announcement without the signatures of both keys")
    return note if note.announces else None


def follow(given: Signer, witnesses: Sequence[Signer], notes: Iterable[object]) -> Known:
    """The notary's keys by the announcements among these notes: each names the key in force, and the next one."""
    found = {one for one in map(read_announcement, notes) if one}
    turns = sorted(found, key=lambda one: (one.moment, one.size))
    keys = [turns[0].announces[0] if turns else given]
    for turn in turns:
        if turn.announces[0] != keys[-1] or turn.announces[1] in keys:
            refuse("an announcement of a key that does not follow the one in force")
        keys.append(turn.announces[1])
    if given not in keys:
        refuse("no announcement leads to the notary's key that was given")
    return Known(tuple(keys), tuple(witnesses), tuple(turns))


def read_body(value: object) -> tuple[Checkpoint, Sequence[str], bytes]:
    """What a note says, its signature lines, and the body that they sign."""
    note = text_of(value, "a note")
    utf8(note)
    lines = note.split("\n")
    if any(character < " " or character == "\x7f" for character in note.replace("\n", "")):
        refuse("a note with a control character")
    announced = ANNOUNCEMENT.fullmatch(lines[4]) if len(lines) > 4 else None
    body = 5 if announced else 4
    if len(lines) < body + 2 or lines[-1] or lines[body]:
        refuse("a note that is not four lines or five, an empty one and signatures, each ended by a line feed")
    if lines[0] != ORIGIN:
        refuse("a note of another origin")
    size, moment = plain_number(lines[1], "a size"), plain_number(lines[3], "a moment")
    root = base64_bytes(lines[2], "a root")
    if len(root) != 32:
        refuse("a root of another length")
    if size == 0 and root != EMPTY_ROOT:
        refuse("an empty tree under another root than that of nothing")
    keys = announced.groups() if announced else ()
    both = tuple(Signer(NOTARY, KIND_NOTARY, bytes.fromhex(key)) for key in keys)
    said = Checkpoint(size, root, moment, frozenset(), both)
    return said, lines[body + 1 : -1], utf8("\n".join(lines[:body]) + "\n")


# --- The export -----------------------------------------------------------------------------------------------------


def three_years_earlier(moment: int) -> int:
    """The same month, day and time in UTC; the 28th for a 29th of February."""
    try:
        then = datetime.fromtimestamp(moment, UTC)
    except (OverflowError, OSError, ValueError):
        refuse("a moment that is in no calendar")
    if (then.month, then.day) == (2, 29):
        then = then.replace(day=28)
    return int(then.replace(year=then.year - 3).timestamp())


@dataclass
class Export:
    """An export as far as it was read and verified."""

    head: Checkpoint
    earlier: dict[int, bytes] = field(default_factory=dict)
    dated: list[tuple[int, int]] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)
    last: int = -1
    entries: int = 0
    erased: int = 0
    ended: bool = False

    def place(self, value: object) -> int:
        """The next index: a whole number, above the last one, within the tree."""
        if not isinstance(value, int) or isinstance(value, bool):
            refuse("an index that is not a whole number")
        if not 0 <= value < self.head.size:
            refuse("a place outside the tree")
        if value <= self.last:
            refuse("an index twice or out of order")
        self.last = value
        return value

    def take_entry(self, line: dict[str, object]) -> None:
        """Verify an entry, erased or not."""
        index = self.place(line["index"])
        if "leaf" in line:
            leaf = hexadecimal(line["leaf"], 32, "a leaf")
            self.bare.append(index)
            self.erased += 1
        else:
            said = text_of(line["said"], "an entry")
            leaf = leaf_hash(hexadecimal(line["salt"], 16, "a salt"), utf8(said))
            json_object(said)
            self.entries += 1
        check_inclusion(index, leaf, hashes(line["path"]), self.head.size, self.head.root)

    def take_earlier(self, line: dict[str, object], known: Known) -> None:
        """Verify an earlier checkpoint, and remember its root."""
        note = read_note(line["earlier"], known)
        check_consistency(note.size, note.root, self.head.size, self.head.root, hashes(line["path"]))
        if self.earlier.setdefault(note.size, note.root) != note.root:
            refuse("another root for the same size")
        self.dated.append((note.size, note.moment))

    def take(self, line: dict[str, object], known: Known) -> None:
        """Verify one line after the first."""
        names = set(line)
        if self.ended:
            refuse("something after the last line")
        if names == {"end"}:
            self.end(line["end"])
        elif names in ({"index", "salt", "said", "path"}, {"index", "leaf", "path"}):
            self.take_entry(line)
        elif names == {"earlier", "path"}:
            self.take_earlier(line, known)
        else:
            refuse("a line that is neither an entry nor an earlier checkpoint")

    def end(self, value: object) -> None:
        """The last line says how many entries came before it."""
        if not isinstance(value, int) or isinstance(value, bool) or value != self.entries + self.erased:
            refuse("another number of entries than the last line says")
        self.ended = True

    def hold_against(self, kept: Checkpoint) -> None:
        """Refuse this export when a checkpoint that a witness keeps says otherwise."""
        if kept.size > self.head.size:
            refuse(f"a kept checkpoint of size {kept.size}, larger than the head ({self.head.size})")
        if kept.size == self.head.size:
            if kept.root != self.head.root:
                refuse("another root for the same size as the head")
        elif kept.size not in self.earlier:
            refuse(f"no proof in the export from the kept checkpoint of size {kept.size}")
        elif self.earlier[kept.size] != kept.root:
            refuse(f"another root than the kept one for size {kept.size}")
        self.dated.append((kept.size, kept.moment))

    def check_ages(self) -> None:
        """Refuse bare leaves that no checkpoint shows to have been there before the bound."""
        bound = three_years_earlier(self.head.moment)
        oldest = max([size for size, moment in self.dated if moment < bound], default=0)
        not_yet = min([size for size, moment in self.dated if moment >= bound], default=self.head.size)
        withheld = [index for index in self.bare if not (index < oldest and index < not_yet)]
        if withheld:
            refuse(f"{len(withheld)} withheld, age not proven")


def read_head(line: dict[str, object], known: Known) -> Export:
    """The first line: the format and the head, which each named witness must have signed."""
    if set(line) != {"format", "checkpoint"} or line["format"] != FORMAT:
        refuse(f"the first line is not that of a {FORMAT}")
    head = read_note(line["checkpoint"], known)
    if head.announces:
        refuse("a head that is an announcement")
    for signer in known.witnesses:
        if signer not in head.signers:
            refuse(f"the head does not carry the signature of {signer.name!a}")
    return Export(head)


def read_export(path: str, known: Known) -> Export:
    """Verify a whole export by itself."""
    export: Export | None = None
    with Path(path).open("rb") as file:
        for number, raw in enumerate(file, start=1):
            try:
                line = read_line(raw)
                if export is None:
                    export = read_head(line, known)
                else:
                    export.take(line, known)
            except RefusedError as refusal:
                refuse(f"line {number} of the export: {refusal}")
    if export is None:
        refuse("the export is empty")
    if not export.ended:
        refuse("an export without its last line")
    return export


# --- What witnesses keep --------------------------------------------------------------------------------------------


def read_kept(raw: bytes, known: Known) -> Checkpoint:
    """The checkpoint on one line of a witness's file."""
    line = read_line(raw)
    if set(line) != {"seen_at", "note"}:
        refuse("a line that is not a kept checkpoint")
    seen = line["seen_at"]
    if isinstance(seen, bool) or not isinstance(seen, int | float):
        refuse("a moment that is not a number")
    if seen < 0 or (isinstance(seen, float) and not math.isfinite(seen)):
        refuse("a moment that is not one")
    return read_note(line["note"], known)


def hold_against_file(export: Export, path: str, known: Known) -> int:
    """Hold an export against a witness's file; say how many checkpoints stand there."""
    last, count = -1, 0
    with Path(path).open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if not raw.endswith(b"\n"):
                break
            try:
                kept = read_kept(raw, known)
                export.hold_against(kept)
                if kept.size < last or (kept.size == last and not kept.announces):
                    refuse("a size twice or out of order")
            except RefusedError as refusal:
                refuse(f"line {number} of {path!a}: {refusal}")
            last, count = kept.size, count + 1
    return count


# --- The command ----------------------------------------------------------------------------------------------------


def notes_in(path: str, place: str) -> Iterator[object]:
    """The notes under this name in a file; what is no line of it is refused where it is read for good."""
    with Path(path).open("rb") as file:
        for raw in file:
            try:
                line = read_line(raw)
            except RefusedError:
                continue
            if place in line:
                yield line[place]


def signers_named(log_key: str, witnesses: Sequence[str]) -> list[Signer]:
    """The notary first, then each named witness."""
    known = [Signer(NOTARY, KIND_NOTARY, hexadecimal(log_key, 32, "the notary's key"))]
    for witness in witnesses:
        name, _, key = witness.rpartition("=")
        if re.fullmatch(r"[^\s+]+", name) is None:
            refuse("a witness that is not given as NAME=HEX")
        if any(signer.name == name for signer in known):
            refuse(f"the name {name!a} given twice")
        known.append(Signer(name, KIND_WITNESS, hexadecimal(key, 32, "a witness's key")))
    return known


def verify(path: str, log_key: str, witnesses: Sequence[str] = (), kept: Sequence[str] = ()) -> str:
    """Verify an export and what witnesses keep of it: what holds, in a sentence, or a refusal."""
    given, *named = signers_named(log_key, witnesses)
    notes = [*notes_in(path, "earlier"), *(note for file in kept for note in notes_in(file, "note"))]
    known = follow(given, named, notes)
    export = read_export(path, known)
    counted = sum(hold_against_file(export, file, known) for file in kept)
    export.check_ages()
    return (
        f"{export.entries} entries and {export.erased} erased, {len(export.earlier)} earlier checkpoints, "
        f"{counted} kept by witnesses, {len(named)} witness signatures, "
        f"under a head of size {export.head.size} at {export.head.moment}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 when everything holds, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Verify an exported journal.", allow_abbrev=False)
    parser.add_argument("export", metavar="EXPORT")
    parser.add_argument("--log-key", required=True, metavar="HEX")
    parser.add_argument("--witness", action="append", default=[], metavar="NAME=HEX")
    parser.add_argument("--kept", action="append", default=[], metavar="FILE")
    given = parser.parse_args(arguments)
    try:
        result = verify(given.export, given.log_key, given.witness, given.kept)
    except RefusedError as refusal:
        print(f"DOES NOT HOLD: {refusal}")
        return 1
    except (OSError, ValueError) as error:  # a file that cannot be opened, a path that is none
        print(f"DOES NOT HOLD: cannot be read: {str(error)!a}")
        return 1
    print(f"holds: {result}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
