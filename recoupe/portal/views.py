"""The public site: its pages, and the exchange of sealed letters. No cookie, no session, nothing of who asks."""

import base64
import gzip
import hashlib
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language_bidi, gettext, override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.kernel.refusal import Invalid
from recoupe.portal import exchange as door
from recoupe.portal import ground, packed, plain, store
from recoupe.portal.flood import PLAIN_PER_MINUTE, USUAL, Bucket
from recoupe.sealing import work
from recoupe.sealing.exchange import MOST_ASKED, UNREADABLE

BUCKET = Bucket()
# Their own: a flood without scripts, which computes nothing, takes no turn from those who compute.
PLAIN_BUCKET = Bucket(PLAIN_PER_MINUTE)
BYTES = "application/octet-stream"
JSON = "application/json"
SHEET, SCRIPT = "portal/portal.css", "portal/app.mjs"
# What a report needs beyond the first screen, fetched while the person reads and types.
MODULES = (
    "portal/form.mjs",
    "portal/send.mjs",
    "portal/exchange.mjs",
    "sealing/sealing.mjs",
    "sealing/work.mjs",
    "sealing/vendor/hpke/hpke.min.mjs",
)
MOST_TYPED = 64 * 1024


def _page(request: HttpRequest, template: str, language: str, status: int = HTTPStatus.OK, **told: Any) -> HttpResponse:
    """A page in the language of its address, kept by no cache and no history of ours."""
    with override(language):
        context = {
            "language": language, "base": "/" if language == "fr" else f"/{language}/", "demo": settings.DEMO,
            "direction": "rtl" if get_language_bidi() else "ltr", "status": int(status), "sheet": packed.address(SHEET),
        }  # fmt: skip
        body = render_to_string(template, context | told).encode()
    # A page that shows nothing of anybody may be packed; its length then tells nothing either.
    headers = {"Content-Language": language}
    if not told.get("bare") and packed.takes_packed(request):
        body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
    response = HttpResponse(body, status=status, headers=headers)
    patch_cache_control(response, no_store=True)
    patch_vary_headers(response, ["Accept-Encoding"])
    response["Referrer-Policy"] = "no-referrer"
    return response


def _in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Django's own 405 has no word; here too a refusal is a page, and so is a base that does not answer."""

    @wraps(view)
    def answered(request: HttpRequest, **values: str) -> HttpResponse:
        try:
            answer = view(request, **values)
        except (InterfaceError, OperationalError):
            return error(request, HTTPStatus.SERVICE_UNAVAILABLE)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return answer
        said = error(request, HTTPStatus.METHOD_NOT_ALLOWED)
        said["Allow"] = answer["Allow"]
        return said

    return answered


@_in_words
@require_safe
def home(request: HttpRequest, language: str) -> HttpResponse:
    """The one page of those who have scripts: write, come back, and where help is."""
    modules = [packed.address(name) for name in MODULES]
    return _page(request, "portal/home.html", language, script=packed.address(SCRIPT), modules=modules)


