"""Reads of the ministers' committee: meetings, decisions, and the boards that they keep frozen."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.plan import permissions
from recoupe.plan.enums import Minister
from recoupe.plan.models import Decision, Session, Snapshot

# The plan asks for one meeting each calendar year (measure 7).
FIRST_YEAR = 2020


def sessions(agent: Agent) -> list[Session]:
    """Every meeting, the last one first."""
    permissions.check_read_board(agent)
    return list(Session.objects.select_related("snapshot").order_by("-held_on"))


def session(agent: Agent, session_id: UUID) -> Session:
    """One meeting; Absent when there is none."""
    permissions.check_read_board(agent)
    found: Session | None = Session.objects.filter(pk=session_id).first()
    if found is None:
        raise Absent(gettext_noop("Cette réunion du comité n'existe pas."))
    return found


def decisions(agent: Agent, of: Session) -> list[Decision]:
    """What a meeting decided, by measure."""
    permissions.check_read_board(agent)
    return list(Decision.objects.filter(session=of).order_by("measure"))


def snapshot_or_none(agent: Agent, of: Session) -> Snapshot | None:
    """The board that a meeting froze, if it has."""
    permissions.check_read_board(agent)
    found: Snapshot | None = Snapshot.objects.filter(session=of).first()
    return found


def snapshot(agent: Agent, of: Session) -> Snapshot:
    """The board that a meeting froze; Absent before it has."""
    found = snapshot_or_none(agent, of)
    if found is None:
        raise Absent(gettext_noop("Le tableau de cette réunion n'est pas encore gelé."))
    return found


def sat(of: Session) -> str:
    """Who sat, in words."""
    return ", ".join(str(Minister(code).label) for code in of.members)


def awaited(held: Sequence[Session], today: date) -> list[int]:
    """The calendar years that ended without a meeting, the last one first; this one counts once it is over."""
    years = {one.held_on.year for one in held}
    return [year for year in range(today.year - 1, FIRST_YEAR - 1, -1) if year not in years]
