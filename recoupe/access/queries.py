"""Names of agents, for whoever may know them: the policy of the table answers for its own reader only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from recoupe.access.agent import Agent as ActingAgent
from recoupe.access.models import Agent, CellService, Habilitation, listed
from recoupe.access.written import Written
from recoupe.audit.reading import Ground, Touch
from recoupe.kernel.refusal import Absent, gettext_noop

_NAMED = Written(lambda ids: Agent.objects.filter(id__in=listed(ids)).only("id", "display_name"), [UUID(int=1)])


def names_of(agents: Collection[UUID]) -> dict[UUID, str]:
    """The display names of those agents that the acting context may know; the others are left out."""
    return {row.id: row.display_name for row in _NAMED.rows(list(agents))} if agents else {}


def agent_by_login(login: str) -> UUID:
    """The agent of a login, among those that the acting context may know."""
    found = Agent.objects.filter(login=login.strip()).values_list("id", flat=True).first()
    if found is None:
        raise Absent(gettext_noop("Aucun agent ne porte cet identifiant."))
    return found


@dataclass(frozen=True, slots=True)
class Designated:
    """An agent with his live habilitations, for whoever designates."""

    agent: Agent
    live: list[Habilitation]


def designated(by: ActingAgent, text: str, after: str, today: date, limit: int) -> list[Designated]:
    """Agents by login, after a login; narrowed to those whose login, name or unit says the text."""
    rows = Agent.objects.select_related("unit").filter(login__gt=after)
    if text:
        unit = Q(unit__code__iexact=text) | Q(unit__name__icontains=text)
        rows = rows.filter(Q(login__icontains=text) | Q(display_name__icontains=text) | unit)
    agents = list(rows.order_by("login")[:limit])
    live = _live(Habilitation.objects.filter(agent__in=agents), today)
    return [Designated(a, [h for h in live if h.agent_id == a.id and h.unit_id == a.unit_id]) for a in agents]


def agent_of(by: ActingAgent, agent_id: UUID) -> Agent:
    """One agent, among those that the acting context may know."""
    found = Agent.objects.select_related("unit").filter(id=agent_id).first()
    if found is None:
        raise Absent(gettext_noop("Cet agent n'existe pas."))
    return found


def may_raise(by: ActingAgent, agent_id: UUID) -> bool:
    """Whether this authority may make him one: not who alone gave him his way in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT desk.may_raise(%s::uuid)", [agent_id])
        return bool(cursor.fetchone()[0])


def habilitations(by: ActingAgent, agent_id: UUID) -> list[Habilitation]:
    """All that an agent was ever designated for, the latest first."""
    return list(Habilitation.objects.select_related("unit").filter(agent=agent_id).order_by("-valid_from", "role"))


def habilitation(by: ActingAgent, agent_id: UUID, habilitation_id: UUID) -> Habilitation:
    """One designation of this agent."""
    found = Habilitation.objects.filter(id=habilitation_id, agent=agent_id).first()
    if found is None:
        raise Absent(gettext_noop("Cette habilitation n'existe pas."))
    return found


def any_habilitation(by: ActingAgent, habilitation_id: UUID) -> Habilitation:
    """One designation of anybody whom the context may know."""
    found = Habilitation.objects.filter(id=habilitation_id).first()
    if found is None:
        raise Absent(gettext_noop("Cette habilitation n'existe pas."))
    return found


@dataclass(frozen=True, slots=True)
class KeyNews:
    """What happened to one of an agent's own keys this week."""

    what: str
    name: str
    at: datetime


def own_key_news(by: ActingAgent) -> list[KeyNews]:
    """Keys added, taken away or found copied in the last seven days, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, name, at FROM access.own_key_news()")
        return [KeyNews(*row) for row in cursor.fetchall()]


def _live(rows: "QuerySet[Habilitation]", today: date) -> list[Habilitation]:
    open_ended = Q(valid_to__isnull=True) | Q(valid_to__gte=today)
    return list(rows.filter(open_ended, revoked_at__isnull=True, valid_from__lte=today).order_by("role"))


def cell_services(by: ActingAgent) -> list[CellService]:
    """Which services are, and were, of which cells; the newest first, without their keys."""
    rows = CellService.objects.defer("key", "cell_key").select_related("cell", "service")
    return list(rows.order_by("-decided_at"))


def cell_service(by: ActingAgent, joined: UUID) -> CellService:
    """One of them, without its keys."""
    found = CellService.objects.defer("key", "cell_key").select_related("cell", "service").filter(id=joined).first()
    if found is None:
        raise Absent(gettext_noop("Cette association n'existe pas."))
    return found


def touched_by(agent: ActingAgent, ground: Ground) -> list[Touch]:
    """What was disclosed in a contact of this ground while it stood, by who received it (S-9)."""
    query = "SELECT * FROM access.touched_by(%s::text[], %s::timestamptz, %s::timestamptz)"
    with connection.cursor() as cursor:
        cursor.execute(query, [[f"contact:{i}" for i in ground.of("contact")], ground.since, ground.until])
        return [Touch("disclosure", f"disclosure:{identifier}", unit, at) for identifier, unit, at in cursor]
