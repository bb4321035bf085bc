"""Odd writings by every door, the form, a file, the whole holding: refused with a sentence, or kept and harmless."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from recoupe.access.enums import Role
from recoupe.cli.linking import linked
from recoupe.config.paths import matcher_model
from recoupe.crosscheck.bulk import array
from recoupe.crosscheck.engine import serving
from recoupe.intelligence.importing import queries, running
from recoupe.matching.linking import machine
from recoupe.matching.model import read, write
from tests.crosscheck.scene import Scene
from tests.crosscheck.test_likeness import GOLDEN
from tests.intelligence.test_import import Opening, csv_file, handed_in, opened, row, stored
from tests.web.intelligence.typed import NEW, errors_of, typed
from tests.world import TestAgent

KEPT = ""
# What is written of somebody (name, birth, telephone, plate), and the words of the refusal; none where it is kept.
ODD: dict[str, tuple[dict[str, str], str]] = {
    "one letter": ({"family": "A"}, KEPT),
    "five hundred letters": ({"family": "x" * 500}, "trop long"),
    "emoji": ({"family": "😀😀", "given": "🚗"}, KEPT),
    "combining marks": ({"family": "Kerdoncuff", "given": "e" + "\u0301" * 40}, "accents"),
    "a few combining marks": ({"family": "e\u0301\u0301\u0301"}, KEPT),
    "nothing but marks": ({"family": "\u0301\u0302"}, KEPT),
    "a day that was not": ({"family": "Kerdoncuff", "birth": "29/02/1900"}, "calendrier"),
    "a year alone": ({"family": "Kerdoncuff", "birth": "00/00/1985"}, KEPT),
    "in the future": ({"family": "Kerdoncuff", "birth": "12/12/2090"}, "futur"),
    "three digits": ({"family": "Kerdoncuff", "phone": "118"}, "utilisable"),
    "three characters of a plate": ({"family": "Kerdoncuff", "plate": "??-123-??"}, KEPT),
}


@pytest.fixture(scope="module", autouse=True)
def model(scene: Scene) -> Iterator[Path]:
    path = matcher_model()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(replace(read(GOLDEN), threshold=5.0), path)
    yield path
    path.unlink(missing_ok=True)


def form(written: dict[str, str]) -> dict[str, Any]:
    person = {f"persons-0-{name}": written[name] for name in ("family", "given", "birth") if name in written}
    kinds: list[str] = [kind for kind in ("phone", "plate") if kind in written]
    told: dict[str, str] = {f"selectors-{at}-kind": kind for at, kind in enumerate(kinds)}
    told |= {f"selectors-{at}-raw": written[kind] for at, kind in enumerate(kinds)}
    rows = {"persons-TOTAL_FORMS": "1", "persons-0-category": "suspect", "selectors-TOTAL_FORMS": str(len(kinds))}
    return typed(**rows, **person, **told)


@pytest.mark.parametrize("odd", ODD)
def test_typed_in_the_form(scene: Scene, police: TestAgent, customs: TestAgent, odd: str) -> None:
    written, words = ODD[odd]
    for who in (police, customs):
        answer = scene.world.client(who).post(NEW, form(written))
        if words:
            assert answer.status_code == 422
            assert words in unescape(errors_of(answer))
        else:
            assert answer.status_code == 302, errors_of(answer)
            assert scene.world.client(who).get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("odd", [odd for odd in ODD if "plate" not in ODD[odd][0]])
def test_in_a_file(scene: Scene, odd: str) -> None:
    written, words = ODD[odd]
    sender, head = scene.who(Role.INVESTIGATOR, "SP13"), scene.who(Role.UNIT_HEAD, "SP13")
    columns = {"family": "Nom", "given": "Prénom", "birth": "Né le", "phone": "Tél"}
    cells = {columns[name]: value for name, value in written.items()}
    content = csv_file([row(1, **{"Réf": odd, "Prénom": "", "Né le": "", **cells})], "utf-8")
    file = handed_in(scene.world, sender, content)
    with scene.world.acting(sender) as agent:
        refused = [one.sentence % one.params for one in queries.refusals(agent, stored(scene.world, sender, file))]
    if words:
        assert [words in one for one in refused] == [True]
    else:
        assert refused == []
        opened(scene.world, head, file)
        assert running.run(Opening(scene.world, head), file).rows_written == 1


def test_among_the_whole_holding_nobody_is_met_by_one_attribute(scene: Scene, tmp_path: Path) -> None:
    """Two services wrote the same: a name, or a name and a year, meets nobody; a name and part of a plate, weakly."""
    pytest.importorskip("splink", reason="the batch's packages are not installed: requirements-batch.lock")
    for lane in ("express", "bulk"):
        while scene.pull(lane).records:
            continue
    engine = serving()
    assert engine is not None
    with scene.world.process("matcher"):
        assert linked(engine, machine(), tmp_path / "link.json") == 0
    held = "SELECT count(*) FROM crosscheck_indexrecord WHERE likeness <> ''"
    assert scene.world.sql(held) >= [(2 * sum(not words for _, words in ODD.values()),)]
    of_whom = (
        "SELECT h.strength, array_agg(s.kind || ' ' || s.value) FROM crosscheck_hit h"
        " LEFT JOIN intelligence_selector s ON s.report_id IN (h.low, h.high) GROUP BY h.id, h.strength"
    )
    assert scene.world.sql(of_whom) == [("weak", ["plate ??123??"] * 2)]


def test_a_list_that_travels_as_one_parameter_is_read_as_it_was(scene: Scene) -> None:
    texts, numbers = ["", 'a"b', "c\\d", "e,f", "{}", "NULL", "é 🦊"], [1, None, -(2**62)]
    keys, names = [b"", b"\x00\xff\\"], [uuid4(), None]
    moments = [datetime(2026, 11, 23, 17, 0, 0, 1, tzinfo=UTC), None]
    lists = (texts, numbers, keys, names, [True, False], moments)
    query = "SELECT %s::text[], %s::bigint[], %s::bytea[], %s::uuid[], %s::boolean[], %s::timestamptz[]"
    [read] = scene.world.sql(query, [array(one) for one in lists])
    assert read == lists
