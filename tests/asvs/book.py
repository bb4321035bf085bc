"""docs/asvs.csv, read; the two pages that are written from it (`python -m tests.asvs.book`)."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from recoupe.cli import components
from recoupe.cli.locks import COMPONENTS

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "docs" / "asvs.csv"
TABLE = PROJECT / "docs" / "asvs.md"
PAGE = PROJECT / "docs" / "SECURITY.md"
BEGIN, END = "<!-- couverture : écrite par tests/asvs/book.py -->", "<!-- fin de la couverture -->"
STATES = {"tested": "essayé", "open": "ouvert", "host": "hôte", "not_applicable": "sans objet"}
# What security.md asks of each level, among the lines that this project can answer for itself.
GOALS = {1: 100, 2: 90, 3: 50}
CHAPTERS = (
    "Encodage et nettoyage", "Saisie et logique métier", "Navigateur", "API et HTTP", "Fichiers", "Authentification",
    "Sessions", "Autorisations", "Jetons autoporteurs", "OAuth et OIDC", "Cryptographie", "Communications",
    "Configuration", "Protection des données", "Code et architecture", "Journaux et erreurs", "WebRTC",
)  # fmt: skip
HEAD = ("| exigence | niveau | sujet | état | preuve ou raison |", "|---" * 5 + "|")
_TEST = re.compile(r"tests/\S+\.py::\w+")


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement: its number and level in the standard, our words for it, where it stands and why."""

    id: str
    level: int
    subject: str
    state: str
    proof: str

    @property
    def chapter(self) -> int:
        return int(self.id.partition(".")[0])

    @property
    def tests(self) -> list[str]:
        """The tests that a tested line names, before what it says of its part."""
        return _TEST.findall(self.proof.partition(" — ")[0])


def lines() -> list[Line]:
    """Every row of the file, in its order."""
    with SOURCE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    return [Line(r["id"], int(r["level"]), r["subject"], r["state"], r["proof"]) for r in rows]


def counted(of: Iterable[Line]) -> tuple[int, int]:
    """How many are tested, of how many that neither have no object here nor are left to the host."""
    states = Counter(line.state for line in of)
    return states["tested"], states["tested"] + states["open"]


def told() -> str:
    """The line that CI prints."""
    parts = []
    for level, goal in GOALS.items():
        tested, of = counted(line for line in lines() if line.level == level)
        parts.append(f"L{level} {tested}/{of} = {_share(tested, of)} (but {goal} %)")
    states = Counter(line.state for line in lines())
    until = min(row.seen for row in components.read(COMPONENTS.read_text(encoding="utf-8"))) + components.QUARTER
    asvs = f"{', '.join(parts)} ; {states['host']} à l'hôte, {states['not_applicable']} sans objet"
    return f"ASVS 5.0.0 : {asvs}\nComposants : à regarder de nouveau avant le {until} (make lock)"


def _share(tested: int, of: int) -> str:
    return f"{100 * tested / of:.0f} %" if of else "—"


def coverage() -> str:
    """The table of coverage, by chapter and level."""
    rows = [
        "| chapitre | niveau 1 | niveau 2 | niveau 3 | ouvert | hôte | sans objet |",
        "|---|---|---|---|---|---|---|",
    ]
    for number, name in enumerate(CHAPTERS, 1):
        rows.append(_row(f"V{number} {name}", [line for line in lines() if line.chapter == number]))
    rows.append(_row("**Ensemble**", lines()))
    shares = [counted(line for line in lines() if line.level == level) for level in GOALS]
    rows.append("| **Part essayée** | " + " | ".join(_share(*share) for share in shares) + " | | | |")
    rows.append("| But | " + " | ".join(f"{goal} %" for goal in GOALS.values()) + " | | | |")
    return "\n".join(rows)


def _row(name: str, of: list[Line]) -> str:
    states = Counter(line.state for line in of)
    cells = []
    for level in GOALS:
        tested, applicable = counted(line for line in of if line.level == level)
        cells.append(f"{tested}/{applicable}" if applicable else "—")
    return f"| {name} | {' | '.join(cells)} | {states['open']} | {states['host']} | {states['not_applicable']} |"


def table() -> str:
    """The page with a row for each requirement."""
    parts = [
        "# Les 345 exigences de l'ASVS 5.0.0, une par une",
        "Page écrite par `python -m tests.asvs.book` d'après [asvs.csv](asvs.csv) ; un essai la tient à ce fichier. "
        "Comment la lire, d'où viennent les numéros et sous quelle licence : [SECURITY.md](SECURITY.md).",
    ]
    for number, name in enumerate(CHAPTERS, 1):
        rows = [_written(line) for line in lines() if line.chapter == number]
        parts += [f"## V{number} {name}", "\n".join([*HEAD, *rows])]
    return "\n\n".join(parts) + "\n"


def _written(line: Line) -> str:
    proof = _TEST.sub(lambda found: f"`{found[0].removeprefix('tests/')}`", line.proof) if line.tests else line.proof
    return f"| {line.id} | {line.level} | {line.subject} | {STATES[line.state]} | {proof} |"


def page() -> str:
    """SECURITY.md with the coverage of today between its two marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{coverage()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    written = {TABLE: table(), PAGE: page()}
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
