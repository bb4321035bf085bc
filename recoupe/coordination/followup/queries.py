"""Reads after an operation: checks, plans of return and the rate, as far as the agent reads their points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.coordination.followup import rules
from recoupe.coordination.followup.enums import OPEN, CheckState, MeasureKind, MeasureState, Seen
from recoupe.coordination.followup.models import Check, Measure, MeasureStep
from recoupe.dealpoints import dating
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Unit

# Never made to answer for a measure: a court, those who oversee, the bureau of sources.
NEVER_OWNERS = frozenset(
    {UnitKind.COURT, UnitKind.SPECIALISED_COURT, UnitKind.INSPECTION, UnitKind.SOURCE_BUREAU, UnitKind.MINISTRY}
)
MOST_LINES = 100
_WATCHED = sorted(state.value for state in rules.WATCHED)

# The checks that wait, of the points that the agent reads, from a day on: the last dismantling of each alone.
_WAITING = """
    SELECT c.id, c.point_id, c.days, c.due_on, p.ref, p.name, p.commune_code, p.departments, p.state, p.dismantled_on
      FROM coordination_check c JOIN dealpoints_dealpoint p ON p.id = c.point_id
     WHERE c.due_on <= %s::date AND p.state = ANY (%s::text[]) AND (%s::text = '' OR %s::text = ANY (p.departments))
       AND (%s::uuid IS NULL OR %s::uuid = ANY (p.cells))
       AND NOT EXISTS (SELECT 1 FROM coordination_answer a WHERE a.check_id = c.id)
       AND NOT EXISTS (SELECT 1 FROM coordination_check later WHERE later.point_id = c.point_id AND later.step > c.step)
     ORDER BY c.due_on, c.id LIMIT %s
"""
_MEASURES = """
    SELECT m.id, m.point_id, m.kind, m.text, m.owner_id, m.partner, s.state, s.due_on, s.requested, s.granted, s.used,
           p.ref, p.name, p.commune_code, p.dismantled_on
      FROM coordination_measure m JOIN dealpoints_dealpoint p ON p.id = m.point_id
      JOIN LATERAL (SELECT * FROM coordination_measurestep s WHERE s.measure_id = m.id ORDER BY s.number DESC LIMIT 1) s
        ON true
     WHERE (%s::text = '' OR %s::text = ANY (p.departments)) AND (%s::uuid IS NULL OR %s::uuid = ANY (p.cells))
       AND (s.state = ANY (%s::text[]) OR m.kind = 'forces')
     ORDER BY s.due_on, m.id
"""
# Each dismantling that held out there between two days: when it was first reoccupied since, whether the sales left.
_DISMANTLINGS = """
    SELECT d.day, CASE WHEN back.day IS NOT NULL THEN least(back.day, (
               SELECT min(a.seen_on) FROM coordination_check c JOIN coordination_answer a ON a.check_id = c.id
                WHERE c.point_id = d.point_id AND c.step = d.step AND a.seen = 'resold')) END,
           p.state = 'DISPLACED' AND NOT EXISTS (
               SELECT 1 FROM dealpoints_statechange n
                WHERE n.point_id = d.point_id AND n.step > d.step AND n.to_state IN ('REOCCUPIED', 'DISMANTLED')),
           ARRAY(SELECT a.seen FROM coordination_check c LEFT JOIN coordination_answer a ON a.check_id = c.id
                  WHERE c.point_id = d.point_id AND c.step = d.step ORDER BY c.days)
      FROM (SELECT c.point_id, c.step, (c.since AT TIME ZONE 'Europe/Paris')::date AS day FROM dealpoints_statechange c
             WHERE c.to_state = 'DISMANTLED') d
      JOIN dealpoints_dealpoint p ON p.id = d.point_id
      LEFT JOIN LATERAL (SELECT (n.since AT TIME ZONE 'Europe/Paris')::date AS day FROM dealpoints_statechange n
                          WHERE n.point_id = d.point_id AND n.step > d.step AND n.to_state = 'REOCCUPIED'
                          ORDER BY n.step LIMIT 1) back ON true
     WHERE d.day BETWEEN %s::date AND %s::date AND p.state NOT IN ('DUPLICATE', 'MERGED', 'REJECTED')
       AND (%s::text = '' OR %s::text = p.departments[1])
