"""Waiting for the matcher after a commit, so that the hits of a report stand on the next page."""

import time
from uuid import UUID

from recoupe.access.beat import sleep_to_beat
from recoupe.intelligence.queries import pending


def wait_until_crosschecked(report_id: UUID, timeout_s: float = 2.0) -> bool:
    """Wait outside any transaction until the report has left its queue; False when the time is over first.

    Asked at the beats alone: how long the matcher compares depends on what other services hold (R-25).
    """
    started = time.monotonic()
    while time.monotonic() - started < timeout_s:
        sleep_to_beat(started)
        if not pending(report_id):
            return True
    return False
