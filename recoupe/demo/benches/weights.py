"""What the public page weighs on the line: the first screen, all that a report of text needs, the heaviest map."""

import http.client
import re
from collections.abc import Iterator

from recoupe.demo.benches.frame import Measure, Target
from recoupe.demo.benches.processes import HOST

FIRST, WHOLE, MAP = 60 * 1024, 150 * 1024, 100 * 1024
# What a page asks for that it does not name in its markup, until somebody sends.
AT_ONCE = ("/", "/cles", "/static/portal/page.mjs")
LATER = ("/static/portal/worker.mjs", "/static/sealing/words.txt", "/lieux/13", "/calcul", "/calcul")
HEAVIEST = "/carte/62"


def weights(port: int) -> Iterator[Measure]:
    """Bytes with their headers, as a browser that takes packed files is sent them."""
    html = _asked(port, "/", packed=False)[1].decode()
    modules = set(re.findall(r'<meta name="module" content="([^"]+)"', html))
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html))
    first = sum(_asked(port, path)[0] for path in {*AT_ONCE, *named})
    whole = first + sum(_asked(port, path)[0] for path in (*sorted(modules), *LATER))
    how = "octets sur la ligne, en-têtes compris, fichiers comprimés"
    yield Measure(
        "first_screen_bytes", first, "octets", f"{how} : premier écran", f"{len(named)} fichiers", Target(FIRST)
    )
    size = f"{len(named) + len(modules)} fichiers"
    yield Measure("text_report_bytes", whole, "octets", f"{how} : tout ce que demande un texte", size, Target(WHOLE))
    yield Measure("map_bytes", _asked(port, HEAVIEST)[0], "octets", f"{how} : carte d'un département", "1", Target(MAP))


def _asked(port: int, path: str, *, packed: bool = True) -> tuple[int, bytes]:
    line = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        line.request("GET", path, headers={"Accept-Encoding": "gzip"} if packed else {})
        answer = line.getresponse()
        content = answer.read()
    finally:
        line.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {answer.status}")
    return len(bytes(answer.headers)) + len(content), content
