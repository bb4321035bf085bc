"""An agent's browser as a bench needs it: one kept connection, a session, the time of each answer."""

import http.client
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.conf import settings

from recoupe.demo.benches.processes import HOST

TIMEOUT_S = 60.0
# The site hangs up after five seconds of silence; a browser dials again before it asks.
IDLE_S = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and after how long."""

    status: int
    milliseconds: float
    body: str
    location: str


@dataclass
class Visitor:
    """Speaks HTTP as one agent; not for several threads."""

    token: str
    port: int
    # Any secret will do: the form's and the cookie's are compared with each other.
    csrf: str = field(default_factory=lambda: secrets.token_hex(16))
    # Where the pages that it has read lead: page by page, the first address of each kind.
    led_to: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT_S)
        self._used = time.monotonic()

    def get(self, address: str) -> Answer:
        """Read a page."""
        return self._ask("GET", address, None)

    def post(self, address: str, fields: dict[str, str]) -> Answer:
        """Send a form."""
        return self._ask("POST", address, urlencode(fields).encode())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, method: str, address: str, body: bytes | None) -> Answer:
        cookies = f"{settings.SESSION_COOKIE}={self.token}; {settings.CSRF_COOKIE_NAME}={self.csrf}"
        headers = {"Cookie": cookies, "Host": f"{HOST}:{self.port}"}
        if body is not None:
            headers |= {"X-CSRFToken": self.csrf, "Content-Type": "application/x-www-form-urlencoded"}
        if time.monotonic() > self._used + IDLE_S:
            self._connection.close()
        started = time.perf_counter()
        self._connection.request(method, address, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        spent = 1000 * (time.perf_counter() - started)
        self._used = time.monotonic()
        return Answer(response.status, spent, text, response.headers.get("Location", ""))
