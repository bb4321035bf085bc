"""Paper: a PDF with its marking and its serial number, made by typst from data, never from strings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext

from recoupe.access.agent import Agent
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.config.roles import demonstration
from recoupe.kernel.reference import random_code

TEMPLATES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Paper:
    """One document: its template, what it shows, and the records that it carries out of the base."""

    template: str
    title: str
    content: Mapping[str, Any]
    refs: tuple[Ref, ...]
    marking: tuple[str, ...] = ()
    # What the journal says of it further; all there is for one that names no record.
    details: Mapping[str, Any] = field(default_factory=dict)


@cache
def fonts() -> typst.Fonts:
    """The fonts of the machine, searched once a process."""
    return typst.Fonts()


def compiler(template: str) -> typst.Compiler:
    """A compiler for one print: two threads cannot share one, and making it costs a tenth of a millisecond."""
    return typst.Compiler(TEMPLATES / template, root=TEMPLATES, font_paths=fonts())


def without_empty_columns(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """A section whose table shows no column in which no row says anything."""
    rows, columns = section["rows"], section["columns"]
    kept = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    if not rows or len(kept) == len(columns):
        return section
    return {**section, "columns": [columns[i] for i in kept], "rows": [[row[i] for i in kept] for row in rows]}


def print_paper(*, by: Agent, paper: Paper) -> HttpResponse:
    """Journal the print with its serial number, then answer the PDF; the serial names who printed, and when."""
    serial = random_code(10)
    record(
        Operation.PRINT,
        refs=list(paper.refs),
        details=dict(paper.details) | {"serial": serial, "template": paper.template},
    )
    now = timezone.localtime()
    data = {
        "title": paper.title,
        "serial": serial,
        "printed_by": f"{by.name}, {by.unit_name}",
        "printed_at": now.strftime("%d/%m/%Y %H:%M"),
        "marking": list(paper.marking) or [gettext("DIFFUSION RESTREINTE")],
        "demo": gettext("Démonstration : données fictives") if demonstration() else "",
        "language": get_language() or "fr",
        "words": {
            "printed": gettext("Imprimé par"),
            "serial": gettext("Exemplaire n°"),
            "page": gettext("page"),
            "facts": gettext("Faits"),
            "assessment": gettext("Appréciation (avis de l'auteur)"),
        },
        "content": {**paper.content, "sections": [without_empty_columns(one) for one in paper.content["sections"]]},
    }
    # The file's own date is the printed one: paper says one moment, and the same print has the same bytes.
    content = compiler(paper.template).compile(
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, timestamp=int(now.timestamp())
    )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="recoupe-{serial}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
