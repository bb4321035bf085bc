"""One request, one transaction, one acting context (a tool's batch: one a block); what is answered is durable."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from recoupe.access import context
from recoupe.access.agent import Agent
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.desk.context import Tool, bearer, open_tool
from recoupe.kernel.refusal import Absent, Refusal, Refused, gettext_noop
from recoupe.web import resuming
from recoupe.web.client import client_of
from recoupe.web.errors import SENTENCES, error_page, status_of, unavailable, wants_json, wrong_method
from recoupe.web.policy import Policy, demand_policies, policy_of
from recoupe.web.stepup import ask_for_key

GetResponse = Callable[[HttpRequest], HttpResponse]
PURPOSE_PAGE = "/finalite/"
NO_PURPOSE = gettext_noop("Déclarez d'abord la finalité de votre session, puis recommencez.")
NO_KEY = gettext_noop("Cette clé d'outil est inconnue, échue ou retirée : demandez-en une au chef de l'unité.")
TOO_OFTEN = gettext_noop("Cet outil demande trop souvent : attendez le nombre de secondes dit par Retry-After.")
WRONG_ROLE = gettext_noop("Votre habilitation ne donne pas accès à cette page.")


class StaffRequest(HttpRequest):
    """A request of the staff site, once its context is open."""

    agent: Agent
    session_token: str
    tool: Tool
    # Of an address that writes in blocks: one transaction, and what is answered instead where the key opens nothing.
    block: Callable[[], AbstractContextManager[HttpResponse | None]]
    refusal: Refusal | None


def signin_url(request: HttpRequest) -> str:
    """Where to sign in, on the same host; only a path of ours comes back."""
    if settings.SIGNIN_URL:
        base = settings.SIGNIN_URL
    else:
        host = request.get_host().rsplit(":", 1)[0]
        base = f"{request.scheme}://{host}:{settings.SIGNIN_PORT}/"
    target = request.get_full_path() if request.method == "GET" else "/"
    return f"{base}?suite={quote(target, safe='/?=&')}"


class ActingContextMiddleware:
    """Opens the context before the view, commits after it, and answers every refusal with its sentence."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        demand_policies()

    def __call__(self, request: StaffRequest) -> HttpResponse:
        """Serve one request."""
        request.refusal = None
        try:
            demanded = policy_of(resolve(request.path_info).func)
        except Resolver404:
            return self.get_response(request)
        if demanded is None:
            # Such a route stops the start; one that is added later is refused all the same.
            return error_page(request, HTTPStatus.FORBIDDEN, SENTENCES[HTTPStatus.FORBIDDEN])
        if demanded.public:
            return self._answered(request)
        if demanded.tools and ("Authorization" in request.headers or not demanded.sessions):
            return self._serve_tool(request, demanded)
        token = request.COOKIES.get(settings.SESSION_COOKIE, "")
        try:
            response = self._serve(request, token, demanded)
        except (DatabaseError, InterfaceError) as error:
            # The base is away or full: nothing was committed, so nothing is acknowledged.
            said = unavailable(error)
            if said is None:
                raise
            return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, said)
        if isinstance(request.refusal, Refused) or (isinstance(request.refusal, Absent) and objects_of(request)):
            journal_refusal(request, token, polled=demanded.polled)
        return response

    def _serve(self, request: StaffRequest, token: str, demanded: Policy) -> HttpResponse:
        with transaction.atomic():
            agent = context.open_session(token, polled=demanded.polled) if token else None
            if agent is not None and agent.client and agent.client != client_of(request).hex():
                # A token in other hands than those that it was given to: it ends for everybody.
                context.close_session(token)
                record(Operation.REFUSED, refs=[("agent", agent.id)], details={"what": "other_client"})
                agent = None
            if agent is None:
                return signed_out(request)
            request.agent, request.session_token = agent, token
            if demanded.purpose and agent.purpose is None:
                if wants_json(request):
                    told = error_page(request, HTTPStatus.FORBIDDEN, NO_PURPOSE, problem=PURPOSE_PAGE)
                    told["Link"] = f'<{PURPOSE_PAGE}>; rel="help"'  # the answer to a HEAD has no body to say it
                    return told
                if kept := resuming.held(request, resuming.NO_PURPOSE, PURPOSE_PAGE):
                    kept["Link"] = f'<{PURPOSE_PAGE}>; rel="help"'
                    return kept
                # Only an address that is read can be come back to.
                target = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
                return redirect(f"{PURPOSE_PAGE}?suite={quote(target)}")
            if demanded.roles.isdisjoint(agent.roles):
                request.refusal = Refused(WRONG_ROLE)
                return error_page(request, HTTPStatus.FORBIDDEN, WRONG_ROLE)
            response = self._answered(request)
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or request.refusal is not None:
                transaction.set_rollback(True)
        return response

    def _serve_tool(self, request: StaffRequest, demanded: Policy) -> HttpResponse:
        """One request of a service's own tool, under the context that its key opens and no other."""
        token = bearer(request.headers.get("Authorization", ""))
        try:
            response = self._served_tool(request, token, demanded)
            if isinstance(request.refusal, Refused):
                journal_tool_refusal(request, token)
            return response
        except (DatabaseError, InterfaceError) as error:
            said = unavailable(error)
            if said is None:
                raise
            return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, said)

    def _served_tool(self, request: StaffRequest, token: str, demanded: Policy) -> HttpResponse:
        if demanded.blocks:
            request.block = partial(tool_block, request, token)
            return self._answered(request)
        with tool_block(request, token) as refused:
            if refused:
                return refused
            response = self._answered(request)
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or request.refusal is not None:
                transaction.set_rollback(True)
        return response

    def _answered(self, request: StaffRequest) -> HttpResponse:
        response = self.get_response(request)
        return wrong_method(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_view(
        self, request: StaffRequest, view: Callable[..., HttpResponse], _args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Ask for the key where the policy wants it; Django has checked the token of the form by now."""
        demanded = policy_of(view)
        if demanded is None or not demanded.wants_key(request.method or "", str(kwargs.get("verb", ""))):
            return None
        return None if request.agent.fresh else ask_for_key(request)

    def process_exception(self, request: StaffRequest, exception: Exception) -> HttpResponse | None:
        """Turn a refusal into its page; the transaction is rolled back, so nothing is half-written."""
        if isinstance(exception, DatabaseError | InterfaceError) and (said := unavailable(exception)):
            return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, said)
        if not isinstance(exception, Refusal):
            return None
        request.refusal = exception
        return error_page(request, status_of(exception), exception.sentence, exception.params)


def signed_out(request: HttpRequest) -> HttpResponse:
    """Send a person to the sign-in page; a fragment or a program that reads data is told 401 instead.

    What was typed on the page stays: a fragment leads nowhere else, and a form comes back to be sent again.
    """
    if wants_json(request) or request.headers.get("HX-Request"):
        return error_page(request, HTTPStatus.UNAUTHORIZED, SENTENCES[HTTPStatus.UNAUTHORIZED])
    kept = resuming.held(request, resuming.NO_SESSION, signin_url(request))
    response = kept or HttpResponseRedirect(signin_url(request))
    response.delete_cookie(settings.SESSION_COOKIE)
    return response


@contextmanager
def tool_block(request: StaffRequest, token: str) -> Iterator[HttpResponse | None]:
    """One transaction under the context that a tool's key opens; what is answered instead where it opens none."""
    with transaction.atomic():
        # Nobody guesses who shows nothing.
        opened = open_tool(token) if "Authorization" in request.headers else None
        if isinstance(opened, Tool):
            request.tool = opened
            yield None
        elif opened is None:
            told = error_page(request, HTTPStatus.UNAUTHORIZED, NO_KEY)
            told["WWW-Authenticate"] = "Bearer"
            yield told
        else:
            yield too_many(request, TOO_OFTEN, opened.seconds)


def too_many(request: HttpRequest, sentence: str, seconds: int) -> HttpResponse:
    """A tool is told when to come back."""
    told = error_page(request, HTTPStatus.TOO_MANY_REQUESTS, sentence)
    told["Retry-After"] = str(seconds)
    return told


def objects_of(request: HttpRequest) -> list[Ref]:
    """What an address names: of it, hidden or absent alike, a failed attempt is kept."""
    return [("object", value) for value in resolve(request.path_info).kwargs.values() if isinstance(value, UUID)]


def journal_refusal(request: StaffRequest, token: str, *, polled: bool) -> None:
    """Keep the failed attempt in a transaction of its own: the refused one left nothing behind."""
    match = resolve(request.path_info)
    told = {"view": match.url_name or "", "method": request.method}
    with transaction.atomic():
        if context.open_session(token, polled=polled) is not None:
            record(Operation.REFUSED, refs=objects_of(request), details=told)


def journal_tool_refusal(request: StaffRequest, token: str) -> None:
    """The same for a tool: its use, which the refusal undid, and the line of the refusal."""
    match = resolve(request.path_info)
    with transaction.atomic():
        tool = open_tool(token)
        if isinstance(tool, Tool):
            refs = [("service_key", tool.key)]
            record(Operation.REFUSED, refs=refs, details={"view": match.url_name or "", "method": request.method})
