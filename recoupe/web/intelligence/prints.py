"""A report on paper: facts and assessment apart, marking on each page, nothing that the screen would mask."""

from collections.abc import Iterable
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from recoupe.access.agent import Agent
from recoupe.intelligence import fields, queries
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Conflict, gettext_noop
from recoupe.web.intelligence import shown
from recoupe.web.printing.pdf import Paper

SENTENCE_DRAFT = gettext_noop("Un brouillon ne s'imprime pas : déposez-le d'abord.")


def paper_of(agent: Agent, report: Report) -> Paper:
    """The document of one report; a draft is none."""
    if report.state == ReportState.DRAFT:
        raise Conflict(SENTENCE_DRAFT)
    codes = "+".join(report.handling)
    return Paper(
        template="sheet.typ",
        title=report.ref or "",
        content={
            "subtitle": f"{shown.unit_name(report.owner_unit_id)} · {ReportState(report.state).label}",
            "facts": _facts(agent, report),
            "sections": _sections(agent, report),
        },
        refs=(("report", report.id),),
        marking=(_("DIFFUSION RESTREINTE"), codes, *([_("SILENCIEUSE")] if report.silent_until else [])),
    )


def _facts(agent: Agent, report: Report) -> list[list[str]]:
    case = shown.case_of(agent, report)
    rows = [
        (_("Quand"), shown.event(report)),
        (_("Où"), shown.place(report) or _("sans lieu connu")),
        (_("Source"), shown.source(report)),
        (_("Cotation"), f"{report.grading} : {shown.grade_words(report)}"),
        (_("Diffusion"), " ; ".join(word.label for word in shown.handling(report))),
        (_("Avec H3"), f"{shown.h3_line(report)} {report.handling_conditions}".strip()),
        (_("Cadre"), f"{report.get_frame_display()} {case.number if case else ''}".strip()),
        (_("Produits"), ", ".join(shown.products(report))),
        (_("Moyens et violences"), ", ".join(shown.means(report))),
        (_("Déposée le"), date_format(localtime(report.submitted_at), shown.MOMENT) if report.submitted_at else ""),
    ]
    return [[label, text] for label, text in rows if text]


def _section(title: str, text: str = "", columns: Iterable[str] = (), rows: Iterable[list[str]] = ()) -> dict[str, Any]:
    return {"title": title, "text": text, "columns": list(columns), "rows": list(rows)}


def _sections(agent: Agent, report: Report) -> list[dict[str, Any]]:
    found = [_section(_("Le fait"), report.fact_text)]
    if report.assessment_text:
        found.append(_section(_("Appréciation (avis de son auteur)"), report.assessment_text))
    people = queries.persons(agent, report)
    persons = [shown.person(row) for row in people]
    if persons:
        rows = [[p.name, p.category, p.birth, p.aliases] for p in persons]
        found.append(_section(_("Personnes"), "", [_("Nom"), _("Qualité"), _("Naissance"), _("Surnoms")], rows))
    masked = fields.masked_among(people)
    selectors = [shown.selector(row, masked) for row in queries.selectors(agent, report)]
    if selectors:
        rows = [[s.kind, s.text, s.warning] for s in selectors]
        found.append(_section(_("Identifiants"), "", [_("Nature"), _("Valeur"), pgettext("colonne", "Contrôle")], rows))
    steps = shown.steps(shown.past(agent, report))
    history = [[s.what, date_format(localtime(s.at), shown.MOMENT), s.who, s.why] for s in steps]
    found.append(_section(_("Historique"), "", [_("Étape"), _("Le"), _("Par"), _("Motif")], history))
    return found
