"""`recoupe link`: everything that was deposited is compared at once, for what was entered before a model served.

In parts, each whole before the next: DATA/run/link.json says how many are done, and of nobody anything, so that a run
that was killed goes on where it was.
"""

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from uuid import UUID

from recoupe.cli.obstacle import require_installation
from recoupe.config.files import write_durably
from recoupe.config.paths import data_folder
from recoupe.crosscheck.actions.linking import PAIRS_AT_ONCE, people, propose
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.keys import check_key
from recoupe.kernel.refusal import Conflict, gettext_noop
from recoupe.matching.blocking import Oversized
from recoupe.matching.conditions import Row
from recoupe.matching.linking import Linked, Linking, machine

PEOPLE_OF_A_PART = 250_000
SENTENCE_NO_MODEL = gettext_noop("Aucun modèle ne sert : posez-en un (recoupe train), puis recommencez.")


@dataclass(slots=True)
class Progress:
    """Where a run stands: under which engine, in how many parts, how many are done. Nothing of anybody."""

    mark: str
    parts: int
    done: int = 0

    @classmethod
    def kept(cls, path: Path, mark: str, parts: int) -> "Progress":
        """That of a run that was cut short under the same engine, else a new one."""
        try:
            found = cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls(mark, parts)
        return found if found.mark == mark and 0 <= found.done < found.parts else cls(mark, parts)


def run(arguments: Namespace) -> int:
    """Read, compare part by part, propose; hits wait for their judge as any other."""
    require_installation("matcher")
    check_key()
    engine, link = serving(), machine(arguments.machine)
    if engine is None:
        raise Conflict(SENTENCE_NO_MODEL)
    path = data_folder() / "run" / "link.json"
    made = linked(engine, link, path)
    print(f"{made} recoupement(s) faible(s) proposé(s), à juger")
    return 0


def linked(engine: Engine, link: Linking, path: Path, part_size: int = PEOPLE_OF_A_PART) -> int:
    """How many hits were made; `path` keeps how far it went, and goes with the end."""
    rows, units = _read(engine)
    engine = engine.among(len(rows))
    progress = Progress.kept(path, engine.mark, 1 + len(rows) // part_size)
    made = 0
    holding = link(engine.model, rows)
    _report(holding.oversized)
    while progress.done < progress.parts:
        found = holding.pairs(engine.model.threshold, (progress.done, progress.parts))
        pairs = _across(found, units)
        for block in _blocks(pairs, PAIRS_AT_ONCE):
            made += propose(engine, block).hits
        progress.done += 1
        write_durably(path, json.dumps(asdict(progress)))
        print(f"partie {progress.done} sur {progress.parts} : {made} recoupement(s)", flush=True)
    path.unlink(missing_ok=True)
    return made


def _read(engine: Engine) -> tuple[dict[str, Row], dict[str, UUID]]:
    rows: dict[str, Row] = {}
    units: dict[str, UUID] = {}
    for block in people(engine):
        rows |= {one.name: one.row for one in block}
        units |= {one.name: one.unit_id for one in block}
        print(f"{len(rows)} personne(s) lue(s)", flush=True)
    return rows, units


def _across(found: Iterable[Linked], units: Mapping[str, UUID]) -> Iterator[tuple[str, str]]:
    """The pairs of two units: a service is not cross-checked with itself."""
    for pair in found:
        if units[pair.left] != units[pair.right]:
            yield pair.left, pair.right


def _blocks(pairs: Iterable[tuple[str, str]], size: int) -> Iterator[Sequence[tuple[str, str]]]:
    found = iter(pairs)
    while block := list(islice(found, size)):
        yield block


def _report(oversized: Iterable[Oversized]) -> None:
    """Blocks that too many share, by their function: each was compared with its neighbours alone."""
    blocks = list(oversized)
    largest = {block.function: block.rows for block in reversed(blocks)}
    for function, count in Counter(block.function for block in blocks).most_common():
        print(f"bloc trop grand, {function} : {count}, le plus grand de {largest[function]} fiches")
