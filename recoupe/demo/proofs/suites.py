"""Proofs that are the project's own tests at full size: the same code as `make test`, more of it."""

import json
import os
import secrets
import sys
import tempfile
import time
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from recoupe.config.paths import PROJECT
from recoupe.demo.proofs import ledger, running
from recoupe.kernel.refusal import Invalid, gettext_noop

# How the tests say that a proof replaces them, and that discovery finds nothing for them to try.
OTHER_TIER, NOTHING_THERE = "the proof ", "discovery finds none: "
REDUCED = gettext_noop(
    "RECOUPE_SIZE réduit cette preuve : son résultat ne se garde pas. Ôtez-le, ou lancez sans --save."
)
# What a proof may take on two processors.
HOUR = 60.0
Skips = list[tuple[str, str]]
NO_TESTS = gettext_noop("Cette preuve demande les sources et leurs essais : lancez make check dans un clone.")


def prove(arguments: Namespace, tests: tuple[str, ...]) -> int:
    """Run those tests at full size, print their figures, keep them when asked; a red test is a failed proof."""
    if not all((PROJECT / path).exists() for path in tests) or find_spec("pytest") is None:
        raise Invalid(NO_TESTS)
    if arguments.save and os.environ.get("RECOUPE_SIZE"):
        raise Invalid(REDUCED)
    seed = arguments.seed if arguments.seed is not None else secrets.randbelow(2**31)
    print(f"preuve {arguments.proof}, graine {seed}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="recoupe-prove-") as folder:
        written, report = Path(folder) / "result.jsonl", Path(folder) / "tests.xml"
        code = running.run(
            [sys.executable, "-m", "pytest", "-ra", f"--junitxml={report}", *tests],
            os.environ | {"RECOUPE_PROOF": arguments.proof, "RECOUPE_PROOF_FILE": str(written),
                          "RECOUPE_SEED": str(seed)},
        )  # fmt: skip
        lines = written.read_text(encoding="utf-8").splitlines() if written.is_file() else []
        skipped, empty = _skipped(report)
    figures: list[dict[str, Any]] = []
    fell_short = [] if code == 0 else ["des essais ont échoué (voir la sortie)"]
    fell_short += [f"essai non lancé : {name} ({why})" for name, why in skipped]
    for name, why in empty:
        print(f"sans objet : {name} ({why.removeprefix(NOTHING_THERE)})", flush=True)
    for line in map(json.loads, lines):
        if "fell_short" in line:
            fell_short.append(line["fell_short"])
        else:
            figures.append(line)
            print(json.dumps(line, ensure_ascii=False), flush=True)
    spent = round((time.monotonic() - started) / 60, 1)
    figures.append(ledger.figure("elapsed", spent, "min", "toute la preuve, sa mise en place comprise", at_most=HOUR))
    print(json.dumps(figures[-1], ensure_ascii=False), flush=True)
    if len(figures) == 1:
        fell_short.append("aucune mesure n'a été écrite")
    if arguments.save:
        print(f"gardé : {ledger.keep(arguments.proof, seed, figures, fell_short, empty)}")
    return 1 if fell_short or any(line["met"] is False for line in figures) else 0


def _skipped(report: Path) -> tuple[Skips, Skips]:
    """Each test that did not run, with its reason; apart, those that asked discovery and found nothing to try.

    What the other tier runs is left out.
    """
    if not report.is_file():
        return [], []
    cases = ElementTree.parse(report).getroot().iter("testcase")  # noqa: S314 -- written by our own pytest, just now
    found = [(case.get("name", ""), skip.get("message", "")) for case in cases for skip in case.iter("skipped")]
    mine = [(name, why) for name, why in found if not why.startswith(OTHER_TIER)]
    return (
        [(name, why) for name, why in mine if not why.startswith(NOTHING_THERE)],
        [(name, why) for name, why in mine if why.startswith(NOTHING_THERE)],
    )
