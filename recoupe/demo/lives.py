"""The days of a made life: points and objectives laid back from the world's last day, the order of W4 and W5 kept."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from random import Random

Span = tuple[int, int]  # least and most, in days
Path = Sequence[str]

MEETING = 1  # the cell meets on Tuesdays
NOTE_BEFORE: Span = (20, 24)  # the first note is handed in, triaged and graded before anybody proposes the point

# How long ago the last step of a point was taken: what is watched or targeted is recent, what is over may be old.
POINT_SINCE: Mapping[str, Span] = {
    "REPORTED": (3, 80),
    "TO_VERIFY": (3, 60),
    "ACTIVE": (10, 600),
    "TARGETED": (10, 200),
    "DISRUPTED": (5, 40),
    "DISMANTLED": (10, 60),
    "WATCH": (15, 400),
    "CLOSED": (8, 150),
    "REOCCUPIED": (160, 280),
    "REJECTED": (20, 550),
    "DUPLICATE": (10, 300),
    "MERGED": (20, 500),
    "DISPLACED": (20, 450),
}
# How long after the step before it. A closed point stayed clean for 180 days, a reoccupied one did not.
POINT_GAP: Mapping[str, Span] = {
    "TO_VERIFY": (1, 12),
    "ACTIVE": (3, 25),
    "TARGETED": (20, 120),
    "DISRUPTED": (10, 60),
    "DISMANTLED": (10, 50),
    "WATCH": (2, 8),
    "CLOSED": (181, 240),
    "REOCCUPIED": (20, 150),
    "REJECTED": (5, 40),
    "DUPLICATE": (3, 30),
    "MERGED": (1, 20),
    "DISPLACED": (30, 150),
}
OBJECTIVE_SINCE: Mapping[str, Span] = {
    "PROPOSED": (1, 9),
    "EXAMINED": (1, 12),
    "TO_PROSECUTOR": (1, 12),
    "VALIDATED": (1, 16),
    "REFUSED": (10, 100),
}
OBJECTIVE_GAP: Mapping[str, Span] = {
    "EXAMINED": (2, 8),
    "TO_PROSECUTOR": (1, 3),
    "VALIDATED": (3, 14),
    "REFUSED": (3, 14),
}


def _back(day: date, rng: Random, path: Path, gaps: Mapping[str, Span]) -> list[date]:
    """The day of the first state, then of each step of the path, the last one on `day`."""
    days = [day]
    for step in reversed(path):
        days.append(days[-1] - timedelta(days=rng.randint(*gaps[step])))
    return days[::-1]


def tuesday_before(day: date) -> date:
    """That day's meeting: the Tuesday on it or before it."""
    return day - timedelta(days=(day.weekday() - MEETING) % 7)


def point_days(rng: Random, today: date, state: str, path: Path) -> tuple[date, ...]:
    """When a point was entered, then each step of its path; a meeting targets."""
    days = _back(today - timedelta(days=rng.randint(*POINT_SINCE[state])), rng, path, POINT_GAP)
    return tuple(
        tuesday_before(day) if step == "TARGETED" else day for step, day in zip(("", *path), days, strict=True)
    )


def _in_order(days: Sequence[date], after: date, today: date) -> tuple[date, ...]:
    """The same days, none before the one that precedes it, the first after `after`, the last before today."""
    kept = [after + timedelta(days=1)]
    for day in days:
        kept.append(min(max(day, kept[-1]), today - timedelta(days=1)))
    return tuple(kept[1:])


def objective_days(
    rng: Random, today: date, path: Path, point_path: Path, point_days: Sequence[date]
) -> tuple[date, ...]:
    """When an objective was proposed, then each step of its path, in step with the life of its point."""
    on = dict(zip(point_path, point_days[1:], strict=True))
    if "ALLOCATED" not in path:
        state = path[-1] if path else "PROPOSED"
        days = _back(today - timedelta(days=rng.randint(*OBJECTIVE_SINCE[state])), rng, path, OBJECTIVE_GAP)
        return _in_order(days, on["ACTIVE"], today)
    allocated = on["TARGETED"]
    proposed = on["ACTIVE"] + timedelta(days=max(1, (allocated - on["ACTIVE"]).days // 10))
    examined = tuesday_before(proposed + timedelta(days=6))
    sent = examined + timedelta(days=rng.randint(1, 2))
    decided = sent + timedelta(days=max(1, (allocated - sent).days * 3 // 5))
    days = [proposed, examined, sent, decided, allocated]
    started = allocated + timedelta(days=rng.randint(2, 9))
    for step in path[4:]:
        days.append(_AFTER[step](rng, today, on, days[-1] if step != "UNDER_INVESTIGATION" else started))
    return _in_order(days, on["ACTIVE"], today)


def _midway(rng: Random, last: date, until: date) -> date:
    return last + timedelta(days=int((until - last).days * rng.uniform(0.3, 0.9)))


def _after(step: str, span: Span) -> Callable[[Random, date, Mapping[str, date], date], date]:
    """Some days after a step of the point, or after the objective's own last step where the point has none."""
    return lambda rng, _today, on, last: on.get(step, last) + timedelta(days=rng.randint(*span))


def _planned(rng: Random, today: date, on: Mapping[str, date], last: date) -> date:
    """An operation is planned some days ahead."""
    return on["DISMANTLED"] - timedelta(days=rng.randint(3, 9)) if "DISMANTLED" in on else _midway(rng, last, today)


def _ended(rng: Random, today: date, on: Mapping[str, date], last: date) -> date:
    """Closed with its point; one that was reopened had been closed before the sales came back."""
    if "CLOSED" in on:
        return on["CLOSED"] + timedelta(days=rng.randint(1, 5))
    return _midway(rng, last, on.get("REOCCUPIED", today))


def _paused(rng: Random, today: date, _on: Mapping[str, date], last: date) -> date:
    return _midway(rng, last, today)


_AFTER: Mapping[str, Callable[[Random, date, Mapping[str, date], date], date]] = {
    "UNDER_INVESTIGATION": lambda _rng, _today, _on, started: started,
    "SUSPENDED": _paused,
    "ABANDONED": _paused,
    "OPERATION_PLANNED": _planned,
    "EXECUTED": _after("DISMANTLED", (0, 0)),
    "JUDICIAL_OUTCOME": _after("DISMANTLED", (2, 6)),
    "FOLLOW_UP": _after("WATCH", (4, 8)),
    "CLOSED": _ended,
    "REOPENED": _after("REOCCUPIED", (3, 15)),
}
