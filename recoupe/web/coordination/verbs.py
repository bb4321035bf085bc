"""The steps of W4 on the page of an objective: which form each needs and which action it calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.coordination import actions, permissions, rules
from recoupe.coordination.enums import Act, ObjectiveState, Outcome
from recoupe.coordination.models import Objective
from recoupe.web.coordination.forms import (
    ActForm,
    AllocateForm,
    ExecuteForm,
    JointForm,
    OutcomeForm,
    PlanForm,
    ProgressForm,
    RefuseForm,
    StepForm,
    TermForm,
    TransferForm,
    ValidateForm,
)

S = ObjectiveState


@dataclass(frozen=True, slots=True)
class Verb:
    """One step."""

    slug: str
    label: Promise
    to: ObjectiveState
    run: Callable[[Agent, Objective, Any], Objective]
    help: Promise | str = ""
    form: type[StepForm] = StepForm
    only_from: frozenset[ObjectiveState] = frozenset()
    danger: bool = False

    def check(self, agent: Agent, objective: Objective) -> None:
        """Refuse whoever may not take it now."""
        permissions.check_move(agent, objective, self.to)

    def open_to(self, agent: Agent, objective: Objective) -> bool:
        """Whether the agent may take it now."""
        here = not self.only_from or S(objective.state) in self.only_from
        return here and permissions.can_move(agent, objective, self.to)

    def bind(self, agent: Agent, objective: Objective, data: Any = None) -> StepForm:
        """The form of this step; its fields carry the verb in their identifiers, for a page shows several."""
        motive = rules.NEEDS_MOTIVE[self.to]
        named = f"id_{self.slug}_%s"
        return self.form(data, auto_id=named, agent=agent, objective=objective, needs_motive=motive)


@dataclass(frozen=True, slots=True)
class Said:
    """One act: the state stays."""

    slug: str
    label: Promise
    act: Act
    run: Callable[[Agent, Objective, Any], Objective]
    help: Promise | str = ""
    form: type[ActForm] = ActForm
    danger: bool = False

    def check(self, agent: Agent, objective: Objective) -> None:
        """Refuse whoever may not do it now."""
        if self.act is Act.PROGRESS:
            permissions.check_progress(agent, objective)
        else:
            permissions.check_reassign(agent, objective, self.act)

    def open_to(self, agent: Agent, objective: Objective) -> bool:
        """Whether the agent may do it now."""
        if self.act is Act.PROGRESS:
            return permissions.can_progress(agent, objective)
        return permissions.can_reassign(agent, objective, self.act)

    def bind(self, agent: Agent, objective: Objective, data: Any = None) -> ActForm:
        """The form of this act."""
        return self.form(data, auto_id=f"id_{self.slug}_%s", agent=agent, objective=objective)


@dataclass(frozen=True, slots=True)
class Offer:
    """A step or an act that the agent may take, with its form."""

    verb: Verb | Said
    form: StepForm = field(repr=False)
    is_open: bool


def _reason(action: Callable[..., Objective]) -> Callable[[Agent, Objective, Any], Objective]:
    """A step that says nothing but why."""
    return lambda by, objective, form: action(by=by, objective=objective, reason=form.cleaned_data["reason"])


def _more(action: Callable[..., Objective]) -> Callable[[Agent, Objective, Any], Objective]:
    """A step whose form has exactly the words of its action."""
    return lambda by, objective, form: action(by=by, objective=objective, **form.cleaned_data)


def _allocate(by: Agent, objective: Objective, form: Any) -> Objective:
    return actions.allocate(
        by=by, objective=objective, allocation=form.allocation(), reason=form.cleaned_data["reason"]
    )


def _outcome(by: Agent, objective: Objective, form: Any) -> Objective:
    data = form.cleaned_data
    return actions.record_outcome(
        by=by, objective=objective, outcome=Outcome(data["outcome"]), on=data["on"], reason=data["reason"]
    )


def _said(action: Callable[..., Objective], *more: str) -> Callable[[Agent, Objective, Any], Objective]:
    """An act: what is said, how far the story had gone, and these words of its form."""

    def run(by: Agent, objective: Objective, form: Any) -> Objective:
        data = form.cleaned_data
        return action(by=by, objective=objective, said=data["reason"], seen=data["seen"], **{n: data[n] for n in more})

    return run


VERBS: tuple[Verb, ...] = (
    Verb("examiner", _("Marquer examiné"), S.EXAMINED, _reason(actions.examine),
         _("La CROSS l'a étudié en réunion.")),
    Verb("transmettre", _("Transmettre au parquet"), S.TO_PROSECUTOR, _reason(actions.send_to_prosecutor),
         _("Le parquet compétent le lira à partir de maintenant.")),
    Verb("valider", _("Valider"), S.VALIDATED, _more(actions.validate),
         _("Rien n'est attribué sans cette validation."), ValidateForm),
    Verb("refuser", _("Refuser"), S.REFUSED, _more(actions.refuse),
         _("Le motif sera lu par la CROSS."), RefuseForm, danger=True),
    Verb("attribuer", _("Attribuer"), S.ALLOCATED, _allocate,
         _("Un seul service chef de file, une échéance."), AllocateForm),
    Verb("engager", _("Engager l'enquête"), S.UNDER_INVESTIGATION, _reason(actions.start),
         only_from=frozenset({S.ALLOCATED})),
    Verb("reprendre", _("Reprendre l'enquête"), S.UNDER_INVESTIGATION, _reason(actions.resume),
         only_from=frozenset({S.SUSPENDED, S.OPERATION_PLANNED})),
    Verb("programmer", _("Programmer une opération"), S.OPERATION_PLANNED, _more(actions.plan_operation),
         _("Sa référence et son jour ; jamais son déroulé."), PlanForm),
    Verb("executer", _("Déclarer l'opération menée"), S.EXECUTED, _more(actions.execute), form=ExecuteForm),
    Verb("suites", _("Indiquer les suites judiciaires"), S.JUDICIAL_OUTCOME, _outcome,
         _("Sans nom de personne."), OutcomeForm),
    Verb("suivre", _("Engager le suivi du lieu"), S.FOLLOW_UP, _reason(actions.follow_up)),
    Verb("suspendre", _("Suspendre l'enquête"), S.SUSPENDED, _reason(actions.suspend)),
    Verb("clore", _("Clore"), S.CLOSED, _reason(actions.close)),
    Verb("rouvrir", _("Rouvrir"), S.REOPENED, _reason(actions.reopen),
         _("Il faudra une nouvelle décision du parquet.")),
    Verb("abandonner", _("Abandonner"), S.ABANDONED, _reason(actions.abandon), danger=True),
)  # fmt: skip
ACTS: tuple[Said, ...] = (
    Said("etape", _("Faire un point d'étape"), Act.PROGRESS, _said(actions.report_progress), form=ProgressForm),
    Said("transferer", _("Changer de chef de file"), Act.TRANSFER, _said(actions.transfer, "service", "keep"),
         _("Le parquet et les services en sont avertis ; la décision du parquet reste."), TransferForm),
    Said("codiriger", _("Désigner un second chef de file"), Act.JOINT, _said(actions.join_lead, "service"),
         form=JointForm),
    Said("decodiriger", _("Mettre fin à la codirection"), Act.SOLE, _said(actions.end_joint_lead),
         _("Le premier service dirige seul ; le second reste associé.")),
    Said("reporter", _("Changer l'échéance"), Act.TERM, _said(actions.change_deadline, "deadline"), form=TermForm),
)  # fmt: skip
EVERYTHING: tuple[Verb | Said, ...] = (*VERBS, *ACTS)
BY_SLUG: Mapping[str, Verb | Said] = {verb.slug: verb for verb in EVERYTHING}


def offers(agent: Agent, objective: Objective, bound: Mapping[str, StepForm]) -> list[Offer]:
    """What the agent may do now: the first step is unfolded, and so is a form that was just refused."""
    verbs = [verb for verb in EVERYTHING if verb.slug in bound or verb.open_to(agent, objective)]
    return [
        Offer(
            verb,
            bound.get(verb.slug) or verb.bind(agent, objective),
            verb.slug in bound or (number == 0 and not bound and not verb.danger),
        )
        for number, verb in enumerate(verbs)
    ]
