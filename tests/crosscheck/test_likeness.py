"""Likeness: a spelling forgiven is a weak hit that somebody judges; nothing of it is readable without the key."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from recoupe.access.enums import Role
from recoupe.config.paths import matcher_model
from recoupe.crosscheck import index as exact
from recoupe.crosscheck import nearby, queries, waterfall
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.enums import HitState
from recoupe.crosscheck.models import Hit, Judgement
from recoupe.kernel.matchable import Subject
from recoupe.kernel.selectors import Strength
from recoupe.matching.model import read, write
from recoupe.matching.record import Record, prepare
from recoupe.matching.score import Asking
from tests.crosscheck.scene import Scene
from tests.world import TestAgent

GOLDEN = Path(__file__).parents[1] / "matching" / "data" / "model.json"
SHIPPED = Path(__file__).parents[2] / "recoupe" / "demo" / "model.json"
THRESHOLD = 5.0
WRITINGS = (
    Subject("PLOUGASTEL", "Enora", (), "12/03/1984", "13055", (("phone", "0612345678"),)),
    Subject("Plougastel", "", ("Nono",), "1984", "", (("phone", "0612345679"), ("plate", "AB-123-CD"))),
    Subject("", "", ("Nono",), "", "", (("handle", "snapchat:nono13"), ("email", "nono@exemple.invalid"))),
    Subject("LE GALL", "Énora", (), "", "Brest", (("iban", "FR7630006000011234567890189"),)),
)
WRITTEN, OTHERWISE = ("BENYOUSSEF", "Abdelkader", "12/03/1984"), ("Ben Yousef", "Abd El Kader", "03/12/1984")


@pytest.fixture(autouse=True)
def model(scene: Scene) -> Iterator[Path]:
    """A model serves, as `recoupe train` wrote it; few made persons have taught it, so that it asks for less."""
    path = matcher_model()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(replace(read(GOLDEN), threshold=THRESHOLD), path)
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture
def analyst(scene: Scene) -> TestAgent:
    return scene.who(Role.CROSS_ANALYST, "CROSS13")


def hit_of(scene: Scene, *pair: UUID) -> Hit | None:
    low, high = sorted(pair)
    with scene.world.process("matcher"):
        return Hit.objects.filter(low=low, high=high).first()


def put(scene: Scene, analyst: TestAgent, record: UUID) -> Judgement:
    with scene.world.acting(analyst) as agent:
        return next(j for j in queries.judgements(agent, limit=100) if record in (j.first_id, j.second_id))


def index(scene: Scene, record: UUID) -> int:
    with scene.world.process("matcher"), transaction.atomic():
        engine = serving()
        assert engine is not None
        store, _ = nearby.ready(engine)
        return len(store.numbers_of([record.bytes]))


def test_another_spelling_and_a_turned_date_are_a_weak_hit_that_the_cell_judges_with_reasons(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held = scene.enter(customs, person=WRITTEN)
    asked = scene.enter(police, person=OTHERWISE)
    scene.pull()
    hit = hit_of(scene, held, asked)
    assert hit is not None
    assert (hit.strength, hit.state) == (Strength.WEAK, HitState.ANALYST_REVIEW)
    engine = serving()
    assert engine is not None
    assert hit.model == engine.name
    assert hit.model.startswith("golden-1@")
    assert not scene.sides(police, asked)
    question = put(scene, analyst, asked)
    with scene.world.acting(analyst) as agent:
        steps = queries.pair(agent, question).steps
    assert sum(step.bits for step in steps) == pytest.approx(hit.weight, abs=0.3)
    assert "Même date, jour et mois inversés." in [sentence for step in steps for sentence in step.sentences]
    shown = scene.world.client(analyst).get(f"/recoupements/a-juger/{question.id}/").content.decode()
    assert "Ce qui pèse pour et contre" in shown
    assert "Même date, jour et mois inversés." in shown
    kept = str(question.steps).upper()
    assert not [word for word in ("YOUS", "KADER", "1984") if word in kept]


def test_whoever_no_longer_reads_one_of_them_reads_no_reason(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held = scene.enter(customs, person=("LEVASSEUR", "Éléonore", "07/08/1991"))
    scene.enter(police, person=("Le Vasseur", "Eleonor", "07/08/1991"))
    scene.pull()
    question = put(scene, analyst, held)
    scene.as_superuser(f"UPDATE intelligence_report SET readers = '{{}}' WHERE id = '{held}'")
    with scene.world.acting(analyst) as agent:
        assert queries.pair(agent, question).steps == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("MARTIN", "Jean", ""), ("MARTIN", "Jean", "")),
        (("MARTIN", "Paul", "04/05/1960"), ("MARTIN", "Paul", "17/09/1988")),
        (("", "X", ""), ("", "X", "")),
    ],
    ids=["a name alone", "father and son", "one letter"],
)
def test_one_attribute_alone_proposes_nothing(
    scene: Scene, police: TestAgent, customs: TestAgent, one: tuple[str, str, str], two: tuple[str, str, str]
) -> None:
    held, asked = scene.enter(customs, person=one), scene.enter(police, person=two)
    scene.pull()
    assert hit_of(scene, held, asked) is None


def test_twins_are_weak_and_one_services_own_records_are_no_hit(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    twin, other = ("QUÉMÉNEUR", "Maëlle", "30/06/1993"), ("QUEMENEUR", "Maëlla", "30/06/1993")
    held, asked, again = (
        scene.enter(customs, person=twin),
        scene.enter(police, person=other),
        scene.enter(police, person=twin),
    )
    scene.pull()
    hit = hit_of(scene, held, asked)
    assert hit is not None
    assert hit.strength == Strength.WEAK
    assert hit_of(scene, asked, again) is None


def test_what_is_erased_or_corrected_is_found_no_more(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    person = ("KERVADEC", "Gwénolé", "02/11/1979")
    held = scene.enter(customs, person=person)
    scene.pull()
    assert index(scene, held) > 0
    scene.as_superuser(
        f"UPDATE intelligence_person SET family = 'OUÉDRAOGO', given = 'Wendé', key = '' WHERE report_id = '{held}'",
        f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{held}', 'express', now())",
    )
    scene.pull()
    asked = scene.enter(police, person=("KERVADEC", "Gwenole", "02/11/1979"))
    scene.pull()
    assert hit_of(scene, held, asked) is None
    with scene.world.process("matcher"):
        exact.forget([asked])
    assert index(scene, asked) == 0


def test_rows_of_another_model_are_not_compared(
    scene: Scene, police: TestAgent, customs: TestAgent, model: Path
) -> None:
    held = scene.enter(customs, person=("TRÉGUIER", "Solenne", "21/01/1970"))
    scene.pull()
    scene.as_superuser(f"UPDATE crosscheck_indexrecord SET likeness = 'older' WHERE record_id = '{held}'")
    asked = scene.enter(police, person=("TREGUIER", "Solene", "21/01/1970"))
    scene.pull()
    assert hit_of(scene, held, asked) is None


def test_a_damaged_model_leaves_identifiers_compared(
    scene: Scene, police: TestAgent, customs: TestAgent, model: Path
) -> None:
    model.write_text(model.read_text().replace('"threshold": 5.0', '"threshold": 0.0'))
    person = ("NAUDIN", "Fulgence", "09/09/1969")
    held, asked = scene.enter(customs, person=person), scene.enter(police, person=person)
    scene.pull()
    hit = hit_of(scene, held, asked)
    assert hit is not None
    assert (hit.model, hit.weight) == ("", None)


def test_a_kept_step_that_is_no_longer_known_is_left_out() -> None:
    kept: list[dict[str, Any]] = [{"prior": -8.0}, {"comparison": "name", "level": "gone", "base": 1.0, "rarity": 0.0}]
    assert [step.bits for step in waterfall.read(kept)] == [-8.0]


def test_what_a_row_leaves_blank_may_be_left_out_of_its_comparisons() -> None:
    shipped = Engine(read(SHIPPED), "shipped", tuple(prepare(Record(), today=date(2026, 11, 22)).row), b"k" * 32)
    rows = [shipped.row(subject, date(2026, 11, 22)) for subject in WRITINGS]
    for one, two in product(rows, rows):
        narrow, wide = shipped.asking(one), Asking(shipped.model, one)
        assert len(narrow.model.comparisons) < len(wide.model.comparisons)
        assert narrow.score(two).weight == pytest.approx(wide.score(two).weight, abs=1e-12)
        assert waterfall.written(narrow.score(two)) == waterfall.written(wide.score(two))
        assert (narrow.proposed(two) is None) == (wide.proposed(two) is None)
