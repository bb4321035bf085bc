"""Deposits by a service's own tool and what became of them (P-105): a key in the header, JSON in and out."""

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases.naming import ToolCases
from recoupe.crosscheck.queries import OwnSide, hits_of_tool
from recoupe.intelligence.actions import bringing
from recoupe.intelligence.actions.bringing import Batch, Brought, Outcome, Read
from recoupe.kernel.refusal import Invalid, Refusal, gettext_noop
from recoupe.web.errors import SENTENCES, error_page
from recoupe.web.intelligence import tool_shapes as shapes
from recoupe.web.intelligence.openapi import description
from recoupe.web.middleware import StaffRequest, too_many
from recoupe.web.policy import tool_blocks, tool_policy
from recoupe.web.schema import Record

log = logging.getLogger(__name__)

NOT_JSON = gettext_noop("Le corps de la demande n'est pas du JSON en UTF-8.")
NOT_ANNOUNCED = gettext_noop("Annoncez le corps de la demande : Content-Type: application/json.")
SPENT = gettext_noop("Le plafond du jour de cet outil est atteint : reprenez demain. Le chef de l'unité est averti.")
UNKNOWN = gettext_noop(
    "Cet outil demande trop de références qu'il n'a pas déposées : ne relisez que celles qui ont été acceptées. "
    "Le chef de l'unité est averti."
)
# A thousand reports of four thousand characters; read as JSON, what is small on the wire is large in memory.
HEAVIEST = 4 * 1024 * 1024


@tool_policy
@require_safe
def describe(request: StaffRequest) -> HttpResponse:
    """The interface, for whoever holds a key; its use is its entry."""
    return JsonResponse(description(), content_type="application/vnd.oai.openapi+json")


@tool_blocks
@require_POST
@csrf_exempt
def deposit(request: StaffRequest) -> HttpResponse:
    """Deposit a batch, block by block; each item gets its answer, in the order of the batch."""
    with request.block() as refused:
        body = refused or _body(request, shapes.BATCH)
        if isinstance(body, HttpResponse):
            return body
        batch = Batch(sha256(request.body).hexdigest(), len(request.body))
        items = [shapes.item_of(item) for item in body["reports"]]
        first, *others = bringing.blocks(bringing.read_items(tool=request.tool, items=items, procedures=ToolCases()))
        outcomes = bringing.bring(tool=request.tool, batch=batch, items=first)
    for block in others:
        outcomes += _further(request, batch, block)
    if all(one.spent for one in outcomes):
        return too_many(request, SPENT, _until_midnight())
    return JsonResponse({"results": [_outcome(one) for one in outcomes]})


def _further(request: StaffRequest, batch: Batch, block: Sequence[Read]) -> list[Outcome]:
    """One more block; what was written before it stays, and is told, whatever happens to this one."""
    try:
        with request.block() as refused:
            if refused:
                return bringing.unwritten(block)
            return bringing.bring(tool=request.tool, batch=batch, items=block)
    except (DatabaseError, InterfaceError, Refusal) as error:
        if isinstance(error, Refusal):
            request.refusal = error
        else:
            log.warning("a block of a tool's batch was not written: %s", type(error).__name__)
        return bringing.unwritten(block)


@tool_policy
@require_POST
@csrf_exempt
def check(request: StaffRequest) -> HttpResponse:
    """What became of what this very tool deposited: where each report stands, and its own unit's side of its hits."""
    body = _body(request, shapes.QUESTION)
    if isinstance(body, HttpResponse):
        return body
    bringing.demand_tool()
    # Read as they were when they came with their reports.
    wanted = {ref: bringing.read_ref(ref) for ref in body["external_refs"]}
    known = sorted({ref for ref in wanted.values() if ref})
    found = bringing.brought(known)
    if not bringing.may_check(sum(ref not in found for ref in wanted.values())):
        record(Operation.CONSULT, details={"what": "tool_check"}, result_count=0)
        return too_many(request, UNKNOWN, _until_midnight())
    hits = hits_of_tool(known)
    refs = [("report", one.id) for one in found.values()]
    refs += [("hit", side.id) for sides in hits.values() for side in sides]
    record(Operation.CONSULT, refs=refs, details={"what": "tool_check"}, result_count=len(found))
    return JsonResponse({"results": [_checked(ref, found.get(own), hits.get(own, ())) for ref, own in wanted.items()]})


def _body(request: StaffRequest, shape: Record) -> dict[str, Any] | HttpResponse:
    """What was sent, read by its shape; or the problem that says what is wrong with it, and where."""
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        return error_page(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, NOT_ANNOUNCED)
    if len(request.body) > HEAVIEST:
        return error_page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, SENTENCES[HTTPStatus.REQUEST_ENTITY_TOO_LARGE])
    try:
        plain = json.loads(request.body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return error_page(request, HTTPStatus.BAD_REQUEST, NOT_JSON)
    try:
        return shape.read(plain, "")
    except Invalid as fault:
        return error_page(
            request, HTTPStatus.UNPROCESSABLE_ENTITY, fault.sentence, fault.params, more={"pointer": fault.field}
        )


def _no_number(word: str) -> float:
    raise ValueError(word)


def _until_midnight() -> int:
    now = timezone.localtime()
    tomorrow = timezone.make_aware(datetime.combine(now.date() + timedelta(days=1), time.min))
    return max(1, int((tomorrow - now).total_seconds()))


def _brought(report: Brought | None) -> dict[str, str]:
    if report is None:
        return {}
    told = {"state": report.state.value}
    if report.ref:
        told["report"] = report.ref
    if report.submitted_at:
        told["submitted_at"] = report.submitted_at.isoformat()
    return told


def _outcome(one: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {"external_ref": one.external_ref, "result": one.result.value, **_brought(one.report)}
    if one.faults:
        told["faults"] = [{"field": fault.field, "sentence": _said(fault)} for fault in one.faults]
    return told


def _said(fault: Invalid) -> str:
    said = gettext(fault.sentence)
    return said % fault.params if fault.params else said


def _checked(ref: str, report: Brought | None, sides: Iterable[OwnSide]) -> dict[str, Any]:
    hits = [
        {
            "id": str(side.id), "at": side.at.isoformat(), "strength": side.strength, "state": side.state,
            "service_code": side.service_code, "service": side.service, "contact": side.contact,
            "phone": side.phone, "email": side.email,
        }
        for side in sides
    ]  # fmt: skip
    return {"external_ref": ref, "known": report is not None, **_brought(report), "hits": hits}
