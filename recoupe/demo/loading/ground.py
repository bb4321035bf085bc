"""Deal points and objectives, each step by who decides it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from recoupe.access.agent import Agent
from recoupe.coordination import actions as coordination
from recoupe.coordination.actions import Allocation
from recoupe.coordination.actions import Draft as ObjectiveText
from recoupe.coordination.enums import Financial, Outcome
from recoupe.coordination.models import Objective
from recoupe.dealpoints import actions as dealpoints
from recoupe.dealpoints.actions import Draft as PointText
from recoupe.dealpoints.enums import DealPointKind
from recoupe.dealpoints.models import DealPoint
from recoupe.demo.loading.after import follow_up
from recoupe.demo.loading.stage import Stage
from recoupe.demo.pairs import MOTIVES
from recoupe.demo.records import DealPointDraft, ObjectiveDraft
from recoupe.intelligence.models import Report
from recoupe.reference.models.organisation import unit_id

CELL_STEPS = frozenset({"TO_VERIFY", "ACTIVE", "DUPLICATE", "REOCCUPIED"})
# Objectives are proposed on active points and target them: points first live so far, objectives too, then both go on.
YOUNG_POINT, OLD_POINT = range(2), range(2, 20)
YOUNG_OBJECTIVE, OLD_OBJECTIVE = range(4), range(4, 20)
# What is written of each step of a point, in the words of whoever takes it.
REASONS = {
    "TO_VERIFY": "Passage à prévoir avec le service local.",
    "ACTIVE": "Vente constatée sur place.",
    "TARGETED": "Retenu en réunion de cellule.",
    "DISRUPTED": "Présence renforcée : la vente continue par intermittence.",
    "DISMANTLED": "Équipe interpellée, plus aucune vente constatée.",
    "WATCH": "Contrôles de reprise engagés.",
    "CLOSED": "Aucune reprise à l'issue des contrôles.",
    "REOCCUPIED": "Vente constatée de nouveau par une patrouille.",
    "REJECTED": "Aucune vente constatée après vérification.",
    "DUPLICATE": "Même lieu que le point déjà suivi.",
    "MERGED": "Réuni au point conservé.",
    "DISPLACED": "La vente a repris à quelques rues de là.",
}


def _cell_of(stage: Stage, point: DealPointDraft) -> str:
    """The staffed cell of the point, else "": its author then proposes it and nobody moves it."""
    cell = f"CROSS{point.department}"
    return cell if stage.holder(cell, "cross_analyst") else ""


def load_points(stage: Stage) -> dict[str, UUID]:
    """Propose every point; who proposes is an analyst, else the first note's author."""
    by_login: dict[str, list[DealPointDraft]] = {}
    for point in stage.world.points:
        cell = _cell_of(stage, point)
        login = stage.holder(cell, "cross_analyst") if cell else stage.drafts[point.evidence[0]].author
        by_login.setdefault(login, []).append(point)
    heads = [stage.holder(stage.agents[login].unit, "cross_head") for login in by_login]
    stage.open_sessions([*by_login, *(h for h in heads if h)])
    with stage.process("web"):
        for login, points in by_login.items():
            step = f"points:{login}"
            if not stage.ledger.has(step):
                with stage.acting(login) as agent:
                    made = {p.key: str(_propose(stage, agent, p)) for p in points}
                stage.ledger.add(step, made)
    return {k: UUID(i) for login in by_login for k, i in stage.ledger.value(f"points:{login}").items()}


def _key(stage: Stage, point: DealPointDraft) -> UUID:
    """The point's identifier, drawn before it is sent: sent again after a kill, it makes one point."""
    step = f"key:{point.key}"
    if not stage.ledger.has(step):
        stage.ledger.add(step, str(uuid4()))
    return UUID(stage.ledger.value(step))


