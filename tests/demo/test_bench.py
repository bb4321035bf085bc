"""The frame of the benches, their made rows, and one whole run on a tiny size; no time is asserted here."""

import csv
import io
import json
import os
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pytest

from recoupe.config.paths import PROJECT
from recoupe.demo.benches import AREAS, frame, proven, run
from recoupe.demo.benches.frame import FULL, Bench, Measure, Recorder, Target, bench_of, percentile
from recoupe.demo.benches.rows import made_rows
from recoupe.demo.files import KINDS
from recoupe.demo.proofs import PROOFS, ledger
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import normalise

KEYS = {"name", "value", "unit", "target", "met", "how", "size"}
AT_LEAST = Target(full=500, tenth=400, at_least=True)


def asked(**more: object) -> Bench:
    plain = {"another": lambda _name: nullcontext(), "quick": False, "reports": None}
    return bench_of(Namespace(**{**plain, **more}))


def test_quick_is_a_tenth_and_says_so() -> None:
    assert asked().full and asked().reports == FULL
    quick = asked(quick=True)
    assert quick.reports == FULL // 10 and not quick.full
    line = Measure("rate", 450, "fiches/s", "ainsi", "10000 fiches", AT_LEAST).as_plain(quick.full)
    assert set(line) == KEYS | {"target_full"}
    assert (line["target"], line["target_full"], line["met"]) == (400, 500, True)
    assert "--quick" in line["size"]


def test_full_size_has_the_full_target_alone() -> None:
    line = Measure("rate", 450, "fiches/s", "ainsi", "100000 fiches", AT_LEAST).as_plain(True)
    assert set(line) == KEYS
    assert (line["target"], line["met"]) == (500, False)


@pytest.mark.parametrize(("value", "met"), [(149.0, True), (150.0, True), (150.1, False)])
def test_at_most(value: float, met: bool) -> None:
    assert Target(full=150, tenth=150).met(value, True) is met


def test_percentile_is_not_exceeded_by_that_share() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values) == 96.0
    assert percentile(values, 0.5) == 51.0
    assert percentile([7.0]) == 7.0


def test_recorder_prints_keeps_and_judges(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "SAVED", tmp_path)
    recorder = Recorder("thread", asked(), as_json=True)
    recorder.add(Measure("part", 1.0, "KiB", "ainsi", "tout"))
    assert recorder.all_met
    recorder.add(Measure("rate", 10, "fiches/s", "ainsi", "tout", AT_LEAST))
    assert not recorder.all_met
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    saved = json.loads(recorder.save().read_text(encoding="utf-8"))
    assert saved["measures"] == printed
    assert saved["full"] and saved["commit"] and saved["date"] and saved["machine"]["cores"] >= 1


def test_a_reduced_run_is_never_kept() -> None:
    chosen = Namespace(area="thread", another=nullcontext, quick=True, reports=None, json=True, save=True, page=False)
    with pytest.raises(Invalid):
        run(chosen)


def test_every_area_is_a_choice_of_the_verb() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", "bench", "-h"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(area in done.stdout for area in AREAS)


def test_rows_carry_three_selectors_and_the_meetings_that_are_promised() -> None:
    rows = made_rows(600, date(2026, 11, 22))
    held: dict[tuple[str, str], Counter[str]] = {}
    count = 0
    for unit, content in rows.files:
        for row in csv.DictReader(io.StringIO(content.decode())):
            count += 1
            typed = [(kind, raw) for kind in KINDS for raw in row[f"selector.{kind}"].split(";") if raw]
            assert len(typed) + bool(row["person1.birth"]) == 3
            for kind, raw in typed:
                held.setdefault((kind, normalise(kind, raw).value), Counter())[unit] += 1
    assert count == rows.reports == 600
    assert sum(len(units) > 1 for units in held.values()) >= rows.meetings > 0
    assert rows == made_rows(600, date(2026, 11, 22))


