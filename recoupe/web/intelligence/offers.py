"""What may be done with a report: one small form a move, shown only to whoever may make it now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.intelligence import actions, permissions, queries
from recoupe.intelligence.actions.correcting import MOTIVE_MAX
from recoupe.intelligence.entry import SelectorEntry
from recoupe.intelligence.enums import PersonCategory, ReportState
from recoupe.intelligence.models import Report
from recoupe.kernel.grading import Scheme
from recoupe.kernel.selectors import KIND_LABELS, SelectorKind
from recoupe.web.deciding import Offer
from recoupe.web.fields import DayField, LineField
from recoupe.web.intelligence import shown
from recoupe.web.intelligence.opened import Opened
from recoupe.web.intelligence.report_forms import CHOOSE, DIGITS, LETTERS, SCHEMES, DemandedChoice

S = ReportState
Data = Mapping[str, Any]


class MoveForm(forms.Form):
    """A motive, when there is something to say."""

    needs_motive = False
    reason = LineField(MOTIVE_MAX, label=_("Motif"), required=False)

    def __init__(self, *args: Any, of: Opened, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of = of
        self.fields["reason"].required = self.needs_motive


class MotiveForm(MoveForm):
    """A motive that stays in the history of the report."""

    needs_motive = True


class GradeForm(MoveForm):
    """A grade in either scheme; a better one than the last says why."""

    source = forms.ChoiceField(label=_("Source"), choices=LETTERS)
    info = forms.ChoiceField(label=_("Information"), choices=DIGITS)
    scheme = forms.ChoiceField(label=_("Écriture"), required=False, choices=SCHEMES)
    verified = forms.BooleanField(label=_("Information d'un partenaire, vérifiée"), required=False)
    field_order = ("source", "info", "scheme", "verified", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.of.report.source_kind != "partner":
            del self.fields["verified"]
        if self.of.report.state != S.TRIAGED:
            self.fields["reason"].help_text = _("Obligatoire pour une cotation meilleure que la précédente.")


class ConfirmForm(MoveForm):
    """The identifiers that the analyst confirms, and one that the author missed."""

    confirmed = forms.MultipleChoiceField(
        label=_("Identifiants confirmés"), required=False, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(
        label=_("Ajouter : nature"),
        required=False,
        choices=[CHOOSE, *((k.value, _(label)) for k, label in KIND_LABELS.items() if k is not SelectorKind.PERSON)],
    )
    raw = LineField(500, label=_("Ajouter : identifiant"), required=False)
    field_order = ("confirmed", "kind", "raw", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.of.selectors
        box = self.fields["confirmed"]
        box.choices = [(str(row.id), f"{row.kind} {row.text}") for row in rows]  # type: ignore[attr-defined]
        box.initial = [str(row.id) for row in rows if not row.set_aside]
        if not rows:
            del self.fields["confirmed"]

    def clean(self) -> dict[str, Any]:
        """Kind and identifier together, or neither."""
        data = super().clean() or self.cleaned_data
        if data.get("raw") and not data.get("kind"):
            self.add_error("kind", _("Choisissez la nature de cet identifiant."))
        return data


class SilenceForm(MotiveForm):
    """Until which day the report stays silent."""

    until = DayField(label=_("Silence jusqu'au"))
    field_order = ("until", "reason")


class AttachForm(MoveForm):
    """The one photo or document."""

    attachment = forms.FileField(
        label=_("Photo ou PDF"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
        help_text=_("10 Mo au plus. Le fichier est refait : ni nom, ni position, ni auteur n'y restent."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class DetermineForm(MotiveForm):
    """Which person, and what he is to the fact; the room says what is missing, after it has asked who may (P-3)."""

    person = DemandedChoice(label=_("Personne"))
    category = DemandedChoice(
        label=_("Qualité"),
        choices=[CHOOSE, *(one for one in PersonCategory.choices if one[0] != PersonCategory.UNKNOWN)],
    )
    field_order = ("person", "category", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = [(str(one.person.id), shown.person(one).name) for one in self.of.undetermined]
        self.fields["person"].choices = waiting  # type: ignore[attr-defined]


def _determine(by: Agent, report: Report, data: Data) -> Report:
    person = UUID(data["person"]) if data["person"] else None
    return actions.determine(by=by, report=report, person=person, wanted=data["category"], reason=data["reason"])


def _grade(by: Agent, report: Report, data: Data) -> Report:
    return actions.grade(
        by=by,
        report=report,
        source=data["source"],
        info=data["info"],
        scheme=Scheme(data["scheme"]) if data["scheme"] else None,
        verified=data.get("verified", False),
        reason=data["reason"],
    )


def _confirm(by: Agent, report: Report, data: Data) -> Report:
    added = (SelectorEntry(data["kind"], data["raw"]),) if data["raw"] else ()
    confirmed = [row.id for row in queries.selectors(by, report) if str(row.id) in data.get("confirmed", [])]
    return actions.confirm_selectors(by=by, report=report, confirmed=confirmed, added=added, reason=data["reason"])


def _attach(by: Agent, report: Report, data: Data) -> Report:
    actions.attach(by=by, report=report, content=data["attachment"].read())
    return report


def _to(state: ReportState, *only: ReportState) -> Callable[[Agent, Report], bool]:
    """Whether the agent may make this move now (from these states only, where one move has several meanings)."""

    def may(agent: Agent, report: Report) -> bool:
        return (not only or report.state in only) and permissions.can_move(agent, report, state)

    return may


def _may_file(agent: Agent, report: Report) -> bool:
    return report.state != S.REVIEW_DUE and permissions.can_move(agent, report, S.FILED)


def _may_silence(agent: Agent, report: Report) -> bool:
    return permissions.can_silence(agent, report)


def _may_end_silence(agent: Agent, report: Report) -> bool:
    return report.silent_until is not None and permissions.can_silence(agent, report)


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that may be done."""

    slug: str
    label: Promise | str
    may: Callable[[Agent, Report], bool]
    run: Callable[[Agent, Report, Data], Report]
    form: type[MoveForm] = MoveForm
    help: Promise | str = ""
    danger: bool = False
    # Whether what it changes is compared at once, so that the next page waits for the hits.
    compared: bool = False
    # What the report has to hold for it, beside the right to do it.
    given: Callable[[Opened], bool] = lambda _of: True

    def open_to(self, of: Opened) -> bool:
        """Whether the agent may do it, and there is something to do it with."""
        return self.may(of.agent, of.report) and self.given(of)

    def bind(self, of: Opened, data: Any = None, files: Any = None) -> MoveForm:
        """Its form; the fields carry the verb in their identifiers, for a page shows several."""
        return self.form(data, files, auto_id=f"id_{self.slug}_%s", of=of)


