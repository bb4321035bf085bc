"""The linkage of a file of persons with a known truth: our model, Splink's model of its own documentation, one run.

The file has the columns of Splink's historical figures: unique_id, cluster, full_name, first_name, surname, dob,
birth_place, postcode_fake. Clusters are split in two by the hash of their name: the weight is fixed on one half only.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from recoupe.demo.benches import peer
from recoupe.demo.benches.frame import Evidence, Measure, Target
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.matching import batch, evaluation, training
from recoupe.matching.conditions import Row
from recoupe.matching.evaluation import Scored
from recoupe.matching.record import Record, prepare

FIELDS = ("unique_id", "cluster", "full_name", "first_name", "surname", "dob", "birth_place", "postcode_fake")
FIRST_YEAR = 1000
SEED = 1
# Chosen on the fitted half by reach per candidate.
KEYS = (
    "phonetic", "whole_name", "birth_date", "partial_date", "same_day", "rare_word", "gram", "two_words", "whole_date",
    "street",
)  # fmt: skip
OTHER_FILE = gettext_noop("%(file)s n'est pas un tableau de personnes : il lui faut les colonnes %(fields)s.")


@dataclass(frozen=True, slots=True)
class Half:
    """Records of one half, prepared, the truth about them, and the seconds that preparing took."""

    rows: dict[str, Row]
    truth: dict[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """What one tool gave: its pairs on either half, and the seconds it took."""

    fitted: list[Scored]
    tested: list[Scored]
    seconds: float


def measures(path: Path, kept: Evidence, *, whole: bool) -> Iterator[Measure]:
    """F1 by pair and by cluster at weights fixed on the other half, reach of each key, and the peer's figures."""
    read = records(path, whole=whole)
    fit, test = halves(read)
    size = f"{len(test.rows)} fiches d'essai, {len(fit.rows)} d'apprentissage"
    for found in evaluation.reach(fit.rows, fit.truth, KEYS):
        kept.reach.append((found.function, found.recall))
        how = f"part des paires vraies de l'apprentissage que la clé réunit ; {found.pairs} paires à comparer"
        yield Measure(f"match: reach {found.function}", found.recall, "part", how, size)
    plain = _plain(read, fit), _plain(read, test)
    # In turn and twice each: a machine that does something else meanwhile slows a run, it hastens none.
    runs = [(_ours(fit, test), Run(*peer.documented(*plain, SEED))) for _ in range(2)]
    ours, theirs = (min(run, key=lambda one: one.seconds) for run in zip(*runs, strict=True))
    reached = {(one, two) for one, two, _ in ours.tested}
    ceiling = sum(test.truth[one] == test.truth[two] for one, two in reached) / evaluation.true_pairs(test.truth)
    yield Measure("match: ceiling", ceiling, "part", "paires vraies de l'essai que les clés réunissent", size)
    yield from _figures("match", ours, (fit, test), size, (Target(0.86, at_least=True), Target(0.88, at_least=True)))
    yield from _figures("match: splink", theirs, (fit, test), size, (None, None))
    kept.scored |= {"ours": (ours.tested, test.truth), "splink, its guide": (theirs.tested, test.truth)}
    how = "préparer, apprendre et relier, contre le guide de Splink ; la plus rapide de deux courses, en alternance"
    yield Measure("match: time", ours.seconds / theirs.seconds, "fois", how, size, Target(2.5))


def records(path: Path, *, whole: bool) -> list[dict[str, Any]]:
    """The lines of the file, or those of a tenth of its clusters."""
    connection = duckdb.connect()
    try:
        read = connection.read_parquet(str(path)) if path.suffix == ".parquet" else connection.read_csv(str(path))
        table = read.order("unique_id").to_arrow_table().to_pylist()
    except duckdb.Error as error:
        raise Invalid(OTHER_FILE, file=str(path), fields=", ".join(FIELDS)) from error
    if not table or not set(FIELDS) <= set(table[0]):
        raise Invalid(OTHER_FILE, file=str(path), fields=", ".join(FIELDS))
    clusters = sorted({line["cluster"] for line in table})
    kept = set(clusters if whole else clusters[::10])
    return [line for line in table if line["cluster"] in kept]


def record(line: Mapping[str, Any]) -> Record:
    """One line: the given names are what stands before the surname in the full name."""
    full, surname = line["full_name"] or "", line["surname"] or ""
    before = full.removesuffix(surname).strip() if surname else ""
    return Record(
        family=surname,
        given=before or line["first_name"] or "",
        birth=line["dob"] or "",
        birth_place=line["birth_place"] or "",
        address=line["postcode_fake"] or "",
    )


def halves(lines: list[dict[str, Any]]) -> tuple[Half, Half]:
    """The half to fit on and the half to test on, prepared."""
    fit, test = evaluation.halves({line["unique_id"]: line["cluster"] for line in lines})
    first, second = ([line for line in lines if line["unique_id"] in names] for names in (fit, test))
    return _half(first), _half(second)


def _half(lines: list[dict[str, Any]]) -> Half:
    started = time.perf_counter()
    today = datetime.now(UTC).date()
    rows = {line["unique_id"]: prepare(record(line), today=today, first_year=FIRST_YEAR).row for line in lines}
    truth = {line["unique_id"]: line["cluster"] for line in lines}
    return Half(rows, truth, time.perf_counter() - started)


def _ours(fit: Half, test: Half) -> Run:
    started = time.perf_counter()
    today = datetime.now(UTC).date()
    model = training.train(fit.rows, version="bench", on=today, seed=SEED, choice=training.Choice(blocking=KEYS))
    found: list[list[Scored]] = []
    for half in (fit, test):
        found.append(list(batch.link(model, half.rows)))
    return Run(found[0], found[1], time.perf_counter() - started + fit.seconds + test.seconds)


def _plain(lines: list[dict[str, Any]], half: Half) -> list[dict[str, Any]]:
    return [line for line in lines if line["unique_id"] in half.rows]


def _figures(
    name: str, run: Run, halves: tuple[Half, Half], size: str, targets: tuple[Target | None, Target | None]
) -> Iterator[Measure]:
    """F1 by pair and by cluster; each weight is the one that was best on the half that is not measured."""
    fit, test = halves
    weight, _ = evaluation.best(run.fitted, fit.truth)
    found = evaluation.at(run.tested, test.truth, weight)
    how = f"poids {weight:.2f} fixé sur l'autre moitié ; précision {found.precision:.4f}, rappel {found.recall:.4f}"
    yield Measure(f"{name}: pair F1", found.f1, "", how, size, targets[0])
    weight = max(_steps(run.fitted), key=lambda step: evaluation.clustered(run.fitted, fit.truth, step).f1)
    found = evaluation.clustered(run.tested, test.truth, weight)
    how = f"poids {weight:.2f} fixé sur l'autre moitié ; précision {found.precision:.4f}, rappel {found.recall:.4f}"
    yield Measure(f"{name}: cluster F1", found.f1, "", how, size, targets[1])
    yield Measure(f"{name}: seconds", run.seconds, "s", "apprendre et relier les deux moitiés", size)


def _steps(scored: list[Scored]) -> list[float]:
    """Weights to try for clusters: whole bits of what was found."""
    weights = [weight for _, _, weight in scored]
    return [float(step) for step in range(int(min(weights, default=0.0)), int(max(weights, default=0.0)) + 1)]
