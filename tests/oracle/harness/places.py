"""Points and objectives of the random world, led by chance as far as their deciders take them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.coordination import actions as objectives
from recoupe.coordination.enums import Financial
from recoupe.coordination.followup import actions as followup
from recoupe.coordination.followup.enums import MeasureKind, Seen
from recoupe.coordination.followup.models import Check
from recoupe.coordination.models import Objective
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints import actions as points
from recoupe.dealpoints import facts
from recoupe.dealpoints.enums import DealPointKind
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.models import Report
from recoupe.kernel.quantity import Unit
from recoupe.kernel.source import SourceKind
from recoupe.reference import queries as reference
from tests.oracle.harness.cast import Person
from tests.oracle.harness.lives import WHY, Lives

BRINGERS = (Role.INVESTIGATOR, Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST)


class Places:
    """What becomes of reports and hits."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.points: list[UUID] = []
        self.objectives: list[UUID] = []

    def assure(self, report: UUID) -> None:
        """One point that its cell confirms, one objective that the prosecutor validates: a decision there is."""
        lives = self.lives
        by = {(p.unit, role): p for p in reversed(lives.people) if not p.fate for role in p.roles}
        author, analyst = by["SR13", Role.INVESTIGATOR], by["CROSS13", Role.CROSS_ANALYST]
        head, prosecutor = by["CROSS13", Role.CROSS_HEAD], by["TJ13", Role.PROSECUTOR]
        made = lives.attempt(author, "point", lambda a: points.propose_from_report(
            by=a, report=Report.objects.get(pk=report), draft=self._draft((5.3698, 43.2965))))  # fmt: skip
        self._note()
        self.points.append(made.id)
        paid = facts.Seen("cannabis_resin", Decimal(8), Unit.G, timezone.localdate(), SourceKind.OFFICER_OBSERVATION)
        lives.attempt(author, "price", lambda a: facts.observe_price(
            by=a, point=DealPoint.objects.get(pk=made.id), seen=paid))  # fmt: skip
        lives.attempt(analyst, "confirm", lambda a: points.confirm(by=a, point=DealPoint.objects.get(pk=made.id)))
        draft = objectives.Draft(title=lives.token(), summary=lives.token(), court_id=reference.unit("TJ13").id)
        goal = lives.attempt(analyst, "objective", lambda a: objectives.propose(
            by=a, origin=DealPoint.objects.get(pk=made.id), draft=draft))  # fmt: skip
        self.objectives.append(goal.id)
        for who, name in ((head, "examine"), (analyst, "send_to_prosecutor"), (prosecutor, "validate")):
            lives.attempt(who, name, lambda a, n=name: self._decide(a, n, goal.id))

    def clear(self, report: UUID) -> None:
        """One point that an operation cleared a week ago: its checks, one answer, one measure of its plan of return."""
        lives = self.lives
        by = {(p.unit, role): p for p in reversed(lives.people) if not p.fate for role in p.roles}
        author, head = by["SR13", Role.INVESTIGATOR], by["CROSS13", Role.CROSS_HEAD]
        made = lives.attempt(author, "point", lambda a: points.propose_from_report(
            by=a, report=Report.objects.get(pk=report), draft=self._draft((5.3698, 43.2965))))  # fmt: skip
        self._note()
        self.points.append(made.id)
        ended = timezone.localdate() - timedelta(days=8)

        def found() -> DealPoint:
            there: DealPoint = DealPoint.objects.get(pk=made.id)
            return there

        steps: tuple[tuple[str, Any], ...] = (
            ("confirm", lambda a: points.confirm(by=a, point=found())),
            ("target", lambda a: points.target(by=a, point=found())),
            ("disrupt", lambda a: points.disrupt(by=a, point=found(), reason=WHY)),
            ("dismantle", lambda a: points.dismantle(by=a, point=found(), operation="OP-2", on=ended, reason=WHY)),
            ("watch", lambda a: points.watch(by=a, point=found())),
        )
        for name, act in steps:
            lives.attempt(head, name, act) or lives.attempt(by["CROSS13", Role.CROSS_ANALYST], name, act)
        lives.attempt(author, "answer a check", lambda a: self._look(a, made.id))
        draft = followup.Draft(
            kind=MeasureKind.LIGHT, text=lives.token(), due_on=timezone.localdate() + timedelta(days=30),
            partner_kind="town", partner=lives.token(),
        )  # fmt: skip
        lives.attempt(head, "plan a return", lambda a: followup.plan(by=a, point=found(), draft=draft))

    def _look(self, agent: Agent, point: UUID) -> Any:
        one = Check.objects.filter(point=point, days=7).get()
        return followup.answer(by=agent, check=one, seen=Seen.CLEAN, seen_on=one.due_on, reason=WHY)

    def propose_points(self, reports: Sequence[UUID], number: int) -> None:
        """Points from random reports by whoever may cite them."""
        for _ in range(number):
            chosen = self.lives.random.choice(reports)
            made = self.lives.some_try(
                self.lives.of(*BRINGERS), "point", lambda a, i=chosen: points.propose_from_report(
                    by=a, report=Report.objects.get(pk=i), draft=self._draft()), 10)  # fmt: skip
            if made is not None:
                self.points.append(made.id)
                self._note()
        for _ in range(number):
            chosen = self.lives.random.choice(reports)
            if self.points:
                point = self.lives.random.choice(self.points)
                self.lives.some_try(self.lives.of(*BRINGERS), "evidence", lambda a, i=chosen,
                p=point: points.add_evidence(
                    by=a, point=DealPoint.objects.get(pk=p), report=Report.objects.get(pk=i)), 8)  # fmt: skip
                self._note()

    def _draft(self, where: tuple[float, float] | None = None) -> points.Draft:
        lon, lat = where or self.lives.random.choice(
            ((5.3698, 43.2965), (4.8057, 43.9493), (3.0573, 50.6292), (4.8357, 45.764))
        )
        return points.Draft(name=self.lives.token(), kind=DealPointKind.STREET, lon=lon, lat=lat, uncertainty_m=300,
                            hours=self.lives.token(), landlord=self.lives.token(),
                            landlord_siren="732829320")  # fmt: skip

    def _note(self) -> None:
        """Who attached it stands in no table; the one who has just acted is the last in the journal."""
        known = self.lives.ledger.attached
        rows = self.lives.house.sql("SELECT id::text FROM dealpoints_evidence ORDER BY created_at")
        for (evidence,) in rows:
            if evidence not in known:
                ((agent, unit),) = self.lives.house.sql(
                    "SELECT actor::text, unit::text FROM audit_entry WHERE actor IS NOT NULL ORDER BY id DESC LIMIT 1"
                )
                known[evidence] = agent, unit

    def move_points(self, number: int) -> None:
        """Random steps of random points by the people of their cells."""
        draw, near = self.lives.random, self.lives.of(Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST)
        for _ in range(number if self.points else 0):
            chosen, other = draw.choice(self.points), draw.choice(self.points)
            for name in draw.choice((("confirm",), ("confirm", "target"), ("verify",), ("target",
            "disrupt"), ("dismantle", "watch"),
                                     ("reject",), ("close",), ("reoccupy",), ("displace",),
                                     ("duplicate", "merge"), ("separate",))):  # fmt: skip
                self.lives.some_try(near, name, lambda a, n=name, i=chosen, o=other: self._step(a, n, i, o), 12)

    def _step(self, agent: Agent, name: str, chosen: UUID, other: UUID) -> Any:
        point = DealPoint.objects.get(pk=chosen)
        if name in ("confirm", "target", "verify", "watch"):
            return getattr(points, name)(by=agent, point=point)
        if name == "dismantle":
            return points.dismantle(by=agent, point=point, operation="OP-1", on=timezone.localdate(), reason=WHY)
        if name in ("displace", "duplicate"):
            target = DealPoint.objects.get(pk=other)
            if name == "displace":
                return points.displace(by=agent, point=point, to=target, reason=WHY)
            return points.mark_duplicate(by=agent, point=point, of=target, reason=WHY)
        return getattr(points, name)(by=agent, point=point, reason=self.lives.token())

    def propose_objectives(self, number: int) -> None:
        """Objectives from points and from sides of hits."""
        draw = self.lives.random
        sides = [row[0] for row in self.lives.house.sql("SELECT id FROM crosscheck_hitside ORDER BY id")]
        proposers = self.lives.of(Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD)
        for turn in range(number):
            model, known = (DealPoint, self.points) if turn % 2 else (HitSide, sides)
            if known:
                chosen = draw.choice(known)
                made = self.lives.some_try(proposers, "objective", lambda a, m=model, i=chosen: objectives.propose(
                    by=a, origin=m.objects.get(pk=i), draft=self._proposal()), 14)  # fmt: skip
                self.objectives += [made.id] if made else []

    def _proposal(self) -> objectives.Draft:
        court = self.lives.random.choice(("TJ13", "TJ13", "TJ69"))
        return objectives.Draft(title=self.lives.token(), summary=self.lives.token(), court_id=reference.unit(court).id,
                                commune_code={"TJ13": "13055", "TJ69": "69123"}[court],
                                departments=(court[2:],))  # fmt: skip

    def move_objectives(self, number: int) -> None:
        """Random steps by those who decide."""
        near: list[Person] = self.lives.of(
            Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.PROSECUTOR, Role.OFAST_ANALYST, Role.INVESTIGATOR, Role.UNIT_HEAD
        )
        names = ("examine", "send_to_prosecutor", "validate", "refuse", "allocate", "start", "join_lead",
        "suspend", "abandon", "examine",
                 "send_to_prosecutor", "validate", "allocate", "start")  # fmt: skip
        for _ in range(number if self.objectives else 0):
            chosen, first = self.lives.random.choice(self.objectives), self.lives.random.randrange(6)
            for name in names[first : first + 3]:
                self.lives.some_try(near, name, lambda a, n=name, i=chosen: self._decide(a, n, i), 30)

    def _decide(self, agent: Agent, name: str, chosen: UUID) -> Any:
        found = Objective.objects.get(pk=chosen)
        act: Any = getattr(objectives, name)
        if name == "allocate":
            allocation = objectives.Allocation(
                lead_id=reference.unit(self.lives.random.choice(("SR13", "PJ13", "DED13"))).id,
                co_services=(reference.unit("PJ69").id,),
                deadline=timezone.localdate() + timedelta(days=60), financial=Financial.OPENED,
            )  # fmt: skip
            return act(by=agent, objective=found, allocation=allocation)
        if name == "join_lead":
            service = reference.unit(self.lives.random.choice(("SR13", "DED13"))).id
            return act(by=agent, objective=found, service=service, said=self.lives.token())
        if name == "validate":
            return act(by=agent, objective=found, reference=self.lives.token())
        if name in ("refuse", "suspend", "abandon"):
            return act(by=agent, objective=found, reason=self.lives.token())
        return act(by=agent, objective=found)
