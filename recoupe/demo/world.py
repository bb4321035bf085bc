"""The whole made world, from a plan and the real territory: pure, and byte for byte the same for the same plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from recoupe.demo import pairs, points, truths
from recoupe.demo.agents import build_agents
from recoupe.demo.cases import build_cases
from recoupe.demo.pools import Pool, build_networks
from recoupe.demo.records import CaseDraft, Plan, ReportDraft, World
from recoupe.demo.registrations import draw_registrations
from recoupe.demo.reports import Desk, Wish
from recoupe.demo.setting import Setting

REPORTS = 5_000
JUDICIAL = 60


class _Writing:
    """Hands wishes to the desk and numbers what comes back."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.reports: list[ReportDraft] = []

    def write(self, wish: Wish) -> str:
        key = f"DEMO-{len(self.reports) + 1:06d}"
        self.reports.append(self.desk.write(replace(wish, key=key)))
        return key


def _bare(report: ReportDraft) -> bool:
    return not report.selectors and not report.persons


def _fill(writing: _Writing, total: int) -> None:
    """The notes left to chance, so many of them bare that half of all are."""
    missing = max(0, total - len(writing.reports))
    bare = sum(_bare(report) for report in writing.reports)
    wanted = min(missing, max(0, -(-total // 2) - bare))
    naming = [False] * wanted + [True] * (missing - wanted)
    writing.desk.rng.shuffle(naming)
    for flag in naming:
        writing.write(Wish(key="", naming=flag))


def _judicial_units(plan: Plan, cases: Sequence[CaseDraft]) -> list[str]:
    """The units of the notes that belong to a procedure, typed these last days."""
    rng = Random(f"{plan.seed}:judicial")
    return [rng.choice(cases).unit for _ in range(plan.count(JUDICIAL) if cases else 0)]


def _recent(plan: Plan, rng: Random) -> date:
    return plan.today - timedelta(days=rng.randrange(1, 11))


def _births(setting: Setting) -> tuple[str, ...]:
    return tuple(c.code for some in setting.by_department.values() for c in some[:12])


def build(plan: Plan, setting: Setting) -> World:
    """Agents, cases, notes, points, pairs, objectives and truths."""
    agents = build_agents(setting, plan)
    cases = build_cases(setting, plan, agents)
    pool = Pool(plan, _births(setting))
    desk = Desk(setting, plan, agents, cases, pool)
    for network in build_networks(setting, plan, pool):
        desk.networks.setdefault(network.department, []).append(network)
    writing = _Writing(desk)
    planted = [
        replace(seed.truth, reports=tuple(writing.write(w) for w in seed.wishes))
        for seed in truths.seeds(plan, setting, pool)
    ]
    drawn = points.draw_points(setting, plan, agents)
    for wish in points.wishes(drawn, plan):
        writing.write(wish)
    meetings = pairs.draw_meetings(setting, plan, agents, pool)
    keys: dict[str, list[str]] = {}
    for meeting, wish in pairs.wishes(meetings, plan):
        keys.setdefault(meeting.key, []).append(writing.write(wish))
    for unit in _judicial_units(plan, cases):
        writing.write(Wish(key="", unit=unit, judicial=True, day=_recent(plan, desk.rng)))
    _fill(writing, plan.count(REPORTS))
    placed = points.with_evidence(drawn, writing.reports)
    return World(
        plan=plan,
        agents=agents,
        cases=cases,
        registrations=draw_registrations(plan, cases),
        reports=tuple(sorted(writing.reports, key=lambda r: (r.collected_at, r.key))),
        points=placed,
        pairs=pairs.built(meetings, keys),
        objectives=pairs.draw_objectives(setting, plan, agents, placed),
        truths=tuple(planted),
    )
