"""Why one consults, within bounds (R-PUR-1); which services join a cell (S-4)."""

from datetime import date, timedelta

import pytest

from recoupe.access import rules
from recoupe.access.enums import Purpose
from recoupe.kernel.refusal import Invalid
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Unit

TODAY = date(2026, 11, 23)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("motive", "case_ref", "passes"),
    [
        ("m" * rules.SHORTEST_MOTIVE, "", True),
        ("m" * rules.LONGEST_MOTIVE, "c" * rules.LONGEST_CASE, True),
        ("m" * (rules.LONGEST_MOTIVE + 1), "", False),
        ("", "c" * (rules.LONGEST_CASE + 1), False),
        ("m" * (rules.SHORTEST_MOTIVE - 1), "", False),
    ],
)
def test_a_motive_and_a_case_are_neither_too_short_nor_too_long(motive: str, case_ref: str, passes: bool) -> None:
    def check() -> None:
        rules.check_purpose([Purpose.DUTY], Purpose.DUTY, motive, case_ref)

    if passes:
        check()
        return
    with pytest.raises(Invalid) as refused:
        check()
    assert refused.value.field == "motive"


def unit(kind: UnitKind, **changes: object) -> Unit:
    return Unit(kind=kind, **changes)


@pytest.mark.parametrize(
    ("cell", "service", "field"),
    [
        (unit(UnitKind.CROSS), unit(UnitKind.POLICE_UNIT), ""),
        (unit(UnitKind.CROSS, valid_to=TODAY), unit(UnitKind.CUSTOMS_UNIT, opens_on=TODAY), ""),
        (unit(UnitKind.CROSS, valid_to=YESTERDAY), unit(UnitKind.POLICE_UNIT), "cell"),
        (unit(UnitKind.CROSS, opens_on=TOMORROW), unit(UnitKind.POLICE_UNIT), "cell"),
        (unit(UnitKind.POLICE_UNIT), unit(UnitKind.POLICE_UNIT), "cell"),
        (unit(UnitKind.CROSS), unit(UnitKind.COURT), "service"),
        (unit(UnitKind.CROSS), unit(UnitKind.POLICE_UNIT, silent=True), "service"),
        (unit(UnitKind.CROSS), unit(UnitKind.GENDARMERIE_UNIT, valid_to=YESTERDAY), "service"),
    ],
)
def test_a_cell_at_work_is_joined_by_a_service_at_work_that_is_never_silent(
    cell: Unit, service: Unit, field: str
) -> None:
    if not field:
        rules.check_joining(cell, service, TODAY)
        return
    with pytest.raises(Invalid) as refused:
        rules.check_joining(cell, service, TODAY)
    assert refused.value.field == field
