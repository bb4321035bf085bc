"""One mutant: one rule of need-to-know taken out or turned round, as a piece of text of one file."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "recoupe"
# Rooms of the made world and of the commands decide nothing of who reads what; some of the kernel do (in_rules).
OUTSIDE = {"demo", "cli", "config", "locale", "kernel"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """Where it stands, what is written there, what stands there instead; `name` is the function, table or statement."""

    kind: str
    path: str
    name: str
    how: str
    start: int
    end: int
    after: str
    source: str
    nth: int = 0

    @property
    def room(self) -> str:
        """The room whose rule it is; a screen is of its room, what stands beside the rooms is of `web`."""
        parts = self.path.split("/")[1:-1]
        return parts[1] if parts[0] == "web" and len(parts) > 1 else parts[0]

    @property
    def before(self) -> str:
        """What is written there today."""
        return self.source[self.start : self.end]

    @property
    def key(self) -> str:
        """The same as long as the rule is written the same, wherever its line moves."""
        said = "\0".join((self.kind, self.path, self.name, self.how, self.before, self.after, str(self.nth)))
        return sha256(said.encode()).hexdigest()[:10]

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return self.source.count("\n", 0, self.start) + 1

    @property
    def place(self) -> str:
        """Where to look."""
        return f"{self.path}:{self.line}"

    def text(self) -> str:
        """The file with this one change."""
        return self.source[: self.start] + self.after + self.source[self.end :]

    def diff(self) -> str:
        """The change as a reader of patches expects it."""
        lines = difflib.unified_diff(
            self.source.splitlines(), self.text().splitlines(), self.path, self.path, lineterm="", n=1
        )
        return "\n".join([f"{self.key} {self.kind}, {self.name}: {self.how} ({self.place})", *lines])


def counted(found: Iterable[Mutant]) -> list[Mutant]:
    """Each once; twins of one function, written alike, told apart by their rank."""
    ranks: dict[str, int] = {}
    seen: set[tuple[str, int, int, str]] = set()
    kept = []
    for mutant in found:
        place = (mutant.path, mutant.start, mutant.end, mutant.after)
        if place in seen or mutant.before == mutant.after:
            continue
        seen.add(place)
        rank = ranks.get(mutant.key, 0)
        ranks[mutant.key] = rank + 1
        kept.append(replace(mutant, nth=rank) if rank else mutant)
    return kept
