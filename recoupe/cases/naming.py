"""The procedure that a row of a file names: one of the agent's own unit, still open, and nothing about any other."""

from datetime import date
from uuid import UUID

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.cases.enums import CaseState
from recoupe.cases.models import Case
from recoupe.cases.rules import number
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line, name_key

COURT_MAX = 120

# One sentence for what is absent, closed, before another court or another service's.
SENTENCE_NONE = gettext_noop(
    "Votre service ne tient aucune procédure ouverte de ce numéro, ou pas devant cette juridiction : ouvrez-la d'abord."
)


class OwnCases:
    """The open procedures of the agent's unit, read once inside his context and asked of outside it."""

    def __init__(self, agent: Agent, today: date | None = None) -> None:
        self._today = today or timezone.localdate()
        rows = Case.objects.filter(owner_unit_id=agent.unit_id, state=CaseState.OPEN)
        found = rows.values_list("number", "id", "court__code", "court__name")
        self._found: dict[str, tuple[UUID, set[str]]] = {
            typed: (case, {name_key(code), name_key(name)}) for typed, case, code, name in found
        }

    def named(self, typed: str, court: str) -> UUID:
        """The procedure of this number, before this court when one is given; Invalid with its sentence otherwise."""
        found = self._found.get(number(typed, self._today))
        wanted = name_key(clean_line(court, COURT_MAX, "case_court"))
        if found is None or (wanted and wanted not in found[1]):
            raise Invalid(SENTENCE_NONE, field="case_number")
        return found[0]
