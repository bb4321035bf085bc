"""What the worker does of the registry in its own service context: terms, erasure, reminders (R-RET-2, R-RET-3, W3)."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.targets import rules
from recoupe.targets.actions import KIND
from recoupe.targets.enums import TargetState

S = TargetState


def expire(*, today: date) -> int:
    """Registrations whose two years are over; they are erased in the same run."""
    over = _ids("SELECT id FROM targets.over_term(%s::date)", [today])
    return _done(over, rules.OPERATION[S.EXPIRED], "SELECT targets.expire(%s::uuid[])", S.EXPIRED)


def erase(*, today: date) -> int:
    """What has ended, and refusals that had time to be read: nothing of the person is left, nor why."""
    ended = _ids("SELECT id FROM targets.to_erase(%s::date)", [today])
    return _done(ended, rules.OPERATION[S.ERASED], "SELECT targets.erase(%s::uuid[])", S.ERASED)


def remind(*, today: date) -> int:
    """Tell the unit sixty, then fifteen days before: another registration needs its own motive."""
    due = _ids("SELECT id FROM targets.to_remind(%s::date)", [today])
    return _done(due, Operation.MODIFY, "SELECT targets.remind(%s::uuid[])", None)


def remind_cases(*, today: date) -> int:
    """Tell the heads of units of their procedures that should have a registration by now and have none."""
    due = _ids("SELECT id FROM targets.cases_to_remind(%s::date)", [today])
    return _done(due, Operation.MODIFY, "SELECT targets.remind_cases(%s::uuid[])", None, kind="case")


def _ids(query: str, params: Sequence[Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [row[0] for row in cursor.fetchall()]


def _done(ids: list[UUID], operation: Operation, call: str, to: TargetState | None, kind: str = KIND) -> int:
    if ids:
        record(operation, refs=[(kind, i) for i in ids], details={"state": to.value} if to else {"notice": "left"})
        with connection.cursor() as cursor:
            cursor.execute(call, [ids])
    return len(ids)
