"""Tables of the room: reports, what they mention, what happened to them, and the files that they came from."""

from recoupe.intelligence.models.history import GradingHistory, ReportHistory, ReportVersion
from recoupe.intelligence.models.importing import ImportFile, ImportRefusal
from recoupe.intelligence.models.mention import Person, Selector
from recoupe.intelligence.models.queues import DepositCount, Outbox
from recoupe.intelligence.models.report import Attachment, Report

__all__ = [
    "Attachment",
    "DepositCount",
    "GradingHistory",
    "ImportFile",
    "ImportRefusal",
    "Outbox",
    "Person",
    "Report",
    "ReportHistory",
    "ReportVersion",
    "Selector",
]
