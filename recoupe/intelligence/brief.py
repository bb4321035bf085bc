"""How reports are called in a line of another page: a few columns, never their texts; nothing here is journaled."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.intelligence.models import Report


@dataclass(frozen=True, slots=True)
class Brief:
    """A report that the agent may read, as far as a line names it."""

    id: UUID
    ref: str | None
    state: str
    commune_code: str
    urgency: bool


def briefs(agent: Agent, report_ids: Collection[UUID]) -> dict[UUID, Brief]:
    """Those of these reports that the agent may read; a page that names a hundred does not read them whole."""
    if not report_ids:
        return {}
    rows = Report.objects.among(report_ids).values_list("id", "ref", "state", "commune_code", "urgency")
    return {row[0]: Brief(*row) for row in rows}
