"""Hostile requests, byte for byte as a client of no good will may send them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from django.conf import settings
from django.urls import reverse

from recoupe.demo.discovery import AddressBook, Route, Target, asked
from tests.faults.values import BOUNDARY, multipart, urlencoded
from tests.fuzz import values
from tests.world import TestAgent

SECRET = "a" * 32
TOKEN = "csrfmiddlewaretoken"
SITES = {"signin": "recoupe_csrf_signin", "web": "recoupe_csrf_web", "portal": "recoupe_csrf_portal"}
FORM = "application/x-www-form-urlencoded"
TYPES = (
    FORM, "application/json", "application/json; charset=utf-7", "text/plain", "application/xml", "multipart/form-data",
    "multipart/form-data; boundary=" + "b" * 300, "multipart/mixed; boundary=x", "application/octet-stream", "",
    "text/html; charset=nonsense", "application/x-www-form-urlencoded; charset=utf-16", "*/*", "a/b; q=" + "9" * 500,
)  # fmt: skip
HEADERS = (
    "Host", "Cookie", "Accept-Language", "Accept", "Range", "If-Range", "If-None-Match", "If-Modified-Since", "Referer",
    "Origin", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "Forwarded",
    "X-Real-IP",
    "X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", "HX-Request", "HX-Current-URL",
    "HX-Target", "HX-Trigger", "Content-Encoding", "Transfer-Encoding", "Expect", "TE", "Upgrade", "Accept-Encoding",
    "Authorization", "User-Agent",
    "X-CSRFToken", "Content-Language", "Via", "Connection", "Content-Length", "Content-Type", "Sec-Fetch-Site",
    "X-Agent",
)  # fmt: skip
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "G\x00T")


@dataclass(frozen=True, slots=True)
class Case:
    """One request: who sends it, to which site, and how to name it when it does harm."""

    family: str
    site: str
    who: str
    method: str
    path: str
    request: bytes
    told: str = ""
    # What asks for a file, not a form: it may be answered by gunicorn itself, in its own words.
    wire: bool = False

    def __str__(self) -> str:
        return f"{self.family}: {self.who} {self.site} {self.method} {self.path[:200]} {self.told[:400]!r}"


def written(method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> bytes:
    """One request, nothing corrected; a length is added where none was given."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {said}" for name, said in headers)]
    names = {name.lower() for name, _ in headers}
    if body and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + body


