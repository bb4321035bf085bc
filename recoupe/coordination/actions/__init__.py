"""Writes on objectives: each checks, journals, then changes, in one transaction; one verb for one decision."""

from recoupe.coordination.actions.acting import (
    change_deadline,
    end_joint_lead,
    join_lead,
    report_progress,
    transfer,
)
from recoupe.coordination.actions.leading import (
    Allocation,
    abandon,
    allocate,
    close,
    execute,
    follow_up,
    plan_operation,
    record_outcome,
    reopen,
    resume,
    start,
    suspend,
)
from recoupe.coordination.actions.proposing import (
    Draft,
    examine,
    propose,
    refuse,
    send_to_prosecutor,
    validate,
)

__all__ = [
    "Allocation",
    "Draft",
    "abandon",
    "allocate",
    "change_deadline",
    "close",
    "end_joint_lead",
    "examine",
    "execute",
    "follow_up",
    "join_lead",
    "plan_operation",
    "propose",
    "record_outcome",
    "refuse",
    "reopen",
    "report_progress",
    "resume",
    "send_to_prosecutor",
    "start",
    "suspend",
    "transfer",
    "validate",
]
