"""The files of this site, packed once each: what a browser checks them by, and what it is sent."""

import base64
import gzip
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static

ROOMS = Path(__file__).parents[1]
# Two rooms have files for the public; nothing else below the static address is packed.
FOLDERS = tuple(ROOMS / room / "static" for room in ("portal", "sealing"))
TYPES = {
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
ROOT = "/static/"


@cache
def files() -> dict[str, bytes]:
    """Each file by its name below the static address, as it is."""
    found = ((folder, path) for folder in FOLDERS for path in folder.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for folder, path in found}


@cache
def packed() -> dict[str, bytes]:
    """The same, packed so that the same file always gives the same bytes."""
    return {name: gzip.compress(content, 9, mtime=0) for name, content in files().items()}


def integrity(name: str) -> str:
    """What the page says of the file, so that the browser takes no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(files()[name]).digest()).decode()


def takes_packed(request: HttpRequest) -> bool:
    """Whether who asks reads gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def address(name: str) -> dict[str, str]:
    """A file as a page names it."""
    return {"address": static(name), "integrity": integrity(name)}


class PackedFiles:
    """Before the files are served as they are: packed ones to a browser that takes them; no cache of it keeps any."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One file, or whatever else is asked."""
        name = request.path_info.removeprefix(ROOT)
        readable = request.method in ("GET", "HEAD") and request.path_info.startswith(ROOT)
        if not (readable and name in files() and takes_packed(request)):
            return self.get_response(request)
        headers = {"Content-Encoding": "gzip", "Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        return HttpResponse(packed()[name], content_type=TYPES[Path(name).suffix], headers=headers)
