"""Events of today, near what the source bureau marks or near nobody: what their author is answered.

Neither the answer to the form, nor the moment from which their page no longer compares, tells which (S-7, R-25).
"""

import time
from datetime import datetime, timedelta
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.demo.benches.visitor import Visitor
from recoupe.operations.door import MarkEntry, mark
from recoupe.operations.placing import Stop
from tests.operations.made import MARSEILLE
from tests.proof import size
from tests.timing.race import Probe, sent
from tests.world import World

# Places that are marked, and as many that are not; in a town, where those of one degree's thirtieth apart do not meet.
PLACES = size(ci=2, full=600)
ACROSS, WEST, SOUTH, STEP = 30, 5.0, 43.1, 1 / 30
WRITTEN = "%d/%m/%Y %H:%M"
PATIENCE_S = 60.0
COMPARED = "event: what it met"
# One in so many begins within the hour: near a mark it opens a danger as well. In a day of the country few do at once.
SOON_EVERY = 50


def _number(marked: bool, rank: int) -> int:
    return 2 * (rank % PLACES) + marked


def _where(number: int) -> tuple[float, float]:
    return round(WEST + STEP * (number % ACROSS), 4), round(SOUTH + STEP * (number // ACROSS), 4)


def _plate(number: int) -> str:
    return f"G{'EF'[number // 900]}-{number % 900 + 100}-TW"


def _wall(hours: int) -> datetime:
    """So many hours from now, on the wall of Paris."""
    return (timezone.localtime() + timedelta(hours=hours)).replace(second=0, microsecond=0, tzinfo=None)


def lay(world: World) -> None:
    """The bureau marks a place and a vehicle each, from now until tomorrow."""
    bureau = world.agent(Role.INVESTIGATOR, "BCS")
    for rank in range(PLACES):
        number = _number(True, rank)
        stop = Stop(MARSEILLE, *_where(number))
        with world.acting(bureau) as agent:
            mark(by=agent, entry=MarkEntry(
                windows=((_wall(0), _wall(24)),), shape="point", stops=(stop,), radius_m=100, plates=(_plate(number),)
            ))  # fmt: skip


def probes() -> list[Probe]:
    """The form alone; the form, then its page until it has been compared."""
    return [Probe("event: entered", sent(reverse("event-new"), _form)), Probe(COMPARED, _compared)]


def _form(marked: bool, rank: int) -> dict[str, str]:
    number = _number(marked, rank)
    lon, lat = _where(number)
    begins = 5 if rank % SOON_EVERY else 1
    return {
        "key": str(uuid4()), "kind": "surveillance", "label": "Planque", "shape": "point", "commune": MARSEILLE,
        "lon": f"{lon:.4f}", "lat": f"{lat:.4f}", "radius_m": "100", "existence": "both", "plates": _plate(number),
        "since": _wall(begins).strftime(WRITTEN), "until": _wall(begins + 1).strftime(WRITTEN),
    }  # fmt: skip


def _compared(desk: Visitor, marked: bool, rank: int) -> tuple[float, int, int]:
    """As a hurried author would: asked again at once for as long as it is compared."""
    started = time.perf_counter()
    page = desk.post(reverse("event-new"), _form(marked, rank)).location
    while True:
        answer = desk.get(f"{page}conflits/")
        spent = time.perf_counter() - started
        if "hx-trigger" not in answer.body:
            return spent, answer.status, len(answer.body)
        assert spent < PATIENCE_S, "the matcher does not compare"
