"""The matcher's second process: what it prepares is what one prepares oneself, and nothing waits for it in vain."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recoupe.config.paths import matcher_model
from recoupe.crosscheck import preparing
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.preparing import LEAST, Helper, Work, helped, prepared
from recoupe.kernel.matchable import Subject
from recoupe.matching.model import read, write
from tests.crosscheck.scene import Scene

GOLDEN = Path(__file__).parents[1] / "matching" / "data" / "model.json"
TODAY = date(2026, 11, 23)
PEOPLE = [
    Subject(f"ROPARTZ {at}", "Nolwenn", ("Nono",), f"{at % 28 + 1:02}/02/1979", "Brest", (("phone", f"06{at:08}"),))
    for at in range(LEAST)
]
_ALONE = """
import django, sys, time
django.setup()
from recoupe.crosscheck import preparing
with preparing.helped():
    print(preparing._helper._process.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def engine(scene: Scene) -> Iterator[Engine]:
    path = matcher_model()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(read(GOLDEN), path)
    with scene.world.process("matcher"):
        found = serving()
    assert found is not None
    yield found
    path.unlink(missing_ok=True)


def answered(future: Future[Any]) -> list[preparing.Prepared]:
    return preparing._unbound(*future.result(20))


def plain(people: list[preparing.Prepared] | None) -> list[tuple[bytes, list[int]]]:
    return [(one.packed, one.blocks.tolist()) for one in people or ()]


def helper() -> Helper:
    found = preparing._helper
    assert found is not None
    return found


def test_a_second_process_prepares_what_one_prepares_oneself(engine: Engine) -> None:
    kind = engine.kind()
    alone = plain(prepared(engine, kind, PEOPLE, TODAY))
    with helped():
        assert plain(answered(helper().ask(engine.mark, kind, PEOPLE, TODAY))) == alone
        assert plain(Work(engine, kind, PEOPLE, TODAY).done()) == alone
    assert preparing._helper is None


def test_an_answer_that_nobody_took_is_given_to_no_other_question(engine: Engine) -> None:
    kind = engine.kind()
    others = [Subject("PLOUGASTEL", "Enora", (), "1984", "", ()), *PEOPLE]
    with helped():
        Work(engine, kind, PEOPLE, TODAY)
        assert plain(Work(engine, kind, others, TODAY).done()) == plain(prepared(engine, kind, others, TODAY))


def test_many_questions_at_once_are_answered_each_its_own(engine: Engine) -> None:
    kind = engine.kind()
    many = [PEOPLE[at:] + PEOPLE[:at] for at in range(8)]
    with helped():
        works = [Work(engine, kind, people * 10, TODAY) for people in many]
        for work, people in reversed(list(zip(works, many, strict=True))):
            assert plain(work.done()) == plain(prepared(engine, kind, people, TODAY)) * 10


def test_another_model_is_not_prepared_for(engine: Engine) -> None:
    with helped():
        assert helper().ask("another", engine.kind(), PEOPLE, TODAY).result(20) is None


def test_without_its_second_process_the_matcher_does_it_itself(engine: Engine) -> None:
    kind = engine.kind()
    with helped():
        before = Work(engine, kind, PEOPLE, TODAY)
        assert before.done()
        asked = Work(engine, kind, PEOPLE, TODAY)
        pid = helper()._process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        helper()._process.join()
        for work in (asked, Work(engine, kind, PEOPLE, TODAY)):
            assert plain(work.done()) == plain(prepared(engine, kind, PEOPLE, TODAY))


def test_a_matcher_that_is_killed_leaves_no_second_process(scene: Scene) -> None:
    environment = os.environ | {"RECOUPE_PROCESS": "matcher"}
    with subprocess.Popen([sys.executable, "-c", _ALONE], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        second = int(process.stdout.readline())
        process.kill()
    until = time.monotonic() + 20
    while Path(f"/proc/{second}/stat").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{second}/stat").exists()
