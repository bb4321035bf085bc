"""Makes the files that test_score.py reads: `python -m tests.matching.golden`, with the packages of the batch."""

import json
from datetime import date
from pathlib import Path
from random import Random

from recoupe.matching import batch, model, training
from tests.matching import made
from tests.matching.made import GOLDEN, GOLDEN_SEED

DATA = Path(__file__).parent / "data"


def main() -> None:
    """A model of made records, and Splink's weights of a few hundred pairs of them, true and false."""
    world = made.world(GOLDEN, GOLDEN_SEED)
    rows = made.rows(world)
    choice = training.Choice(pairs=200_000)
    trained = training.train(rows, version="golden-1", on=date(2026, 11, 22), seed=GOLDEN_SEED, choice=choice)
    DATA.mkdir(exist_ok=True)
    model.write(trained, DATA / "model.json")
    found = sorted(batch.link(trained, rows), key=lambda pair: (pair.left, pair.right))
    chosen = Random(GOLDEN_SEED).sample(found, 400)
    lines = [[pair.left, pair.right, pair.weight] for pair in chosen]
    (DATA / "weights.json").write_text(json.dumps(lines).replace("], ", "],\n") + "\n")


if __name__ == "__main__":
    main()
