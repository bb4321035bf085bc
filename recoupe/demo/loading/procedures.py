"""Procedures of the units, each opened by one of its investigators."""

from uuid import UUID

from recoupe.cases import actions
from recoupe.cases.actions import CaseEntry
from recoupe.cases.models import Case
from recoupe.demo.loading.stage import Stage
from recoupe.reference.models.organisation import unit_id


def load_cases(stage: Stage) -> dict[str, UUID]:
    """Open every procedure; their identifiers by key."""
    cases = stage.world.cases
    stage.open_sessions(c.opened_by for c in cases)
    with stage.process("web"):
        for case in cases:
            step = f"case:{case.key}"
            if stage.ledger.has(step):
                continue
            entry = CaseEntry(
                number=case.number,
                court_id=unit_id(case.court),
                magistrate_id=stage.ids[case.magistrate],
                legal_framework=case.framework,
                opened_on=case.opened_on,
                offences=case.offences,
            )
            with stage.acting(case.opened_by) as agent:
                before = Case.objects.filter(owner_unit_id=agent.unit_id, number=case.number).first()
                made = before or actions.open_case(by=agent, entry=entry)
            stage.ledger.add(step, str(made.id))
    return {c.key: UUID(stage.ledger.value(f"case:{c.key}")) for c in cases}
