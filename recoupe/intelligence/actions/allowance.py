"""What a service's own tool may bring and ask in one day (P-105): its budgets, each counted for itself."""

from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection

from recoupe.desk.context import Tool
from recoupe.intelligence import rules
from recoupe.intelligence.actions.common import Moment
from recoupe.intelligence.reading import Reading
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.reference import queries as reference

SENTENCE_SPENT = gettext_noop(
    "Le plafond du jour de cet outil est atteint (%(budget)s fiches) : renvoyez cette fiche demain. "
    "Le chef de l'unité est averti."
)
SENTENCE_NAMES = gettext_noop(
    "Cette fiche dépasse le plafond du jour des personnes nommées sans aucun identifiant pour cette affaire "
    "(%(budget)s personnes) : déposez-la par un fichier, que le chef de l'unité ouvre. "
    "Il est averti quand rien ne reste."
)
# Counted beside the deposits, under a mark that is no case's and no key's.
UNKNOWN = uuid5(NAMESPACE_URL, "recoupe:tool:unknown")


class Budget:
    """One budget of the acting tool for one day; what is taken is written by `write`."""

    def __init__(self, mark: UUID, rule: str, at: Moment) -> None:
        self._mark, self._at = mark, at
        self.most = reference.whole_parameter(rule, at.today)
        self._left = self.most - self._count(0)
        self._taken = 0

    @property
    def left(self) -> int:
        """How many more."""
        return max(0, self._left - self._taken)

    def take(self, many: int = 1) -> None:
        """So many of it."""
        self._taken += many

    def write(self) -> None:
        """Keep what was taken; the head of the unit is told once that nothing is left."""
        if self._taken:
            self._count(self._taken)

    def _count(self, many: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT intelligence.tool_count(%s::uuid, %s::date, %s::integer, %s::integer)",
                [self._mark, self._at.today, many, self.most],
            )
            return int(cursor.fetchone()[0])


class Allowance:
    """What is left of a tool's day: reports in all, and by procedure as many names alone as an agent types by hand."""

    def __init__(self, tool: Tool, at: Moment) -> None:
        self._at = at
        self._reports = Budget(tool.key, rules.TOOL_BUDGET_RULE, at)
        self._names: dict[UUID, Budget] = {}

    def refusal(self, reading: Reading) -> Invalid | None:
        """Take one new report of it; what is said instead where nothing is left."""
        if not self._reports.left:
            return Invalid(SENTENCE_SPENT, field="", budget=self._reports.most)
        if alone := rules.names_alone(len(reading.persons), ((s.person, s.valid) for s in reading.selectors)):
            names = self._names_of(reading.columns["case_id"])
            if alone > names.left:
                return Invalid(SENTENCE_NAMES, field="persons", budget=names.most)
            names.take(alone)
        self._reports.take()
        return None

    def write(self) -> None:
        """Keep what was taken, in the transaction of the reports themselves."""
        for budget in (self._reports, *self._names.values()):
            budget.write()

    def _names_of(self, case_id: UUID | None) -> Budget:
        mark = rules.case_mark(case_id)
        if mark not in self._names:
            self._names[mark] = Budget(mark, rules.BUDGET_RULE, self._at)
        return self._names[mark]


def may_ask_unknown(many: int, at: Moment) -> bool:
    """Count so many references that the tool never brought: beyond as many as an agent may type, nothing is told."""
    budget = Budget(UNKNOWN, rules.BUDGET_RULE, at)
    passes = many <= budget.left
    budget.take(many)
    budget.write()
    return passes
