"""The set-up: the lock files, the Makefile's own list, and an environment that is repaired rather than trusted."""

import dataclasses
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from recoupe.cli import environment
from recoupe.cli.environment import Environment, SetupError
from recoupe.cli.locks import LOCKS, constrained, pins
from recoupe.config.paths import PROJECT

ENTRY = re.compile(r"^[A-Za-z0-9_.-]+==\S+.*$", re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_has_hashes_and_no_address(name: str) -> None:
    text = (PROJECT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert len(ENTRY.findall(text)) == len(pins(text)) > 0
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block[:60]


def test_the_lock_files_install_together_and_the_demo_stays_light() -> None:
    found: dict[str, str] = {}
    for name in LOCKS:
        for pin in pins((PROJECT / name).read_text()):
            package, _, version = pin.partition("==")
            assert found.setdefault(package, version) == version
    runtime = {pin.partition("==")[0] for pin in pins((PROJECT / "requirements.lock").read_text())}
    assert not runtime & {"pytest", "duckdb", "playwright", "mypy", "ruff", "pandas", "pyarrow"}


def test_new_locks_keep_the_versions_that_are_there() -> None:
    text = constrained("[project]\n", ["b==2", "a==1", "a==1"])
    assert text.endswith('constraint-dependencies = ["a==1", "b==2"]\n')


def test_make_alone_lists_at_most_fifteen_commands() -> None:
    done = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True)
    commands = re.findall(r"^  (\S+)  +\S", done.stdout, re.MULTILINE)
    assert {"demo", "demo-stop", "test", "check", "lock", "messages", "bench"} <= set(commands)
    assert len(commands) <= 15


@pytest.mark.parametrize(("script", "sentence"), [("exit 1", "3.11"), (None, "Python est absent")])
def test_an_old_or_absent_python_is_said(script: str | None, sentence: str, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    if script:
        old.write_text(f"#!/bin/sh\n{script}\n")
        old.chmod(0o755)
    done = subprocess.run(["make", "setup", f"PYTHON={old}"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert sentence in done.stdout


def test_the_build_calls_the_readmes_own_command() -> None:
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test"]


# --- a damaged environment ------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an environment of its own that holds one package, pinned, with two files."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    site = next((tmp_path / ".venv" / "lib").glob("python3*")) / "site-packages"
    # The verdict needs one real package, to read the conditions of a lock file.
    (site / "packaging").symlink_to(Path(sysconfig.get_path("purelib")) / "packaging")
    (site / "thing").mkdir()
    (site / "thing" / "__init__.py").write_text("")
    (site / "thing-1.0.dist-info").mkdir()
    (site / "thing-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (site / "thing-1.0.dist-info" / "RECORD").write_text(
        "thing/__init__.py,,\nthing-1.0.dist-info/METADATA,,\nthing-1.0.dist-info/RECORD,,\nthing/__pycache__/a.pyc,,\n"
    )
    (tmp_path / "requirements.lock").write_text(
        "thing==1.0 \\\n    --hash=sha256:0\nother==2 ; sys_platform == 'win32' \\\n    --hash=sha256:0\n"
    )
    return tmp_path


def sound(project: Path) -> bool:
    return Environment(project, ["runtime"])._sound()


def verdict(project: Path) -> dict[str, list[str]]:
    made = Environment(project, ["runtime"])
    return made._verdict(*made.locks)


def test_a_whole_environment_is_kept(project: Path) -> None:
    assert sound(project)
    assert verdict(project) == {"missing": [], "damaged": []}


def test_a_lost_file_is_noticed(project: Path) -> None:
    next(project.glob(".venv/lib/*/site-packages/thing/__init__.py")).unlink()
    assert verdict(project) == {"missing": [], "damaged": ["thing"]}
    assert not sound(project)


def test_another_version_is_a_missing_one(project: Path) -> None:
    (project / "requirements.lock").write_text("thing==1.1 \\\n    --hash=sha256:0\n")
    assert verdict(project) == {"missing": ["thing"], "damaged": []}


def test_an_interrupted_one_is_not_trusted(project: Path) -> None:
    (project / ".venv" / environment.UNFINISHED).touch()
    assert not sound(project)


def test_one_whose_python_went_away_is_not_trusted(project: Path) -> None:
    (project / ".venv" / "bin" / "python").unlink()
    assert not sound(project)


def test_a_failed_installation_says_so_and_is_made_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "requirements.lock").write_text("thing==1.1 \\\n    --hash=sha256:0\n")
    made = Environment(project, ["runtime"])
    monkeypatch.setattr(made, "_installer", lambda: ["sh", "-c", "echo no route to the index; exit 3", "pip"])
    with pytest.raises(SetupError, match=r"no route to the index\n.*n'ont pas pu être installés.*recommencez"):
        made.prepare()
    assert not sound(project)


def test_the_verdict_is_json(project: Path) -> None:
    done = subprocess.run(
        [project / ".venv" / "bin" / "python", "-I", environment.VERIFY, project / "requirements.lock"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(json.loads(done.stdout)) == {"missing", "damaged"}


def test_without_venv_it_names_the_package_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(SetupError, match="apt install python3-venv"):
        Environment(tmp_path, []).prepare()


APT = """#!/bin/sh
[ "$2" = update ] || { [ -e "{service}" ] && sealed=sealed; read -r cluster < "{cluster}"; }
echo "$@" "$sealed" "$cluster" >> "{told}"
case "$*" in *{refused}*) echo "E: no route" >&2; exit 100;; esac
"""


@pytest.fixture
def apt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """A machine without any of the programs, whose apt-get says what it was asked; it refuses what is named."""
    bare = [dataclasses.replace(p, stands=str(tmp_path / "srv" / p.packages[0])) for p in environment.PROGRAMS]
    for name, value in {
        "PROGRAMS": tuple(bare), "CHROMIUM": bare[0], "SERVER": str(tmp_path / "srv"),
        "NO_CLUSTER": tmp_path / "pg" / "createcluster.conf", "NO_SERVICE": tmp_path / "policy-rc.d",
    }.items():  # fmt: skip
        monkeypatch.setattr(environment, name, value)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)

    def made(refused: str) -> Path:
        told, program = tmp_path / "told", tmp_path / "apt-get"
        place = {"service": environment.NO_SERVICE, "cluster": environment.NO_CLUSTER, "told": told, "refused": refused}
        text = APT
        for name, value in place.items():
            text = text.replace("{" + name + "}", str(value))
        program.write_text(text)
        program.chmod(0o755)
        return told

    return made


@pytest.mark.parametrize("refused", ["update", "chromium"])
def test_chromium_that_apt_refuses_is_said(apt: Callable[[str], Path], refused: str) -> None:
    apt(refused)
    with pytest.raises(SetupError, match=r"a échoué \(E: no route\)"):
        environment.programs()


def test_what_tests_would_skip_is_installed_and_nothing_of_it_starts(
    apt: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    told = apt("pgaudit")
    environment.programs()
    lines = told.read_text().splitlines()
    assert "update" in lines[0]
    asked = [line for line in lines if " install " in line]
    for package in ("chromium", "postgresql-15 ", "postgresql-15-pgaudit", "pgbouncer", "poppler-utils"):
        assert any(package in line for line in asked), package
    assert all(line.endswith("sealed create_main_cluster = false") for line in asked)
    assert not environment.NO_SERVICE.exists()
    assert "les essais qui comptent ce que le serveur fait sont sautés" in capsys.readouterr().out


def test_an_ordinary_account_is_told_what_is_skipped(
    apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = apt("nothing")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    environment.programs()
    said = capsys.readouterr().out
    assert said.count("sautés") == len(environment.PROGRAMS)
    assert "essais de navigateur sont sautés" in said
    assert not told.exists()
