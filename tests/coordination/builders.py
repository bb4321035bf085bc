"""Deal points, hit sides and objectives that a test needs, written for real."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from recoupe.access import context
from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import reader_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import actions, queries
from recoupe.coordination.enums import Financial, ObjectiveState, Outcome
from recoupe.coordination.models import Objective
from recoupe.crosscheck.enums import HitState, Side
from recoupe.crosscheck.models import Hit, HitSide
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.selectors import Strength
from recoupe.reference import queries as reference
from recoupe.reference.models import Unit
from tests.dealpoints.builders import active
from tests.world import TestAgent, World

S = ObjectiveState
WHY = "Motif écrit en toutes lettres"


class Cast:
    """The agents of one territory, Marseille, and strangers of the same roles elsewhere."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.police = world.agent(Role.INVESTIGATOR, "PJ13")
        self.analyst = world.agent(Role.CROSS_ANALYST, "CROSS13")
        self.head = world.agent(Role.CROSS_HEAD, "CROSS13")
        self.prosecutor = world.agent(Role.PROSECUTOR, "TJ13")
        self.judge = world.agent(Role.EXAMINING_JUDGE, "TJ13")
        self.other_prosecutor = world.agent(Role.PROSECUTOR, "TJ59")
        self.neighbour_prosecutor = world.agent(Role.PROSECUTOR, "TJ13A")
        self.other_head = world.agent(Role.CROSS_HEAD, "CROSS59")
        self.office = world.agent(Role.OFAST_ANALYST, "OFAST")
        self.lead = world.agent(Role.INVESTIGATOR, "SR13")
        self.lead_head = world.agent(Role.UNIT_HEAD, "SR13")
        self.associated = world.agent(Role.INVESTIGATOR, "DED13")
        self.dpo = world.agent(Role.DPO, "OFAST")

    def everybody(self) -> dict[str, TestAgent]:
        """All of them by their part."""
        return {name: who for name, who in vars(self).items() if isinstance(who, TestAgent)}


def unit(code: str) -> Unit:
    """A unit by its code."""
    return reference.unit(code)


def draft(**over: object) -> actions.Draft:
    """A plain proposal."""
    fields: dict[str, object] = {"title": "Réseau des Cygnes", "summary": "Vente de cannabis dans un hall.", **over}
    return actions.Draft(**fields)  # type: ignore[arg-type]


def allocation(**over: object) -> actions.Allocation:
    """The research section leads, customs help, within sixty days."""
    fields: dict[str, object] = {
        "lead_id": unit("SR13").id,
        "co_services": (unit("DED13").id,),
        "deadline": timezone.localdate() + timedelta(days=60),
        "financial": Financial.OPENED,
        **over,
    }
    return actions.Allocation(**fields)  # type: ignore[arg-type]


def proposed(world: World, cast: Cast) -> UUID:
    """An objective on a confirmed deal point of Marseille, proposed by its cell."""
    point_id = active(world, cast.police, cast.analyst)
    with world.acting(cast.analyst) as agent:
        point = DealPoint.objects.get(pk=point_id)
        return actions.propose(by=agent, origin=point, draft=draft(court_id=unit("TJ13").id)).id


# The shortest way to each state, and who takes it.
STEPS: tuple[tuple[ObjectiveState, str, Callable[[Agent, Objective], Objective]], ...] = (
    (S.EXAMINED, "head", lambda a, o: actions.examine(by=a, objective=o)),
    (S.TO_PROSECUTOR, "analyst", lambda a, o: actions.send_to_prosecutor(by=a, objective=o)),
    (S.VALIDATED, "prosecutor", lambda a, o: actions.validate(by=a, objective=o, reference="26-321")),
    (S.ALLOCATED, "head", lambda a, o: actions.allocate(by=a, objective=o, allocation=allocation())),
    (S.UNDER_INVESTIGATION, "lead", lambda a, o: actions.start(by=a, objective=o)),
    (
        S.OPERATION_PLANNED,
        "lead_head",
        lambda a, o: actions.plan_operation(by=a, objective=o, reference="OP-7", on=timezone.localdate()),
    ),
    (S.EXECUTED, "lead", lambda a, o: actions.execute(by=a, objective=o, on=timezone.localdate())),
    (
        S.JUDICIAL_OUTCOME,
        "lead",
        lambda a, o: actions.record_outcome(by=a, objective=o, outcome=Outcome.JUDGMENT, on=timezone.localdate()),
    ),
    (S.FOLLOW_UP, "head", lambda a, o: actions.follow_up(by=a, objective=o)),
    (S.CLOSED, "head", lambda a, o: actions.close(by=a, objective=o, reason=WHY)),
)


def brought_to(world: World, cast: Cast, state: ObjectiveState) -> UUID:
    """An objective that its deciders brought to this state of the straight way."""
    objective_id = proposed(world, cast)
    for to, who, act in STEPS if state is not S.PROPOSED else ():
        with world.acting(getattr(cast, who)) as agent:
            act(agent, queries.objective(agent, objective_id))
        if to is state:
            break
    return objective_id


def seen(world: World, who: TestAgent, objective_id: UUID) -> Objective | None:
    """The objective as this agent reads it, None when he does not."""
    with world.acting(who):
        found: Objective | None = Objective.objects.filter(pk=objective_id).first()
        return found


def hit_side(
    world: World, reader: TestAgent, capacity: Capacity, strength: Strength, state: HitState = HitState.BLIND_NOTIFIED
) -> UUID:
    """One side of a hit, as the matcher writes it, read by one unit."""
    now = timezone.now()
    low, high = sorted((uuid4(), uuid4()))
    with world.process("matcher"), context.service("matcher", "tests"):
        record(Operation.COMBINE, refs=[("pair", low)])
        hit = Hit.objects.create(
            low=low, high=high, asker=low, strength=strength, state=state, content_allowed=True, at=now
        )
        side = HitSide(
            hit=hit,
            side=Side.HOLDER,
            record_kind="report",
            record_id=low,
            owner_unit_id=reader.unit_id,
            readers=[reader_key(reader.unit_id, capacity)],
            other_code="SR13",
            other_name="Section",
            other_contact="Permanence",
            strength=strength,
            state=state,
            at=now,
        )
        side.save(force_insert=True)
    return side.id
