"""The decisions on a registration: to which state, with which form, and who may see the button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.targets import actions, permissions, rules
from recoupe.targets.enums import TargetState
from recoupe.targets.models import RegisteredTarget
from recoupe.web.deciding import MotiveForm, Offer
from recoupe.web.targets.forms import CheckForm

S = TargetState
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """One decision."""

    slug: str
    label: Promise
    to: TargetState
    run: Callable[[Agent, RegisteredTarget, Data], RegisteredTarget]
    help: Promise | str = ""
    form: type[MotiveForm] = MotiveForm
    danger: bool = False

    def bind(self, data: Any = None) -> MotiveForm:
        """The form of this decision; its fields carry the verb in their identifiers, for a page shows several."""
        return self.form(data, auto_id=f"id_{self.slug}_%s", needs_motive=self.to in rules.NEEDS_MOTIVE)


VERBS: tuple[Verb, ...] = (
    Verb(
        "verifier", _("Vérifier"), S.CHECKED,
        lambda by, target, data: actions.check_target(
            by=by, target=target, procedure=data["procedure"], article=data["article"],
            designation=data["designation"], reason=data["reason"],
        ),
        _("Les trois points ensemble ; l'inscription vient après."), CheckForm,
    ),
    Verb(
        "inscrire", _("Inscrire"), S.REGISTERED,
        lambda by, target, data: actions.register(by=by, target=target, reason=data["reason"]),
        _("La personne est comparée aux autres dès maintenant, et deux ans au plus."),
    ),
    Verb(
        "refuser", _("Refuser"), S.REFUSED,
        lambda by, target, data: actions.refuse(by=by, target=target, reason=data["reason"]),
        _("Le service lit le motif, puis la demande est effacée."), danger=True,
    ),
    Verb(
        "terminer", _("Mettre fin à l'inscription"), S.PROCEDURE_ENDED,
        lambda by, target, data: actions.end(by=by, target=target, reason=data["reason"]),
        _("La personne n'est plus visée : tout ce qui la concerne est effacé le jour même."), danger=True,
    ),
)  # fmt: skip
BY_SLUG: Mapping[str, Verb] = {verb.slug: verb for verb in VERBS}


def offers(agent: Agent, target: RegisteredTarget, bound: Mapping[str, MotiveForm]) -> list[Offer[Verb, MotiveForm]]:
    """What the agent may decide now; a form that was just refused comes back as it was filled."""
    return [
        Offer(verb, bound.get(verb.slug) or verb.bind())
        for verb in VERBS
        if verb.slug in bound or permissions.can_decide(agent, target, verb.to)
    ]