def _propose(stage: Stage, agent: Agent, point: DealPointDraft) -> UUID:
    reports = {r.id: r for r in Report.objects.filter(id__in=[stage.reports[k][0] for k in point.evidence])}
    ordered = [reports[i] for k in point.evidence if (i := stage.reports[k][0]) in reports]
    text = PointText(
        key=_key(stage, point),
        name=point.name,
        kind=DealPointKind(point.kind),
        lon=point.lon,
        lat=point.lat,
        uncertainty_m=point.uncertainty_m,
        products=point.products,
        hours=point.hours,
        violence=point.violence,
        minors_present=point.minors_present,
        roles_seen=point.roles_seen,
    )
    made = dealpoints.propose_from_report(by=agent, report=ordered[0], draft=text)
    for report in ordered[1:]:
        dealpoints.add_evidence(by=agent, point=made, report=report)
    return made.id


def load_lives(stage: Stage, ids: dict[str, UUID], ranks: range) -> None:
    """These steps of each point's life, all first ones before all second ones: a duplicate needs its double."""
    targeted = {o.origin for o in stage.world.objectives if "ALLOCATED" in o.path}
    with stage.process("web"):
        _lives(stage, ids, ranks, targeted)


def _lives(stage: Stage, ids: dict[str, UUID], ranks: range, targeted: set[str]) -> None:
    for rank in ranks:
        turns: dict[str, list[tuple[DealPointDraft, str]]] = {}
        for point in stage.world.points:
            to = point.path[rank] if rank < len(point.path) else ""
            # An allocated objective targets its point itself.
            if not to or (to == "TARGETED" and point.key in targeted):
                continue
            role = "cross_analyst" if to in CELL_STEPS else "cross_head"
            turns.setdefault(stage.holder(_cell_of(stage, point), role), []).append((point, to))
        for login, steps in turns.items():
            name = f"lives:{rank}:{login}"
            if not stage.ledger.has(name):
                with stage.acting(login) as agent:
                    for point, to in steps:
                        _step(stage, agent, ids, point, to)
                stage.ledger.add(name)


def _step(stage: Stage, agent: Agent, ids: dict[str, UUID], draft: DealPointDraft, to: str) -> None:
    point = DealPoint.objects.get(id=ids[draft.key])
    if point.state == to:  # committed just before the loading was killed
        return
    onto = DealPoint.objects.get(id=ids[draft.onto]) if to in ("DUPLICATE", "DISPLACED") else point
    plain: dict[str, Callable[..., DealPoint]] = {
        "TO_VERIFY": dealpoints.verify,
        "ACTIVE": dealpoints.confirm,
        "TARGETED": dealpoints.target,
        "DISRUPTED": dealpoints.disrupt,
        "WATCH": dealpoints.watch,
        "CLOSED": dealpoints.close,
        "REOCCUPIED": dealpoints.reoccupy,
        "REJECTED": dealpoints.reject,
        "MERGED": dealpoints.merge,
    }
    if to == "DUPLICATE":
        dealpoints.mark_duplicate(by=agent, point=point, of=onto, reason=REASONS[to])
    elif to == "DISPLACED":
        dealpoints.displace(by=agent, point=point, to=onto, reason=REASONS[to])
    elif to == "DISMANTLED":
        on = draft.days[draft.path.index(to) + 1]
        dealpoints.dismantle(by=agent, point=point, operation=f"OP-{draft.key}", on=on, reason=REASONS[to])
    else:
        moved = plain[to](by=agent, point=point, reason=REASONS[to])
        if to == "WATCH":
            follow_up(agent, moved, draft, stage.world.plan)


