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
from recoupe.crosscheck import judged, retracted
from recoupe.crosscheck.groups import Joined, Said, joined
from recoupe.crosscheck.models import Finding, Judgement
from recoupe.crosscheck.retracted import Retraction
from recoupe.kernel.refusal import Absent, gettext_noop

PAGE = 100
UNKNOWN = gettext_noop("Cette reprise n'existe pas ou ne vous est pas accessible.")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one wrong judgement went: whom it reached, oldest first, and the pairs that it joined through others."""

    retraction: Retraction
    touches: Sequence[Touch]
    through: Sequence[Joined]


def retractions(agent: Agent, limit: int = PAGE) -> list[Retraction]:
    """The judgements taken back, newest first: for those who oversee, and for nobody else."""
    return retracted.listed(None, limit)


def reach(agent: Agent, retraction_id: UUID) -> Reach:
    """Whom one judgement reached, for those who oversee; Absent for everybody else."""
    found = retracted.listed(retraction_id, 1)
    if not found:
        raise Absent(UNKNOWN)
    through = _through(found[0], *retracted.around(retraction_id))
    return Reach(found[0], touched(agent, found[0], through), through)


def own_part(agent: Agent, judgement: Judgement, lines: Sequence[Finding]) -> list[Touch]:
    """Of the last judgement of a pair that was taken back, what the agent reads himself: its judge's own part.

    `lines` is what was said of the pair (crosscheck.judged.history).
    """
    back = next((line for line in reversed(lines) if line.retracts_id), None)
    if back is None:
        return []
    (said,) = (line for line in lines if line.id == back.retracts_id)
    pair = (judgement.first_id, judgement.second_id)
    of = Retraction(back.id, judgement.id, judgement.owner_unit_id, pair, said.at, back.at)
    around = judged.said_around(agent, judgement)
    taken_back = next((one for one in around if one.id == said.id), None)
    return touched(agent, of, _through(of, around, taken_back))


def _through(of: Retraction, said: Sequence[Said], taken_back: Said | None) -> list[Joined]:
    """The pairs that it made one through a third record; its own is told for as long as it stood."""
    spans = joined(said, taken_back) if taken_back else ()
    return [span for span in spans if set(span.records) != set(of.records)]


def touched(agent: Agent, of: Retraction, through: Sequence[Joined]) -> list[Touch]:
    """What each room made of the two records while it stood, and of the pairs that it joined through others."""
    grounds = [Ground(of.records, of.at, of.retracted_at, (f"judgement:{of.judgement}",))]
    grounds += [Ground(span.records, span.since, span.until) for span in through]
    found: dict[tuple[str, str, UUID, UUID | None], Touch] = {}
    for touch in (touch for ground in grounds for touch in _walked(agent, ground)):
        found.setdefault((touch.what, touch.ref, touch.unit, touch.agent), touch)
    return sorted(found.values(), key=_order)


def _walked(agent: Agent, ground: Ground) -> list[Touch]:
    """The rooms from the records outwards: what one room made of them is ground for the next."""
    found = retracted.touched_by(agent, ground)
    ground = replace(ground, refs=(*ground.refs, *sorted({touch.ref for touch in found})))
    rooms = (access.touched_by, coordination.touched_by, audit.touched_by)
    for room in rooms:
        found += room(agent, ground)
    return found


def _order(touch: Touch) -> tuple[datetime, str, str]:
    return touch.at, touch.what, str(touch.unit)
