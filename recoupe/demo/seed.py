"""`recoupe seed`: load the made world through the actions of the rooms; safe to run twice and after a kill."""

import json
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from recoupe.config.demonstration import LARGEST_WORLD, SMALLEST_WORLD
from recoupe.config.files import write_durably
from recoupe.config.paths import data_folder, matcher_model, tool_key
from recoupe.config.processes import PROCESSES
from recoupe.config.roles import connected_as, demonstration
from recoupe.demo import sample, territory, world
from recoupe.demo.loading import door, past
from recoupe.demo.loading.board import load_board
from recoupe.demo.loading.events import load_events
from recoupe.demo.loading.ground import (
    OLD_OBJECTIVE,
    OLD_POINT,
    YOUNG_OBJECTIVE,
    YOUNG_POINT,
    load_lives,
    load_objectives,
    load_points,
)
from recoupe.demo.loading.meetings import load_contacts, load_matches
from recoupe.demo.loading.notes import load_files, load_silences, load_typed, load_work
from recoupe.demo.loading.people import accounts_text, give_keys, known, load_agents
from recoupe.demo.loading.presence import load_presence
from recoupe.demo.loading.procedures import load_cases
from recoupe.demo.loading.registry import load_registrations
from recoupe.demo.loading.stage import AsProcess, Ledger, Say, Stage
from recoupe.demo.loading.tools import give_tool_key
from recoupe.demo.records import Plan, World
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.plan.actions import freeze

FIRST = "pj13.enq1"  # the account by which a loaded base is recognised
COMPLETE = "complete"
SHIPPED = Path(__file__).with_name("model.json")
PLAN = "plan"


SMALLEST, LARGEST = SMALLEST_WORLD, LARGEST_WORLD
SENTENCE_NO_DEMO = gettext_noop("Le monde inventé ne se charge que dans une démonstration : make demo la prépare.")
SENTENCE_SCALE = gettext_noop("La taille du monde va de %(least)s à %(most)s.")


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


@contextmanager
def as_process(name: str) -> Iterator[None]:
    """The database role of a process of this installation."""
    with connected_as(PROCESSES[name].role):
        yield


def run(arguments: Namespace) -> int:
    """The verb, for a demonstration alone; below a tenth the world has no room for each state of each thing."""
    if not demonstration():
        raise Conflict(SENTENCE_NO_DEMO)
    if not SMALLEST <= arguments.scale <= LARGEST:
        raise Invalid(SENTENCE_SCALE, field="scale", least=SMALLEST, most=LARGEST)
    today = date.fromisoformat(arguments.today) if arguments.today else timezone.localdate()
    place_model()
    load(Plan(today, arguments.seed, arguments.scale), data_folder(), as_process, say)
    give_tool_key(as_process, tool_key(data_folder()))
    return 0


def place_model() -> None:
    """The model learnt from made persons, where none serves yet: what is alike is compared from the first record on."""
    path = matcher_model()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, SHIPPED.read_text(encoding="utf-8"))


def load(plan: Plan, folder: Path, process: AsProcess, tell: Say) -> Stage | None:
    """Load what is missing; None when the base held this world already."""
    ledger = Ledger(folder / "world.jsonl")
    empty = Stage(World(plan, (), (), (), (), (), (), (), ()), process, ledger, tell)
    if ledger.has(COMPLETE):
        door.adopt(process, FIRST)
    if known(empty, FIRST) is None:
        ledger.forget()
        door.mark(process)
    if ledger.has(COMPLETE):
        give_keys(process, folder)
        return None
    if ledger.has(PLAN):  # a loading that was cut short keeps its own plan
        plan = _plan(ledger.value(PLAN))
    else:
        ledger.add(PLAN, {"today": plan.today.isoformat(), "seed": plan.seed, "scale": plan.scale})
    tell("Monde de démonstration (données fictives)…")
    stage = Stage(world.build(plan, territory.setting(plan.today)), process, ledger, tell)
    try:
        points, objectives = _load(stage, folder)
    finally:
        stage.close_sessions()
    past.place_work(stage, points, objectives)
    door.shut(process)
    tell("  chaque chose à sa date, sur deux ans")
    with process("worker"):
        freeze()
    _write(folder / "truths.json", _truths(stage, points, objectives))
    _write(folder / "accounts.txt", accounts_text(stage))
    _write(folder / sample.FILE, sample.sample_file(plan, territory.setting(plan.today)))
    ledger.add(COMPLETE)
    return stage


def _plan(kept: Any) -> Plan:
    return Plan(date.fromisoformat(kept["today"]), kept["seed"], kept["scale"])


def _load(stage: Stage, folder: Path) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Every step in its order; each says how long it took."""
    started = time.monotonic()

    def done(what: str) -> None:
        stage.say(f"  {what} ({time.monotonic() - started:.0f} s)")

    load_agents(stage)
    give_keys(stage.process, folder)
    done(f"{len(stage.world.agents)} agents")
    cases = load_cases(stage)
    load_files(stage)
    load_typed(stage, cases)
    load_silences(stage)
    past.place_reports(stage)
    done(f"{len(stage.world.reports)} fiches")
    load_work(stage)
    load_matches(stage)
    done("fiches triées et recoupées")
    points = load_points(stage)
    load_lives(stage, points, YOUNG_POINT)
    load_objectives(stage, points, YOUNG_OBJECTIVE)
    load_lives(stage, points, OLD_POINT)
    objectives = load_objectives(stage, points, OLD_OBJECTIVE)
    done(f"{len(points)} points de deal, {len(objectives)} objectifs")
    load_contacts(stage)
    registered = load_registrations(stage, cases)
    done(f"{len(stage.world.pairs)} contacts, {registered} inscriptions au fichier des objectifs")
    done(f"{load_events(stage)} événements prévus, {load_presence(stage)} présences")
    done(f"{load_board(stage)} preuves au tableau du plan, une réunion du comité")
    return points, objectives


def _truths(stage: Stage, points: dict[str, UUID], objectives: dict[str, UUID]) -> str:
    """What is planted, with the identifiers and references that the rooms gave."""
    planted = []
    for truth in stage.world.truths:
        reports = [
            {"key": key, "id": str(stage.reports[key][0]), "ref": stage.reports[key][1], "unit": stage.drafts[key].unit}
            for key in truth.reports
        ]
        planted.append(asdict(truth) | {"reports": reports})
    pairs = [
        asdict(pair)
        | {side: {"id": str(stage.reports[key][0]), "ref": stage.reports[key][1]} for side, key in _sides(pair)}
        for pair in stage.world.pairs
    ]
    found = {
        "plan": {"today": stage.world.plan.today.isoformat(), "seed": stage.world.plan.seed},
        "truths": planted,
        "pairs": pairs,
        "points": {key: str(i) for key, i in points.items()},
        "objectives": {key: str(i) for key, i in objectives.items()},
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _sides(pair: Any) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("first", pair.first), ("second", pair.second)


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
