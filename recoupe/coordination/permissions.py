"""Who may propose an objective and bring it further: twins that raise with a sentence, or answer."""

from collections.abc import Callable, Mapping

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.coordination import rules
from recoupe.coordination.enums import ALLOCATED_STATES, Act, Decider, ObjectiveState, OriginKind
from recoupe.coordination.followup import rules as followup
from recoupe.coordination.followup.enums import Keeper
from recoupe.coordination.listed import Listed
from recoupe.coordination.models import Objective
from recoupe.crosscheck.enums import HitState
from recoupe.crosscheck.models import HitSide
from recoupe.crosscheck.rules import DEAD_HIT
from recoupe.dealpoints import permissions as dealpoints
from recoupe.dealpoints.enums import IN_STOCK, DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop

PROPOSERS = (Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.UNIT_HEAD)
# A presumption is not yet something to work on: a point must be confirmed, a weak hit judged.
PROPOSABLE_POINTS = IN_STOCK
_NOT_YOURS: dict[Decider, str] = {
    Decider.CELL: gettext_noop("Seule la CROSS de l'objectif peut le faire avancer à cette étape."),
    Decider.CELL_HEAD: gettext_noop("Cette décision revient au chef de la CROSS de l'objectif."),
    Decider.PROSECUTOR: gettext_noop("Cette décision revient au parquet du tribunal compétent, et à lui seul."),
    Decider.LEAD: gettext_noop("Cette étape revient au service chef de file de l'objectif."),
}


def demand_proposer(agent: Agent) -> None:
    """Refuse whoever proposes from nothing at all, before anything is chosen."""
    if not agent.writes_as(*PROPOSERS):
        raise Refused(gettext_noop("Votre habilitation ne permet pas de proposer un objectif."))


def check_propose(agent: Agent, origin: DealPoint | HitSide) -> None:
    """A cell or a head of unit proposes from something that it reads and that is more than a presumption."""
    demand_proposer(agent)
    if isinstance(origin, DealPoint):
        if DealPointState(origin.state) not in PROPOSABLE_POINTS:
            raise Conflict(gettext_noop("Un objectif se propose sur un point de deal confirmé et encore actif."))
    elif origin.state in DEAD_HIT or (origin.is_weak and origin.state != HitState.POSITIVE):
        raise Conflict(gettext_noop("Un objectif se propose sur un recoupement exact, ou faible et confirmé."))


can_propose = asks(check_propose)


def _cell(agent: Agent, objective: Objective | Listed, capacity: Capacity) -> bool:
    if not objective.cells:
        return agent.holds(agent.unit_id, Capacity.OFFICE)
    return any(agent.holds(cell, capacity) for cell in objective.cells)


def _prosecutor(agent: Agent, objective: Objective | Listed) -> bool:
    return agent.has(Role.PROSECUTOR) and agent.holds(objective.court_id, Capacity.PROSECUTOR)


def _lead(agent: Agent, objective: Objective | Listed) -> bool:
    leads = (unit for unit in (objective.lead_id, objective.joint_lead_id) if unit is not None)
    return any(agent.holds(unit, Capacity.UNIT) for unit in leads)


STANDING: dict[Decider, Callable[[Agent, Objective | Listed], bool]] = {
    Decider.CELL: lambda agent, objective: _cell(agent, objective, Capacity.CELL),
    Decider.CELL_HEAD: lambda agent, objective: _cell(agent, objective, Capacity.CELL_HEAD),
    Decider.PROSECUTOR: _prosecutor,
    Decider.LEAD: _lead,
}


def check_move(agent: Agent, objective: Objective | Listed, to: ObjectiveState) -> None:
    """The decider of that step, for this very objective, along W4; nobody decides on his own proposal."""
    decider = rules.DECIDED_BY.get(to)
    if decider is None:
        raise Refused(gettext_noop("Un objectif ne revient pas à son début."))
    if not STANDING[decider](agent, objective):
        raise Refused(_NOT_YOURS[decider])
    if decider is Decider.PROSECUTOR and agent.id == objective.proposed_by_id:
        raise Refused(gettext_noop("Nul ne statue sur l'objectif qu'il a lui-même proposé."))
    if to not in rules.TRANSITIONS[ObjectiveState(objective.state)]:
        raise Conflict(
            gettext_noop("Un objectif « %(state)s » ne peut pas passer à l'état « %(to)s »."),
            state=ObjectiveState(objective.state).label,
            to=to.label,
        )


can_move = asks(check_move)


