"""An export holds for the published verifier, run as an inspector runs it, and for nobody who changed a byte of it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from recoupe.audit.exporting import Selection, export, written
from recoupe.audit.kept import kept_in
from recoupe.audit.merkle import Subtree, consistency_path, fold, inclusion_path, leaf_hash, root
from recoupe.audit.notes import LOG, WITNESS, Checkpoint
from tests.audit.keeping import Keeping, fill, signer
from tests.world import World

PROJECT = Path(__file__).resolve().parents[2]
VERIFIER = PROJECT / "docs" / "journal" / "verify.py"
# Written from the prose of docs/JOURNAL.md and from the RFC by somebody who had not read the first.
SECOND = Path(__file__).with_name("second_verifier.py")
BOTH = pytest.mark.parametrize("verifier", [VERIFIER, SECOND], ids=["first", "second"])

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def keeping(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeping]:
    made = Keeping(world, tmp_path_factory.mktemp("keeping"))
    for count in (3, 5, 300, 40):
        fill(world, count)
        made.round()
    yield made
    made.end()


@pytest.fixture(scope="module")
def lines(world: World, keeping: Keeping) -> Lines:
    with world.process("inspection"):
        return list(export(Selection(), kept_in(keeping.witnesses[0].kept)))


def verified(verifier: Path, path: Path, keeping: Keeping, *more: str) -> subprocess.CompletedProcess[str]:
    keys = [f"--witness={one.signer.name}={one.signer.key.public.hex()}" for one in keeping.witnesses]
    kept = [f"--kept={one.kept}" for one in keeping.witnesses]
    log = f"--log-key={keeping.notary.signer.key.public.hex()}"
    return subprocess.run(
        [sys.executable, "-I", str(verifier), str(path), log, *keys, *kept, *more],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip


def write(path: Path, lines: Lines) -> Path:
    path.write_text("".join(written(iter(lines))))
    return path


def test_the_verifier_is_one_short_file_without_us() -> None:
    text = VERIFIER.read_text()
    assert len(text.splitlines()) <= 250
    imported = {
        line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names | {"cryptography"}


@BOTH
def test_an_export_holds(keeping: Keeping, lines: Lines, tmp_path: Path, verifier: Path) -> None:
    done = verified(verifier, write(tmp_path / "all.jsonl", lines), keeping)
    assert done.returncode == 0, done.stdout + done.stderr
    head = keeping.notary.shown
    assert head is not None
    assert done.stdout.startswith("holds: ") and f"{head.size} entries" in done.stdout


@BOTH
def test_a_selection_holds_and_holds_what_was_asked_for(
    world: World, keeping: Keeping, tmp_path: Path, verifier: Path
) -> None:
    actor, ref = world.sql("SELECT actor, refs[1] FROM audit_entry WHERE motive = 'motif n° 7' LIMIT 1")[0]
    for wanted in (Selection(actor=actor), Selection(ref=ref)):
        with world.process("inspection"):
            found = list(export(wanted, kept_in(keeping.witnesses[0].kept)))
        entries = [line for line in found if "said" in line]
        assert len(entries) == 1 and json.loads(entries[0]["said"])["actor"] == str(actor)
        assert verified(verifier, write(tmp_path / "some.jsonl", found), keeping).returncode == 0
    with world.process("inspection"):
        assert not [line for line in export(Selection(ref=f"report:{uuid4()}")) if "index" in line]


Forgery = Callable[[Lines], None]


def _entry(lines: Lines, number: int = 100) -> dict[str, Any]:
    return [line for line in lines if "index" in line][number]


def _said(lines: Lines) -> None:
    line = _entry(lines)
    line["said"] = line["said"].replace("motif", "autre")


def _space(lines: Lines) -> None:
    _entry(lines)["said"] += " "


def _salt(lines: Lines) -> None:
    _entry(lines)["salt"] = "00" * 16


def _short_salt(lines: Lines) -> None:
    line = _entry(lines)
    # The first byte of the text as the last of the salt: the same bytes are hashed in all.
    line["salt"] += line["said"][0].encode().hex()
    line["said"] = line["said"][1:]


def _place(lines: Lines) -> None:
    first, second = _entry(lines, 10), _entry(lines, 11)
    first["index"], second["index"] = second["index"], first["index"]


def _twice(lines: Lines) -> None:
    lines.insert(5, dict(lines[4]))


def _outside(lines: Lines) -> None:
    _entry(lines, -1)["index"] += 1


def _negative(lines: Lines) -> None:
    _entry(lines, 0)["index"] = -1


def _longer(lines: Lines) -> None:
    _entry(lines)["path"].append("00" * 32)


def _shorter(lines: Lines) -> None:
    _entry(lines)["path"].pop()


def _node_for_leaf(lines: Lines) -> None:
    """Two neighbours and their node: the node presented as an erased leaf of a tree half as high."""
    line = _entry(lines, 0)
    line.pop("salt")
    line.pop("said")
    line["leaf"] = _entry(lines, 1)["path"][0]
    line["path"] = line["path"][1:]


def _withheld(lines: Lines) -> None:
    """A line that somebody would rather not show, presented as if its term were over."""
    line = _entry(lines)
    line["leaf"] = leaf_hash(bytes.fromhex(line.pop("salt")) + line.pop("said").encode()).hex()


def _no_path(lines: Lines) -> None:
    del _entry(lines)["path"]


def _root(lines: Lines) -> None:
    parts = lines[0]["checkpoint"].split("\n")
    parts[2] = "A" * 43 + "="
    lines[0]["checkpoint"] = "\n".join(parts)


def _size(lines: Lines) -> None:
    parts = lines[0]["checkpoint"].split("\n")
    parts[1] = str(int(parts[1]) + 1)
    lines[0]["checkpoint"] = "\n".join(parts)


def _written_otherwise(lines: Lines) -> None:
    lines[0]["checkpoint"] = lines[0]["checkpoint"].replace("journal\n", "journal\n0", 1)


def _unsigned(lines: Lines) -> None:
    lines[0]["checkpoint"] = lines[0]["checkpoint"].split("\n\n")[0] + "\n\n"


def _without_witness(lines: Lines) -> None:
    kept = [line for line in lines[0]["checkpoint"].split("\n") if "temoin-b" not in line]
    lines[0]["checkpoint"] = "\n".join(kept)


def _renamed(lines: Lines) -> None:
    lines[0]["checkpoint"] = lines[0]["checkpoint"].replace("— notaire", "— notaires")


def _earlier_path(lines: Lines) -> None:
    line = [line for line in lines if "earlier" in line][1]
    line["path"][0] = "00" * 32


def _earlier_missing(lines: Lines) -> None:
    lines.remove([line for line in lines if "earlier" in line][2])


def _earlier_size_zero(lines: Lines) -> None:
    line = next(line for line in lines if "earlier" in line)
    parts = line["earlier"].split("\n")
    parts[1] = "0"
    line["earlier"], line["path"] = "\n".join(parts), []


def _equal_with_path(lines: Lines) -> None:
    line = [line for line in lines if "earlier" in line][-1]
    line["path"] = ["00" * 32]


def _cut_short(lines: Lines) -> None:
    del lines[-1]


def _one_less(lines: Lines) -> None:
    """A selection tells what it holds: an entry taken out of it is missed."""
    lines.remove(_entry(lines))


def _after_the_end(lines: Lines) -> None:
    lines.append(lines.pop(1))


def _format(lines: Lines) -> None:
    lines[0]["format"] = "recoupe-journal/2"


def _headless(lines: Lines) -> None:
    del lines[0]


FORGERIES: tuple[Forgery, ...] = (
    _said, _space, _salt, _short_salt, _place, _twice, _outside, _negative, _longer, _shorter, _node_for_leaf,
    _withheld, _no_path, _root, _size, _written_otherwise, _unsigned, _without_witness, _renamed, _earlier_path,
    _earlier_missing, _earlier_size_zero, _equal_with_path, _cut_short, _one_less, _after_the_end, _format, _headless,
)  # fmt: skip


@BOTH
@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
def test_a_forged_export_does_not_hold(
    keeping: Keeping, lines: Lines, tmp_path: Path, forge: Forgery, verifier: Path
) -> None:
    forged: Lines = json.loads(json.dumps(lines))
    forge(forged)
    assert forged != lines
    done = verified(verifier, write(tmp_path / "forged.jsonl", forged), keeping)
    assert done.returncode == 1, done.stdout
    assert done.stdout.startswith("DOES NOT HOLD: ")
    assert "Traceback" not in done.stderr
    if forge is _withheld:
        assert done.stdout == "DOES NOT HOLD: 1 withheld, age not proven\n"


@BOTH
def test_the_age_of_a_bare_leaf_is_proven_to_the_second(keeping: Keeping, tmp_path: Path, verifier: Path) -> None:
    """It had its place three years and a second before the head: not at three years, and no later tree lacks it."""
    log, head_at = signer("notaire", LOG), datetime(2028, 2, 29, 12, tzinfo=UTC)
    bound = datetime(2025, 2, 28, 12, tzinfo=UTC)
    leaves = [bytes([n]) * 32 for n in range(5)]
    points = [Checkpoint(n, _root_of(leaves[:n]), 0) for n in (1, 3, 5)]

    def export_of(bare: int, *moments: int) -> Lines:
        told = [replace(point, at=at).by_log(log) for point, at in zip(points[:2], moments, strict=True)]
        head = replace(points[2], at=int(head_at.timestamp())).by_log(log)
        path = [step.hex() for step in inclusion_path(bare, 5, _complete(leaves))]
        ways = [[step.hex() for step in consistency_path(one.size, 5, _complete(leaves))] for one in told]
        return [
            {"format": "recoupe-journal/1", "checkpoint": head.note},
            {"index": bare, "leaf": leaves[bare].hex(), "path": path},
            *({"earlier": one.note, "path": way} for one, way in zip(told, ways, strict=True)),
            {"end": 1},
        ]

    at = int(bound.timestamp())
    for bare, moments, holds in [
        (0, (at - 9, at - 1), True), (2, (at - 9, at - 1), True), (2, (at - 9, at), False), (0, (at - 9, at), True),
        (3, (at - 9, at - 1), False), (2, (at, at - 1), False), (0, (at, at - 1), True),
    ]:  # fmt: skip
        path = write(tmp_path / "bare.jsonl", export_of(bare, *moments))
        command = [sys.executable, "-I", str(verifier), str(path), f"--log-key={log.key.public.hex()}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        assert (done.returncode == 0) is holds, (bare, moments, done.stdout, done.stderr)


def _complete(leaves: list[bytes]) -> Subtree:
    return lambda level, number: fold(leaves[number << level : (number + 1) << level])


def _root_of(leaves: list[bytes]) -> bytes:
    return root(len(leaves), _complete(leaves))


@BOTH
def test_another_key_does_not_open_it(keeping: Keeping, lines: Lines, tmp_path: Path, verifier: Path) -> None:
    path = write(tmp_path / "all.jsonl", lines)
    done = verified(verifier, path, keeping, f"--witness=temoin-c={signer('temoin-c', WITNESS).key.public.hex()}")
    assert done.returncode == 1 and "temoin-c" in done.stdout
    done = verified(verifier, path, keeping, f"--log-key={signer('autre', LOG).key.public.hex()}")
    assert done.returncode == 1


@BOTH
@pytest.mark.parametrize("content", [b"", b"{", b"[]\n", b"null\n", b"\xff\xfe", b'{"format": 3}\n', b"\x00" * 100])
def test_what_is_no_export_is_said_in_one_line(
    keeping: Keeping, tmp_path: Path, content: bytes, verifier: Path
) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    done = verified(verifier, path, keeping)
    assert done.returncode == 1
    assert done.stdout.startswith("DOES NOT HOLD: ") and not done.stderr
