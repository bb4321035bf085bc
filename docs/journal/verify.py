#!/usr/bin/env python3
"""Verify an export of the journal of Recoupe, without Recoupe: one file, the standard library and `cryptography`.

    python3 verify.py EXPORT --log-key HEX [--witness NAME=HEX]... [--kept FILE]...

EXPORT is what `recoupe journal export` writes (docs/JOURNAL.md). The keys must come to you by another way than the
export: they are what you trust. With --kept, what a witness keeps is held against it too. Exit code: 0 all holds, or 1.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ORIGIN, FORMAT, NOTARY = "recoupe/journal", "recoupe-journal/1", "notaire"
EMPTY = hashlib.sha256(b"").digest()


class BrokenError(Exception):
    """What does not hold, in a sentence."""


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def unhex(text, size, what):
    """Bytes of exactly this many, from lower-case hexadecimal."""
    if not isinstance(text, str) or not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", text):
        raise BrokenError(f"{what} is not {size} bytes in hexadecimal")
    return bytes.fromhex(text)


def steps(found, what):
    if not isinstance(found, list):
        raise BrokenError(f"{what} has no path")
    return [unhex(step, 32, what) for step in found]


def climb(place, last, path, what):
    """RFC 9162, 2.1.3.2 and 2.1.4.2: each step of a path, and whether it stands on the left."""
    for step in path:
        if last == 0:
            raise BrokenError(f"the path {what} is too long")
        left = place % 2 == 1 or place == last
        yield step, left
        while left and place and place % 2 == 0:
            place, last = place // 2, last // 2
        place, last = place // 2, last // 2
    if last:
        raise BrokenError(f"the path {what} is too short")


def root_of_inclusion(index, size, leaf, path):
    if not 0 <= index < size:
        raise BrokenError(f"leaf {index} is outside a tree of {size}")
    for step, left in climb(index, size - 1, path, f"of leaf {index}"):
        leaf = node_hash(step, leaf) if left else node_hash(leaf, step)
    return leaf


def check_consistency(old, old_root, new, new_root, path):
    """An empty tree is the beginning of every tree, and equal sizes need equal roots."""
    if old == 0 or old == new:
        if path or old_root != (EMPTY if old == 0 else new_root):
            raise BrokenError(f"the checkpoint of {old} leaves is not the beginning of that of {new}")
        return
    path = [old_root, *path] if old & (old - 1) == 0 else path
    if old > new or not path:
        raise BrokenError(f"nothing leads from {old} leaves to {new}")
    place, last, before, after = old - 1, new - 1, path[0], path[0]
    while place % 2:
        place, last = place // 2, last // 2
    for step, left in climb(place, last, path[1:], f"from {old} leaves to {new}"):
        before = node_hash(step, before) if left else before
        after = node_hash(step, after) if left else node_hash(after, step)
    if before != old_root or after != new_root:
        raise BrokenError(f"the checkpoint of {old} leaves is not the beginning of that of {new}")


class Checkpoint:
    """A signed note: origin, size, root, moment; then one line a signature."""

    def __init__(self, note):
        body, blank, rest = note.partition("\n\n") if isinstance(note, str) else ("", "", "")
        lines = body.split("\n")
        announced = re.fullmatch("key ([0-9a-f]{64}) ([0-9a-f]{64})", "".join(lines[4:]))
        if not blank or len(lines) != (5 if announced else 4) or lines[0] != ORIGIN:
            raise BrokenError("this is no checkpoint of a journal")
        if not all(line.isascii() and line.isdigit() and str(int(line)) == line for line in (lines[1], lines[3])):
            raise BrokenError("the size or the moment of a checkpoint is no number")
        self.body, self.size, self.at = body + "\n", int(lines[1]), int(lines[3])
        self.root = base64.b64decode(lines[2], validate=True)
        if len(self.root) != 32 or base64.b64encode(self.root).decode() != lines[2]:
            raise BrokenError("the root of a checkpoint is not 32 bytes")
        if self.size == 0 and self.root != EMPTY:
            raise BrokenError("an empty tree has one root only")
        self.keys = [bytes.fromhex(key) for key in announced.groups()] if announced else []
        self.lines = [line for line in rest.split("\n") if line]

    def by_notary(self, reigns):
        """Whether the key of its size and of its moment signed it."""
        return any(
            size <= self.size <= last_size and at <= self.at <= last_at and self.signed_at(NOTARY, 1, key) is not None
            for key, (size, at), (last_size, last_at) in reigns
        )

    def signed_at(self, name, kind, key):
        """When this key signed it (0 for the notary, who dates the note itself); None when it did not."""
        mark = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]
        for line in self.lines:
            who, _, blob = line.rpartition(" ")
            raw = base64.b64decode(blob, validate=True) if who == f"\u2014 {name}" else b""
            if raw[:4] != mark or len(raw) != (68 if kind == 1 else 76):
                continue
            at = int.from_bytes(raw[4:-64], "big")
            said = self.body if kind == 1 else f"cosignature/v1\ntime {at}\n{self.body}"
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(raw[-64:], said.encode())
            except InvalidSignature:
                continue
            return at
        return None


def reigns_of(log_key, points):
    """The notary's keys in turn, each with the sizes and moments between which it signs; yours is one of them."""
    turns = sorted({point.body: point for point in points if point.keys}.values(), key=lambda point: point.at)
    keys = [turns[0].keys[0] if turns else log_key, *(point.keys[1] for point in turns)]
    for old, point in zip(keys, turns, strict=False):
        if point.keys[0] != old or any(point.signed_at(NOTARY, 1, key) is None for key in point.keys):
            raise BrokenError("an announcement of a key does not follow the one before, or lacks a signature")
    if log_key not in keys or len(set(keys)) < len(keys):
        raise BrokenError("no announcement leads to the notary's key that was given")
    ends = [(0, 0), *((point.size, point.at) for point in turns), (float("inf"), float("inf"))]
    return list(zip(keys, ends, ends[1:], strict=False))


