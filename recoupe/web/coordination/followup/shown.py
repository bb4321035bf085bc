"""How the follow-up of a place is shown: tones, lines of the board, and which steps of a measure are offered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.coordination.followup import permissions, queries
from recoupe.coordination.followup.enums import OPEN, CheckState, MeasureKind, MeasureState, Seen
from recoupe.coordination.followup.models import Measure, MeasureStep
from recoupe.coordination.permissions import can_look
from recoupe.dealpoints.models import DealPoint
from recoupe.web.coordination.followup.forms import LookForm, StepForm

M = MeasureState
STATE_TONES: Mapping[MeasureState, str] = {M.TO_DO: "info", M.UNDER_WAY: "accent", M.DONE: "good", M.ABANDONED: ""}
CHECK_TONES: Mapping[CheckState, str] = {
    CheckState.COMING: "info",
    CheckState.DUE: "warn",
    CheckState.LATE: "bad",
    CheckState.ANSWERED: "",
    CheckState.MOOT: "",
}
SEEN_TONES: Mapping[Seen, str] = {Seen.CLEAN: "good", Seen.RESOLD: "bad", Seen.MOVED: "warn", Seen.NOT_LOOKED: ""}


@dataclass(frozen=True, slots=True)
class Step:
    """One step that may be offered on a measure: to which state (None: the one it has), and what it asks."""

    slug: str
    label: Promise
    to: MeasureState | None
    asks: tuple[str, ...]
    forces_only: bool = False
    plans: bool = False


STEPS: tuple[Step, ...] = (
    Step("commencer", _("Commencer"), M.UNDER_WAY, ("reason",)),
    Step("terminer", _("Déclarer fait"), M.DONE, ("used", "reason")),
    Step("accorder", _("Noter les forces accordées"), None, ("granted", "reason"), forces_only=True, plans=True),
    Step("reporter", _("Reporter l'échéance"), None, ("due_on", "reason"), plans=True),
    Step("abandonner", _("Abandonner"), M.ABANDONED, ("reason",)),
)
BY_SLUG: Mapping[str, Step] = {step.slug: step for step in STEPS}


@dataclass(frozen=True, slots=True)
class Offer:
    """One step with its form."""

    step: Step
    form: StepForm = field(repr=False)

    @property
    def is_open(self) -> bool:
        """Whether the form shows its errors, hence is unfolded."""
        return bool(self.form.errors)


@dataclass(frozen=True, slots=True)
class Plan:
    """One measure on the page of a place."""

    measure: Measure
    kind: str
    owner: str
    state: MeasureState
    tone: str
    late: bool
    # The operation came after its due date: it is to be given another one.
    before_operation: bool
    now: MeasureStep
    story: list[MeasureStep]
    offers: list[Offer]


@dataclass(frozen=True, slots=True)
class Look:
    """One check on the page of a place."""

    days: int
    due_on: date
    state: CheckState
    tone: str
    seen: str
    seen_tone: str
    seen_on: date | None
    at: datetime | None
    unit: str
    motive: str
    form: LookForm | None = field(repr=False, default=None)

    @property
    def is_open(self) -> bool:
        """Whether its form shows errors."""
        return bool(self.form and self.form.errors)


def looks(agent: Agent, point: DealPoint, made: Iterable[queries.Made], bound: LookForm | None = None) -> list[Look]:
    """The checks of a point, with a form where the agent may answer one whose day has come."""
    may = can_look(agent, point)
    return [_look(one, may, bound) for one in made]


def _look(made: queries.Made, may: bool, bound: LookForm | None) -> Look:
    found = made.check.answer if made.window.seen else None
    mine = bound if bound is not None and str(bound["check_id"].value()) == str(made.check.id) else None
    form = mine
    if form is None and may and made.state in (CheckState.DUE, CheckState.LATE):
        form = LookForm(initial={"check_id": made.check.id}, auto_id=f"id_look_{made.check.days}_%s")
    return Look(
        days=made.check.days, due_on=made.check.due_on, state=made.state, tone=CHECK_TONES[made.state],
        seen=str(made.window.seen.label) if made.window.seen else "",
        seen_tone=SEEN_TONES[made.window.seen] if made.window.seen else "",
        seen_on=found.seen_on if found else None, at=found.at if found else None,
        unit=found.unit_code if found else "", motive=found.motive if found else "", form=form,
    )  # fmt: skip


Bound = Mapping[tuple[UUID, str], StepForm]


def plans(agent: Agent, point: DealPoint, bound: Bound | None = None, *, opens: bool = False) -> list[Plan]:
    """The plan of a point, what is still to do first; without `bound` it is only read.

    `opens`: whether the agent makes the plan of this place.
    """
    today, made = timezone.localdate(), []
    for row, steps in queries.measures(agent, point):
        offers = [] if bound is None else _offers(agent, row, steps[0], bound, opens)
        made.append(_plan(point, row, steps, today, offers))
    return made


def _offers(agent: Agent, row: Measure, now: MeasureStep, bound: Bound, opens: bool) -> list[Offer]:
    return [
        Offer(step, bound.get((row.id, step.slug)) or step_form(row, now, step))
        for step in STEPS
        if (row.id, step.slug) in bound or _offered(agent, row, MeasureState(now.state), step, opens)
    ]


def _plan(point: DealPoint, row: Measure, steps: list[MeasureStep], today: date, offers: list[Offer]) -> Plan:
    now, state = steps[0], MeasureState(steps[0].state)
    dismantled = point.dismantled_on
    return Plan(
        measure=row, kind=str(MeasureKind(row.kind).label), owner=row.owner.name if row.owner else row.partner,
        state=state, tone=STATE_TONES[state], late=state in OPEN and now.due_on < today,
        before_operation=state in OPEN and dismantled is not None and now.due_on < dismantled,
        now=now, story=steps, offers=offers,
    )  # fmt: skip


def _offered(agent: Agent, row: Measure, state: MeasureState, step: Step, opens: bool) -> bool:
    if step.forces_only and row.kind != MeasureKind.FORCES:
        return False
    way = permissions.Way(state, step.to or state, step.plans)
    return step.to is not state and permissions.can_advance(agent, row, way, opens=opens)


def step_form(row: Measure, now: MeasureStep, step: Step, data: Any = None) -> StepForm:
    """The form of one step: the fields that it asks, and which step was read."""
    initial = {"measure": row.id, "read": now.number, "step": step.slug}
    form = StepForm(data, initial=initial, auto_id=f"id_{row.id.hex[:8]}_{step.slug}_%s")
    for name in ("due_on", "granted", "used", "reason"):
        if name not in step.asks or (name == "used" and row.kind != MeasureKind.FORCES):
            del form.fields[name]
    return form


def late_first(rows: Iterable[queries.Planned], today: date) -> list[queries.Planned]:
    """The measures that are still to do, the late ones first."""
    return sorted((row for row in rows if row.state in OPEN), key=lambda row: (not row.late(today), row.due_on, row.id))
