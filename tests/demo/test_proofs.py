"""The frame of the proofs: what is kept, what falls short, and that the list says it."""

import json
import os
import signal
import subprocess
import sys
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path

import pytest

from recoupe.config.paths import PROJECT
from recoupe.demo import proofs
from recoupe.demo.discovery import inventory
from recoupe.demo.proofs import ledger, source, suites
from recoupe.kernel.refusal import Invalid
from tests.faults.house import until
from tests.world import World

# A world of which a part has left its parent, as PostgreSQL does: whoever opened it alone can close it.
WORLD = """import subprocess, time
from pathlib import Path
import pytest

@pytest.fixture(scope="session")
def server():
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    Path({pid!r}).write_text(str(left.pid))
    yield
    left.terminate()
    left.wait()

def test_it(server):
    time.sleep(600)
"""
PROVE = """import sys
from argparse import Namespace
from recoupe.demo.proofs import suites
suites.prove(Namespace(proof="tiny", save=False, seed=1), (sys.argv[1],))
"""

PASSING = """from tests.proof import say, seed, size

def test_it() -> None:
    say("trials", size(ci=1, full=7), "essais", str(seed()), at_least=%s)
"""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ledger, "KEPT", tmp_path)
    return tmp_path


def asked(**more: object) -> Namespace:
    return Namespace(**{"proof": "tiny", "file": None, "list": False, "seed": 5, "save": True, **more})


def suite(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "test_tiny.py"
    path.write_text(text, encoding="utf-8")
    return (str(path),)


def test_tests_run_at_full_size_and_their_figures_are_kept(kept: Path) -> None:
    assert suites.prove(asked(), suite(kept, PASSING % 7)) == 0
    read = json.loads((kept / "tiny.json").read_text())
    assert (read["seed"], read["fell_short"]) == (5, [])
    *mine, spent = read["figures"]
    assert [(line["value"], line["how"], line["met"]) for line in mine] == [(7, "5", True)]
    assert spent["name"] == "elapsed" and spent["at_most"] == 60


def test_a_figure_outside_its_bound_fails_the_proof_and_is_written_as_short(kept: Path) -> None:
    assert suites.prove(asked(), suite(kept, PASSING % 8)) == 1
    assert json.loads((kept / "tiny.json").read_text())["fell_short"] == ["trials : 7 essais"]


@pytest.mark.parametrize("text", ["def test_it() -> None:\n    assert False\n", "def test_it() -> None:\n    pass\n"])
def test_red_or_silent_tests_prove_nothing(kept: Path, text: str) -> None:
    assert suites.prove(asked(), suite(kept, text)) == 1
    assert len(json.loads((kept / "tiny.json").read_text())["fell_short"]) >= 1


def test_an_unknown_proof_is_refused_with_a_sentence() -> None:
    with pytest.raises(Invalid, match="--list"):
        proofs.run(asked(proof="astrologie"))


def test_the_list_says_what_was_kept(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.keep("linkage", 3, [ledger.figure("wrong", 2, "paires", "", at_most=1)], [])
    assert proofs.run(asked(list=True)) == 0
    out = capsys.readouterr().out
    assert set(proofs.PROOFS) <= {line.split()[0] for line in out.splitlines()}
    assert "1 point(s) en défaut" in out


def test_every_proof_names_something_that_exists() -> None:
    for proof in proofs.PROOFS.values():
        assert bool(proof.function) != bool(proof.tests)
        assert all((Path(proofs.__file__).parents[3] / path).exists() for path in proof.tests)


@pytest.mark.parametrize("content", [b"Faits\nvu un individu\n", b"\x7fELF\x00\xff\xfe", b"unique_id,cluster\n1,2\n"])
def test_another_table_is_refused_with_the_columns_that_it_lacks(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "personnes.csv"
    other.write_bytes(content)
    with pytest.raises(Invalid, match="unique_id, cluster, first_name"):
        source.read_persons(other)


def test_a_test_that_did_not_run_falls_short_with_its_reason(kept: Path) -> None:
    text = (
        PASSING % 7
        + "\n\nimport pytest\n\n\n@pytest.mark.skip(reason='no bouncer here')\ndef test_b() -> None:\n    pass\n"
    )
    assert suites.prove(asked(), suite(kept, text)) == 1
    assert json.loads((kept / "tiny.json").read_text())["fell_short"] == ["essai non lancé : test_b (no bouncer here)"]


def test_what_has_nothing_to_try_is_said_apart_and_falls_short_of_nothing(kept: Path) -> None:
    empty = f"\n\nimport pytest\n\n\ndef test_b() -> None:\n    pytest.skip('{suites.NOTHING_THERE}no route')\n"
    assert suites.prove(asked(), suite(kept, PASSING % 7 + empty)) == 0
    read = json.loads((kept / "tiny.json").read_text())
    assert (read["fell_short"], read["not_applicable"]) == ([], [f"test_b: {suites.NOTHING_THERE}no route"])


def test_a_reduced_proof_is_not_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOUPE_SIZE", "3")
    with pytest.raises(Invalid, match="RECOUPE_SIZE"):
        suites.prove(asked(), suite(kept, PASSING % 7))
    assert not (kept / "tiny.json").exists()


def test_the_inventory_is_taken_and_kept(kept: Path, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert inventory.prove(asked(proof="inventory", another=lambda _: nullcontext(world.admin_url))) == 0
    told = capsys.readouterr().out
    assert "table  intelligence_report  intelligence  fermée" in told
    assert {line["name"] for line in json.loads((kept / "inventory.json").read_text())["figures"]} >= {
        "inventory: route"
    }


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_a_proof_closes_what_its_tests_opened(tmp_path: Path, sign: signal.Signals) -> None:
    pid = tmp_path / "pid"
    [tests] = suite(tmp_path, WORLD.format(pid=str(pid)))
    # As a shell starts what is to run in the background.
    proof = subprocess.Popen(
        [sys.executable, "-c", PROVE, tests], cwd=PROJECT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    try:
        until(lambda: pid.is_file() and pid.read_text() != "")
        server = int(pid.read_text())
        proof.send_signal(sign)
        assert proof.wait(60) == 128 + sign
        assert not Path(f"/proc/{server}").exists()
    finally:
        proof.kill()
        if pid.is_file() and Path(f"/proc/{pid.read_text()}").exists():
            os.kill(int(pid.read_text()), signal.SIGKILL)
