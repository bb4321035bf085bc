"""What remains of two answers once a hit's own lines are taken out: it must be the same (R-26, third family)."""

import re
from collections.abc import Iterable

# A line of a list or of the notices, whole; the number on the tile of new hits and on that of reminders; where a list
# that is full goes on.
_LINE = re.compile(r'<li class="line[^"]*">.*?</li>', re.DOTALL)
_TILE = re.compile(
    r'(<a class="tile[^"]*" href="/(?:recoupements|evenements)/">'
    r'<span class="tile__label">[^<]*</span><span class="tile__value">)\d+'
)
_PAGER = re.compile(r'<nav class="pager".*?</nav>', re.DOTALL)
# What stands in the place of the lines of a record that meets nothing yet.
_NONE = re.compile(
    r'<ul class="lines">\s*</ul>'
    r'|<div class="card__body"><p class="muted">Aucun (?:recoupement|conflit) à ce jour\.[^<]*</p></div>'
)
_LENGTH = re.compile(r"^Content-Length: \d+$", re.MULTILINE)


def other(first: bytes, second: bytes, added: Iterable[str]) -> list[str]:
    """What differs beside the lines that lead to what was added, the tile's number and what a full page pushes out."""
    one, two = (answer.decode(errors="replace") for answer in (first, second))
    known = tuple(f"/{identifier}/" for identifier in added)
    lines, more = _LINE.findall(one), _LINE.findall(two)
    come = [line for line in more if any(place in line for place in known)]
    left = [line for line in more if line not in come]
    told = _bare(one) != _bare(two)
    found = [f"beside its lines: {_apart(_bare(one), _bare(two))}"] if told else []
    found += [f"another line: {line[:400]}" for line in left if line not in lines]
    if [line for line in lines if line in left] != left:
        found.append("another order")
    gone = [line for line in lines if line not in left]
    if len(gone) > len(come):
        found.append(f"{len(gone)} lines gone for {len(come)} that came")
    return found


def _bare(answer: str) -> str:
    """The answer without any line, number of new hits or pager."""
    answer = _NONE.sub("", _TILE.sub(r"\1", _LINE.sub("", answer)))
    return " ".join(_LENGTH.sub("", _PAGER.sub("", answer)).split())


def _apart(one: str, two: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return f"- {one[max(0, at - 120) : at + 300]} + {two[max(0, at - 120) : at + 300]}"
