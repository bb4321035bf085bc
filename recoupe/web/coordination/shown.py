"""How an objective is shown: tones, the way ahead, the groups of the list, the story of its steps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.coordination import permissions, queries, rules
from recoupe.coordination.enums import ALLOCATED_STATES, ENDED, RUNNING, Decider, ObjectiveState, Verdict
from recoupe.coordination.listed import Listed
from recoupe.coordination.models import Decision, Objective, Step
from recoupe.reference import queries as reference

S = ObjectiveState
# Of the newest objectives, so many are looked through for what waits.
READ = 100
TONES: Mapping[ObjectiveState, str] = {
    S.PROPOSED: "info",
    S.EXAMINED: "info",
    S.TO_PROSECUTOR: "law",
    S.VALIDATED: "good",
    S.REFUSED: "bad",
    S.ALLOCATED: "accent",
    S.UNDER_INVESTIGATION: "accent",
    S.SUSPENDED: "warn",
    S.OPERATION_PLANNED: "accent",
    S.EXECUTED: "good",
    S.JUDICIAL_OUTCOME: "law",
    S.FOLLOW_UP: "info",
    S.CLOSED: "",
    S.REOPENED: "warn",
    S.ABANDONED: "",
}
# The straight way of W4, as the steps above the page show it.
WAY = (
    S.PROPOSED, S.EXAMINED, S.TO_PROSECUTOR, S.VALIDATED, S.ALLOCATED, S.UNDER_INVESTIGATION, S.OPERATION_PLANNED,
    S.EXECUTED, S.JUDICIAL_OUTCOME, S.FOLLOW_UP, S.CLOSED,
)  # fmt: skip
# Steps aside: being able to take one of them does not mean that anything waits.
ASIDE = frozenset({S.ABANDONED, S.REOPENED, S.SUSPENDED})
# Work that takes its course: it waits for nobody's word before its deadline.
COURSE = frozenset({S.UNDER_INVESTIGATION, S.SUSPENDED, S.OPERATION_PLANNED})
GROUPS: Mapping[str, tuple[Promise, frozenset[ObjectiveState]]] = {
    "instruction": (_("À instruire"), frozenset({S.PROPOSED, S.EXAMINED, S.REOPENED})),
    "parquet": (_("Au parquet"), frozenset({S.TO_PROSECUTOR})),
    "attribution": (_("À attribuer"), frozenset({S.VALIDATED})),
    "enquete": (_("En enquête"), RUNNING),
    "suites": (_("Suites"), frozenset({S.EXECUTED, S.JUDICIAL_OUTCOME, S.FOLLOW_UP})),
    "termines": (_("Terminés"), ENDED),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One objective in a list."""

    objective: Objective | Listed
    state: ObjectiveState
    tone: str
    commune: str
    lead: str
    late: bool
    waits: bool
    passed_over: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the straight way, as it stands."""

    label: str
    done: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Past:
    """What counted until the objective was reopened: former decisions, and the allocation that no longer holds."""

    decisions: list[Decision]
    lead: str
    deadline: date | None
    motive: str

    def __bool__(self) -> bool:
        return bool(self.decisions or self.lead or self.motive)


@dataclass(frozen=True, slots=True)
class Told:
    """One step as a sentence, with who took it and why."""

    sentence: str
    at: datetime
    unit: str
    motive: str
    tone: str


def waits_for(agent: Agent, objective: Objective | Listed) -> bool:
    """Whether the next step of the straight way is this agent's, and due."""
    if objective.state in COURSE:
        return False
    # A home page asks it of a hundred: only the steps that count are tried.
    return any(permissions.can_move(agent, objective, to) for to in rules.TRANSITIONS[S(objective.state)] - ASIDE)


def lines(agent: Agent, objectives: Iterable[Objective | Listed], today: date) -> list[Line]:
    """The rows of a list."""
    patience = queries.patience(today)
    return [_line(row, _pressing(agent, row, today, patience)) for row in objectives]


def to_advance(agent: Agent, today: date) -> list[Line]:
    """What the agent has to bring further, what is late and what no service has: for his home page and for the list."""
    newest, patience = queries.recent(agent, limit=READ, states=frozenset(S) - ENDED).rows, queries.patience(today)
    found = {row.id: row for row in (*queries.pressing(agent, today), *newest)}
    # Most of what is looked through waits for somebody else: only what is kept is told whole.
    pressing = ((row, _pressing(agent, row, today, patience)) for row in found.values())
    kept = [_line(row, why) for row, why in pressing if any(why)]
    return sorted(kept, key=lambda line: (not line.late and not line.passed_over, line.objective.state_since))


def _pressing(agent: Agent, row: Objective | Listed, today: date, patience: date) -> tuple[bool, bool, bool]:
    """Whether it is late, waits for the agent, was passed over."""
    state = S(row.state)
    late = rules.overdue(state, row.deadline, today, RUNNING)
    return late, waits_for(agent, row), rules.passed_over(state, timezone.localdate(row.state_since), patience)


def _line(row: Objective | Listed, why: tuple[bool, bool, bool]) -> Line:
    late, waits, passed_over = why
    return Line(
        objective=row,
        state=S(row.state),
        tone=TONES[S(row.state)],
        commune=str(reference.commune(row.commune_code).name),
        lead=str(reference.unit_by_id(row.lead_id).name) if row.lead_id else "",
        late=late,
        waits=waits,
        passed_over=passed_over,
    )


