"""What the figures of the plan board count (P-78)."""

from __future__ import annotations

from .reading import codes, silent
from .terms import DealPoint, Report, World

NO_STOCK_OF = frozenset({"DRAFT", "REJECTED", "ERASED"})
STOCK = frozenset({"ACTIVE", "TARGETED", "DISRUPTED", "REOCCUPIED"})


def counted(world: World, report: Report) -> bool:
    """Say whether a report deposited in the last twelve months is one of `m1_reports`."""
    found, line = codes(report)
    reserved = "H3" in found and line != "both"
    return report.state not in NO_STOCK_OF and not silent(world, report) and not reserved


def in_stock(point: DealPoint) -> bool:
    """Say whether a point is one of `m5_stock`."""
    return point.state in STOCK


__all__ = ["counted", "in_stock"]
