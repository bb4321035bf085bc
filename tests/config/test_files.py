"""A small file is replaced whole: never half-written, never readable by others while it is being written."""

import os
import stat
from pathlib import Path

import pytest

from recoupe.config.files import write_durably


def test_it_stands_whole_with_its_mode_and_no_draft_beside(tmp_path: Path) -> None:
    path = tmp_path / "notary.seed"
    mask = os.umask(0o077)
    try:
        write_durably(path, "été\n")
        write_durably(tmp_path / "notary.pub", "pub\n", mode=0o644)
    finally:
        os.umask(mask)
    assert path.read_text(encoding="utf-8") == "été\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "notary.pub").stat().st_mode) == 0o644
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notary.pub", "notary.seed"]


def test_a_cut_while_writing_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "signed"
    write_durably(path, "before")

    def cut(_descriptor: int) -> None:
        raise OSError("cut")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="cut"):
        patched.setattr(os, "fsync", cut)
        write_durably(path, "after")
    assert path.read_text() == "before"
    write_durably(path, "after")
    assert path.read_text() == "after"


def test_a_draft_left_behind_open_to_others_is_not_taken_over(tmp_path: Path) -> None:
    left = tmp_path / "web.key.new"
    left.write_text("left")
    left.chmod(0o666)
    with left.open() as reader:
        write_durably(tmp_path / "web.key", "secret")
        assert reader.read() == "left"
    assert stat.S_IMODE((tmp_path / "web.key").stat().st_mode) == 0o600
