"""Registrations of the made world: asked for by the unit, decided on by the registry's manager."""

from collections.abc import Callable, Mapping
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.cases.models import Case
from recoupe.demo.loading.stage import Stage
from recoupe.demo.records import CaseDraft, RegistrationDraft
from recoupe.targets import actions
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.rules import Entry

MAKE = "Marque fictive"
STEPS: Mapping[str, Callable[[Agent, RegisteredTarget], RegisteredTarget]] = {
    "CHECKED": lambda by, it: actions.check_target(by=by, target=it, procedure=True, article=True, designation=True),
    "REGISTERED": lambda by, it: actions.register(by=by, target=it),
    "REFUSED": lambda by, it: actions.refuse(by=by, target=it, reason="L'article visé n'est pas de la liste."),
    "PROCEDURE_ENDED": lambda by, it: actions.end(by=by, target=it, reason="Mis hors de cause par l'enquête."),
}


def load_registrations(stage: Stage, cases: Mapping[str, UUID]) -> int:
    """Ask for each, then take its steps; how many there are."""
    manager = stage.holder("OFAST", "registry_manager")
    by_key = {case.key: case for case in stage.world.cases}
    stage.open_sessions([manager, *(by_key[r.case].opened_by for r in stage.world.registrations)])
    with stage.process("web"):
        for draft in stage.world.registrations:
            _load(stage, draft, by_key[draft.case], cases[draft.case], manager)
    return len(stage.world.registrations)


def _load(stage: Stage, draft: RegistrationDraft, case: CaseDraft, case_id: UUID, manager: str) -> None:
    """One registration, each of its steps once: a killed loading goes on."""
    step = f"registration:{draft.key}"
    if not stage.ledger.has(step):
        with stage.acting(case.opened_by) as agent:
            made = actions.request_target(by=agent, case=Case.objects.get(id=case_id), entry=_entry(stage, draft, case))
        stage.ledger.add(step, str(made.id))
    target_id = UUID(stage.ledger.value(step))
    for to in draft.path:
        if stage.ledger.has(f"{step}:{to}"):
            continue
        with stage.acting(case.opened_by if to == "PROCEDURE_ENDED" else manager) as agent:
            target = RegisteredTarget.objects.filter(id=target_id).first()
            # Taken before a kill that came before the line of the ledger.
            if target and target.state != to:
                STEPS[to](agent, target)
        stage.ledger.add(f"{step}:{to}")


def _entry(stage: Stage, draft: RegistrationDraft, case: CaseDraft) -> Entry:
    return Entry(
        surname=draft.surname,
        first_names=draft.first_names,
        nickname=draft.nickname,
        sex=draft.sex,
        birth_date=draft.birth_date,
        birth_place=draft.birth_place,
        articles=("CD 414",) if case.framework == "customs" else ("CP 222-37",),
        phones=(draft.phone,),
        imeis=(draft.imei,),
        vehicles=((MAKE, draft.plate),),
        investigator_name=stage.agents[case.opened_by].name,
        magistrate_name=stage.agents[case.magistrate].name,
    )
