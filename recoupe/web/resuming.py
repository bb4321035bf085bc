"""A form sent once its session has ended, or before a purpose: what was typed comes back, to be sent again.

It comes back in the answer alone: nothing of it is kept by the server, nor in the browser's storage.
"""

from dataclasses import dataclass
from http import HTTPStatus

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.urls import resolve
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _n

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of Django's field
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Lack:
    """What the sender lacks, and where another tab gives it to him."""

    status: HTTPStatus
    title: str
    sentence: str
    step: str


NO_SESSION = Lack(
    HTTPStatus.UNAUTHORIZED,
    _n("Votre session est terminée"),
    _n("Rien n'a été enregistré. Ce que vous avez saisi est dans cette page : ne la fermez pas."),
    _n("S'identifier dans un autre onglet"),
)
NO_PURPOSE = Lack(
    HTTPStatus.FORBIDDEN,
    _n("Déclarez d'abord la finalité de votre session"),
    _n("Rien n'a été enregistré. Ce que vous avez saisi est dans cette page : ne la fermez pas."),
    _n("Déclarer la finalité dans un autre onglet"),
)


def held(request: HttpRequest, lack: Lack, where: str) -> HttpResponse | None:
    """The page that holds what was typed; None when nothing was, or when the form was not one of our pages'."""
    if request.method != "POST" or request.content_type not in FORMS or not _ours(request):
        return None
    try:
        typed = [(name, value) for name, values in request.POST.lists() for value in values if name != TOKEN]
    except (SuspiciousOperation, MultiPartParserError):
        return None
    if not typed:
        return None
    files = [(name, file.name) for name, found in request.FILES.lists() for file in found]
    shown = {
        "status": int(lack.status),
        "title": gettext(lack.title),
        "sentence": gettext(lack.sentence),
        "step": gettext(lack.step),
        "where": where,
        "target": request.get_full_path(),
        "typed": typed,
        "files": files,
    }
    return render(request, "errors/held.html", shown, status=lack.status)


def _ours(request: HttpRequest) -> bool:
    """Whether a page of ours made this form: another site's would come back here as if it had been typed."""
    found = resolve(request.path_info)
    if getattr(found.func, "csrf_exempt", False):
        return False
    try:
        return CsrfViewMiddleware(_unused).process_view(request, found.func, found.args, found.kwargs) is None
    except (SuspiciousOperation, MultiPartParserError):
        return False


def _unused(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
