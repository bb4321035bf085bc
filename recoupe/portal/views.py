"""The public site's only page for now: the door is not open, and whom to call meanwhile. No cookie, no session."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import override
from django.views.decorators.http import require_safe


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
