"""What asks for a key shown within five minutes (R-53): the page that asks keeps what was typed, then sends it on."""

from http import HTTPStatus
from typing import cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_noop

from recoupe.web.errors import error_page, wants_json

# What Django itself added to the form, and will add again.
OWN_FIELDS = frozenset({"csrfmiddlewaretoken"})
SHOW_KEY = gettext_noop("Cette action demande que vous ayez montré votre clé depuis moins de cinq minutes.")


def signin_origin(request: HttpRequest) -> str:
    """Where the key is shown: the sign-in process, on the host that the reader uses."""
    if settings.SIGNIN_URL:
        return str(settings.SIGNIN_ORIGIN)
    host = request.get_host().rsplit(":", 1)[0]
    return f"{request.scheme}://{host}:{settings.SIGNIN_PORT}"


def ask_for_key(request: HttpRequest) -> HttpResponse:
    """The page between a form and its action, for an agent whose key was last shown too long ago.

    It comes after the check of the form's token: nobody else's form may be laundered through it.
    """
    if wants_json(request) or request.headers.get("HX-Request"):
        return error_page(request, HTTPStatus.FORBIDDEN, SHOW_KEY, problem="/cles/")
    origin = signin_origin(request)

    @csp_update({"connect-src": [origin]})
    def page(request: HttpRequest) -> HttpResponseBase:
        sent = request.POST if request.method == "POST" else request.GET
        fields = [(name, value) for name, values in sent.lists() if name not in OWN_FIELDS for value in values]
        here = f"{request.scheme}://{request.get_host()}"
        shown = {
            "fields": fields,
            "reads": request.method != "POST",
            "origin": origin,
            "files": bool(request.FILES),
            "elsewhere": "" if here == settings.STAFF_ORIGIN or settings.DEMO else settings.STAFF_ORIGIN,
        }
        return render(request, "access/show_key.html", shown, status=HTTPStatus.FORBIDDEN)

    return cast(HttpResponse, page(request))
