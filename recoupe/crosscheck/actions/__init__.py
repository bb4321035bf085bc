"""Each write of the cross-check: the matcher's own, and those of the two services that it puts in contact."""

from recoupe.crosscheck.actions.contact import (
    accept_resolution,
    escalate,
    make_contact,
    open_contact,
    propose_resolution,
    settle,
    thread_of,
    voices,
    write_message,
)
from recoupe.crosscheck.actions.decide import apply_decisions
from recoupe.crosscheck.actions.judging import answer_weak, judge, retract
from recoupe.crosscheck.actions.parking import retry_parked
from recoupe.crosscheck.actions.pull import RECORDS_PER_PULL, Pulled, pull, pull_targets
from recoupe.crosscheck.actions.reentry import START, begin, start_over, sweep
from recoupe.crosscheck.actions.release import (
    answer_agreement,
    refuse_release,
    release_record,
    request_release,
    withdraw_release,
)
from recoupe.crosscheck.actions.waiting import wait_until_crosschecked
from recoupe.crosscheck.actions.withdraw import settle_targets, withdraw, withdraw_targets

__all__ = [
    "RECORDS_PER_PULL",
    "START",
    "Pulled",
    "accept_resolution",
    "answer_agreement",
    "answer_weak",
    "apply_decisions",
    "begin",
    "escalate",
    "judge",
    "make_contact",
    "open_contact",
    "propose_resolution",
    "pull",
    "pull_targets",
    "refuse_release",
    "release_record",
    "request_release",
    "retract",
    "retry_parked",
    "settle",
    "settle_targets",
    "start_over",
    "sweep",
    "thread_of",
    "voices",
    "wait_until_crosschecked",
    "withdraw",
    "withdraw_release",
    "withdraw_targets",
    "write_message",
]
