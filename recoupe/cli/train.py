"""`recoupe train`: the weights of a table of persons, learnt without labels; a better model alone replaces a model."""

import csv
from argparse import Namespace
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from recoupe.crosscheck.communes import known_communes
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.matching import evaluation
from recoupe.matching.conditions import Row
from recoupe.matching.model import Model, read, write
from recoupe.matching.record import SELECTORS, Record, prepare

FIELDS = ("unique_id", "family", "given", "birth", "birth_place", "address")
TRUTH = "cluster"
# Columns that a table may have besides: several values stand in one cell.
ALIAS, BETWEEN = "alias", ";"
# A share of sure pairs below this would only say that the table holds next to no whole birth date.
LEAST_RECALL = 0.05

SENTENCE_TOOLS = gettext_noop(
    "Apprendre un modèle demande les outils de lots : .venv/bin/python recoupe/cli/environment.py runtime batch, "
    "puis recommencez."
)
SENTENCE_FIELDS = gettext_noop("%(file)s n'est pas un tableau de personnes : il lui faut les colonnes %(fields)s.")
SENTENCE_TWICE = gettext_noop("%(file)s nomme deux fiches du même identifiant : %(name)s.")
SENTENCE_NO_TRUTH = gettext_noop(
    "Un modèle sert déjà : sans la colonne %(column)s, qui dit quelles fiches sont d'une même personne, rien ne "
    "prouve que le nouveau est meilleur."
)
SENTENCE_WORSE = gettext_noop(
    "Le nouveau modèle trouve moins bien (F1 %(new)s) que celui qui sert (%(old)s) : rien n'a changé."
)


def run(arguments: Namespace) -> int:
    """Learn, compare with the model that serves where there is one, then write."""
    if find_spec("splink") is None:
        raise Invalid(SENTENCE_TOOLS)
    lines = _lines(arguments.file)
    today = datetime.now(UTC).date()
    communes = known_communes()
    rows = {name: prepare(_record(line), today=today, communes=communes).row for name, line in lines.items()}
    truth = {name: str(line[TRUTH]) for name, line in lines.items() if line.get(TRUTH)}
    serving = read(arguments.to) if arguments.to.exists() else None
    if serving is not None and not truth:
        raise Conflict(SENTENCE_NO_TRUTH, column=TRUTH)
    learnt = _learnt(rows, truth, arguments, today)
    if truth:
        known = {name: rows[name] for name in truth}
        learnt = evaluation.fixed(learnt, known, truth)
        _compare(learnt, serving, known, truth)
    write(learnt, arguments.to)
    print(f"Modèle {learnt.version} : {len(rows)} fiches, écrit dans {arguments.to}")
    return 0


def _learnt(rows: Mapping[str, Row], truth: Mapping[str, str], arguments: Namespace, today: date) -> Model:
    """Without labels; of a truth, one half alone says how many of the true pairs are sure ones."""
    # Imported by name: only here are the batch's packages known to be there.
    training = import_module("recoupe.matching.training")
    known = {name: rows[name] for name in truth}
    recall = {"recall": max(LEAST_RECALL, evaluation.recall_of_sure(known, truth))} if truth else {}
    choice = training.Choice.of(rows, least_borne=arguments.least_borne, pairs=arguments.pairs, **recall)
    learnt: Model = training.train(rows, version=arguments.named, on=today, seed=arguments.seed, choice=choice)
    return learnt


def _compare(learnt: Model, serving: Model | None, rows: Mapping[str, Row], truth: Mapping[str, str]) -> None:
    """Print what both find of the half that fixed no weight; refuse a new model that finds less well."""
    new = evaluation.judged(learnt, rows, truth)
    print(f"{learnt.version} : F1 {new.f1:.4f}, précision {new.precision:.4f}, rappel {new.recall:.4f}")
    if serving is None:
        return
    old = evaluation.judged(serving, rows, truth)
    print(f"{serving.version} : F1 {old.f1:.4f}, précision {old.precision:.4f}, rappel {old.recall:.4f}")
    if new.f1 < old.f1:
        raise Conflict(SENTENCE_WORSE, new=f"{new.f1:.4f}", old=f"{old.f1:.4f}")


def _lines(path: Path) -> dict[str, Mapping[str, Any]]:
    """The lines of the table by their identifier."""
    refusal = Invalid(SENTENCE_FIELDS, field="file", file=str(path), fields=", ".join(FIELDS))
    try:
        table = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    except (OSError, ValueError, csv.Error) as error:
        raise refusal from error
    found: dict[str, Mapping[str, Any]] = {}
    for line in table:
        if not set(FIELDS) <= set(line):
            raise refusal
        name = str(line["unique_id"])
        if name in found:
            raise Invalid(SENTENCE_TWICE, field="file", file=str(path), name=name)
        found[name] = line
    if not found:
        raise refusal
    return found


def _csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _parquet(path: Path) -> Iterable[dict[str, Any]]:
    read_parquet = resolve_name("pyarrow.parquet:read_table")
    lines: list[dict[str, Any]] = read_parquet(path).to_pylist()
    return lines


def _record(line: Mapping[str, Any]) -> Record:
    """The columns that are compared; whatever else the table holds is not read."""
    family, given, birth, birth_place, address = (str(line[name] or "") for name in FIELDS[1:])
    selectors = {kind: found for kind in SELECTORS if (found := _several(line, kind.value))}
    return Record(family, given, _several(line, ALIAS), birth, birth_place, address, selectors)


def _several(line: Mapping[str, Any], column: str) -> tuple[str, ...]:
    return tuple(value for part in str(line.get(column) or "").split(BETWEEN) if (value := part.strip()))
