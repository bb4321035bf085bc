"""Habilitations, for the authority that designates: who may act as what, in which unit, between which dates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from recoupe.access import actions, permissions, queries
from recoupe.access.agent import Agent
from recoupe.access.enums import Purpose, Role
from recoupe.access.models import Agent as Subject
from recoupe.access.models import Habilitation
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Absent, Invalid
from recoupe.reference import queries as reference
from recoupe.web.fields import DayField, LineField, refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import AUTHORITY, EVERY, UNKNOWN_VERB, policy
from recoupe.web.reference.fields import UnitField, named_unit
from recoupe.web.shell import page_of

PAGE = 50


class SearchForm(forms.Form):
    """Whom to look for."""

    q = LineField(80, label=_("Agent ou service"), required=False, help_text=_("Identifiant, nom, ou code du service."))
    after = LineField(64, required=False)


class DesignateForm(forms.Form):
    """One role, for some purposes, between two dates."""

    role = forms.ChoiceField(label=_("Rôle"), choices=[("", _("Choisissez un rôle")), *Role.choices])
    purposes = forms.MultipleChoiceField(
        label=_("Finalités"), required=False, choices=Purpose.choices, widget=forms.CheckboxSelectMultiple,
        help_text=_("Celles que l'agent pourra déclarer. Sans choix : toutes celles du rôle."),
    )  # fmt: skip
    valid_from = DayField(label=_("À partir du"))
    valid_to = DayField(label=_("Jusqu'au"), required=False, help_text=_("Laissez vide si aucune fin n'est prévue."))


class RevokeForm(forms.Form):
    """Which designation ends now."""

    habilitation = forms.UUIDField(widget=forms.HiddenInput)


class TransferForm(forms.Form):
    """Where the agent goes."""

    unit = UnitField(label=_("Nouveau service"))


@dataclass(frozen=True, slots=True)
class Found:
    """One agent in the list, and what he may do today."""

    url: str
    name: str
    login: str
    unit: str
    unit_code: str
    roles: str


@dataclass(frozen=True, slots=True)
class Row:
    """One designation, and whether it counts today."""

    habilitation: Habilitation
    role: str
    word: str
    tone: str
    revocable: bool


@policy(roles=AUTHORITY)
@require_safe
def habilitation_list(request: StaffRequest) -> HttpResponse:
    """Agents by login with what they may do today; the journal keeps no word of the search."""
    form = SearchForm(request.GET)
    status, rows, older = HTTPStatus.OK, list[queries.Designated](), ""
    if form.is_valid():
        text, after = form.cleaned_data["q"], form.cleaned_data["after"]
        rows = queries.designated(request.agent, text, after, timezone.localdate(), PAGE)
        refs = [("agent", row.agent.id) for row in rows]
        record(Operation.CONSULT, refs=refs, details={"what": "habilitations"}, result_count=len(refs))
        if len(rows) == PAGE:
            older = "?" + urlencode({"q": text, "after": rows[-1].agent.login})
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    newer = "?" + urlencode({"q": request.GET.get("q", "")}) if request.GET.get("after") else ""
    context = {"form": form, "rows": [_found(row) for row in rows], "older_url": older, "newer_url": newer}
    return render(request, "access/habilitations.html", context, status=status)


def _found(row: queries.Designated) -> Found:
    agent = row.agent
    roles = ", ".join(str(Role(one.role).label) for one in row.live)
    url = page_of("habilitation-page", agent.id)
    return Found(url, agent.display_name, agent.login, agent.unit.name, agent.unit.code, roles)


@policy(roles=AUTHORITY)
@require_safe
def habilitation_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One agent: what he was designated for, and what may be changed."""
    return _page(request, queries.agent_of(request.agent, id))


def _designate(by: Agent, subject: Subject, data: Mapping[str, Any]) -> None:
    actions.grant_habilitation(
        by=by,
        agent=subject,
        role=Role(data["role"]),
        valid_from=data["valid_from"],
        valid_to=data["valid_to"],
        reason=by.motive,
        purposes=data["purposes"],
    )


def _revoke(by: Agent, subject: Subject, data: Mapping[str, Any]) -> None:
    found = queries.habilitation(by, subject.id, data["habilitation"])
    actions.revoke_habilitation(by=by, habilitation=found, reason=by.motive)


def _transfer(by: Agent, subject: Subject, data: Mapping[str, Any]) -> None:
    actions.transfer(by=by, agent=subject, unit=named_unit(data["unit"], "unit"), reason=by.motive)


VERBS: Mapping[str, tuple[type[forms.Form], Callable[[Agent, Subject, Mapping[str, Any]], None]]] = {
    "designer": (DesignateForm, _designate),
    "retirer": (RevokeForm, _revoke),
    "muter": (TransferForm, _transfer),
}


@policy(roles=AUTHORITY, step_up=EVERY)
@require_POST
def habilitation_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Designate, revoke or transfer; nobody changes his own rights."""
    if verb not in VERBS:
        raise Absent(UNKNOWN_VERB)
    kind, run = VERBS[verb]
    subject = queries.agent_of(request.agent, id)
    permissions.check_designate(request.agent, subject.id)
    form = kind(request.POST, auto_id=f"id_{verb}_%s")
    if form.is_valid():
        try:
            run(request.agent, subject, form.cleaned_data)
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("habilitation-page", args=[id]))
    return _page(request, subject, {verb: form}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: StaffRequest,
    subject: Subject,
    bound: Mapping[str, forms.Form] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent, today, bound = request.agent, timezone.localdate(), bound or {}
    record(Operation.CONSULT, refs=[("agent", subject.id)], details={"what": "habilitation"})
    context = {
        "subject": subject,
        "rows": [_row(h, subject, today) for h in queries.habilitations(agent, subject.id)],
        "may_change": permissions.can_designate(agent, subject.id),
        "designate": bound.get("designer") or DesignateForm(initial={"valid_from": today}, auto_id="id_designer_%s"),
        "units": reference.units(today),
        "transfer": bound.get("muter") or TransferForm(auto_id="id_muter_%s"),
        "refused": bound.get("retirer"),
    }
    return render(request, "access/habilitation.html", context, status=status)


def _row(habilitation: Habilitation, subject: Subject, today: date) -> Row:
    word, tone = _standing(habilitation, subject, today)
    return Row(habilitation, str(Role(habilitation.role).label), str(word), tone, habilitation.revoked_at is None)


def _standing(habilitation: Habilitation, subject: Subject, today: date) -> tuple[Any, str]:
    if habilitation.revoked_at is not None:
        return _("retirée"), "bad"
    if habilitation.unit_id != subject.unit_id:
        return _("sans effet : autre service"), ""
    if habilitation.valid_from > today:
        return _("à venir"), "info"
    if habilitation.valid_to is not None and habilitation.valid_to < today:
        return _("échue"), ""
    return _("en vigueur"), "good"