"""


@dataclass(frozen=True, slots=True)
class Life:
    """One check among those of its dismantling."""

    window: rules.Window
    moot: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One check that waits, with the point that it looks at."""

    id: UUID
    point_id: UUID
    days: int
    due_on: date
    ref: str
    name: str
    commune_code: str
    departments: list[str]
    point_state: str
    dismantled_on: date | None
    state: CheckState


@dataclass(frozen=True, slots=True)
class Planned:
    """One measure as it stands, with its point."""

    id: UUID
    point_id: UUID
    kind: MeasureKind
    text: str
    owner: str
    state: MeasureState
    due_on: date
    forces: rules.Forces
    ref: str
    name: str
    commune_code: str
    dismantled_on: date | None

    def late(self, today: date) -> bool:
        """Whether somebody should have done it by now."""
        return self.state in OPEN and self.due_on < today

    @property
    def before_operation(self) -> bool:
        """Whether the operation was postponed past its due date: it is to be given another one."""
        return self.state in OPEN and self.dismantled_on is not None and self.due_on < self.dismantled_on


@dataclass(frozen=True, slots=True)
class Made:
    """One check of a point on its page."""

    check: Check
    state: CheckState
    window: rules.Window


@dataclass(frozen=True, slots=True)
class Place:
    """To what a board is narrowed; empty: all that the agent reads."""

    department: str = ""
    cell: UUID | None = None

    @property
    def params(self) -> list[str | UUID | None]:
        """As the statements above ask for it."""
        return [self.department, self.department, self.cell, self.cell]


def check(agent: Agent, check_id: UUID) -> Check:
    """One check; Absent when there is none on a point that the agent may read."""
    found: Check | None = Check.objects.filter(pk=check_id).first()
    if found is None:
        raise Absent(gettext_noop("Ce contrôle n'existe pas ou n'est pas à votre portée."))
    return found


def measure(agent: Agent, measure_id: UUID) -> Measure:
    """One measure; Absent as above."""
    found: Measure | None = Measure.objects.filter(pk=measure_id).first()
    if found is None:
        raise Absent(gettext_noop("Cette mesure n'existe pas ou n'est pas à votre portée."))
    return found


def last_step(of: Measure) -> MeasureStep:
    """Where a measure stands."""
    return MeasureStep.objects.filter(measure=of).order_by("-number")[0]


def operation_day(point: DealPoint) -> date:
    """The day before which nothing of a plan of return can be due: that of the operation."""
    return point.dismantled_on or timezone.localdate(dating.standing(dating.history(point)).since)


def held_since(point: DealPoint) -> date:
    """From which day the present state of a point holds."""
    return timezone.localdate(dating.standing(dating.history(point)).since)


def owners(point: DealPoint, today: date) -> list[Unit]:
    """The services that may answer for a measure there: open today, of a department of the point, by code."""
    here = set(point.departments)
    return [u for u in reference.units(today) if u.kind not in NEVER_OWNERS and not here.isdisjoint(u.departments)]


def made_checks(point_id: UUID) -> list[Check]:
    """Every check of a point with its answer, those of its last dismantling first."""
    return list(Check.objects.filter(point=point_id).select_related("answer").order_by("-step", "days"))


def waiting_points(agent: Agent, point_ids: Iterable[UUID], today: date) -> set[UUID]:
    """Those of these points of which a check waits for an answer today."""
    last = Check.objects.filter(point=OuterRef("point"), step__gt=OuterRef("step"))
    rows = Check.objects.filter(
        point__in=list(point_ids), point__state__in=_WATCHED, due_on__lte=today, answer__isnull=True
    )
    return set(rows.exclude(Exists(last)).values_list("point_id", flat=True))


def checks(agent: Agent, of: DealPoint, today: date) -> list[Made]:
    """Every check of a point, those of its last dismantling first, each as it stands today."""
    rows = made_checks(of.pk)
    grace = reference.whole_parameter("dealpoint.check_grace_days", today)
    made = []
    for step in dict.fromkeys(row.step for row in rows):
        own = [row for row in rows if row.step == step]
        moot = step != rows[0].step or DealPointState(of.state) not in rules.WATCHED
        for row, window in zip(own, rules.windows((r.days, r.due_on, seen(r)) for r in own), strict=True):
            answered = window.seen is not None
            state = rules.check_state(row.due_on, grace, today, answered=answered, moot=moot)
            made.append(Made(row, state, window))
    return made


