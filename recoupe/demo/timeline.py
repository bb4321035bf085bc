"""When everything of a made world happened: pure, from the world alone; the loading puts its rows at these moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from recoupe.demo.hours import EVENING, PARIS, at_work, end_of, in_order, on_day, squeezed
from recoupe.demo.pairs import CONTACT_STEPS
from recoupe.demo.records import DealPointDraft, PairDraft, ReportDraft, World

MATCHED = timedelta(seconds=2)  # the matcher compares what was just handed in
SOON = timedelta(minutes=3)


# Hours before each step of a contact; three answers in ten come after their term of 48 hours.
_WAITS: Mapping[str, tuple[float, float]] = {
    "request": (1, 60),
    "answer": (1, 40),
    "ask": (16, 70),
    "give": (20, 90),
    "keep": (20, 90),
    "propose": (40, 140),
    "accept": (4, 90),
    "escalate": (52, 110),
}
LATE_ANSWER = (50.0, 110.0)
LATE_SHARE = 0.3


@dataclass(frozen=True)
class ReportTimes:
    """One note: handed in, then what its cell did with it, as far as it went."""

    submitted: datetime
    triaged: datetime
    graded: datetime
    indexed: datetime
    ended: datetime


@dataclass(frozen=True)
class HandedFile:
    """One file of a unit: the notes of one week, in the order of their days."""

    unit: str
    at: datetime
    reports: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the unit names it."""
        return f"fiches-{self.unit}-{self.at.astimezone(PARIS):%Y-%m-%d}.csv"


@dataclass(frozen=True)
class Timeline:
    """Moments (UTC) by the keys of the world; those of points, objectives and contacts in the order of their steps."""

    reports: Mapping[str, ReportTimes]
    files: tuple[HandedFile, ...]
    evidence: Mapping[str, datetime]
    points: Mapping[str, tuple[datetime, ...]]
    objectives: Mapping[str, tuple[datetime, ...]]
    contacts: Mapping[str, tuple[datetime, ...]]


def timeline(world: World) -> Timeline:
    """Everything, in its order: notes, then points that cite them, objectives, and the contacts of those that met."""
    drawn = _Moments(world)
    reports = {report.key: drawn.report(report) for report in world.reports}
    evidence: dict[str, datetime] = {}
    points: dict[str, tuple[datetime, ...]] = {}
    for point in world.points:
        points[point.key] = drawn.point(point, reports)
        evidence |= drawn.evidence(point, points[point.key][0], reports)
    return Timeline(
        reports=reports,
        files=_files(world, reports),
        evidence=evidence,
        points=points,
        objectives={o.key: drawn.days(o.key, o.days, timedelta(hours=2)) for o in world.objectives},
        contacts={pair.key: drawn.contact(pair, reports) for pair in world.pairs},
    )


def _files(world: World, reports: Mapping[str, ReportTimes]) -> tuple[HandedFile, ...]:
    """What each unit handed in at one moment is one file."""
    found: dict[tuple[datetime, str], list[str]] = {}
    for report in world.reports:
        if not report.by_hand:
            found.setdefault((reports[report.key].submitted, report.unit), []).append(report.key)
    return tuple(HandedFile(unit, at, tuple(keys)) for (at, unit), keys in sorted(found.items()))


def _utc(moments: Sequence[datetime]) -> tuple[datetime, ...]:
    return tuple(moment.astimezone(UTC) for moment in moments)


