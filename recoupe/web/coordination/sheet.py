"""An objective on paper: the room's texts laid out for the template of sheets."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from recoupe.web.printing.pdf import Paper

Section = dict[str, Any]


def paper(of: Mapping[str, Any], objective_id: UUID) -> Paper:
    """The document of one objective."""
    content = {
        "subtitle": f"{of['ref']} · {of['state']} ({of['state_since']})",
        "facts": _facts(of),
        "sections": [
            _section(gettext("Ce qui est su, et ce qui est visé"), of["summary"]),
            *_decisions(of["decisions"]),
            *_allocation(of["allocation"]),
            _history(of["history"]),
        ],
    }
    return Paper(
        template="sheet.typ", title=of["title"], content=content, refs=(("objective", objective_id),),
        marking=(gettext("DIFFUSION RESTREINTE"), gettext("OBJECTIF DE DÉMANTÈLEMENT")),
    )  # fmt: skip


def _section(
    title: str, text: str = "", columns: list[str] | None = None, rows: list[list[str]] | None = None
) -> Section:
    return {"title": title, "text": text, "columns": columns or [], "rows": rows or []}


def _facts(of: Mapping[str, Any]) -> list[list[str]]:
    origin = " · ".join(part for part in (of["origin"]["kind"], of["origin"]["ref"]) if part)
    facts = [
        [gettext("Commune"), of["commune"]],
        [gettext("Départements"), ", ".join(of["departments"])],
        [gettext("Origine"), origin],
        [gettext("Proposé par"), f"{of['proposed_by']} ({of['proposed_on']})"],
        [gettext("Tribunal compétent"), of["court"]],
    ]
    if of["outcome"]:
        facts.append([gettext("Suite judiciaire"), f"{of['outcome']['what']} ({of['outcome']['on']})"])
    if of["closing_motive"]:
        facts.append([gettext("Motif de fin"), of["closing_motive"]])
    return facts


def _decisions(rows: list[Mapping[str, str]]) -> list[Section]:
    if not rows:
        return [_section(gettext("Décision du parquet"), gettext("Aucune décision à ce jour."))]
    columns = [gettext("Décision"), gettext("Date"), gettext("Référence"), gettext("Magistrat"), gettext("Motif")]
    lines = [[r["verdict"], r["on"], r["reference"], r["by"], r["motive"]] for r in rows]
    return [_section(gettext("Décision du parquet"), "", columns, lines)]


def _allocation(of: Mapping[str, Any] | None) -> list[Section]:
    if of is None:
        return []
    lines = [
        [gettext("Service chef de file"), of["lead"]],
        *([[gettext("Dirige avec lui"), of["joint_lead"]]] if of["joint_lead"] else []),
        [gettext("Services associés"), ", ".join(of["co_services"]) or "—"],
        [gettext("Échéance"), of["deadline"]],
        [
            gettext("Enquête patrimoniale"),
            " · ".join(part for part in (of["financial"], of["financial_motive"]) if part),
        ],
    ]
    if of["operation"]:
        lines.append([gettext("Opération"), f"{of['operation']} ({of['operation_on']})"])
    return [_section(gettext("Attribution"), "", ["", ""], lines)]


def _history(rows: list[Mapping[str, str]]) -> Section:
    columns = [gettext("Date"), gettext("Étape"), gettext("Service"), gettext("Motif")]
    return _section(gettext("Historique"), "", columns, [[r["on"], r["to"], r["unit"], r["motive"]] for r in rows])
