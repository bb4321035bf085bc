"""Silent holders near an event that begins soon: the watch desk and the holder's duty officer alone are told (S-7).

They speak to the hierarchy of the service that comes; its team, its screens and its notices are those of no hit.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from recoupe.crosscheck.house import House
from recoupe.deconfliction import dangers, index
from recoupe.deconfliction.dangers import Moment
from recoupe.deconfliction.enums import DangerKind, DangerState
from recoupe.deconfliction.models import Danger, Window
from recoupe.operations.rules import Leg
from recoupe.reference import queries as reference

AHEAD_RULE = "deconfliction.alert_minutes"
KIND = DangerKind.SILENT_IMMINENT
AT_ONCE = 50
# An event that begins soon and was told nothing, and the one side of its pair that was told.
_DUE = """
    SELECT w.event_id, s.record_id
      FROM deconfliction_window w
      JOIN LATERAL (SELECT low, high, id, state FROM crosscheck_hit WHERE low = w.event_id
                     UNION ALL SELECT low, high, id, state FROM crosscheck_hit WHERE high = w.event_id) h ON true
      JOIN crosscheck_hitside s ON s.hit_id = h.id AND s.record_id <> w.event_id
     WHERE w.starts_at <= %s::timestamptz AND w.ends_at > %s::timestamptz AND h.state IN ('BLIND_NOTIFIED', 'POSITIVE')
       AND NOT EXISTS (SELECT 1 FROM crosscheck_hitside o WHERE o.hit_id = h.id AND o.record_id = w.event_id)
       AND NOT EXISTS (SELECT 1 FROM deconfliction_danger d WHERE d.low = h.low AND d.high = h.high AND d.kind = %s
                          AND d.state <> 'CLOSED')
       AND (EXISTS (SELECT 1 FROM deconfliction_window o WHERE o.event_id = s.record_id)
            OR EXISTS (SELECT 1 FROM crosscheck_indexrecord r WHERE r.record_id = s.record_id))
     ORDER BY w.starts_at, w.event_id LIMIT %s
"""


def alert(now: datetime) -> int:
    """Open the dangers that have come within their term; returns how many. In the matcher's own transaction."""
    ahead = timedelta(minutes=reference.whole_parameter(AHEAD_RULE, timezone.localdate(now)))
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [now + ahead, now, KIND.value, AT_ONCE])
        due: list[tuple[UUID, UUID]] = list(cursor.fetchall())
    if not due:
        return 0
    windows = Window.objects.in_bulk([i for pair in due for i in pair])
    house = House.of((i for pair in due for i in pair), [index.record(window) for window in windows.values()])
    known = {(d.low, d.high): d for d in Danger.objects.filter(kind=KIND, low__in=[min(pair) for pair in due])}
    for comes, holds in due:
        pair = min(comes, holds), max(comes, holds)
        told = [(house.facts(holds), house.facts(comes))]
        dangers.open_between(house, KIND, pair, told, moment=_moment(windows[comes]), found=known.get(pair))
    return len(due)


def part(house: House, event_id: UUID, met: Iterable[UUID], *, moved: bool) -> None:
    """What an event meets no longer is no danger; what it still meets is told anew when it has moved."""
    still = set() if moved else set(met)
    rows = Danger.objects.select_for_update().filter(Q(low=event_id) | Q(high=event_id), kind=KIND)
    standing = rows.exclude(state=DangerState.CLOSED).order_by("id")
    dangers.close(house, [d for d in standing if d.beside(event_id) not in still])


def _moment(window: Window) -> Moment:
    """When whoever comes is there, and in which department he begins."""
    start = Leg.of_row(window.legs[0]).start if window.legs else None
    found = reference.commune_at(start.lon, start.lat) if start else None
    return Moment(window.starts_at, window.ends_at, found.department_id if found else "")
