"""The sign-in page: a key, verified, opens a session; nothing is typed."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access import pacing, signin
from recoupe.config import demonstration
from recoupe.config.provider import provider
from recoupe.kernel.refusal import Refusal
from recoupe.web.client import address_of, client_of
from recoupe.web.errors import error_page, status_of

View = Callable[..., HttpResponse]


def said(refusal: Refusal) -> str:
    """The sentence of a refusal, in the reader's language."""
    return gettext(refusal.sentence) % refusal.params


def status_for(refusal: Refusal) -> int:
    """The status of a refusal here: too many tries have one of their own."""
    repeated = refusal.sentence == signin.REPEATED
    return int(HTTPStatus.TOO_MANY_REQUESTS if repeated else status_of(refusal))


def told(view: View) -> View:
    """Answer a refusal with its sentence, as a page or as a JSON problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return error_page(request, status_for(refusal), refusal.sentence, refusal.params)

    return answer


def paced(view: View) -> View:
    """What is refused counts for the address that asks; one that was refused too often waits before it asks again."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        address = address_of(request)
        seconds = pacing.wait(address) if request.method == "POST" else 0
        if seconds:
            response = error_page(request, HTTPStatus.TOO_MANY_REQUESTS, signin.TOO_FAST, {"n": seconds})
            response["Retry-After"] = str(seconds)
            return response
        with pacing.asking(address):
            return view(request, *args, **kwargs)

    return answer


def staff_url(request: HttpRequest, path: str) -> str:
    """The staff site on the same host; anything but a path of ours leads to its home."""
    inside = path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
    if settings.STAFF_URL:
        return str(settings.STAFF_URL).rstrip("/") + inside
    host = request.get_host().rsplit(":", 1)[0]
    return f"{request.scheme}://{host}:{settings.STAFF_PORT}{inside}"


def welcomed(request: HttpRequest, token: str) -> HttpResponse:
    """Send somebody who was believed to the staff site, with his session."""
    signin.leave_former(request.COOKIES.get(settings.SESSION_COOKIE, ""))
    response = HttpResponseRedirect(staff_url(request, request.GET.get("suite", "/")))
    response.set_cookie(
        settings.SESSION_COOKIE,
        token,
        max_age=settings.SESSION_HOURS * 3600,
        httponly=True,
        secure=settings.TLS,
        samesite="Strict",
    )
    return response


def elsewhere(request: HttpRequest) -> str:
    """This page under the name that keys are bound to, when it was opened under another one."""
    return "" if request.build_absolute_uri("/") == settings.SIGNIN_ORIGIN + "/" else settings.SIGNIN_ORIGIN


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Show the button, or open a session for what a key signed and go to the staff site."""
    fault, status = "", 200
    if request.method == "POST":
        try:
            return welcomed(request, signin.sign_in_by_key(request.POST.get("answer", ""), client_of(request)))
        except Refusal as refusal:
            fault, status = said(refusal), status_for(refusal)
    shown = {"fault": fault, "elsewhere": elsewhere(request), "made": demonstration.declared(),
             "provider": provider() is not None}  # fmt: skip
    return render(request, "signin/sign_in.html", shown, status=status)


@never_cache
@require_POST
def challenge(request: HttpRequest) -> HttpResponse:
    """What the browser asks of a key."""
    return JsonResponse(signin.sign_in_options())


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answers when the process serves."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")