def load_objectives(stage: Stage, points: dict[str, UUID], ranks: range) -> dict[str, UUID]:
    """Propose every objective and take these steps of its path, each by who decides it."""
    found: dict[str, UUID] = {}
    logins = {o.proposer for o in stage.world.objectives} | {o.prosecutor for o in stage.world.objectives}
    logins |= {stage.holder(f"CROSS{o.department}", "cross_head") for o in stage.world.objectives}
    logins |= {stage.holder(o.lead_unit, "investigator") for o in stage.world.objectives}
    stage.open_sessions(sorted(logins))
    with stage.process("web"):
        for draft in stage.world.objectives:
            step = f"objective:{draft.key}"
            if not stage.ledger.has(step):
                with stage.acting(draft.proposer) as agent:
                    origin = DealPoint.objects.get(id=points[draft.origin])
                    text = ObjectiveText(title=draft.title, summary=_summary(draft), court_id=unit_id(draft.court))
                    before = Objective.objects.filter(origin_id=origin.id).first()
                    made = before or coordination.propose(by=agent, origin=origin, draft=text)
                stage.ledger.add(step, str(made.id))
            found[draft.key] = UUID(stage.ledger.value(step))
            for rank, to in enumerate(draft.path):
                if rank in ranks and not stage.ledger.has(f"{step}:{rank}"):
                    with stage.acting(_decider(stage, draft, to)) as agent:
                        _advance(stage, agent, draft, found[draft.key], to)
                    stage.ledger.add(f"{step}:{rank}")
    return found


def _summary(draft: ObjectiveDraft) -> str:
    return (
        f"{draft.title}. Point confirmé par plusieurs fiches (données fictives). "
        "Effet recherché : interpeller l'équipe de vente, saisir les avoirs, empêcher la reprise."
    )


def _decider(stage: Stage, draft: ObjectiveDraft, to: str) -> str:
    if to in ("EXAMINED", "TO_PROSECUTOR"):
        return draft.proposer
    if to in ("VALIDATED", "REFUSED"):
        return draft.prosecutor
    if to in ("UNDER_INVESTIGATION", "SUSPENDED", "OPERATION_PLANNED", "EXECUTED", "JUDICIAL_OUTCOME"):
        return stage.holder(draft.lead_unit, "investigator")
    return stage.holder(f"CROSS{draft.department}", "cross_head")


def _advance(stage: Stage, agent: Agent, draft: ObjectiveDraft, objective_id: UUID, to: str) -> None:
    objective = Objective.objects.get(id=objective_id)
    if objective.state == to:
        return
    today = stage.world.plan.today
    reason = MOTIVES.get(to, "")
    allocation = Allocation(
        lead_id=unit_id(draft.lead_unit),
        deadline=today + timedelta(days=draft.deadline_days),
        financial=Financial.OPENED,
    )
    operation = {"reference": f"OP-{draft.key}"}
    year = dict(zip(draft.path, draft.days[1:], strict=True))[to].year
    verbs: dict[str, tuple[Callable[..., Objective], dict[str, Any]]] = {
        "EXAMINED": (coordination.examine, {}),
        "TO_PROSECUTOR": (coordination.send_to_prosecutor, {}),
        "VALIDATED": (coordination.validate, {"reference": f"PARQUET {year}/{draft.key}"}),
        "REFUSED": (coordination.refuse, {"reason": reason}),
        "ALLOCATED": (coordination.allocate, {"allocation": allocation}),
        "UNDER_INVESTIGATION": (coordination.start, {}),
        "SUSPENDED": (coordination.suspend, {"reason": reason}),
        "OPERATION_PLANNED": (coordination.plan_operation, operation | {"on": today}),
        "EXECUTED": (coordination.execute, {"on": today}),
        "JUDICIAL_OUTCOME": (coordination.record_outcome, {"outcome": Outcome.DEFERRED, "on": today}),
        "FOLLOW_UP": (coordination.follow_up, {}),
        "CLOSED": (coordination.close, {"reason": reason}),
        "REOPENED": (coordination.reopen, {"reason": reason}),
        "ABANDONED": (coordination.abandon, {"reason": reason}),
    }
    verb, said = verbs[to]
    verb(by=agent, objective=objective, **said)
