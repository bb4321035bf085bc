"""What an event names: the identifiers of what it looks for, the registrations and procedures that it concerns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.cases.enums import CaseState
from recoupe.cases.models import Case
from recoupe.intelligence.rules import questions
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.operations.rules import CONCERNS_MAX
from recoupe.targets.enums import HELD
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.rules import selectors

# Its columns of identifiers, each with what it holds.
TYPED = {"plates": SelectorKind.PLATE, "phones": SelectorKind.PHONE, "imeis": SelectorKind.IMEI}
TARGET, CASE = "target", "case"
OFFERED = 40

SENTENCE_MANY = gettext_noop("Un événement concerne %(max)s inscriptions ou procédures au plus.")
SENTENCE_NOT_OWN = gettext_noop("Choisissez parmi les inscriptions et les procédures en cours de votre service.")


def columns(
    concerns: Iterable[str], plates: Sequence[str], phones: Sequence[str], imeis: Sequence[str], unit: UUID
) -> dict[str, list[str]]:
    """The columns of what is typed and chosen; Invalid for what cannot be read, or is not of this unit."""
    typed = zip(TYPED.items(), (plates, phones, imeis), strict=True)
    return {
        "concerns": _own(sorted(set(concerns)), unit),
        **{name: selectors(kind, values, name) for (name, kind), values in typed},
    }


def questions_of(columns: Mapping[str, Any]) -> int:
    """S-1: what the identifiers of an event count for; whom it concerns was counted when he was registered."""
    return questions(0, sum(len(columns[name]) for name in TYPED))


def offered(agent: Agent) -> tuple[list[RegisteredTarget], list[Case]]:
    """The registrations and procedures of the agent's own unit that an event may concern, newest first."""
    own = {"owner_unit_id": agent.unit_id}
    held = RegisteredTarget.objects.filter(**own, state__in=sorted(HELD)).order_by("-created_at", "id")
    cases = Case.objects.filter(**own, state=CaseState.OPEN).order_by("-created_at", "id")
    return list(held[:OFFERED]), list(cases[:OFFERED])


def _own(chosen: list[str], unit: UUID) -> list[str]:
    if len(chosen) > CONCERNS_MAX:
        raise Invalid(SENTENCE_MANY, field="concerns", max=CONCERNS_MAX)
    found = {
        *(f"{TARGET}:{i}" for i in _ids(RegisteredTarget, chosen, TARGET, unit)),
        *(f"{CASE}:{i}" for i in _ids(Case, chosen, CASE, unit)),
    }
    if set(chosen) - found:
        raise Invalid(SENTENCE_NOT_OWN, field="concerns")
    return chosen


def _ids(model: type[RegisteredTarget] | type[Case], chosen: Iterable[str], kind: str, unit: UUID) -> list[UUID]:
    """Those of this kind that the agent reads and that are of this unit."""
    wanted = []
    for one in chosen:
        word, _, identifier = one.partition(":")
        try:
            wanted += [UUID(identifier)] if word == kind else []
        except ValueError as error:
            raise Invalid(SENTENCE_NOT_OWN, field="concerns") from error
    return list(model.objects.filter(id__in=wanted, owner_unit_id=unit).values_list("id", flat=True)) if wanted else []