def next_step(objective: Objective) -> str:
    """The next step of the straight way and who takes it, in words; nothing once it is over."""
    step = NEXT.get(S(objective.state))
    if step is None:
        return ""
    what, decider = step
    return gettext("%(what)s, par %(who)s") % {"what": what, "who": _who(objective, decider)}


def _who(objective: Objective, decider: Decider) -> str:
    if decider is Decider.PROSECUTOR:
        return gettext("le parquet (%(court)s)") % {"court": reference.unit_by_id(objective.court_id).name}
    if decider is Decider.LEAD and objective.lead_id:
        # A unit's name stands alone, without article: « le service chef de file » carries it.
        return gettext("le service chef de file (%(unit)s)") % {"unit": reference.unit_by_id(objective.lead_id).name}
    if not objective.cells:
        return gettext("l'OFAST")
    cells = ", ".join(gettext("la %(cell)s") % {"cell": reference.unit_by_id(i).name} for i in objective.cells)
    return gettext("le chef de %(cell)s") % {"cell": cells} if decider is Decider.CELL_HEAD else cells


def stages(objective: Objective) -> list[Stage]:
    """The straight way up to the end, for an objective that is on it; none for one that left it."""
    state = S(objective.state)
    if state not in WAY:
        return []
    place = WAY.index(state)
    return [Stage(str(stage.label), number < place, number == place) for number, stage in enumerate(WAY)]


NEXT: Mapping[ObjectiveState, tuple[Promise, Decider]] = {
    S.PROPOSED: (_("Examen"), Decider.CELL),
    S.EXAMINED: (_("Transmission au parquet"), Decider.CELL),
    S.TO_PROSECUTOR: (_("Décision"), Decider.PROSECUTOR),
    S.VALIDATED: (_("Attribution à un seul service"), Decider.CELL_HEAD),
    S.ALLOCATED: (_("Ouverture de l'enquête"), Decider.LEAD),
    S.UNDER_INVESTIGATION: (_("Programmation de l'opération"), Decider.LEAD),
    S.SUSPENDED: (_("Reprise de l'enquête"), Decider.LEAD),
    S.OPERATION_PLANNED: (_("Compte rendu de l'opération"), Decider.LEAD),
    S.EXECUTED: (_("Suites judiciaires"), Decider.LEAD),
    S.JUDICIAL_OUTCOME: (_("Suivi du lieu"), Decider.CELL_HEAD),
    S.FOLLOW_UP: (_("Clôture"), Decider.CELL_HEAD),
    S.REOPENED: (_("Nouvel examen"), Decider.CELL),
}


def split(objective: Objective, history: Iterable[Step], decisions: Iterable[Decision]) -> tuple[list[Decision], Past]:
    """The decisions that still count, and what was before the last reopening; a new decision is then needed (W4)."""
    reopened = max((step.at for step in history if step.to_state == S.REOPENED), default=None)
    rows = list(decisions)
    former = [row for row in rows if reopened is not None and row.at <= reopened]
    past = Past(former, "", None, "" if objective.state in ENDED else objective.closing_motive)
    if objective.lead_id and objective.state not in ALLOCATED_STATES:
        past = replace(past, lead=str(reference.unit_by_id(objective.lead_id).name), deadline=objective.deadline)
    return [row for row in rows if row not in former], past


STORY: Mapping[ObjectiveState, Promise] = {
    S.PROPOSED: _("Proposé à la CROSS"),
    S.EXAMINED: _("Examiné par la CROSS"),
    S.TO_PROSECUTOR: _("Transmis au parquet"),
    S.VALIDATED: _("Validé par le parquet"),
    S.REFUSED: _("Refusé par le parquet"),
    S.ALLOCATED: _("Attribué à un service chef de file"),
    S.UNDER_INVESTIGATION: _("Enquête engagée par le service chef de file"),
    S.SUSPENDED: _("Enquête suspendue"),
    S.OPERATION_PLANNED: _("Opération programmée"),
    S.EXECUTED: _("Opération menée"),
    S.JUDICIAL_OUTCOME: _("Suites judiciaires connues"),
    S.FOLLOW_UP: _("Suivi du lieu engagé"),
    S.CLOSED: _("Objectif clos"),
    S.REOPENED: _("Objectif rouvert"),
    S.ABANDONED: _("Objectif abandonné"),
}


def story(history: Iterable[Step], decisions: Iterable[Decision]) -> list[Told]:
    """The steps as sentences, the latest first; a decision of the prosecutor carries its reference."""
    references = {row.verdict: row.reference for row in decisions if row.reference}
    return [
        Told(
            sentence=_sentence(step, references),
            at=step.at,
            unit=step.unit_code,
            motive=step.motive,
            tone="" if step.act else _mark(S(step.to_state)),
        )
        for step in reversed(list(history))
    ]


def _sentence(step: Step, references: Mapping[str, str]) -> str:
    if step.act:
        return queries.act_words(step)
    to = S(step.to_state)
    if to is S.UNDER_INVESTIGATION and step.from_state in (S.SUSPENDED, S.OPERATION_PLANNED):
        return gettext("Enquête reprise par le service chef de file")
    verdict = {S.VALIDATED: Verdict.VALIDATED, S.REFUSED: Verdict.REFUSED}.get(to)
    number = references.get(verdict, "") if verdict else ""
    said = str(STORY[to])
    return gettext("%(said)s, sous la référence %(number)s") % {"said": said, "number": number} if number else said


def _mark(state: ObjectiveState) -> str:
    return {"good": "good", "bad": "bad"}.get(TONES[state], "")