def seen(of: Check) -> Seen | None:
    """What a check found, None while nobody has answered."""
    return Seen(of.answer.seen) if hasattr(of, "answer") else None


def life_of(of: Check) -> Life:
    """One check among those of its dismantling, as it stands now."""
    rows = made_checks(of.point_id)
    own = [row for row in rows if row.step == of.step]
    found = next(w for w in rules.windows((r.days, r.due_on, seen(r)) for r in own) if w.days == of.days)
    point = DealPoint.objects.get(pk=of.point_id)
    return Life(found, of.step != rows[0].step or DealPointState(point.state) not in rules.WATCHED)


def closing_proposed(point: DealPoint, rows: Sequence[Check], today: date) -> bool:
    """Whether each check of the last dismantling (the first of `rows`) found no sale and the days are over."""
    answers = [seen(row) for row in rows if row.step == rows[0].step]
    days = reference.whole_parameter("dealpoint.clean_days", today)
    return rules.closing_proposed(DealPointState(point.state), point.dismantled_on, answers, days, today)


def measures(agent: Agent, of: DealPoint) -> list[tuple[Measure, list[MeasureStep]]]:
    """The plan of a point: each measure with its history, the latest step first."""
    rows = Measure.objects.filter(point=of).select_related("owner").prefetch_related("steps")
    for row in rows:
        row.point = of
    plans = [(row, sorted(row.steps.all(), key=lambda step: -step.number)) for row in rows]
    return sorted(plans, key=lambda plan: (MeasureState(plan[1][0].state) not in OPEN, plan[1][0].due_on, plan[0].id))


def waiting(agent: Agent, today: date, ahead_days: int, place: Place) -> list[Waiting]:
    """The checks that wait or come within so many days, the oldest first, at most a hundred."""
    until = today + timedelta(days=ahead_days)
    grace = reference.whole_parameter("dealpoint.check_grace_days", today)
    with at_beat(PAGE_MS), connection.cursor() as cursor:
        cursor.execute(_WAITING, [until, _WATCHED, *place.params, MOST_LINES])
        rows = cursor.fetchall()
    return [_waiting(row, grace, today) for row in rows]


def _waiting(row: tuple[Any, ...], grace: int, today: date) -> Waiting:
    told = (*row, rules.check_state(row[3], grace, today, answered=False, moot=False))
    return Waiting(*told)


def planned(agent: Agent, place: Place) -> list[Planned]:
    """The measures that somebody still has to carry out, and those of mobile forces, by due date."""
    with at_beat(PAGE_MS), connection.cursor() as cursor:
        cursor.execute(_MEASURES, [*place.params, sorted(state.value for state in OPEN)])
        rows = cursor.fetchall()
    return [_planned(row) for row in rows]


def _planned(
    row: tuple[UUID, UUID, str, str, UUID | None, str, str, date, int, int, int, str, str, str, date],
) -> Planned:
    owner = reference.unit_by_id(row[4]).name if row[4] else row[5]
    return Planned(
        id=row[0], point_id=row[1], kind=MeasureKind(row[2]), text=row[3], owner=owner, state=MeasureState(row[6]),
        due_on=row[7], forces=rules.Forces(*row[8:11]), ref=row[11], name=row[12], commune_code=row[13],
        dismantled_on=row[14],
    )  # fmt: skip


def forces(plans: Iterable[Planned]) -> rules.Forces:
    """Mobile forces asked for, granted and used over these measures, abandoned ones included: what was asked was."""
    told = [plan.forces for plan in plans if plan.kind is MeasureKind.FORCES]
    return rules.Forces(*(sum(getattr(one, name) or 0 for one in told) for name in ("requested", "granted", "used")))


def reoccupation(agent: Agent, first: date, last: date, today: date, department: str = "") -> rules.Reoccupation:
    """The rate of W5 over the dismantlings of a period, of a department or of all, among the points the agent reads."""
    term = reference.whole_parameter("dealpoint.clean_days", today)
    with at_beat(PAGE_MS), connection.cursor() as cursor:
        cursor.execute(_DISMANTLINGS, [first, last, department, department])
        rows = cursor.fetchall()
    told = (
        rules.Dismantling(day, back, left, tuple(Seen(one) if one else None for one in answers))
        for day, back, left, answers in rows
    )
    return rules.reoccupation(told, term, today)
