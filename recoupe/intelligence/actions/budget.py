"""The budget of what is asked by hand of the other services in a day, and its alert (S-1)."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import reader_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import rules
from recoupe.intelligence.actions.common import Moment
from recoupe.intelligence.enums import NoticeKind
from recoupe.intelligence.reading import Reading
from recoupe.notices.actions import notify
from recoupe.reference import queries as reference

P = ParamSpec("P")
T = TypeVar("T")


def asked(reading: Reading) -> int:
    """How many questions a report asks of the other services, as it was read."""
    aliases = sum(len(person["aliases"]) for person in reading.persons)
    return rules.questions(len(reading.persons), len(reading.selectors) + aliases)


def count_questions(by: Agent, case_id: UUID | None, many: int, at: Moment) -> None:
    """S-1: count what is asked by hand; the head of the unit is told when the day's budget is spent.

    Without a procedure there is one count: another reference typed with the purpose would otherwise be another budget.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT intelligence.deposit(%s::uuid, %s::date, %s::integer)", [rules.case_mark(case_id), at.today, many]
        )
        count = int(cursor.fetchone()[0])
    budget = reference.whole_parameter(rules.BUDGET_RULE, at.today)
    rules.check_budget(count, budget)
    if count == budget:
        _tell_head(by)


def telling_head(action: Callable[P, T]) -> Callable[P, T]:
    """What is refused for its budget leaves one thing behind: a line of the journal, and the notice to the head.

    It stands outside the action's own transaction, inside that of the request, which answers with the sentence.
    """

    @wraps(action)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return action(*args, **kwargs)
        except rules.Spent:
            by = cast(Agent, kwargs["by"])
            record(Operation.COMBINE, refs=[("agent", by.id)], details={"what": "deposit_budget"})
            _tell_head(by)
            raise

    return done


def _tell_head(by: Agent) -> None:
    notify([reader_key(by.unit_id, Capacity.HEAD)], NoticeKind.BUDGET.value, ("agent", by.id))
