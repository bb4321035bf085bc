"""A record that cannot be compared is found among its neighbours, tried again, and parked; the others go on (R-68)."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from django.db import DatabaseError, InterfaceError

from recoupe.access import context
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import rules
from recoupe.crosscheck.actions.pull import pull_lines, pull_target
from recoupe.crosscheck.actions.withdraw import withdraw_lines
from recoupe.intelligence.enums import Lane
from recoupe.intelligence.matching import blame, lines_waiting, unpark
from recoupe.targets import matching as registry

REASON = "mise à l'écart d'un enregistrement que le recoupement ne peut pas traiter"
RETRIED = "nouvel essai des enregistrements mis à l'écart"
log = logging.getLogger(__name__)

# Lost connections, deadlocks, a full disk, a server that stops: the next try of the whole block may pass.
_OF_THE_HOUSE = ("08", "25", "40", "53", "55", "57", "58")
_TOO_LONG = "57014"


def is_of_a_record(error: Exception) -> bool:
    """Whether an error may come from what one record holds, and not from the state of the house."""
    if isinstance(error, MemoryError | InterfaceError | OSError):
        return False
    if not isinstance(error, DatabaseError | psycopg.Error):
        return True
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    state = (cause.sqlstate or "") if isinstance(cause, psycopg.Error) else ""
    return state == _TOO_LONG or (bool(state) and state[:2] not in _OF_THE_HOUSE)


def fault_of(error: Exception) -> str:
    """The class of an error: its text may quote what a record holds."""
    return type(error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error).__name__


@dataclass(slots=True)
class _Sifted:
    """What halving a block has shown so far."""

    passed: int = 0
    failed: list[tuple[UUID, Exception]] = field(default_factory=list)


def isolate(lane: str, limit: int) -> int:
    """After a block that failed: compare it in halves until what fails stands alone; returns how many were in it."""
    lines = lines_waiting(lane, limit)
    sifted = _Sifted()
    if lines:
        _sift(lane, lines, sifted)
    for line, error in sifted.failed:
        _count_failure(lane, line, error)
    return len(lines)


def retry_due(lane: str) -> int:
    """Try again, each alone, those that failed before and have waited; returns how many were tried."""
    lines = lines_waiting(lane, rules.HOUSE_FAULT_AFTER, tried=True)
    for line in lines:
        error = _fails(lane, [line])
        if error is not None:
            _count_failure(lane, line, error)
    return len(lines)


def isolate_targets() -> int:
    """Registrations that failed together, each alone; one that fails three times waits for somebody to look."""
    lines = registry.lines_waiting(rules.HOUSE_FAULT_AFTER)
    for line in lines:
        try:
            pull_target(line)
        except Exception as error:
            if not is_of_a_record(error):
                raise
            with context.service("matcher", REASON):
                record(Operation.COMBINE, details={"lane": registry.LANE, "fault": fault_of(error)}, result_count=0)
                registry.blame(line, rules.MOST_TRIES)
            log.warning("matcher %s: %s on one record", registry.LANE, fault_of(error))
    return len(lines)


def retry_parked() -> int:
    """Put what was parked back in its queue, once its cause is mended; returns how many lines."""
    with context.service("matcher", RETRIED):
        refs = [("report", i) for i in unpark()] + [(registry.KIND, i) for i in registry.unpark()]
        if refs:
            record(Operation.CONFIGURE, refs=refs, details={"cross_check": "retried"})
        return len(refs)


def _sift(lane: str, lines: Sequence[UUID], sifted: _Sifted) -> None:
    error = _fails(lane, lines)
    if error is None:
        sifted.passed += len(lines)
    elif len(lines) == 1:
        sifted.failed.append((lines[0], error))
        if not sifted.passed and len(sifted.failed) >= rules.HOUSE_FAULT_AFTER:
            raise error
    else:
        half = len(lines) // 2
        _sift(lane, lines[:half], sifted)
        _sift(lane, lines[half:], sifted)


def _fails(lane: str, lines: Sequence[UUID]) -> Exception | None:
    """Handle these lines in one transaction; the error, when one of them may be its cause."""
    work: Callable[[], object] = (
        (lambda: withdraw_lines(lines)) if lane == Lane.ERASURE else (lambda: pull_lines(lines, lane))
    )
    try:
        work()
    except Exception as error:
        if not is_of_a_record(error):
            raise
        return error
    return None


def _count_failure(lane: str, line: UUID, error: Exception) -> None:
    fault = fault_of(error)
    with context.service("matcher", REASON):
        known = blame(line, fault, wait_s=rules.FIRST_RETRY_S, most=rules.MOST_TRIES)
        if known is None:
            return
        report, parked = known
        if parked:
            details = {"cross_check": "parked", "fault": fault}
            record(Operation.COMBINE, refs=[("report", report)], details=details, result_count=0)
    log.warning("matcher %s: %s on one record, %s", lane, fault, "parked" if parked else "tried again later")
