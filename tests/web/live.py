"""Serves the staff site over the database of a test, for a browser; each request on a connection of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Page

from tests.world import TestAgent, World


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test reads the pages."""


@contextmanager
def serving(world: World, process: str = "web") -> Iterator[str]:
    """The address of the staff site (or of another, under its settings), for as long as the block runs."""

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            with world.process(process):
                super().process_request_thread(request, client_address)

    server = make_server("127.0.0.1", 0, WSGIHandler(), server_class=Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sign_in(page: Page, origin: str, who: TestAgent) -> None:
    """Give the browser the session of an agent."""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE, "value": who.token, "url": origin}])
