"""Who saw, or acted on, two records as one before the judgement was taken back: each room answers for its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from recoupe.access import queries as access
from recoupe.access.agent import Agent
from recoupe.audit import reading as audit
from recoupe.audit.reading import Ground, Touch
from recoupe.coordination import queries as coordination
from recoupe.crosscheck import retracted
from recoupe.crosscheck.models import Finding, Judgement
from recoupe.crosscheck.retracted import Retraction
from recoupe.kernel.refusal import Absent, gettext_noop

PAGE = 100
UNKNOWN = gettext_noop("Cette reprise n'existe pas ou ne vous est pas accessible.")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one wrong judgement went: whom it reached, oldest first."""

    retraction: Retraction
    touches: Sequence[Touch]


def retractions(agent: Agent, limit: int = PAGE) -> list[Retraction]:
    """The judgements taken back, newest first: for those who oversee, and for nobody else."""
    return retracted.listed(None, limit)


def reach(agent: Agent, retraction_id: UUID) -> Reach:
    """Whom one judgement reached, for those who oversee; Absent for everybody else."""
    found = retracted.listed(retraction_id, 1)
    if not found:
        raise Absent(UNKNOWN)
    return Reach(found[0], touched(agent, found[0]))


def own_part(agent: Agent, judgement: Judgement, lines: Sequence[Finding]) -> list[Touch]:
    """Of the last judgement of a pair that was taken back, what the agent reads himself: its judge's own part.

    `lines` is what was said of the pair (crosscheck.judged.history).
    """
    back = next((line for line in reversed(lines) if line.retracts_id), None)
    if back is None:
        return []
    (said,) = (line for line in lines if line.id == back.retracts_id)
    pair = (judgement.first_id, judgement.second_id)
    return touched(agent, Retraction(back.id, judgement.id, judgement.owner_unit_id, pair, said.at, back.at))


def touched(agent: Agent, of: Retraction) -> list[Touch]:
    """Walk the rooms from the records outwards: what one room made of them is ground for the next."""
    ground = Ground(of.records, of.at, of.retracted_at, (f"judgement:{of.judgement}",))
    found = retracted.touched_by(agent, ground)
    ground = replace(ground, refs=(*ground.refs, *sorted({touch.ref for touch in found})))
    rooms = (access.touched_by, coordination.touched_by, audit.touched_by)
    for room in rooms:
        found += room(agent, ground)
    return sorted(found, key=_order)


def _order(touch: Touch) -> tuple[datetime, str, str]:
    return touch.at, touch.what, str(touch.unit)
