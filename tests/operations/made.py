"""Events as tests type them: in Marseille at noon, along the A63."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from recoupe.operations.actions import EventEntry
from recoupe.operations.placing import Stop
from recoupe.operations.presence.actions import Entry

MARSEILLE, LILLE, BORDEAUX, BAYONNE, DAX = "13055", "59350", "33063", "64102", "40088"


def noon(days: int = 2) -> datetime:
    """Noon on the wall of Paris, some days from now."""
    there = timezone.localtime() + timedelta(days=days)
    return there.replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)


def point(since: datetime | None = None, hours: float = 2, **changes: Any) -> EventEntry:
    """A surveillance around a point of Marseille."""
    start = since or noon()
    known: dict[str, Any] = {
        "kind": "surveillance",
        "shape": "point",
        "stops": (Stop(MARSEILLE, 5.3698, 43.2965),),
        "windows": ((start, start + timedelta(hours=hours)),),
        "radius_m": 100,
        "armed": True,
    }
    return EventEntry(**(known | changes))


def patrol(**changes: Any) -> Entry:
    """Two people of a patrol for four hours in Marseille, the night before last."""
    day = timezone.localdate() - timedelta(days=2)
    known: dict[str, Any] = {
        "patrol": "BAC 3", "commune": MARSEILLE, "day": day, "since": time(22), "until": time(2), "staff": 2,
        "allocation": "random", "controls": 12, "fines": 3, "found": 1,
    }  # fmt: skip
    return Entry(**(known | changes))


def corridor(stops: tuple[str, ...], starts: tuple[datetime, ...], hours: float = 1, **changes: Any) -> EventEntry:
    """A control along a route from commune to commune, each leg within so many hours."""
    known: dict[str, Any] = {
        "kind": "surveillance",
        "shape": "corridor",
        "stops": tuple(Stop(code) for code in stops),
        "windows": tuple((start, start + timedelta(hours=hours)) for start in starts),
        "armed": True,
    }
    return EventEntry(**(known | changes))
