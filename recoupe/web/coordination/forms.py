"""Forms of objectives: the proposal, and one small form for each step of W4."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.coordination import queries
from recoupe.coordination.actions import Allocation, Draft
from recoupe.coordination.enums import ALLOCATED_STATES, Financial, Outcome
from recoupe.coordination.models import Objective
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Commune, Unit
from recoupe.web.fields import BlockField, DayField, LineField
from recoupe.web.paging import PageForm
from recoupe.web.reference.fields import CommuneField

USUAL_TERM = timedelta(days=90)
SEVERAL_COURTS = _("Plusieurs tribunaux sont compétents pour cette commune : choisissez celui à qui l'objectif ira.")


class ListForm(PageForm):
    """Which group of the list is shown."""

    group = forms.CharField(required=False, max_length=20)


class ProposalForm(forms.Form):
    """What is to be dismantled, where, and which court is competent."""

    title = LineField(120, label=_("Intitulé"), help_text=_("Un réseau, un lieu : jamais le nom d'une personne."))
    summary = BlockField(
        4000, rows=6, label=_("Ce qui est su, et ce qui est visé"),
        help_text=_("Le parquet décide sur ce texte : les faits d'abord, puis ce qui est proposé."),
    )  # fmt: skip
    commune = CommuneField(help_text=_("Elle dit quelle CROSS et quel parquet sont compétents."))
    court = forms.UUIDField(label=_("Tribunal compétent"), required=False)
    # Two clicks on one form make one objective: its identity is drawn with the form.
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, *args: Any, placed: Commune | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if placed is not None:
            del self.fields["commune"]
        where = placed or self._named()
        courts = reference.courts_for(where.code, timezone.localdate()) if where else []
        if len(courts) < 2:
            del self.fields["court"]
        else:
            offered = [(str(court.id), court.name) for court in courts]
            said = {"required": SEVERAL_COURTS, "invalid_choice": SEVERAL_COURTS}
            self.fields["court"] = forms.TypedChoiceField(
                label=_("Tribunal compétent"), choices=offered, coerce=UUID, error_messages=said
            )

    def _named(self) -> Commune | None:
        """The commune that the form names so far: a hit has none of its own."""
        named = self.data.get("commune", "") if self.is_bound else self.initial.get("commune", "")
        try:
            found: Commune | None = self.fields["commune"].clean(named)
        except forms.ValidationError:
            return None
        return found

    def draft(self) -> Draft:
        """What the proposer says."""
        data = self.cleaned_data
        commune = data.get("commune")
        return Draft(
            title=data["title"],
            summary=data["summary"],
            court_id=data.get("court") or None,
            commune_code=commune.code if commune else "",
            key=data["key"],
        )


class StepForm(forms.Form):
    """Why; required where the rule says so."""

    reason = LineField(500, label=_("Motif"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self, *args: Any, agent: Agent, objective: Objective, needs_motive: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.agent, self.objective = agent, objective
        self.fields["reason"].required = needs_motive


class ActForm(StepForm):
    """What is said while the state stays; `seen` is how far the story had gone when the form was shown."""

    reason = LineField(500, label=_("Motif"), widget=forms.Textarea(attrs={"rows": 2}))
    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.objective.steps
        self.fields["reason"].required = True


class ProgressForm(ActForm):
    """How the work goes."""

    reason = LineField(
        500, label=_("Où en est l'enquête"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ce qui a avancé, ce qui manque : jamais le nom d'une personne."),
    )  # fmt: skip


class TransferForm(ActForm):
    """Who leads from now on."""

    service = forms.TypedChoiceField(label=_("Nouveau chef de file"), coerce=UUID)
    keep = forms.BooleanField(
        label=_("Le service actuel reste associé"), required=False,
        help_text=_("Sinon, il ne lira plus l'objectif."),
    )  # fmt: skip
    field_order = ("service", "keep", "reason", "seen")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = charged(self.agent, self.objective)  # type: ignore[attr-defined]


class JointForm(ActForm):
    """Who leads as well."""

    service = forms.TypedChoiceField(
        label=_("Second service qui dirige"), coerce=UUID,
        help_text=_("Les deux services répondent alors de l'objectif ; chacun peut le faire avancer."),
    )  # fmt: skip
    field_order = ("service", "reason", "seen")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = charged(self.agent, self.objective)  # type: ignore[attr-defined]


class TermForm(ActForm):
    """Another deadline."""

    deadline = DayField(label=_("Nouvelle échéance"))
    field_order = ("deadline", "reason", "seen")


class ValidateForm(StepForm):
    """The prosecutor's office validates under its own reference."""

    reference = LineField(40, label=_("Référence du parquet"))
    reason = LineField(500, label=_("Observations"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    field_order = ("reference", "reason")


class RefuseForm(StepForm):
    """The prosecutor's office refuses and says why."""

    reference = LineField(40, label=_("Référence du parquet"), required=False)
    field_order = ("reason", "reference")


class AllocateForm(StepForm):
    """One lead service, those that help it, a deadline, and the inquiry into assets (measure 29)."""

    lead = forms.TypedChoiceField(
        label=_("Service chef de file"), coerce=UUID,
        help_text=_("Un seul service répond de l'objectif. Sa charge compte les objectifs en cours que vous lisez."),
    )  # fmt: skip
    co_services = forms.TypedMultipleChoiceField(
        label=_("Services associés"), coerce=UUID, required=False, widget=forms.CheckboxSelectMultiple
    )
    deadline = DayField(label=_("Échéance"))
    financial = forms.ChoiceField(
        label=_("Enquête patrimoniale"), choices=Financial.choices, widget=forms.RadioSelect, initial=Financial.OPENED
    )
    financial_motive = LineField(
        300, label=_("Pourquoi aucune enquête patrimoniale"), required=False,
        help_text=_("À remplir seulement si elle n'est pas ouverte."),
    )  # fmt: skip
    field_order = ("lead", "co_services", "deadline", "financial", "financial_motive", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        units = services(self.objective, queries.open_units(today))
        self.fields["lead"].choices = charged(self.agent, self.objective)  # type: ignore[attr-defined]
        self.fields["co_services"].choices = [(str(unit.id), unit.name) for unit in units]  # type: ignore[attr-defined]
        self.fields["deadline"].initial = today + USUAL_TERM

    def allocation(self) -> Allocation:
        """What the head decided."""
        data = self.cleaned_data
        return Allocation(
            lead_id=data["lead"],
            deadline=data["deadline"],
            financial=Financial(data["financial"]),
            financial_motive=data["financial_motive"],
            co_services=tuple(data["co_services"]),
        )


class PlanForm(StepForm):
    """An operation to come."""

    reference = LineField(40, label=_("Référence de l'opération"))
    on = DayField(
        label=_("Jour prévu"),
        help_text=_("Inscrivez-la aussi aux opérations prévues : c'est là qu'elle est comparée à celles des autres."),
    )
    field_order = ("reference", "on", "reason")


class ExecuteForm(StepForm):
    """The day of the operation."""

    on = DayField(label=_("Jour de l'opération"))
    field_order = ("on", "reason")


class OutcomeForm(StepForm):
    """What the judicial authority decided, without a name."""

    outcome = forms.ChoiceField(label=_("Suite judiciaire"), choices=Outcome.choices)
    on = DayField(label=_("Date de la suite"))
    field_order = ("outcome", "on", "reason")


def charged(agent: Agent, objective: Objective) -> list[tuple[str, Any]]:
    """The services that may lead it, each with what it leads already; who leads it now is none of them."""
    today = timezone.localdate()
    loads = {load.unit.id: load for load in queries.load(agent, today)}
    now = objective.lead_id if objective.state in ALLOCATED_STATES else None
    units = (unit for unit in services(objective, queries.open_units(today)) if unit.id != now)
    return [("", _("Choisissez un service")), *((str(unit.id), loaded(unit, loads.get(unit.id))) for unit in units)]


def loaded(unit: Unit, load: queries.Load | None) -> str:
    """A service and what it already leads, so that the head sees it while he chooses (W4)."""
    if load is None:
        return gettext("%(unit)s · aucun objectif en cours") % {"unit": unit.name}
    named = {"unit": unit.name, "running": load.running, "late": load.late}
    if load.late:
        return gettext("%(unit)s · en cours : %(running)s, en retard : %(late)s") % named
    return gettext("%(unit)s · en cours : %(running)s") % named


def services(objective: Objective, units: Iterable[Unit]) -> list[Unit]:
    """The services that may be given it: those of its departments, then the poles of the office."""
    rows = list(units)
    near = [unit for unit in rows if not set(objective.departments).isdisjoint(unit.departments)]
    return near + [unit for unit in rows if unit.kind == UnitKind.POLE and unit not in near]
