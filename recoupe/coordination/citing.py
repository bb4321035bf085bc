"""The reports that an objective rests on, and their move to LINKED (W1), by whoever may handle them."""

from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.coordination.enums import OriginKind
from recoupe.coordination.models import Objective
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints.models import Evidence
from recoupe.intelligence import actions as intelligence
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.permissions import can_move
from recoupe.intelligence.queries import reports

REPORT = "report"


def link_reports(by: Agent, objective: Objective) -> list[UUID]:
    """Link what the objective cites, as far as the agent reads it, handles it, and W1 lets it go from where it stands.

    Of a hit it cites the record of the side it was proposed from: the other side's unit learns of no objective here.
    """
    cited = reports(by, _cited(objective))
    linked = []
    for report in sorted(cited.values(), key=lambda report: report.id):
        if can_move(by, report, ReportState.LINKED):
            intelligence.link(by=by, report=report, objective_id=objective.id)
            linked.append(report.id)
    return linked


def _cited(objective: Objective) -> list[UUID]:
    if objective.origin_kind == OriginKind.HIT:
        rows = HitSide.objects.filter(pk=objective.origin_id, record_kind=REPORT)
        return list(rows.values_list("record_id", flat=True))
    evidence = Evidence.objects.filter(point=objective.origin_id, record_kind=REPORT)
    return list(evidence.values_list("record_id", flat=True))
