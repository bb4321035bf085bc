"""What the lists show besides reports: deal points, contacts and objectives, made through the actions by the heads."""

from datetime import date

from recoupe.access.agent import Agent
from recoupe.coordination import actions as coordination
from recoupe.coordination.actions import Draft as ObjectiveText
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints import actions as dealpoints
from recoupe.dealpoints.actions import Draft as PointText
from recoupe.dealpoints.enums import DealPointKind
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench
from recoupe.demo.benches.intake import Heads
from recoupe.intelligence.models import Report
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune

# Of the whole country: as many points as the ministry counts, and what twelve units have in hand.
POINTS, CONTACTS, OBJECTIVES = 3_600, 600, 240
IN_ONE_TRANSACTION = 60


def lay(bench: Bench, by: Heads) -> None:
    """So many of each, for this size, spread over the units."""
    units = len(by.tokens)
    for token in by.tokens.values():
        _points(token, bench.share(POINTS, 2 * units) // units)
        with crew.acting(token) as agent:
            sides = list(HitSide.objects.filter(owner_unit_id=agent.unit_id, thread_id__isnull=False)[:CONTACTS])
        _contacts(token, sides[: bench.share(CONTACTS, units) // units])
        _objectives(token, sides[: bench.share(OBJECTIVES, units) // units])


def _points(token: str, wanted: int) -> None:
    with crew.acting(token) as agent:
        citable = Report.objects.filter(owner_unit_id=agent.unit_id, place_kind="point", handling=["H0"])
        ids = list(citable.values_list("id", flat=True)[:wanted])
    for start in range(0, len(ids), IN_ONE_TRANSACTION):
        with crew.acting(token) as agent:
            for report in Report.objects.filter(id__in=ids[start : start + IN_ONE_TRANSACTION]):
                text = PointText(name=f"Point {report.ref}", kind=DealPointKind.STREET)
                dealpoints.propose_from_report(by=agent, report=report, draft=text)


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
