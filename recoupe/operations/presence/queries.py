"""Reads of the ledger: one's own unit's lines; sums by commune and whole months for cells and the office."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.access.feed import Cursor
from recoupe.dealpoints import origins
from recoupe.dealpoints.origins import Origins
from recoupe.kernel.rates import Rate, rate
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.operations import permissions
from recoupe.operations.presence.enums import Allocation, LineState
from recoupe.operations.presence.models import Presence
from recoupe.operations.presence.shares import Area
from recoupe.reference import queries as reference

PAGE = 50
PER_HOURS = 100
SEEN_RULE = "presence.seen_hours"
SENTENCE_ABSENT = gettext_noop("Cette ligne n'existe pas, ou vous n'avez pas à en connaître.")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of lines, and where the next one starts (None: this was the last)."""

    rows: list[Presence]
    next: Cursor | None


@dataclass(slots=True)
class Effort:
    """What was given to one commune, and what it found: hours of presence by what sent them, then numbers."""

    hours: dict[Allocation, float] = field(default_factory=dict)
    controls: int = 0
    fines: int = 0
    found: int = 0
    # By the drawn hours alone.
    drawn_found: int = 0

    @property
    def total(self) -> float:
        """Hours of presence, whatever sent them."""
        return sum(self.hours.values())

    @property
    def drawn(self) -> float:
        """Those of places drawn by lot."""
        return self.hours.get(Allocation.RANDOM, 0.0)

    @property
    def facts(self) -> int:
        """Drug facts that presence found: fixed fines and others."""
        return self.fines + self.found


@dataclass(frozen=True, slots=True)
class Line:
    """One commune: effort, what it found for 100 hours, and apart from it what was reported.

    `looked_at`: whether the hours are enough to say anything; else no rate is given, for none would mean calm.
    """

    code: str
    name: str
    effort: Effort
    origins: Origins
    looked_at: bool
    facts: Rate | None
    points: Rate | None


def standing(agent: Agent) -> "QuerySet[Presence]":
    """The last step of each line of the agent's unit that was not withdrawn."""
    return _last().filter(state=LineState.STANDS)


def _last() -> "QuerySet[Presence]":
    later = Presence.objects.filter(line=OuterRef("line"), step__gt=OuterRef("step"))
    rows: QuerySet[Presence] = Presence.objects.filter(~Exists(later))
    return rows


def page(agent: Agent, start: Cursor | None = None, limit: int = PAGE) -> Page:
    """The lines of the agent's unit as they stand, the latest patrol first; those withdrawn too."""
    rows = _last()
    if start:
        rows = rows.filter(Q(starts_at__lt=start.at) | Q(starts_at=start.at, line__gt=start.id))
    found = list(rows.order_by("-starts_at", "line")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], Cursor(last.starts_at, last.line) if last else None)


def line(agent: Agent, line_id: UUID) -> list[Presence]:
    """The steps of a line, oldest first, by the identity of any of them; Absent alike when hidden and when absent."""
    named: Presence | None = Presence.objects.filter(id=line_id).first()
    if named is None:
        raise Absent(SENTENCE_ABSENT)
    return list(Presence.objects.filter(line=named.line).order_by("step"))


def last_of(agent: Agent) -> Presence | None:
    """The line that the agent wrote last, as it stands."""
    found: Presence | None = standing(agent).filter(author_id=agent.id).order_by("-created_at", "id").first()
    return found


def effort(agent: Agent, department: str, since: date, until: date) -> dict[str, Effort]:
    """By commune of a department, over the whole months from one day's to another's, of every unit; sums alone."""
    permissions.check_measure(agent)
    with at_beat(PAGE_MS), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM operations.effort(%s::text, %s::date, %s::date)", [department, since, until])
        rows = cursor.fetchall()
    found: defaultdict[str, Effort] = defaultdict(Effort)
    for commune, allocation, hours, controls, fines, facts in rows:
        one, sent = found[commune], Allocation(allocation)
        one.hours[sent] = float(hours)
        one.controls, one.fines, one.found = one.controls + controls, one.fines + fines, one.found + facts
        if sent is Allocation.RANDOM:
            one.drawn_found = fines + facts
    return dict(found)


def lines(agent: Agent, department: str, since: date, until: date) -> list[Line]:
    """The communes of a department where somebody was, or of which something came in, the most looked at first."""
    given = effort(agent, department, since, until)
    told = origins.by_commune(agent, department, since, until)
    enough = reference.whole_parameter(SEEN_RULE, until)
    found = [_line(code, given.get(code, Effort()), told.get(code, Origins()), enough) for code in {*given, *told}]
    return sorted(found, key=lambda one: (-one.effort.total, one.code))


def _line(code: str, given: Effort, told: Origins, enough: int) -> Line:
    looked_at = given.total >= enough
    facts, points = (
        rate(count, given.total, PER_HOURS) if looked_at else None for count in (given.facts, told.discovered)
    )
    return Line(code, reference.commune(code).name, given, told, looked_at, facts, points)


def areas(agent: Agent, department: str, since: date, until: date) -> list[Area]:
    """Every inhabited commune of a department, with what its drawn hours were and found."""
    given = effort(agent, department, since, until)
    return [
        Area(commune.code, commune.population, one.drawn, one.drawn_found)
        for commune in reference.communes_of(department)
        if commune.population > 0
        for one in (given.get(commune.code, Effort()),)
    ]


def seen(agent: Agent, departments: Iterable[str]) -> frozenset[str]:
    """The communes of these departments that were looked at of late (`presence.seen_days`); the others hardly were.

    For a map, whoever reads it: neither hours nor days nor units. Where it draws nothing, nobody may have looked.
    """
    with at_beat(PAGE_MS), connection.cursor() as cursor:
        cursor.execute("SELECT operations.seen(%s::text[])", [sorted(departments)])
        return frozenset(row[0] for row in cursor.fetchall())
