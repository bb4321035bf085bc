"""What the lists show besides reports: deal points, contacts and objectives, made through the actions by the heads."""

from datetime import date, time, timedelta

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.coordination import actions as coordination
from recoupe.coordination.actions import Draft as ObjectiveText
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints import actions as dealpoints
from recoupe.dealpoints.actions import Draft as PointText
from recoupe.dealpoints.enums import DealPointKind, DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench
from recoupe.demo.benches.intake import Heads
from recoupe.intelligence.models import Report
from recoupe.kernel.source import SourceKind
from recoupe.operations.presence import actions as ledger
from recoupe.operations.presence.enums import Allocation
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune

# Of the whole country: as many points as the ministry counts, and what twelve units have in hand.
POINTS, CONTACTS, OBJECTIVES = 3_600, 600, 240
# Places of one cell where an operation took place lately enough for the first look to be due.
CLEARED, DAYS_AGO = 100, 8
# Two patrols a night of each unit for four months.
PATROLS, A_NIGHT = 2_880, 2
IN_ONE_TRANSACTION = 60
WHY = "Opération du banc d'essai (données fictives)"


def lay(bench: Bench, by: Heads) -> None:
    """So many of each, for this size, spread over the units."""
    units = len(by.tokens)
    for token in by.tokens.values():
        _points(token, bench.share(POINTS, 2 * units) // units)
        with crew.acting(token) as agent:
            sides = list(HitSide.objects.filter(owner_unit_id=agent.unit_id, thread_id__isnull=False)[:CONTACTS])
        _contacts(token, sides[: bench.share(CONTACTS, units) // units])
        _objectives(token, sides[: bench.share(OBJECTIVES, units) // units])
        _patrols(token, bench.share(PATROLS, units) // units)
    _operations(crew.session("cellule", "CROSS13", Role.CROSS_HEAD), bench.share(CLEARED, 1))


def _points(token: str, wanted: int) -> None:
    with crew.acting(token) as agent:
        citable = Report.objects.filter(owner_unit_id=agent.unit_id, place_kind="point", handling=["H0"])
        ids = list(citable.values_list("id", flat=True)[:wanted])
    for start in range(0, len(ids), IN_ONE_TRANSACTION):
        with crew.acting(token) as agent:
            for report in Report.objects.filter(id__in=ids[start : start + IN_ONE_TRANSACTION]):
                text = PointText(name=f"Point {report.ref}", kind=DealPointKind.STREET)
                dealpoints.propose_from_report(by=agent, report=report, draft=text)


def _operations(cell: str, wanted: int) -> None:
    """What an officer saw is confirmed, chosen, cleared and kept in view by the cell."""
    with crew.acting(cell) as agent:
        observed = DealPoint.objects.filter(cells__contains=[agent.unit_id], state=DealPointState.REPORTED).filter(
            evidence__source_kind=SourceKind.OFFICER_OBSERVATION
        )
        ids = list(observed.order_by("id").distinct().values_list("id", flat=True)[:wanted])
    for one in ids:
        with crew.acting(cell) as agent:
            point = dealpoints.confirm(by=agent, point=DealPoint.objects.get(pk=one))
            point = dealpoints.disrupt(by=agent, point=dealpoints.target(by=agent, point=point), reason=WHY)
            on = date.today() - timedelta(days=DAYS_AGO)
            point = dealpoints.dismantle(by=agent, point=point, operation="BANC-1", on=on, reason=WHY)
            dealpoints.watch(by=agent, point=point)


def _patrols(token: str, wanted: int) -> None:
    """Evenings of a unit in the largest communes of its department."""
    for start in range(0, wanted, IN_ONE_TRANSACTION):
        with crew.acting(token) as agent:
            of = Commune.objects.filter(department_id=sorted(agent.departments)[0]).order_by("-population")
            places = list(of.values_list("code", flat=True)[:10])
            for rank in range(start, min(wanted, start + IN_ONE_TRANSACTION)):
                ledger.enter(by=agent, entry=_evening(places[rank % len(places)], rank))


def _evening(commune: str, rank: int) -> ledger.Entry:
    return ledger.Entry(
        patrol=f"Patrouille {1 + rank % A_NIGHT}",
        commune=commune,
        day=date.today() - timedelta(days=1 + rank // A_NIGHT),
        since=time(20),
        until=time(23),
        staff=3,
        allocation=list(Allocation)[rank % len(Allocation)],
        controls=rank % 12,
        fines=rank % 3,
    )


def _contacts(token: str, sides: list[HitSide]) -> None:
    for side in sides:
        with crew.acting(token) as agent:
            # The other side of the same hit may have asked first.
            if crosscheck.thread_of(side).state == "AVAILABLE":
                crosscheck.open_contact(by=agent, side=side)


def _objectives(token: str, sides: list[HitSide]) -> None:
    for side in sides:
        with crew.acting(token) as agent:
            if not side.is_weak:
                coordination.propose(by=agent, origin=side, draft=_objective(agent))


def _objective(agent: Agent) -> ObjectiveText:
    department = sorted(agent.departments)[0]
    commune = Commune.objects.filter(department_id=department).order_by("-population")[0]
    court = reference.courts_for(commune.code, date.today())[0]
    return ObjectiveText(
        title="Équipe de vente (banc d'essai)",
        summary="Deux services suivent le même numéro (données fictives).",
        court_id=court.id,
        commune_code=commune.code,
        departments=(department,),
    )
