"""Waiting for the matcher after a commit, so that the hits of a report stand on the next page."""

import time
from uuid import UUID

from recoupe.intelligence.queries import pending

FIRST_PAUSE_S = 0.004
LONGEST_PAUSE_S = 0.05


def wait_until_crosschecked(report_id: UUID, timeout_s: float = 2.0) -> bool:
    """Wait outside any transaction until the report has left its queue; False when the time is over first."""
    deadline = time.monotonic() + timeout_s
    pause = FIRST_PAUSE_S
    while pending(report_id):
        if time.monotonic() + pause > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)
    return True