def _check_act(agent: Agent, objective: Objective, act: Act) -> None:
    decider = rules.ACTED_BY[act]
    if not STANDING[decider](agent, objective):
        raise Refused(_NOT_YOURS[decider])
    if ObjectiveState(objective.state) not in rules.ACTS_IN[act]:
        raise Conflict(
            gettext_noop("« %(act)s » n'a pas lieu sur un objectif « %(state)s »."),
            act=act.label,
            state=ObjectiveState(objective.state).label,
        )


def check_progress(agent: Agent, objective: Objective) -> None:
    """A service that leads the objective says how its work goes."""
    _check_act(agent, objective, Act.PROGRESS)


can_progress = asks(check_progress)


def check_reassign(agent: Agent, objective: Objective, act: Act = Act.JOINT) -> None:
    """The head of the cell changes who answers for an allocated objective, or by when."""
    _check_act(agent, objective, act)
    if act is Act.JOINT and objective.joint_lead_id is not None:
        raise Conflict(gettext_noop("Deux services dirigent déjà cet objectif : mettez d'abord fin à cela."))
    if act is Act.SOLE and objective.joint_lead_id is None:
        raise Conflict(gettext_noop("Un seul service dirige cet objectif."))


can_reassign = asks(check_reassign)


def moves(agent: Agent, objective: Objective | Listed) -> list[ObjectiveState]:
    """The states to which the agent may bring the objective now, in the order of its life."""
    return [to for to in ObjectiveState if can_move(agent, objective, to)]


# -- after an operation (M22) -----------------------------------------------------------------------------------------
# Who goes and looks, or answers for what is done there; magistrates, duty desks and the administration do not.
LOOKERS = (Role.INVESTIGATOR, Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST)
NOT_KEPT: Mapping[Keeper, str] = {
    Keeper.OWNER: gettext_noop("Cette mesure revient au service qui en répond, à la CROSS ou au service chef de file."),
    Keeper.OPENER: gettext_noop("Seuls la CROSS du point et le service chef de file de son objectif font le plan."),
    Keeper.CELL_HEAD: gettext_noop("Seul le chef de la CROSS du point abandonne une mesure."),
}


def leads(agent: Agent, point: DealPoint) -> bool:
    """Whether the agent's unit leads a live objective on this very point."""
    rows = Objective.objects.filter(
        origin_kind=OriginKind.DEALPOINT, origin_id=point.pk, state__in=ALLOCATED_STATES - {ObjectiveState.CLOSED}
    )
    return any(_lead(agent, row) for row in rows)


def opens_plan(agent: Agent, point: DealPoint) -> bool:
    """Whether the agent makes the plan of this point: its cell, or who leads its objective."""
    return agent.writes_as(*LOOKERS) and (dealpoints.decides(agent, point, Capacity.CELL) or leads(agent, point))


def check_plan_return(agent: Agent, point: DealPoint, opens: bool | None = None) -> None:
    """The cell of the point, or the lead service of its objective, once an operation has disturbed the sales.

    `opens`: what `opens_plan` answered, where a page has asked it already.
    """
    if not (opens_plan(agent, point) if opens is None else opens):
        raise Refused(NOT_KEPT[Keeper.OPENER])
    if DealPointState(point.state) not in followup.PLANNABLE:
        raise Conflict(gettext_noop("Un plan de retour se fait sur un point perturbé ou démantelé, encore suivi."))


can_plan_return = asks(check_plan_return)


def _near(agent: Agent, point: DealPoint) -> bool:
    if not point.cells:
        return agent.holds(agent.unit_id, Capacity.OFFICE)
    near = (Capacity.CELL, Capacity.TERRITORY)
    return any(agent.holds(cell, capacity) for cell in point.cells for capacity in near)


def check_look(agent: Agent, point: DealPoint) -> None:
    """An officer of the point's territory, or its cell, goes and looks."""
    if not agent.writes_as(*LOOKERS) or not _near(agent, point):
        raise Refused(
            gettext_noop("Seuls la CROSS du point et les services de son territoire répondent à ce contrôle.")
        )


can_look = asks(check_look)


def check_tend(agent: Agent, point: DealPoint) -> None:
    """Who may have a measure of this point to bring further: its territory, its cell, the lead of its objective."""
    if not agent.writes_as(*LOOKERS) or not (_near(agent, point) or leads(agent, point)):
        raise Refused(NOT_KEPT[Keeper.OWNER])


can_tend = asks(check_tend)