@pytest.mark.slow
def test_a_tiny_run_measures_the_whole_thread(hasty: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATA", "RECOUPE_PROCESS", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", "bench", "thread", "--quick", "--json", "--reports", "240"],
        cwd=PROJECT, env=kept | {"RECOUPE_PG_BIN": hasty}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert all(set(line) == KEYS | {"target_full"} for line in lines.values()), done.stderr
    wanted = {"import_rate", "form_p95", "page_p95: report-list", "memory_web_and_worker", "database_per_report"}
    assert wanted <= set(lines), done.stderr
    assert all(lines[name]["value"] > 0 and lines[name]["target"] for name in wanted)
    assert lines["import_hits"]["value"] > 0


@pytest.mark.slow
def test_a_tiny_run_measures_need_to_know_and_adds_the_proofs(hasty: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATA", "RECOUPE_PROCESS", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", "bench", "access", "--quick", "--json", "--reports", "4000"],
        cwd=PROJECT, env=kept | {"RECOUPE_PG_BIN": hasty}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    agents = ("aucune", "0,3 %", "1 %", "toutes")
    wanted = {f"list_p95: page 40 ({who})" for who in agents} | {f"search_p95: mot absent ({who})" for who in agents}
    wanted |= {"empty_answer_spread: search_hidden", "checks_batched", "need_to_know_cost", "spread_wrong_pages"}
    assert wanted <= set(lines), done.stderr
    assert all(lines[name]["target"] is not None for name in wanted)
    assert lines["pages_with_need_to_know"]["value"] > 0
    assert {f"proof: {name}" for name in PROOFS} <= set(lines)


@pytest.mark.slow
def test_a_tiny_run_asks_the_matcher_through_the_site(hasty: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATA", "RECOUPE_PROCESS", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", "bench", "match", "--quick", "--json", "--reports", "1000"],
        cwd=PROJECT, env=kept | {"RECOUPE_PG_BIN": hasty}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    wanted = {"engine: entering", "engine: bytes", "engine: memory", "engine: p50", "engine: p99", "http: alike p95"}
    assert all(lines[name]["value"] > 0 and lines[name]["target"] for name in wanted), done.stderr
    assert lines["recall: blind hand"]["value"] > 0.9, done.stderr
    assert lines["http: tool's batch compared"]["value"] > 0, done.stderr


@pytest.mark.slow
def test_a_tiny_run_searches_what_the_public_door_leaves(hasty: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATA", "RECOUPE_PROCESS", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", "bench", "portal", "--quick", "--json", "--reports", "12"],
        cwd=PROJECT, env=kept | {"RECOUPE_PG_BIN": hasty}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    wanted = {"wire_sizes", "agents_left", "addresses_left", "plaintext_left", "planted_found", "answer_sizes",
              "replays_accepted", "guesses_opened", "first_screen_bytes", "text_report_bytes", "map_bytes"}  # fmt: skip
    assert wanted <= set(lines), done.stderr
    assert [name for name in wanted if not lines[name]["met"]] == []
    assert lines["letters_kept"]["value"] == 6


@pytest.mark.slow
def test_a_tiny_run_measures_the_map(hasty: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATA", "RECOUPE_PROCESS", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", "bench", "map", "--quick", "--json", "--reports", "100"],
        cwd=PROJECT, env=kept | {"RECOUPE_PG_BIN": hasty}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    wanted = {"tile_cold_p95", "tile_kept_p95", "tile_cold_p95_wide", "tile_kept_p95_wide", "stock_p95", "memory"}
    assert wanted <= set(lines), done.stderr
    assert all(lines[name]["value"] > 0 and lines[name]["target"] for name in wanted), done.stderr


def test_a_kept_proof_is_marked_with_its_commit_and_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "KEPT", tmp_path)
    figures = [ledger.figure("wrong", 3, "paires", "ainsi", at_most=1), ledger.figure("found", 9, "paires", "ainsi")]
    ledger.keep("linkage", 7, figures, ["une part a été sautée"])
    whole, wrong, found, *others = proven.last_results()
    for one in (whole, wrong, found):
        assert {"commit", "date"} <= set(one.as_plain(False))
        assert one.size == one.as_plain(False)["size"] == "graine 7"
    assert whole.value == 2 and whole.as_plain(True)["met"] is False
    assert wrong.as_plain(True)["met"] is False and found.as_plain(True)["met"] is None
    assert len(others) == len(PROOFS) - 1 and all(not one.marks for one in others)
