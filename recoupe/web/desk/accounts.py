"""Arrival, lost keys and departure of an agent; the second person of a recovery."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access import permissions as accounts
from recoupe.access import queries as agents
from recoupe.access.agent import Agent
from recoupe.access.models import Agent as Subject
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.config.provider import issuer
from recoupe.desk import actions, permissions, queries
from recoupe.desk.queries import Lost
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.reference import queries as reference
from recoupe.web.desk.keys import NoForm
from recoupe.web.fields import LineField, refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import AUTHORITY, EVERY, HEADS, UNKNOWN_VERB, policy
from recoupe.web.reference.fields import UnitField, named_unit


class AccountForm(forms.Form):
    """Who arrives, and where."""

    login = LineField(
        actions.LONGEST_LOGIN, label=_("Identifiant"), help_text=_("Il ne change plus : le journal le cite.")
    )
    name = LineField(actions.LONGEST_NAME, label=_("Nom et prénom"))
    unit = UnitField(label=_("Service"))


class ReasonForm(forms.Form):
    """Why; it stays in the journal's sight."""

    reason = LineField(300, label=_("Motif"), help_text=_("Dix caractères au moins."))


class IdentityForm(forms.Form):
    """Who the agent is at the provider's."""

    subject = LineField(actions.LONGEST_SUBJECT, label=_("Identifiant chez le fournisseur (sub)"))


@policy(roles=AUTHORITY, step_up=EVERY)
@require_http_methods(["GET", "HEAD", "POST"])
def account_new(request: StaffRequest) -> HttpResponse:
    """Make the account of a new agent, then go on to its designation."""
    form = AccountForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            data = form.cleaned_data
            try:
                unit = named_unit(data["unit"], "unit")
                made = actions.register(by=request.agent, login=data["login"], name=data["name"], unit=unit)
            except Invalid as refusal:
                refuse(form, refusal)
            else:
                return HttpResponseRedirect(reverse("habilitation-page", args=[made.id]))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "units": reference.units(timezone.localdate())}
    return render(request, "desk/account_new.html", context, status=status)


def _code(by: Agent, subject: Subject, data: Mapping[str, Any]) -> str:
    return actions.hand_code(by=by, agent=subject, reason=data["reason"])


def _lost(by: Agent, subject: Subject, data: Mapping[str, Any]) -> str:
    actions.declare_lost(by=by, agent=subject, reason=data["reason"])
    return ""


def _depart(by: Agent, subject: Subject, data: Mapping[str, Any]) -> str:
    actions.depart(by=by, agent=subject, reason=data["reason"])
    return ""


def _identity(by: Agent, subject: Subject, data: Mapping[str, Any]) -> str:
    known = issuer()
    if not known:
        raise Conflict(gettext_noop("Cette installation n'a pas de fournisseur d'identité."))
    actions.bind_identity(by=by, agent=subject, issuer=known, subject=data["subject"])
    return ""


VERBS: Mapping[str, tuple[type[forms.Form], Callable[[Agent, Subject, Mapping[str, Any]], str]]] = {
    "code": (ReasonForm, _code),
    "perdue": (ReasonForm, _lost),
    "depart": (ReasonForm, _depart),
    "identite": (IdentityForm, _identity),
}


@policy(roles=AUTHORITY)
@require_safe
def account_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """The keys of an agent, and what to do when one is lost or when he leaves."""
    return _account(request, agents.agent_of(request.agent, id))


@policy(roles=AUTHORITY, step_up=EVERY)
@require_POST
def account_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Hand out a code, declare a loss, end everything; the code is shown on this one answer and never again."""
    if verb not in VERBS:
        raise Absent(UNKNOWN_VERB)
    kind, run = VERBS[verb]
    subject = agents.agent_of(request.agent, id)
    accounts.check_designate(request.agent, subject.id)
    form = kind(request.POST, auto_id=f"id_{verb}_%s")
    if form.is_valid():
        try:
            code = run(request.agent, subject, form.cleaned_data)
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, Invalid(refusal.sentence, field=next(iter(form.fields))))
        else:
            if code:
                return render(request, "desk/code_once.html", {"subject": subject, "code": code})
            return HttpResponseRedirect(reverse("account-page", args=[id]))
    return _account(request, subject, {verb: form}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _account(
    request: StaffRequest,
    subject: Subject,
    bound: Mapping[str, forms.Form] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    record(Operation.CONSULT, refs=[("agent", subject.id)], details={"what": "account"})
    bound = bound or {}
    context = {
        "subject": subject,
        "keys": queries.passkeys(request.agent, subject.id),
        "may_change": accounts.can_designate(request.agent, subject.id),
        "issuer": issuer(),
        "standing": queries.standing(request.agent, subject.id).value,
        **{name: bound.get(name) or kind(auto_id=f"id_{name}_%s") for name, (kind, _run) in VERBS.items()},
    }
    return render(request, "desk/account.html", context, status=status)


# --- The second person --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One lost key, and whether this agent may confirm."""

    lost: Lost
    may_answer: bool


@policy(roles=AUTHORITY | HEADS)
@require_safe
def recovery_list(request: StaffRequest) -> HttpResponse:
    """Lost keys: those of one's unit for a head, all of them for an authority."""
    found = queries.recoveries(request.agent)
    refs = [("recovery", lost.id) for lost in found[:100]]
    record(Operation.CONSULT, refs=refs, details={"what": "recoveries"}, result_count=len(refs))
    rows = [Row(lost, permissions.can_second(request.agent, lost)) for lost in found]
    return render(request, "desk/recoveries.html", {"rows": rows})


ANSWERS: Mapping[str, bool] = {"confirmer": True, "refuser": False}


@policy(roles=AUTHORITY | HEADS, step_up=EVERY)
@require_POST
def recovery_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Confirm that it is he, or not."""
    if verb not in ANSWERS:
        raise Absent(UNKNOWN_VERB)
    agreed = ANSWERS[verb]
    lost = queries.recovery(request.agent, id)
    if NoForm(request.POST).is_valid():
        actions.answer_recovery(by=request.agent, lost=lost, agreed=agreed)
    return HttpResponseRedirect(reverse("recovery-list"))
