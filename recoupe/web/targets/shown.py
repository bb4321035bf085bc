"""A registration as one agent reads it: a minor's name only near his procedure (R-MIN-1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from recoupe.access.agent import Agent
from recoupe.reference.enums import Service
from recoupe.targets import queries
from recoupe.targets.enums import Article, TargetState
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.queries import Gauge
from recoupe.web.intelligence.shown import unit_name

S = TargetState
TONES: Mapping[TargetState, str] = {
    S.REQUESTED: "info",
    S.CHECKED: "info",
    S.REFUSED: "bad",
    S.REGISTERED: "good",
    S.CONFLICT: "warn",
    S.ACTIVE: "good",
    S.PROCEDURE_ENDED: "",
    S.EXPIRED: "",
    S.ERASED: "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    target: RegisteredTarget
    name: str
    unit: str
    state: TargetState
    tone: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a registration's life."""

    label: str
    at: datetime
    unit: str
    motive: str
    now: bool


@dataclass(frozen=True, slots=True)
class GaugeLine:
    """One service in one month, and the share that is registered."""

    gauge: Gauge
    service: str
    percent: int


def name_of(agent: Agent, target: RegisteredTarget, today: date) -> str:
    """Who it is, for this reader."""
    if not queries.names_shown(agent, target, today):
        return gettext("Personne mineure : nom réservé à son service et à ses magistrats")
    return " ".join(part for part in (target.surname, target.first_names) if part)


def lines(agent: Agent, targets: Iterable[RegisteredTarget], today: date) -> list[Line]:
    """The rows of a list."""
    return [
        Line(t, name_of(agent, t, today), unit_name(t.owner_unit_id), S(t.state), TONES[S(t.state)]) for t in targets
    ]


def articles(target: RegisteredTarget) -> list[str]:
    """The articles in words."""
    return [str(Article(code).label) for code in target.articles]


def steps(agent: Agent, target: RegisteredTarget) -> list[Step]:
    """The life of a registration, the latest step first."""
    return [
        Step(str(S(s.to_state).label), s.at, s.unit_code, s.motive, s.step == target.steps)
        for s in reversed(queries.history(agent, target))
    ]


def gauge_lines(rows: Iterable[Gauge]) -> list[GaugeLine]:
    """The gauge with its shares, whole percents rounded down: nobody is at 100 before all are registered."""
    return [GaugeLine(row, str(Service(row.service).label), row.registered * 100 // row.cases) for row in rows]