class Corpus:
    """Draws cases for a site that was crawled: its forms, its addresses, its objects, and who may ask."""

    def __init__(self, seed: int, book: AddressBook, offered: list[tuple[str, Target]], people: dict[str, TestAgent],
                 ports: dict[str, int]) -> None:  # fmt: skip
        self.chance = random.Random(seed)
        # With the token of our own cookie each form passes the first door.
        known = [
            (who, replace(t, fields=t.fields | {TOKEN: [SECRET]} if TOKEN in t.fields else t.fields))
            for who, t in offered
        ]
        self.people, self.ports, self.offered = people, ports, known
        self.forms = [(who, target) for who, target in known if target.method == "POST"]
        self.files = [(who, target) for who, target in known if target.files]
        self.routes = [route for route in book.routes if route.name != "sign-out"]
        self.book = book
        self.ids = sorted(chain.from_iterable(book.known.values()))[::7] or ["x"]
        self.families: tuple[tuple[int, Callable[[], Case]], ...] = (
            (30, self.field), (14, self.address), (14, self.file), (10, self.body), (14, self.header), (6, self.query),
            (4, self.site), (5, self.wire), (1, self.heavy),
        )  # fmt: skip

    def draw(self) -> Case:
        """One case, its family by weight."""
        weights, makers = zip(*self.families, strict=True)
        return self.chance.choices(makers, weights)[0]()  # type: ignore[no-any-return]

    def _value(self) -> str:
        return values.value(self.chance, self.ids)

    def _who(self, usual: str = "") -> str:
        return usual if usual and self.chance.random() < 0.7 else self.chance.choice(sorted(self.people))

    def _headers(self, who: str, content_type: str = "", site: str = "web") -> list[tuple[str, str]]:
        cookies = f"{SITES[site]}={SECRET}"
        if who and site == "web":
            cookies += f"; {settings.SESSION_COOKIE}={self.people[who].token}"
        headers = [("Host", f"localhost:{self.ports[site]}"), ("Cookie", cookies), ("X-CSRFToken", SECRET)]
        return headers + ([("Content-Type", content_type)] if content_type else [])

    def _case(self, family: str, who: str, method: str, path: str, body: bytes = b"", kind: str = "",
              told: str = "") -> Case:  # fmt: skip
        request = written(method, path, self._headers(who, kind), body)
        return Case(family, "web", who, method, path, request, told)

    # --- what a page offers, spoilt -----------------------------------------------------------------------------

    def _spoilt(self, target: Target) -> dict[str, list[str]]:
        """One to three of its fields replaced, given several times, or joined by others."""
        chance, fields = self.chance, dict(target.fields)
        names = [name for name in sorted(fields) if name != TOKEN] or ["x"]
        for name in chance.sample(names, min(len(names), chance.randint(1, 3))):
            fields[name] = [self._value() for _ in range(chance.choice((1, 1, 1, 2, 30)))]
        if chance.random() < 0.1:
            fields[values.text(chance, 20)] = [self._value()]
        if chance.random() < 0.05:
            fields |= {f"x{i}": ["1"] for i in range(3_000)}
        return fields

    def field(self) -> Case:
        """A form as its agent sees it, some fields spoilt."""
        who, target = self.chance.choice(self.forms)
        fields = self._spoilt(target)
        return self._case("field", self._who(who), "POST", target.path, urlencoded(fields), FORM, str(fields))

    def file(self) -> Case:
        """A form with a file: tables, workbooks, pictures; its mapping too."""
        who, target = self.chance.choice(self.files)
        fields = dict(target.fields) if self.chance.random() < 0.7 else self._spoilt(target)
        if "mapping" in fields and self.chance.random() < 0.5:
            fields["mapping"] = [values.mapping(self.chance, self.ids)]
        content = values.content(self.chance, self.ids)
        if "import" not in target.name and self.chance.random() < 0.7:
            content = values.picture(self.chance)
        body = multipart(fields, dict.fromkeys(target.files, content))
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self._case("file", who, "POST", target.path, body, kind, f"{fields} {content[:200]!r}")

    def query(self) -> Case:
        """A page with hostile words in its query."""
        who, target = self.chance.choice([o for o in self.offered if o[1].method == "GET"])
        fields = {name: [self._value()[:4_000]] for name in (*target.fields, *self._asked(target.name))}
        some = dict(self.chance.sample(sorted(fields.items()), min(3, len(fields)))) or {"x": [self._value()[:4_000]]}
        path = f"{target.path}?{urlencoded(some).decode()[:60_000]}"
        return self._case("query", self._who(who), "GET", path, told=str(some))

    def _asked(self, name: str) -> list[str]:
        route = next((route for route in self.routes if route.name == name), None)
        return sorted(asked(route.view)) if route else []

    # --- addresses ----------------------------------------------------------------------------------------------

    def address(self) -> Case:
        """Any route, with objects of another kind, of others, of nobody; and any method."""
        chance = self.chance
        route = chance.choice(self.routes)
        path = self._filled(route)
        if chance.random() < 0.2:
            path += urlencoded({values.text(chance, 30): [""]}).decode().rstrip("=")
        method = chance.choice(METHODS[:11] if chance.random() < 0.5 else ("GET", "POST"))
        fields = {name: [self._value()] for name in asked(route.view)} if method == "POST" else {}
        body = urlencoded(fields) if fields else b""
        return self._case("address", self._who(), method, path, body, FORM if body else "", str(fields))

    def _filled(self, route: Route) -> str:
        path = "/" + route.pattern
        for parameter in route.parameters:
            known = self.book.values(parameter)
            other = self.chance.choice(self.ids) if parameter.converter == "uuid" else urlencoded(
                {"": [self._value()[:60]]}).decode().lstrip("=")  # fmt: skip
            chosen = self.chance.choice(known) if known and self.chance.random() < 0.6 else other
            path = path.replace(f"<{parameter.converter}:{parameter.name}>", chosen, 1)
        return path

    # --- bodies, headers, the wire ------------------------------------------------------------------------------

    def body(self) -> Case:
        """A body that is not what it says it is."""
        chance = self.chance
        who, target = chance.choice(self.forms)
        whole = multipart(self._spoilt(target), {"file": values.content(chance, self.ids)})
        body = chance.choice((
            lambda: values.deep(chance.choice((500, 10_000, 100_000))).encode(),
            lambda: b'{"text": ' + values.deep(20_000).encode() + b"}",
            lambda: b'{"text": "' + self._value().encode("utf-8", "surrogatepass") + b'"}',
            lambda: b'{"text": "\\ud800", "text": 1e999, "text": ' + b"9" * 5_000 + b"}",
            lambda: whole[: chance.randint(1, len(whole))],
            lambda: whole.replace(b"\r\n", b"\n"),
            lambda: whole.replace(b"form-data", b"form-data; filename*=utf-8''%ff%00/../x"),
            lambda: b"&".join(b"x=%d" % i for i in range(30_000)),
            lambda: b"a=" + b"%" * 20_000,
            lambda: b"%zz=%&&&==&\xff\xfe=\x00",
            lambda: b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            lambda: chance.randbytes(5_000),
        ))()  # fmt: skip
        kind = chance.choice((*TYPES, f"multipart/form-data; boundary={BOUNDARY}"))
        path = target.path if chance.random() < 0.6 else "/renseignements/identifiants.json"
        return self._case("body", self._who(who), "POST", path, body, kind, f"{kind} {body[:200]!r}")

    def header(self) -> Case:
        """A header that no browser of ours would send, or twice, or without an end."""
        chance = self.chance
        who, target = chance.choice(self.offered)
        headers = self._headers(who)
        for _ in range(chance.randint(1, 3)):
            name = chance.choice(HEADERS)
            said = chance.choice((
                self._value()[:6_000].replace("\r", " ").replace("\n", " "), "bytes=0-,5-1,-9999999999", "localhost",
                "exemple.invalid", "localhost:99999999", "[::1", "@", "fr;q=NaN," * 300, "*", "https", "chunked",
                "gzip",
                "100-continue", "-1", "0", "http://x.invalid/" + "a" * 3_000, "a" * 9_000, "\x00", "",
            ))  # fmt: skip
            if chance.random() < 0.6:
                headers = [(n, v) for n, v in headers if n != name]
            headers.append((name, said))
        request = written("GET", target.path, headers)
        # What gunicorn itself refuses never reaches the house.
        return Case("header", "web", who, "GET", target.path, request, str(headers[2:]), wire=True)

    def site(self) -> Case:
        """Sign-in and public site."""
        site = self.chance.choice(("signin", "portal"))
        names = ("answer", "login", "name", "suite", "next", "language", "code")
        fields = {name: [self._value()[:5_000]] for name in names}
        method = self.chance.choice(("GET", "POST"))
        query = urlencoded({"suite": [self._value()[:2_000]]}).decode()
        headers = self._headers("", FORM if method == "POST" else "", site)
        body = urlencoded(fields) if method == "POST" else b""
        return Case("site", site, "", method, "/", written(method, f"/?{query}", headers, body), str(fields))

    def heavy(self) -> Case:
        """More than is taken into memory, said or not."""
        chance = self.chance
        who, target = chance.choice(self.files or self.forms)
        weight = chance.choice((21, 24)) * 1_048_576
        if chance.random() < 0.5:
            body = multipart(target.fields, dict.fromkeys(target.files or ("file",), b"x" * weight))
            return self._case("heavy", who, "POST", target.path, body, f"multipart/form-data; boundary={BOUNDARY}")
        return self._case("heavy", who, "POST", target.path, b"x=" + b"y" * weight, FORM)

    def wire(self) -> Case:
        """What is hardly HTTP: two lengths, broken chunks, bare line ends, smuggled second requests."""
        chance = self.chance
        who = self._who()
        base = written("POST", reverse("search"), self._headers(who, FORM))[:-2]
        second = b"GET /technique/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        raw = chance.choice((
            base + b"Content-Length: 5\r\nContent-Length: 60\r\n\r\nq=abc" + second,
            base + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
            base + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + second,
            base + b"Transfer-Encoding : chunked\r\n\r\n5\r\nq=abc\r\n0\r\n\r\n",
            base + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nx",
            base + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nq=abc\r\n0\r\n\r\n",
            base + b"Transfer-Encoding: chunked\r\n\r\n5\r\nq=abc\r\n",
            base + b"Content-Length: 100000\r\n\r\nq=abc",
            base + b"Content-Length: -1\r\n\r\nq=abc", base + b"Content-Length: 5e1\r\n\r\nq=abc",
            base.replace(b"\r\n", b"\n") + b"\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 500,
            b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET http://exemple.invalid/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(300)) + b"\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"",
            f"{chance.choice(METHODS)} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
            chance.randbytes(chance.randint(1, 400)),
        ))  # fmt: skip
        return Case("wire", "web", who, "POST", reverse("search"), raw, repr(raw[:300]), wire=True)
