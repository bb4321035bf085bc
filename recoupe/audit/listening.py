"""Where the notary answers its witnesses: a socket of this machine, or an address for those that stand elsewhere."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection

from recoupe.audit.notary import Notary, answer

LONGEST_BODY = 4096
PATIENCE_S = 10


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _handler(notary: Notary) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            self._say("GET", b"")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > LONGEST_BODY:
                self.send_error(413)
                return
            self._say("POST", self.rfile.read(int(length)))

        def _say(self, method: str, body: bytes) -> None:
            try:
                status, text = answer(notary, method, self.path, body)
            except (DatabaseError, InterfaceError):
                status, text = 503, "the database is away"
            finally:
                # A thread a request: its connection goes with it.
                connection.close()
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """A line a minute and witness tells nothing."""

        def address_string(self) -> str:
            """A socket of this machine has none."""
            return "witness"

    return Handler


@contextmanager
def listening(notary: Notary, where: str) -> Iterator[None]:
    """Answer the witnesses at `unix:/path` or `host:port` for as long as the block runs."""
    if where.startswith("unix:"):
        path = Path(where.removeprefix("unix:"))
        path.unlink(missing_ok=True)
        server: socketserver.BaseServer = _Unix(str(path), _handler(notary))
        # It tells hashes alone, and takes nothing that a witness did not sign.
        path.chmod(0o666)
    else:
        host, _, port = where.rpartition(":")
        server = _Tcp((host, int(port)), _handler(notary))
    thread = threading.Thread(target=server.serve_forever, name="notary-witnesses", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
