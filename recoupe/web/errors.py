"""Error pages and JSON problems: what happened and what to do, never what is behind."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _n

from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refusal, Refused

STATUS: dict[type[Refusal], HTTPStatus] = {
    Refused: HTTPStatus.FORBIDDEN,
    Absent: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
}

TITLES: dict[int, tuple[str, str]] = {
    400: (_n("Demande incomprise"), _n("Revenez en arrière et recommencez.")),
    401: (_n("Identification demandée"), _n("Identifiez-vous, puis recommencez.")),
    403: (
        _n("Accès refusé"),
        _n("Si vous devez y accéder, demandez-le à votre chef d'unité ou à l'autorité d'habilitation."),
    ),
    404: (_n("Rien à cette adresse"), _n("Vérifiez la référence, ou cherchez-la parmi ce que vous pouvez lire.")),
    405: (_n("Action impossible ici"), _n("Revenez à la page précédente et utilisez ses boutons.")),
    409: (
        _n("Ce n'est plus possible"),
        _n("Quelqu'un a peut-être agi entre-temps : rechargez la page pour voir l'état actuel."),
    ),
    413: (_n("Envoi trop volumineux"), _n("Réduisez la pièce jointe ou découpez le fichier.")),
    415: (_n("Format inattendu"), _n("Envoyez la demande dans le format annoncé.")),
    422: (_n("Saisie refusée"), _n("Corrigez la saisie : rien n'a été enregistré.")),
    429: (_n("Trop de demandes"), _n("Reprenez plus tard.")),
    500: (
        _n("Erreur de notre côté"),
        _n("Rien n'a été enregistré. Recommencez ; si cela persiste, prévenez l'administrateur."),
    ),
    503: (_n("Service momentanément indisponible"), _n("Réessayez dans quelques instants.")),
}
SENTENCES: dict[int, str] = {
    400: _n("Le serveur n'a pas compris cette demande."),
    401: _n("Aucune session n'est ouverte, ou elle est terminée : identifiez-vous."),
    403: _n("Cette action ne vous est pas ouverte."),
    404: _n("Cette page n'existe pas, ou vous ne pouvez pas la lire."),
    405: _n("Cette adresse ne se consulte pas de cette façon."),
    413: _n("Ce que vous avez envoyé dépasse la taille permise."),
    500: _n("Un incident empêche d'afficher cette page."),
    503: _n("La base de données ne répond pas."),
}
# What the journal or the server of the database says by its code, and which the person who waits should know.
UNAVAILABLE: dict[str, str] = {
    "RJ001": _n(
        "Un témoin du journal se tait depuis plus de quinze minutes, ou il en manque : les consultations sont "
        "arrêtées, car aucune ne pourrait être prouvée. Prévenez l'administrateur technique ; ce que vous avez déjà "
        "déposé est enregistré."
    ),
    "53100": _n(
        "Le journal n'a plus de place : rien ne peut être consulté ni déposé. Prévenez l'administrateur technique."
    ),
}
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
EXPIRED_FORM = _n("Ce formulaire n'est plus valable : revenez en arrière, rechargez la page, puis recommencez.")


def unavailable(error: BaseException) -> str | None:
    """Why nothing can be answered now, when an error of the database says so; None for another error."""
    cause = error.__cause__ or error
    said = UNAVAILABLE.get(getattr(cause, "sqlstate", None) or "")
    return said or (SENTENCES[503] if isinstance(error, OperationalError | InterfaceError) else None)


def status_of(refusal: Refusal) -> HTTPStatus:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS.items() if isinstance(refusal, kind)), HTTPStatus.BAD_REQUEST)


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller reads JSON rather than a page."""
    path_is_data = request.path.endswith((".json", ".geojson")) or request.path.startswith("/api/")
    return path_is_data or request.headers.get("Accept", "").startswith("application/json")


def error_page(
    request: HttpRequest,
    status: HTTPStatus | int,
    sentence: str,
    params: Mapping[str, Any] | None = None,
    *,
    problem: str = "about:blank",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page, or the JSON problem, of one refusal; a type of its own tells a program what to do about it."""
    number = int(status)
    title, advice = TITLES.get(number, TITLES[400])
    said = gettext(sentence)
    said = said % dict(params) if params else said
    if wants_json(request):
        body = {"type": problem, "status": number, "title": gettext(title), "detail": said, **(more or {})}
        return JsonResponse(body, status=number, content_type="application/problem+json")
    shown = {"status": number, "title": gettext(title), "sentence": said, "advice": gettext(advice)}
    return render(request, "errors/error.html", shown, status=number)


def wrong_method(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """What Django answers to a method that an address does not take has no word; ours has, and says which it takes."""
    said = error_page(request, HTTPStatus.METHOD_NOT_ALLOWED, SENTENCES[HTTPStatus.METHOD_NOT_ALLOWED])
    said["Allow"] = answer["Allow"]
    return said


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 400; what is too large to be read is said to be so."""
    status = 413 if isinstance(exception, TOO_LARGE) else 400
    return error_page(request, status, SENTENCES[status])


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 403."""
    return error_page(request, 403, SENTENCES[403])


def expired_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or with that of a session that has ended."""
    return error_page(request, 403, EXPIRED_FORM)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 404."""
    return error_page(request, 404, SENTENCES[404])


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's own 500; says nothing of the cause."""
    return error_page(request, 500, SENTENCES[500])
