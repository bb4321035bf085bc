"""Deal points: drawn at random inside a commune, rounded, under invented streets, in every state of their life."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from recoupe.demo import lives, names
from recoupe.demo.records import AgentDraft, DealPointDraft, Plan, ReportDraft
from recoupe.demo.reports import Wish
from recoupe.demo.setting import UNCERTAINTY_FLOOR_M, Setting

COUNT = 300
_LIFE = ("TO_VERIFY", "ACTIVE", "TARGETED", "DISRUPTED", "DISMANTLED", "WATCH")
# How many of 300 stand in each state, and the way that leads there.
STATES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("REPORTED", 50, ()),
    ("TO_VERIFY", 50, _LIFE[:1]),
    ("ACTIVE", 65, _LIFE[:2]),
    ("TARGETED", 45, _LIFE[:3]),
    ("DISRUPTED", 10, _LIFE[:4]),
    ("DISMANTLED", 16, _LIFE[:5]),
    ("WATCH", 14, _LIFE),
    ("CLOSED", 20, (*_LIFE, "CLOSED")),
    ("REOCCUPIED", 16, (*_LIFE, "REOCCUPIED")),
    ("REJECTED", 5, ("TO_VERIFY", "REJECTED")),
    ("DUPLICATE", 3, ("TO_VERIFY", "DUPLICATE")),
    ("MERGED", 3, ("TO_VERIFY", "DUPLICATE", "MERGED")),
    ("DISPLACED", 3, (*_LIFE[:2], "DISPLACED")),
)
LIVES_ON = frozenset({"DUPLICATE", "MERGED", "DISPLACED"})
# (kind of point, forms of note that speak of it, products)
KINDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("street", ("fixed_watch", "lookouts", "walking_watch", "field_sheet"), ("cannabis_resin", "cocaine_hcl")),
    ("street", ("fixed_watch", "identity_check", "short_message"), ("cannabis_resin", "cannabis_herb")),
    ("lobby", ("fixed_watch", "lookouts", "stash_keeper"), ("cannabis_resin",)),
    ("squat", ("crack_site", "fixed_watch"), ("crack",)),
    ("shop", ("front_shop", "walking_watch"), ("cannabis_herb",)),
    ("delivery", ("delivery_order", "meet_handover"), ("cocaine_hcl", "ecstasy_mdma")),
    ("stash", ("stash_keeper", "indoor_growing"), ("cannabis_plant",)),
)
_SOLD = frozenset({"TO_VERIFY", "ACTIVE", "TARGETED", "DISRUPTED", "REOCCUPIED"})  # still heard of
HEARSAY = ("anonymous_call", "emergency_log", "municipal_police", "landlord_hall")
_HOURS = ("14 h à 22 h", "11 h à minuit", "en soirée", "fins de semaine", "toute la journée", "17 h à 2 h")
_ROLES = ("lookout", "tout", "seller", "supplier", "keeper", "manager")


def _states(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """Every state at every scale, in the shares of the table; ACTIVE takes what rounding leaves."""
    total = max(plan.count(COUNT), len(STATES))
    counts = {state: max(1, total * share // COUNT) for state, share, _ in STATES}
    counts["ACTIVE"] += total - sum(counts.values())
    return [(state, path) for state, _, path in STATES for _ in range(counts[state])]


def _spot(setting: Setting, rng: Random, among: frozenset[str]) -> tuple[str, tuple[float, float]]:
    """A town of one of these departments (none: of any) and a rounded point inside it."""
    while True:
        department = setting.draw_department(rng)
        if among and department not in among:
            continue
        commune = setting.draw_commune(rng, department)
        if commune.population >= 4_000 and (spot := setting.draw_point(rng, commune.code)):
            return commune.code, spot


def staffed(setting: Setting, agents: Sequence[AgentDraft]) -> frozenset[str]:
    """Departments whose cell has an analyst and a head: without them a point stays as it was reported."""
    held: dict[str, set[str]] = {}
    for agent in agents:
        if setting.unit_by_code[agent.unit].kind == "cross":
            held.setdefault(agent.unit, set()).update(agent.roles)
    return frozenset(
        department
        for code, roles in held.items()
        if {"cross_analyst", "cross_head"} <= roles
        for department in setting.unit_by_code[code].departments
    )


def _older(points: Sequence[DealPointDraft], day: date) -> list[DealPointDraft]:
    """The active points that were known by that day; the oldest of all where none was."""
    active = sorted((p for p in points if p.state == "ACTIVE"), key=lambda p: p.days)
    return [p for p in active if p.days[-1] < day] or active[:1]


def draw_points(setting: Setting, plan: Plan, agents: Sequence[AgentDraft]) -> list[DealPointDraft]:
    """The points, without their evidence yet; those that live on elsewhere name an active point of their commune."""
    moved = staffed(setting, agents)
    rng = Random(f"{plan.seed}:points")
    points: list[DealPointDraft] = []
    for number, (state, path) in enumerate(_states(plan), 1):
        days = lives.point_days(rng, plan.today, state, path)
        onto = rng.choice(_older(points, days[2])) if state in LIVES_ON else None
        commune, spot = (
            (onto.commune, setting.draw_point(rng, onto.commune) or (onto.lon, onto.lat))
            if onto
            else _spot(setting, rng, moved if path else frozenset())
        )
        kind, _, products = rng.choice(KINDS)
        points.append(
            DealPointDraft(
                key=f"P{number:04d}",
                name=names.quarter(rng),
                kind=onto.kind if onto else kind,
                commune=commune,
                department=setting.by_code[commune].department,
                lon=spot[0],
                lat=spot[1],
                uncertainty_m=rng.choice((UNCERTAINTY_FLOOR_M, 400, 500)),
                street=onto.street if onto else names.street(rng),
                products=onto.products if onto else products,
                hours=rng.choice(_HOURS),
                roles_seen=tuple(sorted(rng.sample(_ROLES, rng.choice((1, 2, 3))))),
                violence=rng.random() < 0.15,
                minors_present=rng.random() < 0.2,
                state=state,
                path=path,
                evidence=(),
                days=days,
                onto=onto.key if onto else "",
            )
        )
    return points


def wishes(points: Sequence[DealPointDraft], plan: Plan) -> Iterator[Wish]:
    """The notes that speak for each point: hearsay while nothing is confirmed, an officer's own eyes beyond."""
    rng = Random(f"{plan.seed}:evidence")
    for point in points:
        forms = next(forms for kind, forms, _ in KINDS if kind == point.kind)
        first = point.days[0] - timedelta(days=rng.randint(*lives.NOTE_BEFORE))
        common = Wish(
            key="",
            day=first,
            commune=point.commune,
            street=point.street,
            spot=(point.lon, point.lat),
            point=point.key,
            state="INDEXED",
        )
        if "ACTIVE" in point.path:
            yield replace(common, forms=forms, source="officer_observation", handling=("H0",))
        else:
            yield replace(common, forms=HEARSAY, source="anonymous", handling=("H0",))
        if point.state == "REOCCUPIED":  # somebody saw it again
            again = point.days[-1] - timedelta(days=rng.randint(*lives.NOTE_BEFORE))
            yield replace(common, day=again, forms=forms, source="officer_observation", handling=("H0",))
        last = point.days[-1] if point.path and point.state not in _SOLD else plan.today - timedelta(days=2)
        for _ in range(rng.choice((0, 0, 1, 2))):
            day = first + timedelta(days=rng.randint(1, max(1, (last - first).days)))
            yield replace(common, day=day, forms=HEARSAY, handling=rng.choice((("H0",), ("H1",))))


def with_evidence(points: Sequence[DealPointDraft], reports: Sequence[ReportDraft]) -> tuple[DealPointDraft, ...]:
    """The points with the keys of the notes that speak for them, oldest first."""
    found: dict[str, list[str]] = {}
    for report in sorted(reports, key=lambda r: (r.collected_at, r.key)):
        if report.point:
            found.setdefault(report.point, []).append(report.key)
    return tuple(replace(point, evidence=tuple(found[point.key])) for point in points)
