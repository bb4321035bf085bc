"""Names of agents, for whoever may know them: the policy of the table answers for its own reader only."""

from collections.abc import Collection
from uuid import UUID

from recoupe.access.models import Agent
from recoupe.kernel.refusal import Absent, gettext_noop


def names_of(agents: Collection[UUID]) -> dict[UUID, str]:
    """The display names of those agents that the acting context may know; the others are left out."""
    return dict(Agent.objects.filter(id__in=agents).values_list("id", "display_name"))


def agent_by_login(login: str) -> UUID:
    """The agent of a login, among those that the acting context may know."""
    found = Agent.objects.filter(login=login.strip()).values_list("id", flat=True).first()
    if found is None:
        raise Absent(gettext_noop("Aucun agent ne porte cet identifiant."))
    return found
