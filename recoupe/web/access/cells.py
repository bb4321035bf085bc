"""Services of the cells, for the authority that joins them: since when, until when, and how far the rows are."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from recoupe.access import actions, permissions, queries
from recoupe.access.actions import Joining
from recoupe.access.agent import Agent
from recoupe.access.models import CellService
from recoupe.access.rules import JOINABLE
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.web.fields import DayField, LineField, refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import AUTHORITY, EVERY, policy
from recoupe.web.reference.fields import UnitField, named_unit


class JoinForm(forms.Form):
    """Which service, of which cell, when and why."""

    cell = UnitField(label=_("Cellule"), listed="cells")
    service = UnitField(label=_("Service de police, de gendarmerie ou des douanes"), listed="services")
    valid_from = DayField(label=_("À partir du"))
    valid_to = DayField(
        label=_("Jusqu'au"), required=False, help_text=_("Laissez vide si aucune fin n'est prévue."),
    )  # fmt: skip
    reason = LineField(300, label=_("Motif"), help_text=_("La convention ou la décision : il est conservé."))


class LeaveForm(forms.Form):
    """Which association ends now, and why."""

    joined = forms.UUIDField(widget=forms.HiddenInput)
    reason = LineField(300, label=_("Motif du retrait"))


@dataclass(frozen=True, slots=True)
class Row:
    """One association and where it stands."""

    joined: CellService
    word: str
    tone: str
    may_end: bool


@policy(roles=AUTHORITY)
@require_safe
def cell_services(request: StaffRequest) -> HttpResponse:
    """The associations, the newest first, and the form of the next one."""
    return _page(request)


@policy(roles=AUTHORITY, step_up=EVERY)
@require_POST
def cell_join(request: StaffRequest) -> HttpResponse:
    """Join a service to a cell."""
    form = JoinForm(request.POST)
    if form.is_valid():
        try:
            data = form.cleaned_data
            joining = Joining(
                named_unit(data["cell"], "cell"),
                named_unit(data["service"], "service"),
                data["valid_from"],
                data["valid_to"],
            )
            actions.join_cell(by=request.agent, joining=joining, reason=data["reason"])
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, Invalid(refusal.sentence, field="service"))
        else:
            return HttpResponseRedirect(reverse("cell-list"))
    return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@policy(roles=AUTHORITY, step_up=EVERY)
@require_POST
def cell_leave(request: StaffRequest) -> HttpResponse:
    """End an association: from the next request on nobody reads by it."""
    form = LeaveForm(request.POST)
    if form.is_valid():
        joined = queries.cell_service(request.agent, form.cleaned_data["joined"])
        try:
            actions.leave_cell(by=request.agent, joined=joined, reason=form.cleaned_data["reason"])
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("cell-list"))
    return _page(request, left=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: StaffRequest,
    form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    left: forms.Form | None = None,
) -> HttpResponse:
    found = queries.cell_services(request.agent)
    refs = [("cell_service", joined.id) for joined in found[:100]]
    record(Operation.CONSULT, refs=refs, details={"what": "cell_services"}, result_count=len(refs))
    at_work = reference.units(timezone.localdate())
    context = {
        "cells": [unit for unit in at_work if unit.kind == UnitKind.CROSS],
        "services": [unit for unit in at_work if unit.kind in JOINABLE and not unit.silent],
        "rows": [_row(request.agent, joined) for joined in found],
        "join": form or JoinForm(initial={"valid_from": timezone.localdate()}),
        "refused": left,
    }
    return render(request, "access/cells.html", context, status=status)


def _row(agent: Agent, joined: CellService) -> Row:
    word, tone = _standing(joined)
    return Row(joined, str(word), tone, joined.ended_at is None and permissions.can_cells(agent, joined.service_id))


def _standing(joined: CellService) -> tuple[Any, str]:
    percent = {"percent": joined.done_percent}
    if joined.cleared_at is not None:
        return _("retirée"), ""
    if joined.ended_at is not None:
        return _("retirée ; ménage : %(percent)d %%") % percent, "bad"
    if joined.spread_at is None:
        return _("en préparation : %(percent)d %%") % percent, "info"
    if joined.valid_from > timezone.localdate():
        return _("à venir"), "info"
    return _("en vigueur"), "good"
