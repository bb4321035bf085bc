"""Waiting for the matcher after a commit, so that the hits of a report stand on the next page."""

import time
from uuid import UUID

from recoupe.access import context
from recoupe.access.beat import sleep_to_beat
from recoupe.intelligence.queries import pending
from recoupe.kernel.refusal import Refused


def wait_until_crosschecked(token: str, report_id: UUID, timeout_s: float = 2.0) -> bool:
    """Wait, outside any other transaction, until the report has left its queue; False when the time is over first.

    Asked at the beats alone: how long the matcher compares depends on what other services hold (R-25). `token` is that
    of the session that reads the report: of any other report the answer would be that of none.
    """
    started = time.monotonic()
    while time.monotonic() - started < timeout_s:
        sleep_to_beat(started)
        try:
            with context.acting(token):
                waiting = pending(report_id)
        except Refused:
            return False
        if not waiting:
            return True
    return False