class _Moments:
    """One stream of chance for each thing: what is added to the world moves nothing else in time."""

    def __init__(self, world: World) -> None:
        self.seed, self.end = world.plan.seed, end_of(world.plan.today)

    def _rng(self, key: str) -> Random:
        return Random(f"{self.seed}:time:{key}")

    def report(self, report: ReportDraft) -> ReportTimes:
        """Handed in within the week, graded within days; one note in ten waits longer than it should."""
        rng = self._rng(report.key)
        submitted = self._typed(report, rng) if report.by_hand else self._handed(report)
        wait = rng.choices(((1, 20), (20, 46), (46, 140)), (70, 20, 10))[0]
        triaged = at_work(submitted + timedelta(hours=rng.uniform(*wait)), rng)
        graded = triaged + timedelta(minutes=rng.randint(5, 90))
        indexed = graded + timedelta(minutes=rng.randint(2, 120))
        ended = indexed + timedelta(hours=rng.uniform(0.2, 40))
        work = squeezed(submitted, (triaged, graded, indexed, ended), self.end)
        return ReportTimes(*_utc((submitted, *work)))

    def _typed(self, report: ReportDraft, rng: Random) -> datetime:
        return report.collected_at + timedelta(minutes=rng.randint(5, 50), seconds=rng.randrange(60))

    def _handed(self, report: ReportDraft) -> datetime:
        """The unit's own weekday and hour; in the last week, the evening of the day itself."""
        rng = self._rng(report.unit)
        weekday, hour, minute = rng.randrange(5), rng.randrange(8, 18), rng.randrange(60)
        local = report.collected_at.astimezone(PARIS)
        day = local.date() + timedelta(days=(weekday - local.weekday()) % 7)
        handed = datetime.combine(day, time(hour, minute), PARIS)
        if handed <= local:
            handed = datetime.combine(day + timedelta(days=7), time(hour, minute), PARIS)
        if handed >= self.end:
            handed = datetime.combine(local.date(), EVENING, PARIS) + timedelta(minutes=minute)
        return handed

    def days(self, key: str, days: Sequence[date], least: timedelta) -> tuple[datetime, ...]:
        """A working hour of each day, in order."""
        rng = self._rng(key)
        moments = in_order([on_day(day, rng) for day in days], least)
        return _utc(squeezed(moments[0] - least, moments, self.end))

    def point(self, point: DealPointDraft, reports: Mapping[str, ReportTimes]) -> tuple[datetime, ...]:
        """A point is entered on its day, never before its first note was handed in."""
        moments = list(self.days(point.key, point.days, timedelta(hours=3)))
        first = reports[point.evidence[0]].submitted + SOON
        return tuple(in_order([max(moments[0], first), *moments[1:]], timedelta(minutes=1)))

    def evidence(
        self, point: DealPointDraft, entered: datetime, reports: Mapping[str, ReportTimes]
    ) -> dict[str, datetime]:
        """The first note enters with the point; each other one once it is read."""
        rng = self._rng(f"{point.key}:evidence")
        found = {}
        for rank, key in enumerate(point.evidence):
            known = max(reports[key].indexed, entered)
            read = squeezed(known, [known + timedelta(minutes=rng.randint(5, 200))], self.end)[0]
            found[key] = entered if rank == 0 else read.astimezone(UTC)
        return found

    def contact(self, pair: PairDraft, reports: Mapping[str, ReportTimes]) -> tuple[datetime, ...]:
        """The steps of a contact after both notes are there; some answers come after their term."""
        rng = self._rng(pair.key)
        met = max(reports[pair.first].submitted, reports[pair.second].submitted) + MATCHED
        moments: list[datetime] = []
        last = met
        for step in CONTACT_STEPS[pair.contact]:
            late = step == "answer" and rng.random() < LATE_SHARE
            last = at_work(last + timedelta(hours=rng.uniform(*(LATE_ANSWER if late else _WAITS[step]))), rng)
            moments.append(last)
        if pair.contact == "requested":  # what waits was asked these last days: half of it is late already
            hours = (60, 200) if int(pair.key[1:]) // len(CONTACT_STEPS) % 2 else (4, 20)
            moments = [max(moments[0], self.end - timedelta(hours=rng.uniform(*hours)))]
        return _utc(squeezed(met, in_order(moments, timedelta(minutes=7)), self.end))
