"""Serves the style pages with the product's own middleware, static files and content policy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from uuid import UUID, uuid5
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings

from recoupe.access.agent import Agent
from recoupe.access.enums import Purpose, Role

NAMESPACE = UUID(int=0)
ROLE_COOKIE = "style_role"


def made_agent(role: Role) -> Agent:
    """An agent of no database, for pages that only show who acts."""
    return Agent(
        id=uuid5(NAMESPACE, role.value),
        login="a.martel",
        name="Anaïs Martel",
        unit_id=uuid5(NAMESPACE, "unit"),
        unit_code="CROSS13",
        unit_name="CROSS des Bouches-du-Rhône",
        unit_kind="cross",
        departments=frozenset({"13"}),
        roles=frozenset({role}),
        grants=frozenset(),
        purpose=Purpose.CRIMINAL_INTELLIGENCE,
        motive="",
        case_ref="2026/01427",
    )


class MadeAgentMiddleware:
    """Stands where the acting context stands in the product; the role comes from a cookie of the test."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        role = request.COOKIES.get(ROLE_COOKIE, Role.CROSS_ANALYST)
        if role != "nobody" and not request.path.startswith("/style/signin"):
            request.agent = made_agent(Role(role))  # type: ignore[attr-defined]
        return self.get_response(request)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test reads the pages."""


def settings_of(urlconf: str = "tests.web.style.urls", *, staff: bool = True, **overrides: object) -> dict[str, Any]:
    """The settings under which these pages are served: the product's own, without its database."""
    [first] = settings.TEMPLATES
    middleware = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    return {
        "ROOT_URLCONF": urlconf,
        "MIDDLEWARE": [*middleware, "tests.web.style.server.MadeAgentMiddleware"] if staff else middleware,
        "TEMPLATES": [{**first, "DIRS": [Path(__file__).parent / "templates"]}],
        "DEMO": True,
        "ALLOWED_HOSTS": ["*"],
        **overrides,
    }


@contextmanager
def served(urlconf: str = "tests.web.style.urls", *, staff: bool = True, **overrides: object) -> Iterator[str]:
    """The address of a server of these pages, for as long as the block runs."""
    with override_settings(**settings_of(urlconf, staff=staff, **overrides)):
        server = make_server("127.0.0.1", 0, WSGIHandler(), server_class=_Server, handler_class=_Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