VERBS: tuple[Verb, ...] = (
    Verb(
        "trier", _("Trier"), _to(S.TRIAGED, S.SUBMITTED),
        lambda by, report, data: actions.triage(by=by, report=report, reason=data["reason"]),
        help=_("Vous prenez cette fiche en main."),
    ),
    Verb(
        "coter", _("Coter"), permissions.can_grade, _grade, form=GradeForm,
        help=_("La source d'abord, l'information ensuite ; l'écriture A à F et 1 à 6 est convertie et gardée."),
    ),
    Verb(
        "confirmer", _("Confirmer les identifiants"), _to(S.INDEXED), _confirm, form=ConfirmForm, compared=True,
        help=_("Décochez ce qui n'en est pas un. Ce que vous ajoutez est comparé en votre nom."),
    ),
    Verb(
        "qualifier", _("Déterminer la qualité d'une personne"), permissions.can_determine, _determine,
        form=DetermineForm, given=lambda of: bool(of.undetermined),
        help=_("Ce qu'elle est aux faits, dès que vous le savez. Son nom se montre ou se masque en conséquence."),
    ),
    Verb(
        "relire", _("Signer la seconde lecture"), permissions.can_review,
        lambda by, report, data: actions.review(by=by, report=report, reason=data["reason"]),
        form=MotiveForm, help=_("Les mots sensibles de cette fiche sont indispensables : dites pourquoi."),
    ),
    Verb(
        "diffuser", _("Diffuser"), _to(S.DISSEMINATED),
        lambda by, report, data: actions.disseminate(by=by, report=report, reason=data["reason"]),
        help=_("La fiche sort de la cellule, dans les limites de son code de traitement."),
    ),
    Verb(
        "classer", _("Classer"), _may_file,
        lambda by, report, data: actions.file_report(by=by, report=report, reason=data["reason"]),
        help=_("Le travail sur cette fiche est fini ; elle reste comparée."),
    ),
    Verb(
        "conserver", _("Conserver après réexamen"), _to(S.FILED, S.REVIEW_DUE),
        lambda by, report, data: actions.keep(by=by, report=report, reason=data["reason"]), form=MotiveForm,
    ),
    Verb(
        "joindre", _("Joindre une photo ou un PDF"), permissions.can_attach, _attach, form=AttachForm,
        given=lambda of: not of.attached,
    ),
    Verb(
        "taire", _("Rendre silencieuse"), _may_silence,
        lambda by, report, data: actions.mark_silent(by=by, report=report, until=data["until"], reason=data["reason"]),
        form=SilenceForm, compared=True,
        help=_("Hors de votre unité, personne ne la lit ni n'apprend qu'elle existe. Six mois au plus, avec un motif."),
    ),
    Verb(
        "lever-silence", _("Lever le silence"), _may_end_silence,
        lambda by, report, data: actions.mark_silent(by=by, report=report, until=None, reason=data["reason"]),
        form=MotiveForm, compared=True, help=_("Ses lecteurs la retrouvent aussitôt."),
    ),
    Verb(
        "rejeter", _("Rejeter"), _to(S.REJECTED),
        lambda by, report, data: actions.reject(by=by, report=report, reason=data["reason"]), form=MotiveForm,
        help=_("La fiche n'est pas exploitable ; son auteur en lira le motif."), danger=True,
    ),
)  # fmt: skip
BY_SLUG: Mapping[str, Verb] = {verb.slug: verb for verb in VERBS}


def offers(of: Opened, bound: Mapping[str, forms.Form]) -> list[Offer[Verb, forms.Form]]:
    """What the agent may do now; a form that was just refused comes back as it was filled."""
    return [
        Offer(verb, bound.get(verb.slug) or verb.bind(of)) for verb in VERBS if verb.slug in bound or verb.open_to(of)
    ]
