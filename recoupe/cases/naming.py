"""The procedure that a row of a file names: one of its own unit, still open, and nothing about any other."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import connection
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


class OpenCases:
    """Open procedures of one unit, by number: the procedure, and what its court is called."""

    def __init__(self, rows: Iterable[tuple[str, UUID, str, str]], today: date | None = None) -> None:
        self._today = today or timezone.localdate()
        self._found: dict[str, tuple[UUID, set[str]]] = {
            typed: (case, {name_key(code), name_key(name)}) for typed, case, code, name in rows
        }

    def named(self, typed: str, court: str) -> UUID:
        """The procedure of this number, before this court when one is given; Invalid with its sentence otherwise."""
        found = self._found.get(number(typed, self._today))
        wanted = name_key(clean_line(court, COURT_MAX, "case_court"))
        if found is None or (wanted and wanted not in found[1]):
            raise Invalid(SENTENCE_NONE, field="case_number")
        return found[0]


class OwnCases(OpenCases):
    """Those of the agent's unit, read once inside his context and asked of outside it."""

    def __init__(self, agent: Agent, today: date | None = None) -> None:
        rows = Case.objects.filter(owner_unit_id=agent.unit_id, state=CaseState.OPEN)
        super().__init__(rows.values_list("number", "id", "court__code", "court__name"), today)


class ToolCases(OpenCases):
    """Those that the acting tool may name (P-105): its own unit's, of which it reads nothing else."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number, id, court_code, court_name FROM cases.tool_cases()")
            super().__init__(cursor.fetchall())
