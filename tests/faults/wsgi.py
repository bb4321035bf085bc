"""An agent's browser in front of the site's own WSGI application: everything that a request passes, but the socket."""

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    location: str
    content: bytes


@dataclass
class Browser:
    """Asks as one agent, one request after another."""

    site: WSGIApplication
    token: str
    # Any secret will do: the form's and the cookie's are compared with each other.
    csrf: str = field(default_factory=lambda: secrets.token_hex(16))

    def get(self, address: str) -> Answer:
        """Read a page."""
        return self._ask("GET", address, b"")

    def post(self, address: str, fields: Mapping[str, object]) -> Answer:
        """Send a form."""
        return self._ask("POST", address, urlencode(fields, doseq=True).encode())

    def _ask(self, method: str, address: str, body: bytes) -> Answer:
        path, _, query = address.partition("?")
        environ: dict[str, object] = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE}={self.token}; {settings.CSRF_COOKIE_NAME}={self.csrf}",
            "HTTP_X_CSRFTOKEN": self.csrf, "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(body),
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
        }  # fmt: skip
        setup_testing_defaults(environ)
        said: list[tuple[str, list[tuple[str, str]]]] = []
        parts = self.site(environ, lambda status, headers, _info=None: said.append((status, headers)))  # type: ignore[arg-type]
        try:
            content = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        status, headers = said[-1]
        assert int(status[:3]) < HTTPStatus.INTERNAL_SERVER_ERROR, (method, address, content[-2000:])
        return Answer(int(status[:3]), dict(headers).get("Location", ""), content)
