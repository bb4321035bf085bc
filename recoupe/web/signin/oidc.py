"""The way in through a provider of identities: leave with a state, come back with a code, be known by a bound `sub`."""

import secrets
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recoupe.access import oidc, signin
from recoupe.access.oidc import UnbelievedError
from recoupe.config.provider import Provider, provider
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.web.client import client_of
from recoupe.web.errors import error_page
from recoupe.web.signin.views import staff_url, told

STATE_COOKIE = "__Host-recoupe-oidc" if settings.TLS else "recoupe_oidc"
STATE_S = 300
NONE = gettext_noop("Cette installation n'a pas de fournisseur d'identité.")
AWAY = gettext_noop("Le fournisseur d'identité ne répond pas : réessayez, ou prenez votre clé d'accès.")


def _provider() -> Provider:
    found = provider()
    if found is None:
        raise Absent(NONE)
    return found


def _back() -> str:
    return settings.SIGNIN_ORIGIN + reverse("oidc-back")


@never_cache
@require_safe
@told
def leave(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider, with a state that comes back once, within five minutes, to this browser."""
    one = _provider()
    try:
        at = oidc.known(one)
    except UnbelievedError:
        return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, AWAY)
    state = signin.oidc_state()
    response = HttpResponseRedirect(oidc.address(one, at, _back(), state, settings.SECRET_KEY))
    # Lax, as the way back comes from another site; it opens nothing by itself.
    response.set_cookie(STATE_COOKIE, state, max_age=STATE_S, httponly=True, secure=settings.TLS, samesite="Lax")
    return response


@never_cache
@require_safe
@told
def come_back(request: HttpRequest) -> HttpResponse:
    """Believe what the provider says, or nothing of it; then a page of ours leads on, as the cookie is for our own."""
    one = _provider()
    state, known = request.GET.get("state", ""), request.COOKIES.get(STATE_COOKIE, "")
    same = bool(known) and state.isascii() and known.isascii() and secrets.compare_digest(state, known)
    token = signin.sign_in_by_provider(
        one, state if same else "", request.GET.get("code", ""), _back(), client_of(request)
    )
    signin.leave_former(request.COOKIES.get(settings.SESSION_COOKIE, ""))
    response = render(request, "signin/oidc_done.html", {"onward": staff_url(request, "/")})
    response.delete_cookie(STATE_COOKIE)
    response.set_cookie(
        settings.SESSION_COOKIE, token, max_age=settings.SESSION_HOURS * 3600, httponly=True, secure=settings.TLS,
        samesite="Strict",
    )  # fmt: skip
    return response
