"""The decisions on a point: from which states, to which one, with which form, and who may see the button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.dealpoints import actions, permissions, queries, rules
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.reference import read_ref
from recoupe.kernel.refusal import Absent, Invalid
from recoupe.web.dealpoints.forms import DismantleForm, MovedForm, OtherPointForm, SeenForm
from recoupe.web.deciding import MotiveForm, Offer

S = DealPointState
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """One decision."""

    slug: str
    label: Promise
    to: DealPointState
    run: Callable[[Agent, DealPoint, Data], DealPoint]
    help: Promise | str = ""
    form: type[MotiveForm] = MotiveForm
    only_from: frozenset[DealPointState] = frozenset()
    danger: bool = False

    def sources(self) -> frozenset[DealPointState]:
        """The states in which the decision may be taken."""
        every = frozenset(state for state in S if self.to in rules.TRANSITIONS[state])
        return every & self.only_from if self.only_from else every

    def open_to(self, agent: Agent, point: DealPoint) -> bool:
        """Whether the agent may take it now."""
        return S(point.state) in self.sources() and permissions.can_move(agent, point, self.to)

    def bind(self, data: Any = None) -> MotiveForm:
        """The form of this decision; its fields carry the verb in their identifiers, for a page shows several."""
        return self.form(data, auto_id=f"id_{self.slug}_%s", needs_motive=rules.NEEDS_MOTIVE[self.to])


@dataclass(frozen=True, slots=True)
class Confirm(Verb):
    """A point that was only reported is taken up and confirmed in one go."""

    def sources(self) -> frozenset[DealPointState]:
        """Wherever a confirmation is what is missing."""
        return frozenset({S.REPORTED, S.TO_VERIFY, S.REOCCUPIED})

    def open_to(self, agent: Agent, point: DealPoint) -> bool:
        """Whether the agent may take up, then confirm."""
        first = S.TO_VERIFY if S(point.state) is S.REPORTED else S.ACTIVE
        return S(point.state) in self.sources() and permissions.can_move(agent, point, first)


@dataclass(frozen=True, slots=True)
class Separate(Verb):
    """No step of a life: a merger that was none is undone, by whoever may merge."""

    def sources(self) -> frozenset[DealPointState]:
        """What can be given back."""
        return frozenset(rules.GIVEN_BACK)

    def open_to(self, agent: Agent, point: DealPoint) -> bool:
        """Whether the agent may undo it."""
        return permissions.can_separate(agent, point)


def _other(agent: Agent, data: Data) -> DealPoint:
    """The other point by its reference; a point out of reach is an unknown reference."""
    try:
        return queries.by_ref(agent, read_ref(data["other"]))
    except Absent as refusal:
        raise Invalid(refusal.sentence, field="other") from refusal
    except Invalid as refusal:
        raise Invalid(refusal.sentence, field="other", **refusal.params) from refusal


VERBS: tuple[Verb, ...] = (
    Verb(
        "verifier", _("Prendre en vérification"), S.TO_VERIFY,
        lambda by, point, data: actions.verify(by=by, point=point, reason=data["reason"]),
        _("Quelqu'un va voir sur place."),
    ),
    Confirm(
        "confirmer", _("Confirmer"), S.ACTIVE,
        lambda by, point, data: actions.confirm(by=by, point=point, reason=data["reason"]),
        _("Il faut la constatation d'un agent, ou deux sources indépendantes de nature différente."),
    ),
    Verb(
        "cibler", _("Cibler"), S.TARGETED,
        lambda by, point, data: actions.target(by=by, point=point, reason=data["reason"]),
        _("Un service va travailler sur ce point."),
    ),
    Verb(
        "perturber", _("Constater une perturbation"), S.DISRUPTED,
        lambda by, point, data: actions.disrupt(by=by, point=point, reason=data["reason"], since=data["since"]),
        _("La vente est gênée, mais continue."), SeenForm,
    ),
    Verb(
        "demanteler", _("Constater le démantèlement"), S.DISMANTLED,
        lambda by, point, data: actions.dismantle(
            by=by, point=point, operation=data["operation"], on=data["on"], reason=data["reason"]
        ),
        _("Une opération a mis fin à la vente."), DismantleForm,
    ),
    Verb(
        "surveiller", _("Mettre sous surveillance"), S.WATCH,
        lambda by, point, data: actions.watch(by=by, point=point, reason=data["reason"]),
        _("Les contrôles de reprise commencent."),
    ),
    Verb(
        "reprendre", _("Revenir à l'état actif"), S.ACTIVE,
        lambda by, point, data: actions.resume(by=by, point=point, reason=data["reason"], since=data["since"]),
        _("Le ciblage est abandonné, ou la vente a repris."), SeenForm,
        only_from=frozenset({S.TARGETED, S.DISRUPTED}),
    ),
    Verb(
        "reoccuper", _("Constater une réoccupation"), S.REOCCUPIED,
        lambda by, point, data: actions.reoccupy(by=by, point=point, reason=data["reason"], since=data["since"]),
        _("La vente a été revue sur place ; le point compte de nouveau."), SeenForm,
    ),
    Verb(
        "clore", _("Clore"), S.CLOSED,
        lambda by, point, data: actions.close(by=by, point=point, reason=data["reason"]),
        _("Le point est resté propre assez longtemps après son démantèlement."),
    ),
    Verb(
        "doublon", _("Signaler un doublon"), S.DUPLICATE,
        lambda by, point, data: actions.mark_duplicate(
            by=by, point=point, of=_other(by, data), reason=data["reason"]
        ),
        _("Deux points n'en font qu'un ; le chef de la CROSS les fusionnera."), OtherPointForm,
    ),
    Verb(
        "fusionner", _("Fusionner"), S.MERGED,
        lambda by, point, data: actions.merge(by=by, point=point, reason=data["reason"]),
        _("Ses éléments comptent pour le point conservé ; la fusion pourra être défaite."), danger=True,
    ),
    Separate(
        "separer", _("Défaire la fusion"), S.MERGED,
        lambda by, point, data: actions.separate(by=by, point=point, reason=data["reason"]),
        _("Le point redevient ce qu'il était avant d'être pris pour un doublon, avec ses éléments."), danger=True,
    ),
    Verb(
        "deplacer", _("Constater un déplacement"), S.DISPLACED,
        lambda by, point, data: actions.displace(
            by=by, point=point, to=_other(by, data), reason=data["reason"], since=data["since"]
        ),
        _("La vente est partie vers un autre point connu."), MovedForm, danger=True,
    ),
    Verb(
        "ecarter", _("Écarter"), S.REJECTED,
        lambda by, point, data: actions.reject(by=by, point=point, reason=data["reason"]),
        _("Il n'y a pas, ou il n'y a jamais eu, de vente à cet endroit."), danger=True,
    ),
)  # fmt: skip
BY_SLUG: Mapping[str, Verb] = {verb.slug: verb for verb in VERBS}


def offers(agent: Agent, point: DealPoint, bound: Mapping[str, MotiveForm]) -> list[Offer[Verb, MotiveForm]]:
    """What the agent may decide now; a form that was just refused comes back as it was filled."""
    return [
        Offer(verb, bound.get(verb.slug) or verb.bind())
        for verb in VERBS
        if verb.slug in bound or verb.open_to(agent, point)
    ]
