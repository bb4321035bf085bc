"""The steps of a conflict on its page: to which state, with which form, which action."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.deconfliction import permissions
from recoupe.deconfliction.settling import actions, rules
from recoupe.deconfliction.settling.enums import SettlementState
from recoupe.deconfliction.settling.models import Settlement
from recoupe.web.deciding import Offer
from recoupe.web.deconfliction.forms import CarryForm, Choices, LeadForm, StepForm, SubmitForm

S = SettlementState


@dataclass(frozen=True, slots=True)
class Verb:
    """One step."""

    slug: str
    label: Promise
    to: SettlementState
    run: Callable[[Agent, Settlement, Any], object]
    help: Promise | str = ""
    form: type[StepForm] = StepForm
    danger: bool = False

    def bind(self, of: Settlement, sides: Choices, leads: Choices, data: Any = None) -> StepForm:
        """The form of this step; its fields carry the verb in their identifiers, for a page shows several."""
        more: dict[str, Any] = {"leads": leads} if self.form is SubmitForm else {"sides": sides}
        needed = self.to in rules.NEEDS_REASON
        return self.form(data, auto_id=f"id_{self.slug}_%s", needs_reason=needed, seen=of.steps, **more)


def _said(form: Any) -> dict[str, Any]:
    return {"reason": form.cleaned_data["reason"], "side": form.side}


VERBS: tuple[Verb, ...] = (
    Verb(
        "accepter", _("Accepter l'accord proposé"), S.AGREED,
        lambda by, of, form: actions.accept(by=by, settlement=of, **_said(form)),
        _("Le conflit est réglé pour les deux services."),
    ),
    Verb(
        "proposer", _("Proposer qui mène"), S.PROPOSED,
        lambda by, of, form: actions.propose(by=by, settlement=of, lead=form.cleaned_data["lead"], **_said(form)),
        _("L'autre service accepte ou refuse ; une nouvelle proposition remplace la précédente."), LeadForm,
    ),
    Verb(
        "ecarter", _("Écarter la proposition"), S.OPEN,
        lambda by, of, form: actions.decline(by=by, settlement=of, **_said(form)),
        _("Celle de l'autre service, ou la vôtre : plus rien n'est proposé."),
    ),
    Verb(
        "porter", _("Porter au gestionnaire du fichier"), S.ARBITRATION,
        lambda by, of, form: actions.carry(by=by, settlement=of, **_said(form)),
        _("Il lit les deux inscriptions et propose une solution ; les deux magistrats en charge décident."), CarryForm,
        danger=True,
    ),
    Verb(
        "soumettre", _("Proposer aux deux magistrats"), S.SUBMITTED,
        lambda by, of, form: actions.submit(
            by=by, settlement=of, lead=form.cleaned_data["lead"], reason=form.cleaned_data["reason"]
        ),
        _("Chacun n'apprend que le conflit, la juridiction de l'autre et votre proposition ; les deux décident."),
        SubmitForm,
    ),
)  # fmt: skip
BY_SLUG: Mapping[str, Verb] = {verb.slug: verb for verb in VERBS}
# What somebody waits for is unfolded.
ANSWERS = frozenset({"accepter", "soumettre"})


class Step(Offer[Verb, StepForm]):
    """A step that the agent may take now."""

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded: somebody waits for it, or its form shows its errors."""
        return self.verb.slug in ANSWERS or bool(self.form.errors)


def offers(agent: Agent, of: Settlement, bound: Mapping[str, StepForm], sides: Choices, leads: Choices) -> list[Step]:
    """What the agent may do now; a form that was just refused comes back as it was filled."""
    return [
        Step(verb, bound.get(verb.slug) or verb.bind(of, sides, leads))
        for verb in VERBS
        if verb.slug in bound or permissions.can_settle(agent, of, verb.to)
    ]
