"""The journal, for the officer for data protection; reading it is an entry too."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.access.enums import OVERSEERS, Purpose
from recoupe.access.queries import agent_by_login, names_of
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.models import Entry
from recoupe.audit.queries import JournalFilter, entries
from recoupe.kernel.refusal import Absent, Invalid
from recoupe.web.audit import words
from recoupe.web.audit.forms import JournalForm
from recoupe.web.audit.objects import object_of
from recoupe.web.audit.table import Line, rows
from recoupe.web.fields import refuse, said
from recoupe.web.intelligence.shown import unit_name
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

PAGE = 50
SHOWN = 5


def _lines(found: list[Entry]) -> list[Line]:
    people = names_of({e.actor for e in found if e.actor})
    # A lazy label is translated anew for each line.
    purposes = {value: str(label) for value, label in Purpose.choices}
    operations = {value: str(label) for value, label in Operation.choices}
    return [
        Line(
            entry=e,
            operation=operations.get(e.operation, e.operation),
            counted=_counted(e.result_count),
            actor=people.get(e.actor, "") if e.actor else e.service,
            unit=unit_name(e.unit) if e.unit else "",
            purpose=purposes.get(e.purpose, e.purpose),
            recipient=unit_name(e.recipient) if e.recipient else "",
            refs=[(ref, _object(ref)) for ref in e.refs[:SHOWN]],
            details=_details(e),
        )
        for e in found
    ]


def _counted(number: int | None) -> str:
    """How many results a reading had; nothing where none is counted."""
    return "" if number is None else ngettext("%(n)s résultat", "%(n)s résultats", number) % {"n": number}


def _object(ref: str) -> str:
    """An object by its kind and the beginning of its identifier."""
    kind, _colon, identity = ref.partition(":")
    return f"{words.ref_kind(kind)} {identity[:8]}"


def _details(entry: Entry) -> list[tuple[str, str]]:
    named = words.fields(entry.fields)
    told = words.details(entry.details, entry.refs[0].partition(":")[0] if entry.refs else "")
    return [*told, (gettext("Champs"), named)] if named else told


def _actor(form: JournalForm) -> UUID | None:
    login = form.cleaned_data.get("login", "")
    return agent_by_login(login) if login else None


def asked(agent: Agent, form: JournalForm) -> JournalFilter | None:
    """What the filter asks for, its agent and object found; None once the form says what is wrong."""
    if not form.is_valid():
        return None
    try:
        return form.wanted(_actor(form), object_of(agent, form.cleaned_data["ref"]))
    except Absent as refusal:
        form.add_error("login", said(refusal))
    except Invalid as refusal:
        refuse(form, refusal)
    return None


@policy(roles=OVERSEERS)
@require_safe
def journal(request: StaffRequest) -> HttpResponse:
    """Entries newest first, filtered; the filter's shape is journaled, never a name."""
    form = JournalForm(request.GET)
    wanted = asked(request.agent, form)
    found = entries(wanted, PAGE) if wanted is not None else []
    filled = sorted(name for name, value in form.cleaned_data.items() if value)
    record(Operation.CONSULT, details={"what": "journal", "filters": filled}, result_count=len(found))
    older = "?" + urlencode({**request.GET.dict(), "before": found[-1].id}) if len(found) == PAGE else ""
    query = urlencode({name: value for name, value in request.GET.items() if name != "before"})
    shown = {
        "form": form, "rows": rows(_lines(found)), "older_url": older, "query": query,
        "newer_url": "?" if form.data.get("before") else "",
    }  # fmt: skip
    return render(
        request, "audit/journal.html", shown, status=HTTPStatus.OK if wanted else HTTPStatus.UNPROCESSABLE_ENTITY
    )
