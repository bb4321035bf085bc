"""What every answer says of itself and takes from nobody: type, length, methods, cookies, headers of relays, files."""

import ast
import json
import logging
import os
import re
import subprocess
import sys
import time
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import gunicorn.http.errors
import gunicorn.http.wsgi
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from recoupe.access.enums import Role
from recoupe.cli.serve import THREADS, command
from recoupe.config.logs import DiscreetFormatter
from tests.asvs import sources
from tests.attacks.test_headers import addresses
from tests.world import TestAgent, World

LEAVES, MAP = "/deconnexion/", "/carte/points.geojson?bbox=5,43,6,44"
# A type of text says how it is written; JSON is UTF-8 by its own standard.
TEXTS = re.compile(r"^text/|^application/toml")
ENDINGS = {".css", ".js", ".mjs", ".svg", ".md", ".txt", ".woff2"}


@pytest.fixture(scope="module")
def agent(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def answers(world: World, agent: TestAgent) -> list[tuple[str, Any]]:
    """Every address of the staff site as an agent and as nobody meets it."""
    asked = [*(address for address in addresses() if address != LEAVES), "/nulle-part/", MAP]
    return [(address, client.get(address)) for address in asked for client in (world.client(agent), world.client())]


def test_each_answer_names_its_type_and_how_it_is_written(answers: list[tuple[str, Any]]) -> None:
    seen = set()
    for address, answer in answers:
        if not answer.content:
            continue
        kind = answer["Content-Type"]
        seen.add(kind.partition(";")[0])
        assert not TEXTS.match(kind) or "charset=utf-8" in kind.lower(), (address, kind)
        if "json" in kind:
            json.loads(answer.content.decode("utf-8"))
        elif kind.startswith("text/html"):
            assert answer.content.strip()[:1] in (b"<", b""), address
    assert {"text/html", "application/problem+json", "application/geo+json"} <= seen
    # What a site answers with is never a script: those are files, the same for everybody.
    assert not [kind for kind in seen if "script" in kind]


def test_a_length_that_is_told_is_that_of_the_body(answers: list[tuple[str, Any]]) -> None:
    told = [(address, answer) for address, answer in answers if "Content-Length" in answer]
    assert len(told) > len(answers) / 2
    assert [address for address, answer in told if int(answer["Content-Length"]) != len(answer.content)] == []


def test_no_other_origin_is_given_anything(world: World, agent: TestAgent) -> None:
    for address in ("/", "/carte/points.geojson", "/sante", "/nulle-part/", "/static/js/app.js"):
        for origin in ("https://ailleurs.example", "null", "http://localhost"):
            answer = world.client(agent).get(address, headers={"origin": origin})
            answer.close()
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")], address


def test_a_function_of_the_caller_is_never_called(world: World, agent: TestAgent) -> None:
    for name in ("callback", "jsonp", "cb"):
        answer = world.client(agent).get(f"{MAP}&{name}=vole")
        assert answer.status_code == 200
        assert "vole" not in answer.content.decode()
        json.loads(answer.content)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DELETE", "PUT", "PATCH"])
def test_what_no_address_takes_is_refused(world: World, agent: TestAgent, method: str) -> None:
    client = world.client(agent)
    for address in ("/", "/renseignements/", "/carte/points.geojson", "/langue/", "/sante"):
        answer = client.generic(method, address, headers={"x-secret": "a-ne-pas-rendre"})
        assert answer.status_code in (403, 405), (address, answer.status_code)
        assert b"a-ne-pas-rendre" not in answer.content


def test_what_a_relay_alone_may_say_is_believed_of_nobody(world: World, agent: TestAgent) -> None:
    """F2: a header of the client neither names the host, nor the agent, nor an address, nor a method."""
    sent = {
        "x-forwarded-host": "ailleurs.example", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9",
        "forwarded": "for=203.0.113.9;host=ailleurs.example", "x-real-ip": "203.0.113.9", "x-original-url": "/journal/",
        "x-rewrite-url": "/journal/", "x-http-method-override": "DELETE", "x-user-id": "dpo", "remote-user": "dpo",
        "x-host": "ailleurs.example",
    }  # fmt: skip
    plain, told = world.client().get("/"), world.client().get("/", headers=sent)
    assert (told.status_code, told["Location"]) == (plain.status_code, plain["Location"])
    assert "ailleurs.example" not in told["Location"]
    assert world.client(agent).get("/", headers=sent).status_code == 200
    assert world.client(agent).get("/journal/", headers=sent).status_code == 403


@pytest.mark.parametrize(
    "target", ["//ailleurs.example/", "https://ailleurs.example/", "/\\ailleurs.example", "\r\nX: 1"]
)
def test_no_page_leads_to_another_host(world: World, agent: TestAgent, target: str) -> None:
    client = world.client(agent)
    led = [
        client.post("/langue/", {"language": "fr", "next": target}),
        client.post(
            "/finalite/", {"purpose": "judicial_inquiry", "case_ref": "2026/1"}, query_params={"suite": target}
        ),
    ]
    for answer in led:
        assert answer.status_code == 302
        assert answer["Location"] == "/"
    back = world.client().get("/renseignements/", {"q": target})
    assert "\r" not in back["Location"]
    assert not re.match(r"https?://ailleurs", back["Location"])


def test_what_is_encoded_twice_is_decoded_once(world: World, agent: TestAgent) -> None:
    page = world.client(agent).post("/recherche/", {"q": "%253Cb%253E &lt;i&gt;"}).content.decode()
    assert "%253Cb%253E &amp;lt;i&amp;gt;" in page
    for address in ("/renseignements%252F", "/%252e%252e/journal/", "/renseignements/%2e%2e/journal/"):
        assert world.client(agent).get(address).status_code == 404


def test_an_address_with_a_file_s_ending_is_no_page(world: World, agent: TestAgent) -> None:
    """A cache that judges by endings would keep the page of one agent for another."""
    for address in ("/style.css", "/renseignements/x.css", "/renseignements/;x.js", "/objectifs/a.png", "/journal.ico"):
        answer = world.client(agent).get(address)
        assert answer.status_code == 404, address
        assert "no-store" in answer["Cache-Control"]


# --- Files --------------------------------------------------------------------------------------------------------


def test_no_folder_is_listed_and_no_source_is_served(world: World, agent: TestAgent) -> None:
    asked = ["/.git/config", "/.git/HEAD", "/static/", "/static/js/", "/static/vendor/", "/static/.git/config",
             "/static/../config/settings.py", "/static/%2e%2e/%2e%2e/config/settings.py", "/pyproject.toml",
             "/Makefile", "/docs/", "/admin/", "/openapi.json", "/schema/", "/metrics", "/debug/"]  # fmt: skip
    for client in (world.client(), world.client(agent)):
        for address in asked:
            assert client.get(address).status_code == 404, address


def test_only_files_of_a_page_are_served() -> None:
    served = [path for finder in finders.get_finders() for path, _ in finder.list([])]
    assert len(served) > 20
    other = [path for path in served if Path(path).suffix not in ENDINGS and not Path(path).name.startswith("LICENSE")]
    assert other == []


# --- Cookies ------------------------------------------------------------------------------------------------------

ASKED = """
import json, django
django.setup()
from django.conf import settings
from django.test import RequestFactory
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.http import HttpResponse
from recoupe.web.access.views import set_language
from recoupe.web.signin.views import welcomed
from recoupe.access.codes import new_token
made = RequestFactory(headers={"host": "localhost"})
def page(request):
    get_token(request)
    return HttpResponse()
answers = [
    set_language(made.post("/langue/", {"language": "en"})),
    CsrfViewMiddleware(page)(made.get("/")),
    welcomed(made.get("/"), new_token()),
]
print(json.dumps([one.OutputString() for answer in answers for one in answer.cookies.values()]))
"""


@pytest.fixture(scope="module")
def cookies() -> dict[str, Any]:
    """Every cookie of the house as it is set behind a relay that ends TLS."""
    environment = os.environ | {"RECOUPE_PROCESS": "signin", "RECOUPE_TLS": "1"}
    done = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = {}
    for line in json.loads(done.stdout):
        found.update(SimpleCookie(line).items())
    return found


def test_each_cookie_is_bound_to_its_host_and_to_tls(cookies: dict[str, Any]) -> None:
    assert set(cookies) == {"__Host-recoupe", "__Host-recoupe-csrf", "__Host-recoupe-langue"}
    for name, cookie in cookies.items():
        assert cookie["secure"], name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


def test_each_cookie_is_kept_from_scripts_and_from_other_sites(cookies: dict[str, Any]) -> None:
    for name, cookie in cookies.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Strict", name


def test_each_cookie_is_small(cookies: dict[str, Any]) -> None:
    assert max(len(name) + len(cookie.value) for name, cookie in cookies.items()) <= 128


# What each cookie is for says how far it may travel: the state of a way back from a provider must come with it.
SET = {"settings.SESSION_COOKIE": "Strict", "settings.LANGUAGE_COOKIE_NAME": "Strict", "STATE_COOKIE": "Lax"}


def test_every_cookie_that_our_code_sets_is_one_of_these() -> None:
    """The list above is whole but for the state of a sign-in by a provider, set with the same care."""
    seen = set()
    for module, tree in sources.trees().items():
        for called, node in sources.calls(tree):
            if called.endswith(".set_cookie"):
                told = {word.arg: ast.unparse(word.value) for word in node.keywords}
                name = ast.unparse(node.args[0])
                seen.add(name)
                assert told["httponly"] == "True", (module, node.lineno)
                assert told["secure"] in ("settings.TLS", "settings.LANGUAGE_COOKIE_SECURE"), (module, node.lineno)
                assert told["samesite"] == repr(SET[name]), (module, node.lineno)
    assert seen <= set(SET)
    if "STATE_COOKIE" in seen:
        written = ast.unparse(sources.trees()["web/signin/oidc.py"])
        assert "STATE_COOKIE = '__Host-recoupe-oidc' if settings.TLS else" in written


def test_a_closed_session_takes_what_the_browser_kept_along(world: World) -> None:
    answer = world.client(world.agent(Role.INVESTIGATOR, "PJ13")).post(LEAVES)
    assert answer.status_code == 302
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.cookies[settings.SESSION_COOKIE].value == ""


def test_every_page_of_an_agent_can_be_left(answers: list[tuple[str, Any]]) -> None:
    pages = 0
    for address, answer in answers:
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and b"<html" in answer.content:
            pages += 1
            assert f'action="{LEAVES}"' in answer.content.decode(), address
    assert pages > 10


# --- The server and its traces ------------------------------------------------------------------------------------

SMUGGLED = {
    "two lengths": b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nq=ab",
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunks not last": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"Content-Length: -4\r\n\r\nq=ab",
    "signed length": b"Content-Length: +4\r\n\r\nq=ab",
    "a line folded": b"X-One: a\r\n Transfer-Encoding: chunked\r\n\r\n",
    "a bare line end in a header": b"X-One: a\nTransfer-Encoding: chunked\r\n\r\n",
    "NUL in a header": b"X-One: a\x00b\r\n\r\n",
}


@pytest.mark.parametrize("name", sorted(SMUGGLED))
def test_a_message_without_a_clear_end_is_refused(name: str) -> None:
    """gunicorn as we start it: none of its options that loosen the reading of a message."""
    flags = [flag for process in THREADS for flag in command(process, "127.0.0.1", 1) if flag.startswith("--")]
    assert not [flag for flag in flags if "permit" in flag or "forwarded" in flag or "casefold" in flag]
    head = b"POST /recherche/ HTTP/1.1\r\nHost: localhost\r\n"
    with pytest.raises((gunicorn.http.errors.ParseException, OSError)):
        next(RequestParser(Config(), iter([head + SMUGGLED[name]]), ("127.0.0.1", 1)))
    sound = next(RequestParser(Config(), iter([head + b"Content-Length: 4\r\n\r\nq=ab"]), ("127.0.0.1", 1)))
    assert sound.body.read() == b"q=ab"


def test_no_answer_tells_a_version(answers: list[tuple[str, Any]]) -> None:
    assert not re.search(r"\d", gunicorn.http.wsgi.SERVER)
    for address, answer in answers:
        told = " ".join(f"{name}: {answer[name]}" for name in ("Server", "X-Powered-By", "Via") if name in answer)
        assert not re.search(r"\d", told), (address, told)
        if answer["Content-Type"].startswith("text/html"):
            assert not re.search(
                r"(?i)django[ /]\d|gunicorn[ /]\d|postgresql[ /]\d|python[ /]\d", answer.content.decode()
            )


def test_what_was_asked_never_begins_a_line_of_a_trace(
    world: World, agent: TestAgent, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "django.request"):
        world.client(agent).get("/nulle%0aCRITICAL%20part%0d/%1b[31m")
    [record] = [one for one in caplog.records if one.name == "django.request"]
    line = DiscreetFormatter("%(asctime)s %(levelname)s %(message)s").format(record)
    assert "nulle" in line
    assert not re.search(r"[\r\n\x1b]", line)


def test_a_trace_says_its_time_in_utc() -> None:
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, "dit", None, None)
    record.created, record.msecs = 1_774_747_800.25, 250.0
    line = DiscreetFormatter("%(asctime)s %(message)s").format(record)
    assert line == time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_774_747_800)) + ".250Z dit"
