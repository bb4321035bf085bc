"""On what a figure was measured: the sources as they were committed, kept results apart."""

import subprocess
from pathlib import Path

import pytest

from recoupe.demo import commit
from recoupe.kernel.refusal import Invalid


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one file."""
    monkeypatch.setattr(commit, "PROJECT", tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    (tmp_path / "rule.py").write_text("one = 1\n")
    for words in (["init", "-q"], ["add", "."],
                  ["-c", "user.name=x", "-c", "user.email=x@exemple.invalid", "commit", "-qm", "one"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_result_is_kept_of_committed_sources_alone(folder: Path) -> None:
    commit.check_committed()
    kept = folder / "docs" / "proofs" / "one.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    # One proof after the other: what the first one kept is no change of the sources.
    commit.check_committed()
    assert len(commit.commit()) == 12
    (folder / "rule.py").write_text("one = 2\n")
    assert commit.commit().endswith("-dirty")
    with pytest.raises(Invalid, match="--save"):
        commit.check_committed()


def test_outside_a_repository_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "PROJECT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit.commit() == ""
    with pytest.raises(Invalid):
        commit.check_committed()
