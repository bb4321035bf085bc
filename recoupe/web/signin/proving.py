"""Showing one's key again, from a page of either site: the staff site asks across the ports of one host (R-53)."""

from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from recoupe.access import signin
from recoupe.config import demonstration
from recoupe.kernel.refusal import Refused
from recoupe.web.client import is_this_machine
from recoupe.web.signin.enrolment import holder_of, token_of
from recoupe.web.signin.views import View, told

MADE = "made"


def origins(request: HttpRequest) -> tuple[str, ...]:
    """The pages that may ask: ours and those of the staff site, under the names of this host."""
    if settings.STAFF_URL:
        return settings.SIGNIN_ORIGIN, settings.STAFF_ORIGIN
    names = ("localhost", "127.0.0.1")
    return tuple(f"http://{name}:{port}" for name in names for port in (settings.SIGNIN_PORT, settings.STAFF_PORT))


def from_our_pages(view: View) -> View:
    """The origin that the browser tells stands for the token of a form: a page of another site is refused."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        if origin not in origins(request):
            return told(_refuse)(request)
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Vary"] = "Origin, Cookie"
        return response

    return answer


def _refuse(request: HttpRequest) -> HttpResponse:
    raise Refused(signin.NOT_TAKEN)


@never_cache
@from_our_pages
@told
@require_POST
def prove_challenge(request: HttpRequest) -> HttpResponse:
    """What the browser asks of the key; for an agent of the made world there is none, and the button stands for it."""
    holder = holder_of(request)
    if holder is None:
        raise Refused(signin.NOT_FRESH)
    if holder.how == MADE and demonstration.declared() and is_this_machine(request):
        return JsonResponse({"made": True})
    return JsonResponse(signin.prove_options())


@never_cache
@from_our_pages
@told
@require_POST
def prove(request: HttpRequest) -> HttpResponse:
    """The agent of this session has shown his key."""
    token = token_of(request)
    if request.POST.get("answer") == MADE:
        if not (demonstration.declared() and is_this_machine(request)):
            raise Refused(signin.NOT_MADE)
        signin.prove_made(token)
    else:
        signin.prove_by_key(token, request.POST.get("answer", ""))
    return JsonResponse({"proven": True})
