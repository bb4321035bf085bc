"""Keys of services' own tools: asked by a head, answered by an authority, told once, taken away by either."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.desk import actions, permissions, queries, rules
from recoupe.desk.queries import ToolKey
from recoupe.kernel.refusal import Absent, Invalid
from recoupe.web.fields import DayField, LineField, refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import AUTHORITY, EVERY, HEADS, UNKNOWN_VERB, policy

READERS = HEADS | AUTHORITY


class AskForm(forms.Form):
    """Which tool, for what, between which dates, and why."""

    name = LineField(actions.LONGEST_NAME, label=_("Nom de l'outil"), help_text=_("Tel que le journal le dira."))
    purpose = forms.ChoiceField(label=_("Finalité"))
    valid_from = DayField(label=_("À partir du"))
    valid_to = DayField(label=_("Jusqu'au"), help_text=_("Un an au plus."))
    reason = LineField(300, label=_("Motif"), help_text=_("Dix caractères au moins ; il est conservé."))

    def __init__(self, agent: Agent, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(one.value, one.label) for one in rules.tool_purposes(agent)]
        self.fields["purpose"].choices = [("", _("Choisissez une finalité")), *choices]  # type: ignore[attr-defined]


class NoForm(forms.Form):
    """A button alone."""


class RevokeForm(forms.Form):
    """Why the key is taken away."""

    reason = LineField(300, label=_("Motif du retrait"))


@dataclass(frozen=True, slots=True)
class Row:
    """One key, where it stands, and what this agent may do with it."""

    key: ToolKey
    word: str
    tone: str
    may_answer: bool
    may_fetch: bool
    may_revoke: bool


@policy(roles=READERS)
@require_safe
def key_list(request: StaffRequest) -> HttpResponse:
    """The keys that this agent may see, and the form of the next one for a head."""
    return _page(request)


@policy(roles=HEADS, step_up=EVERY)
@require_POST
def key_ask(request: StaffRequest) -> HttpResponse:
    """Ask for a key of one's own unit."""
    permissions.check_ask(request.agent)
    form = AskForm(request.agent, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            wanted = actions.Wanted(data["name"], data["purpose"], data["valid_from"], data["valid_to"], data["reason"])
            actions.ask_key(by=request.agent, wanted=wanted)
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("key-list"))
    return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _agree(by: Agent, key: ToolKey, data: Mapping[str, Any]) -> str:
    actions.answer_key(by=by, key=key, agreed=True)
    return ""


def _refuse(by: Agent, key: ToolKey, data: Mapping[str, Any]) -> str:
    actions.answer_key(by=by, key=key, agreed=False)
    return ""


def _fetch(by: Agent, key: ToolKey, data: Mapping[str, Any]) -> str:
    return actions.fetch_key(by=by, key=key)


def _revoke(by: Agent, key: ToolKey, data: Mapping[str, Any]) -> str:
    actions.revoke_key(by=by, key=key, reason=data["reason"])
    return ""


VERBS: Mapping[str, tuple[type[forms.Form], Callable[[Agent, ToolKey, Mapping[str, Any]], str]]] = {
    "accorder": (NoForm, _agree),
    "refuser": (NoForm, _refuse),
    "prendre": (NoForm, _fetch),
    "retirer": (RevokeForm, _revoke),
}


@policy(roles=READERS, step_up=EVERY)
@require_POST
def key_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Answer, fetch or take away; the key itself is shown on this one answer and never again."""
    if verb not in VERBS:
        raise Absent(UNKNOWN_VERB)
    kind, run = VERBS[verb]
    key = queries.tool_key(request.agent, id)
    form = kind(request.POST)
    if form.is_valid():
        try:
            token = run(request.agent, key, form.cleaned_data)
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            if token:
                return render(request, "desk/key_once.html", {"key": key, "token": token})
            return HttpResponseRedirect(reverse("key-list"))
    return _page(request, refused=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: StaffRequest,
    form: forms.Form | None = None,
    *,
    refused: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent, today = request.agent, timezone.localdate()
    found = queries.tool_keys(agent)
    refs = [("service_key", key.id) for key in found[:100]]
    record(Operation.CONSULT, refs=refs, details={"what": "service_keys"}, result_count=len(refs))
    ask = None
    if permissions.can_ask(agent):
        ask = form or AskForm(agent, initial={"valid_from": today, "valid_to": today + timedelta(days=364)})
    context = {"rows": [_row(agent, key) for key in found], "ask": ask, "refused": refused}
    return render(request, "desk/keys.html", context, status=status)


def _row(agent: Agent, key: ToolKey) -> Row:
    word, tone = key.word(timezone.localdate())
    return Row(
        key,
        word,
        tone,
        permissions.can_answer(agent, key),
        permissions.can_fetch(agent, key),
        permissions.can_revoke(agent, key),
    )
