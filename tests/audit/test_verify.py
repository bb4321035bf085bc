"""What `recoupe journal verify` answers: whether the journal is whole, and up to when that is proven."""

import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recoupe.audit.kept import kept_in
from recoupe.cli import journal
from tests.audit.keeping import Clock, Keeping, fill
from tests.world import World


@pytest.fixture
def keeping(world: World, tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(world, tmp_path, Clock(time.time()))
    yield made
    made.end()


def verified(world: World, keeping: Keeping, capsys: pytest.CaptureFixture[str], **given: object) -> tuple[int, str]:
    """What `recoupe journal verify` answers on the files of these witnesses."""
    asked = {"log_key": keeping.notary.signer.key.public, "kept": [one.kept for one in keeping.witnesses]}
    with world.process("inspection"):
        code = journal.verify(Namespace(**{**asked, "json": False, "as_of": None, **given}))
    return code, capsys.readouterr().out


def test_how_long_ago_a_witness_s_file_ends_is_said(
    world: World, keeping: Keeping, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whole up to a file's end is no proof of what followed: a file that stopped is said in red, and refused."""
    keeping.clock.now = time.time() - 3_600
    fill(world, 5, keeping.clock.now)
    keeping.round(0)
    code, said = verified(world, keeping, capsys)
    assert code == 1 and said.count("ARRÊTÉ : ") == 2 and "1:00:" in said
    then = datetime.fromtimestamp(keeping.clock.now, UTC)
    assert verified(world, keeping, capsys, as_of=then)[0] == 0
    code, said = verified(world, keeping, capsys, as_of=then - timedelta(minutes=3))
    assert code == 1 and "DANS L'AVENIR" in said
    # Nothing new is written for a minute: the last size as it was signed last says that the witness was there.
    keeping.clock.now = time.time()
    keeping.round(0)
    again, first = keeping.round(60), kept_in(keeping.witnesses[0].kept)[-1]
    assert (again.size, again.at) == (first.size, first.at + 60)
    later = datetime.fromtimestamp(again.at + 100, UTC)
    code, said = verified(world, keeping, capsys, as_of=later)
    assert (code, "ARRÊTÉ" in said) == (0, False), said
    (tmp_path / "empty").touch()
    half = [keeping.witnesses[0].kept, tmp_path / "empty"]
    code, said = verified(world, keeping, capsys, kept=half, as_of=later)
    assert code == 1 and "ne garde aucun jalon" in said
    # Another's signature beside the file refreshes nothing.
    told = keeping.witnesses[0].newest
    told.write_text(told.read_text().replace(str(again.at), str(again.at + 90)))
    assert verified(world, keeping, capsys, as_of=later)[0] == 1
