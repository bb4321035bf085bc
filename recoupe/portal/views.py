"""The public site: its page, and the exchange of sealed letters. No cookie, no session, nothing of who asks."""

import hashlib
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from recoupe.kernel.refusal import Invalid
from recoupe.portal import exchange as door
from recoupe.portal.flood import USUAL, Bucket
from recoupe.sealing import work
from recoupe.sealing.exchange import MOST_ASKED, UNREADABLE

BUCKET = Bucket()
BYTES = "application/octet-stream"


def _page(template: str, language: str, status: int = HTTPStatus.OK) -> HttpResponse:
    """A page in the language of its address, kept by no cache and no history of ours."""
    with override(language):
        body = render_to_string(template, {"language": language, "demo": settings.DEMO, "status": int(status)})
    response = HttpResponse(body, status=status, headers={"Content-Language": language})
    patch_cache_control(response, no_store=True)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Django's own 405 has no word; here too a refusal is a page."""

    @wraps(view)
    def answered(request: HttpRequest, **values: str) -> HttpResponse:
        answer = view(request, **values)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return answer
        said = error(request, HTTPStatus.METHOD_NOT_ALLOWED)
        said["Allow"] = answer["Allow"]
        return said

    return answered


@_in_words
@require_safe
def closed_door(request: HttpRequest, language: str) -> HttpResponse:
    """Say that nothing can be left here yet, and where help is."""
    return _page("portal/closed_door.html", language)


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
    response = HttpResponse(content, content_type=BYTES)
    patch_cache_control(response, no_store=True)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _language(request: HttpRequest) -> str:
    """The language of the address: this site asks the visitor nothing, not even through the browser."""
    return "en" if request.path.startswith("/en/") else "fr"


def error(request: HttpRequest, status: int) -> HttpResponse:
    """One refusal, without a word about its cause."""
    return _page("portal/error.html", _language(request), status)


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