def check_entry(line, head):
    """One entry: its leaf from its salt and its exact text (or as it is, once erased), and the way to the root."""
    index = line.get("index")
    if not isinstance(index, int) or isinstance(index, bool):
        raise BrokenError("an entry has no place")
    if "leaf" in line:
        if "said" in line or "salt" in line:
            raise BrokenError(f"entry {index} is both erased and said")
        leaf = unhex(line["leaf"], 32, f"the leaf {index}")
    else:
        said = line.get("said")
        if not isinstance(said, str) or not isinstance(json.loads(said), dict):
            raise BrokenError(f"entry {index} says nothing")
        leaf = hashlib.sha256(b"\0" + unhex(line.get("salt"), 16, f"the salt of {index}") + said.encode()).digest()
    if root_of_inclusion(index, head.size, leaf, steps(line.get("path"), f"entry {index}")) != head.root:
        raise BrokenError(f"entry {index} is not in the signed tree")
    return index


def verify(lines, log_key, witnesses, kept):
    """Everything an export says; returns (entries, erased ones, head, witness moments)."""
    first = next(lines, {})
    if first.get("format") != FORMAT:
        raise BrokenError("this is no export of a journal")
    head = Checkpoint(first.get("checkpoint"))
    if head.keys:
        raise BrokenError("the head of the export is an announcement")
    seen = {name: head.signed_at(name, 4, key) for name, key in witnesses.items()}
    if silent := sorted(name for name, at in seen.items() if at is None):
        raise BrokenError("not signed by " + ", ".join(silent))
    entries, bare, last, paths, points, ended = 0, [], -1, {head.size: head.root}, list(kept), None
    for line in lines:
        if ended is not None:
            raise BrokenError("something stands after the last line")
        if "end" in line:
            ended = line["end"]
        elif "earlier" in line:
            point = Checkpoint(line["earlier"])
            check_consistency(point.size, point.root, head.size, head.root, steps(line.get("path"), "an earlier one"))
            paths[point.size] = point.root
            points.append(point)
        else:
            index = check_entry(line, head)
            if index <= last:
                raise BrokenError(f"entry {index} comes after {last}: twice, or out of order")
            last, entries = index, entries + 1
            bare += [index] * ("leaf" in line)
    if ended != entries or isinstance(ended, bool):
        raise BrokenError("the export was cut short, or something was taken out of it")
    reigns = reigns_of(log_key, points)
    for point in (head, *points):
        if not point.keys and not point.by_notary(reigns):
            raise BrokenError(f"the checkpoint of {point.size} leaves does not carry the notary's signature")
        if paths.get(point.size) != point.root:
            raise BrokenError(f"nothing leads from the kept checkpoint of {point.size} leaves to the export")
    check_age(bare, points, head)
    return entries, len(bare), head, seen


def check_age(bare, points, head):
    """A leaf without its text is over its term: it had its place three years before the head."""
    day = datetime.fromtimestamp(head.at, UTC)
    bound = day.replace(year=day.year - 3, day=28 if (day.month, day.day) == (2, 29) else day.day).timestamp()
    old = max((point.size for point in points if point.at < bound), default=0)
    proven = min([old, *(point.size for point in points if point.at >= bound)])
    if withheld := sum(index >= proven for index in bare):
        raise BrokenError(f"{withheld} withheld, age not proven")


def read_lines(path):
    with Path(path).open(encoding="utf-8") as stream:
        for number, text in enumerate(stream, 1):
            try:
                found = json.loads(text)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise BrokenError(f"line {number} is no JSON object")
            yield found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export")
    parser.add_argument("--log-key", required=True, metavar="HEX")
    parser.add_argument("--witness", action="append", default=[], metavar="NAME=HEX")
    parser.add_argument("--kept", action="append", default=[], metavar="FILE")
    given = parser.parse_args()
    try:
        log_key = unhex(given.log_key, 32, "the notary's key")
        pairs = (text.partition("=") for text in given.witness)
        witnesses = {name: unhex(key, 32, f"the key of {name}") for name, _, key in pairs}
        kept = [Checkpoint(line.get("note")) for path in given.kept for line in read_lines(path)]
        entries, erased, head, seen = verify(read_lines(given.export), log_key, witnesses, kept)
    except (BrokenError, OSError, OverflowError, ValueError) as problem:
        print(f"DOES NOT HOLD: {problem}")
        return 1
    by = ", ".join(f"{name} at {at}" for name, at in seen.items()) or "no witness asked for"
    print(f"holds: {entries} entries ({erased} erased at their term) in a signed tree of {head.size} leaves,")
    print(f"moment {head.at}, seen by {by}; {len(kept)} kept checkpoints lead to it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
