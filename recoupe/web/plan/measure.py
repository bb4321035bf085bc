"""The page of one measure: how each figure is made, what its owner showed, and where he shows more."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Absent, Conflict, Invalid
from recoupe.plan import actions, permissions, queries, words
from recoupe.plan.actions import BadFile
from recoupe.plan.catalogue import Estimate, indicators, indicators_of
from recoupe.plan.importing import MAX_BYTES, Fault
from recoupe.plan.models import Card
from recoupe.plan.permissions import BOARD_ROLES
from recoupe.web.fields import refuse, said
from recoupe.web.intelligence import uploads
from recoupe.web.middleware import StaffRequest
from recoupe.web.plan import shown
from recoupe.web.plan.forms import FileForm, ProofForm
from recoupe.web.policy import TAKEN_OUT, UNKNOWN_VERB, policy

FORMS: Mapping[str, type[ProofForm]] = {"preuve": ProofForm, "fichier": FileForm}
MOST_FAULTS = 50  # a page answers so many lines; the count says how many there are


@policy(roles=BOARD_ROLES)
@require_safe
def page(request: StaffRequest, number: int) -> HttpResponse:
    """One measure with its indicators, milestones, evidence and history."""
    return _page(request, number)


@policy(roles=(Role.PLAN_MANAGER,))
@require_POST
def feed(request: StaffRequest, number: int, verb: str) -> HttpResponse:
    """Show evidence or hand in a file of values; a refused form comes back on the page."""
    kind = FORMS.get(verb)
    if kind is None:
        raise Absent(UNKNOWN_VERB)
    card = queries.card(request.agent, number)
    permissions.check_feed(request.agent, card)
    form = kind(number, request.POST, request.FILES, auto_id=f"{verb}-%s")
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    faults: tuple[Fault, ...] = ()
    if uploads.is_too_heavy(request):
        form.add_error("file", uploads.said_too_heavy(1))
    elif form.is_valid():
        try:
            _run(request.agent, card, form)
        except Invalid as refusal:
            faults = refusal.faults if isinstance(refusal, BadFile) else ()
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("plan-measure", args=[number]))
    return _page(request, number, {verb: form}, faults, status)


@policy(roles=BOARD_ROLES, step_up=TAKEN_OUT)
@require_safe
def evidence_file(request: StaffRequest, id: UUID) -> HttpResponse:
    """A file of values as it was handed in."""
    found = queries.evidence_file(request.agent, id)
    record(Operation.EXPORT, details={"what": "plan", "plan": "plan_file", "number": found.measure})
    response = HttpResponse(found.content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="mesure-{found.measure}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _run(agent: Agent, card: Card, form: ProofForm) -> None:
    if isinstance(form, FileForm):
        handed = form.cleaned_data["file"]
        actions.import_values(by=agent, card=card, proof=form.proof(), name=handed.name, raw=handed.read(MAX_BYTES + 1))
    else:
        actions.add_reference(by=agent, card=card, proof=form.proof())


def _page(
    request: StaffRequest,
    number: int,
    refused: Mapping[str, forms.Form] | None = None,
    faults: tuple[Fault, ...] = (),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    agent = request.agent
    row, card = queries.row(agent, number), queries.card(agent, number)
    told = {code: _lines(code, rows) for code, rows in queries.told(agent, number).items()}
    proofs = queries.evidence(agent, number)
    record(Operation.CONSULT, details={"what": "plan", "number": number}, result_count=len(proofs))
    context = {
        "line": shown.row(row),
        "figures": [(one, told.get(one.figure.spec.code, [])) for one in shown.row(row).figures],
        "proofs": proofs,
        "decisions": queries.decisions(agent, number),
        "forms": _forms(number, refused or {}) if permissions.can_feed(agent, card) else [],
        "faults": [(fault.line, said(fault.refusal)) for fault in faults[:MOST_FAULTS]],
        "fault_count": len(faults),
        "before": number - 1 if number > 1 else 0,
        "after": number + 1 if number < 55 else 0,
    }
    return render(request, "plan/measure.html", context, status=status)


def _forms(number: int, refused: Mapping[str, forms.Form]) -> list[tuple[str, forms.Form]]:
    """The owner's two forms, as he left the one that was refused."""
    brings = any(not spec.computed for spec in indicators_of(number))
    return [
        (verb, refused.get(verb) or kind(number, auto_id=f"{verb}-%s"))
        for verb, kind in FORMS.items()
        if brings or kind is not FileForm
    ]


def _lines(code: str, rows: Sequence[Estimate]) -> list[tuple[str, Estimate]]:
    """Every value of an indicator in words, the last one first."""
    return [(words.estimate(indicators()[code], one), one) for one in reversed(rows)]