@_in_words
@require_safe
def leave(request: HttpRequest, language: str) -> HttpResponse:
    """Where one goes in a hurry: the browser forgets what it held of this site."""
    response = _page(request, "portal/left.html", language)
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@_in_words
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys of every department at once: who asks does not say which one he wants."""
    opened = store.open_areas(timezone.localdate())
    listed = list(dict.fromkeys(key for area in opened.values() for key in area if key))
    place = {key: number for number, key in enumerate(listed)} | {None: -1}
    areas = [[code, name, [place[key] for key in opened.get(code, ())]] for code, name in store.departments().items()]
    return _quiet(JsonResponse({"keys": [base64.b64encode(key).decode() for key in listed], "areas": areas}))


@_in_words
@require_safe
def places(request: HttpRequest, area: str) -> HttpResponse:
    """The communes of a department."""
    return _ground(request, ground.places(area))


@_in_words
@require_safe
def drawing(request: HttpRequest, area: str) -> HttpResponse:
    """The map of a department."""
    return _ground(request, ground.drawing(area))


def _ground(request: HttpRequest, content: bytes | None) -> HttpResponse:
    return _quiet(HttpResponse(content, content_type=JSON)) if content else error(request, HTTPStatus.NOT_FOUND)


# No cookie says who sends: there is nothing that another site could send in somebody's name.
@csrf_exempt
@_in_words
@require_http_methods(["GET", "HEAD", "POST"])
def plain_door(request: HttpRequest, language: str) -> HttpResponse:
    """The same without scripts, said beforehand: this process sees what is typed, and keeps none of it."""
    with override(language):
        shown = _plain_act(request) if request.method == "POST" else {}
        offered = store.open_areas(timezone.localdate())
        areas = [(code, name) for code, name in store.departments().items() if code in offered]
    return _page(request, "portal/plain.html", language, areas=areas, bare=True, **shown)


def _plain_act(request: HttpRequest) -> dict[str, Any]:
    """What came of a form, for the page."""
    length = request.headers.get("Content-Length", "")
    try:
        if not length.isdigit() or int(length) > MOST_TYPED:
            raise Invalid(UNREADABLE)
        if not PLAIN_BUCKET.take(_minute()):
            raise Invalid(door.BUSY)
        act = request.POST.get("act")
        if act == "send":
            words = plain.send(cast("plain.Form", request.POST), timezone.localdate())
            return {"words": words} if words else {"said": gettext(plain.SENTENCE_ADDED)}
        if act == "burn":
            plain.burn(request.POST.get("words", ""))
            return {"said": gettext(plain.SENTENCE_BURNT)}
        return {"thread": _thread(plain.read(request.POST.get("words", "")))}
    except Invalid as refused:
        return {"said": door.told(refused)}


def _thread(found: plain.Found) -> dict[str, Any]:
    kept = gettext("Plis gardés : %(count)s.") % {"count": found.letters}
    answers = [{"state": plain.state_words(one.state), "on": one.on, "text": one.text} for one in found.answers]
    return {"kept": kept, "answers": answers}


def _work_key() -> bytes:
    """What signs puzzles: of this site's secret, so that a restart refuses none that is being solved."""
    return hashlib.sha256(b"recoupe work key\0" + settings.SECRET_KEY.encode()).digest()


def _minute() -> int:
    return int(time.time()) // 60


@_in_words
@require_safe
def puzzle(request: HttpRequest) -> HttpResponse:
    """A puzzle to solve before an exchange; it costs more while more comes in, whoever sends it."""
    minute = _minute()
    bits = work.bits_for(BUCKET.lately(minute), USUAL)
    return _bytes(work.issue(_work_key(), minute=minute, bits=bits))


# No cookie says who sends: there is nothing that another site could send in somebody's name.
@csrf_exempt
@_in_words
@require_POST
def exchange(request: HttpRequest, language: str) -> HttpResponse:
    """One exchange: a letter, a return or a burning; the answer has one size and one status for all."""
    with override(language):
        length = request.headers.get("Content-Length", "")
        if request.content_type != BYTES or not length.isdigit() or int(length) > MOST_ASKED:
            return _bytes(door.refusal(Invalid(UNREADABLE)))
        minute = _minute()
        today = timezone.localdate()
        return _bytes(
            door.serve(request.body, key=_work_key(), minute=minute, today=today, admitted=lambda: BUCKET.take(minute))
        )


def _bytes(content: bytes) -> HttpResponse:
    return _quiet(HttpResponse(content, content_type=BYTES))


def _quiet(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, no_store=True)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _language(request: HttpRequest) -> str:
    """The language of the address: this site asks the visitor nothing, not even through the browser."""
    return "en" if request.path.startswith("/en/") else "fr"


def error(request: HttpRequest, status: int) -> HttpResponse:
    """One refusal, without a word about its cause."""
    return _page(request, "portal/error.html", _language(request), status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 400."""
    return error(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 403."""
    return error(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 404."""
    return error(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's own 500."""
    return error(request, HTTPStatus.INTERNAL_SERVER_ERROR)
