"""What a page says when it opens an object: that its notices have been seen."""

from collections.abc import Iterable

from recoupe.access.agent import Agent
from recoupe.notices.actions import Ref, mark_seen
from recoupe.web.notices.kinds import KINDS


def opened(agent: Agent, *refs: Ref, keeping: Iterable[str] = ()) -> None:
    """Take these objects off the agent's list, but for the kinds that still wait for an act of his."""
    mark_seen(by=agent, refs=refs, kinds=sorted(set(KINDS) - set(keeping)))
