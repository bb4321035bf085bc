"""Hours of a made day: when units hand in, when cells and courts work, and that nothing lies beyond the last day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
OPENS, CLOSES = time(8, 30), time(18, 30)
EVENING = time(23, 0)  # what a unit hands in on the last days leaves the same evening


def end_of(today: date) -> datetime:
    """The world's last moment: the midnight that begins its last day, so that no made hour lies ahead of a reader."""
    return datetime.combine(today, time(0), PARIS)


def at_work(moment: datetime, rng: Random) -> datetime:
    """The moment itself within working hours, else some time in the morning of the next working day."""
    local = moment.astimezone(PARIS)
    if local.weekday() < 5 and OPENS <= local.time() < CLOSES:
        return local
    day = local.date() if local.weekday() < 5 and local.time() < OPENS else local.date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, PARIS) + timedelta(minutes=rng.randrange(150), seconds=rng.randrange(60))


def on_day(day: date, rng: Random) -> datetime:
    """Some working hour of that day, or of the Friday before it."""
    worked = day - timedelta(days=max(0, day.weekday() - 4))
    return datetime.combine(worked, time(rng.randrange(9, 18), rng.randrange(60), rng.randrange(60)), PARIS)


def in_order(moments: Sequence[datetime], least: timedelta) -> list[datetime]:
    """The same moments, each at least that long after the one before it."""
    kept = list(moments[:1])
    for moment in moments[1:]:
        kept.append(max(moment, kept[-1] + least))
    return kept


def squeezed(start: datetime, moments: Sequence[datetime], end: datetime) -> list[datetime]:
    """The same moments; where the last one would lie beyond the end, all of them drawn closer to the start."""
    if not moments or moments[-1] < end:
        return list(moments)
    share = (end - start) / (moments[-1] - start) * 0.98
    return [start + (moment - start) * share for moment in moments]
