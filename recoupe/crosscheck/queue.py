"""The queue of hits: those that nobody has taken up, the strongest first, then the oldest; and the filtered list."""

from collections.abc import Mapping
from uuid import UUID

from recoupe.access import feed
from recoupe.access.agent import Agent
from recoupe.access.feed import Cursor
from recoupe.crosscheck import rules
from recoupe.crosscheck.enums import ContactState, HitState
from recoupe.crosscheck.queries import PAGE, HitLine, lines_of
from recoupe.kernel.selectors import Strength

# The newest of the reader's list among which the queue looks, and how many it shows: it is worked off from its head.
LOOKED_AT = 500
HEAD = PAGE
# A contact that nobody asked for yet; a hit without channel is one's own to look at.
UNTOUCHED = frozenset({None, ContactState.AVAILABLE})


def queue(agent: Agent, strength: str = "", limit: int = HEAD) -> list[HitLine]:
    """What waits to be taken up, of this strength or of all: certain before strong before weak, then by age."""
    found = lines_of([row.id for row in feed.page("hit", LOOKED_AT)])
    waiting = [line for line in found if _waits(line) and strength in ("", line.side.strength)]
    return sorted(waiting, key=_rank)[:limit]


def narrowed(
    agent: Agent, strength: str, before: Cursor | None = None, limit: int = PAGE
) -> tuple[list[HitLine], Cursor | None]:
    """One page of the hits of one strength, newest first, and where the next one starts."""

    def passing(ids: list[UUID]) -> Mapping[UUID, HitLine]:
        return {line.side.id: line for line in lines_of(ids) if line.side.strength == strength}

    return feed.narrowed("hit", limit, before, passing)


def _waits(line: HitLine) -> bool:
    alive = line.side.state in (HitState.BLIND_NOTIFIED, HitState.POSITIVE)
    return alive and line.contact in UNTOUCHED


def _rank(line: HitLine) -> tuple[int, float, UUID]:
    return -rules.STRENGTH_RANK[Strength(line.side.strength)], line.side.at.timestamp(), line.side.id
