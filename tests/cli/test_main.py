"""The command line: help in French for every verb, refusals as one sentence, codes that a script can rely on."""

import os
import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from pkgutil import resolve_name

import pytest

from recoupe.cli import main as program
from recoupe.cli.commands import OWN
from recoupe.cli.folder import Addresses, Folder
from recoupe.cli.identity import identify
from recoupe.cli.verbs import Verb, others
from recoupe.config.paths import LONGEST_SOCKET
from recoupe.config.processes import PROCESSES

VERBS = sorted(OWN | others())
NEEDED = {"demo", "import", "check", "selftest", "migrate", "sign-in", "matcher", "worker", "web", "portal"}


def recoupe(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "PORT", "PORTAL_PORT", "DETACH")}
    return subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", *arguments],
        env=environment | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_verbs_of_the_house_are_there() -> None:
    assert set(VERBS) >= NEEDED


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([name, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert said.startswith(f"emploi : recoupe {name}")
    assert "usage:" not in said
    assert "show this help" not in said
    assert "\n\n" in said


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_a_body_and_a_known_process(name: str) -> None:
    verb = (OWN | others())[name]
    assert verb.process in ("", *PROCESSES)
    assert callable(resolve_name(verb.body))


def test_without_a_verb_it_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([]) == 0
    said = capsys.readouterr().out
    assert all(re.search(rf"^    {name}\s", said, re.MULTILINE) for name in VERBS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["import"], "il manque : FICHIER, --mapping, --as"),
        (["demo", "restart"], "« restart » n'est pas un choix possible"),
        (["check", "--loud"], "argument inconnu : --loud"),
        (["web", "--port", "eight"], "--port : donnez un nombre de 1 à 65535, pas « eight »"),
        (["import", "f.csv", "--mapping"], "--mapping attend une valeur"),
        (["portal", "--port", "99999"], "--port : donnez un nombre de 1 à 65535"),
        (["seed", "--scale", "x"], "--scale attend un nombre, pas « x »"),
        (["seed", "--today", "hier"], "--today : donnez un jour comme 2026-11-22"),
    ],
)
def test_a_wrong_call_is_explained_in_french(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://localhost:1", "nulle-part", "http://[", ""])
def test_a_walk_without_a_site_says_what_to_do(url: str) -> None:
    done = recoupe("selftest", "--url", url)
    assert done.returncode == 1
    assert "ne répond pas" in done.stdout
    assert "make demo" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("size", ["grand", "nan", "inf", "-1", "0", "0.01", "1e9"])
def test_what_is_no_size_of_a_world_is_said_before_anything_is_made(size: str, tmp_path: Path) -> None:
    done = recoupe("demo", "start", f"--scale={size}", DATA=str(tmp_path / "data"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"recoupe : SCALE={size} n'est pas une taille")
    assert not (tmp_path / "data").exists()


def test_a_folder_too_deep_for_a_socket_is_said_before_anything_is_made(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * LONGEST_SOCKET)
    done = recoupe("demo", "start", DATA=str(deep))
    assert done.returncode == 1
    assert "est trop long (80 octets au plus)" in done.stderr
    assert not deep.exists()


def test_a_second_keeper_is_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.run.mkdir()
    folder.write_addresses(Addresses("127.0.0.1", 8000, 8080, 8001))
    here = identify(os.getpid())
    assert here is not None
    here.write(folder.note("keeper"))
    done = recoupe("demo", "keep", DATA=str(tmp_path))
    assert done.returncode == 1
    assert "recoupe demo start" in done.stderr


def test_why_an_administrators_server_does_not_answer_is_said_without_the_drivers_hint(tmp_path: Path) -> None:
    done = recoupe("migrate", DATA=str(tmp_path), DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
    assert "\t" not in done.stderr


def test_help_needs_neither_folder_nor_database(tmp_path: Path) -> None:
    done = recoupe("import", "--help", DATA=str(tmp_path / "nowhere"))
    assert done.returncode == 0
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["matcher"], ["matcher", "--retry-parked"], ["worker"],
     *([name, "--port", "8499"] for name in ("web", "portal", "sign-in"))],
)  # fmt: skip
def test_without_an_installation_it_says_what_to_do(arguments: list[str], tmp_path: Path) -> None:
    done = recoupe(*arguments, DATA=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("recoupe : ")
    assert "make demo" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_unreadable_credential_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Locked:
        help = "lit ce qu'il ne peut pas lire"
        process = ""
        body = "tests.cli.test_main:read_what_is_locked"

        def add_arguments(self, parser: ArgumentParser) -> None:
            """None."""

    monkeypatch.setitem(OWN, "locked", Locked())
    assert isinstance(OWN["locked"], Verb)
    assert program.main(["locked"]) == 1


def read_what_is_locked(_arguments: Namespace) -> int:
    """What reading another account's file raises."""
    raise PermissionError(13, "Permission denied", "/somewhere/recoupe_app")
