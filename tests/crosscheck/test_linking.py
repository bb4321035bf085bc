"""The whole holding compared at once: weak hits to be judged, each once; a killed run goes on; the silent stay out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.cli.linking import Progress, linked
from recoupe.config.paths import matcher_model
from recoupe.crosscheck import nearby
from recoupe.crosscheck.actions import linking
from recoupe.crosscheck.engine import serving
from recoupe.crosscheck.enums import HitState
from recoupe.kernel.selectors import Strength
from recoupe.matching.linking import machine
from recoupe.matching.model import read, write
from tests.crosscheck.scene import Scene
from tests.crosscheck.test_likeness import GOLDEN, hit_of, put

pytest.importorskip("splink", reason="the batch's packages are not installed: requirements-batch.lock")
WRITTEN, OTHERWISE = ("TRÉVIDIC", "Corentine", "14/06/1977"), ("Trevidik", "Corentine", "14/06/1977")


@pytest.fixture(autouse=True)
def model(scene: Scene) -> Iterator[Path]:
    path = matcher_model()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(replace(read(GOLDEN), threshold=5.0), path)
    yield path
    path.unlink(missing_ok=True)


def test_what_was_entered_unmet_is_proposed_to_a_judge_once_and_goes_on_after_a_kill(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    customs, police = scene.who(Role.INVESTIGATOR, "DED13"), scene.who(Role.INVESTIGATOR, "PJ13")
    with monkeypatch.context() as blind:
        # Entered while nothing was weighed, as before a better model serves.
        blind.setattr(nearby, "weigh", lambda *_: [])
        held, asked = scene.enter(customs, person=WRITTEN), scene.enter(police, person=OTHERWISE)
        own = scene.enter(police, person=WRITTEN)
        quiet = scene.enter(customs, person=WRITTEN)
        scene.as_superuser()
        scene.pull()
        scene.as_superuser(f"UPDATE crosscheck_indexrecord SET tells_other = false WHERE record_id = '{quiet}'")
    assert hit_of(scene, held, asked) is None
    path = tmp_path / "link.json"
    engine = serving()
    assert engine is not None
    with scene.world.process("matcher"):
        with monkeypatch.context() as killed:
            killed.setattr("recoupe.cli.linking.propose", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                linked(engine, machine(), path, part_size=2)
        assert linked(engine, machine(), path, part_size=2) >= 1
        assert not path.exists()
        assert linked(engine, machine(), path) == 0
    hit = hit_of(scene, held, asked)
    assert hit is not None
    assert (hit.strength, hit.state) == (Strength.WEAK, HitState.ANALYST_REVIEW)
    assert hit.model == engine.name
    assert put(scene, scene.who(Role.CROSS_ANALYST, "CROSS13"), asked).steps
    assert hit_of(scene, asked, own) is None
    assert hit_of(scene, asked, quiet) is None
    assert "TREVIDI" not in capsys.readouterr().out.upper()


def test_a_run_goes_on_only_under_the_engine_that_began_it(tmp_path: Path) -> None:
    path = tmp_path / "link.json"
    path.write_text('{"mark": "a", "parts": 3, "done": 2}')
    assert Progress.kept(path, "a", 5) == Progress("a", 3, 2)
    assert Progress.kept(path, "b", 5) == Progress("b", 5, 0)
    for damaged in ("", "[]", "{}", '{"mark": "a", "parts": 3, "done": 7}'):
        path.write_text(damaged)
        assert Progress.kept(path, "a", 5) == Progress("a", 5, 0)


def test_a_pair_is_proposed_to_nobody_once_one_of_them_is_gone(scene: Scene) -> None:
    engine = serving()
    assert engine is not None
    with scene.world.process("matcher"):
        assert linking.propose(engine, [(f"{UUID(int=1)}.0", f"{UUID(int=2)}.0")]).hits == 0
