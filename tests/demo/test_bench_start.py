"""The measure of a start, on a project whose `make demo` is a line: its own clone and folder, always stopped."""

import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from recoupe.demo.benches import start as area
from recoupe.demo.benches.frame import Bench
from recoupe.kernel.refusal import Invalid

MAKEFILE = """export DATA PORT
demo:
\t@echo "demo $$PORT $(SCALE) $(DETACH) $$DATA" >> {told}
\t@mkdir -p "$$DATA"; test ! -f broken
demo-stop:
\t@echo "stop" >> {told}
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the made project was asked for, line by line."""
    project, told = tmp_path / "project", tmp_path / "told"
    project.mkdir()
    (project / "Makefile").write_text(MAKEFILE.format(told=told))
    for line in (
        ["init", "-q"],
        ["add", "Makefile"],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"],
    ):
        subprocess.run(["git", *line], cwd=project, check=True)
    monkeypatch.setattr(area, "PROJECT", project)
    monkeypatch.setenv("DATA", "/elsewhere")
    monkeypatch.setenv("SCALE", "9")
    return told


def bench(reports: int) -> Bench:
    return Bench(lambda _name: nullcontext(""), reports, 5_000)


def test_the_first_start_is_that_of_a_clean_clone(told: Path) -> None:
    (told.with_name("project") / "broken").touch()  # not committed: a clone does not have it
    found = list(area.start(bench(5_000)))
    assert [(m.name, m.target and m.target.full) for m in found] == [
        ("first_start", 120.0),
        ("second_start", 15.0),
        ("start_while_running", None),
    ]
    lines = told.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["demo", "stop", "demo", "demo", "stop", "stop"]
    _demo, port, scale, detach, data = lines[0].split()
    assert (scale, detach) == ("1", "1")
    assert port.isdigit()
    assert data not in ("/elsewhere", "") and not Path(data).parent.exists(), "nothing stays"


def test_quick_measures_the_second_start_of_a_tenth_in_this_project(told: Path) -> None:
    second, running = area.start(bench(500))
    assert (second.name, running.name) == ("second_start", "start_while_running")
    assert "first_start" in second.how, "what a quick run leaves out is said"
    assert told.read_text().splitlines()[0].split()[2] == "0.1"


def test_a_start_that_fails_is_said_and_stopped(told: Path) -> None:
    (told.with_name("project") / "broken").touch()
    with pytest.raises(Invalid, match="make demo a échoué"):
        list(area.start(bench(500)))
    assert told.read_text().splitlines()[-1] == "stop"


def test_outside_a_clone_it_says_what_it_needs(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(area, "PROJECT", tmp_path / "nowhere")
    with pytest.raises(Invalid, match="dans un clone"):
        list(area.start(bench(5_000)))
