"""Hostile input at every address, as several roles: a sentence or a JSON problem, never a 500, nothing half-written."""

import json
import os
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from recoupe.demo import spreadsheet
from recoupe.demo.discovery import AddressBook, Target, asked, routes, targets, visits
from recoupe.intelligence import actions as reports
from recoupe.intelligence.importing import running
from recoupe.kernel.refusal import Refused
from recoupe.web.intelligence import writing
from tests.faults.values import BOUNDARY, FILES, HOSTILE, multipart, urlencoded
from tests.furnished import furnish
from tests.world import TestAgent, World

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("RECOUPE_HOSTILE_EXAMPLES", "500"))
NAMES = sorted(HOSTILE)
JSON = (".json", ".geojson")
PEOPLE = ("police", "unit head", "customs", "analyst", "cell head", "prosecutor", "dpo", "administrator", "authority")
GOOD_ROW = {
    "Date des faits": "12/03/2025",
    "Origine": "constatation",
    "Cadre": "administratif",
    "Faits": "Vente constatée.",
    "Commune": "13055",
    "Traitement": "H0",
}


@dataclass
class Front:
    """The site as nine agents meet it."""

    world: World
    people: dict[str, TestAgent]
    offered: list[tuple[str, Target]]
    all: list[Target]

    def live(self, who: str) -> TestAgent:
        """This agent, or his successor: a spoilt form may well have ended his session or his designation."""
        held = self.people[who]
        try:
            with self.world.acting(held):
                return held
        except Refused:
            unit = self.world.sql("SELECT code FROM reference_unit WHERE id = %s", [held.unit_id])[0][0]
            self.people[who] = self.world.agent(held.roles, unit)
            return self.people[who]

    def client(self, who: str) -> Client:
        return self.world.client(self.live(who))

    def ask(self, who: str, target: Target, changes: dict[str, list[str]], content: bytes = b"") -> Any:
        """One request with some of its fields replaced; never anything but an answer of the house."""
        client = self.client(who)
        fields = {**target.fields, **changes}
        if target.method == "GET":
            answer = client.generic("GET", target.path, QUERY_STRING=urlencoded(fields).decode())
        elif target.files:
            body = multipart(fields, dict.fromkeys(target.files, content))
            answer = client.generic("POST", target.path, body, f"multipart/form-data; boundary={BOUNDARY}")
        else:
            answer = client.generic("POST", target.path, urlencoded(fields), "application/x-www-form-urlencoded")
        check(answer, who, target, changes)
        return answer


def check(answer: Any, who: str, target: Target, changes: object) -> None:
    """An answer of the house: below 500, and a JSON problem where data is asked."""
    fault = ""
    if getattr(answer, "exc_info", None):
        fault = "".join(traceback.format_exception(*answer.exc_info)[-3:])
    told = f"{who} {target.method} {target.path} {str(changes)[:300]}: {answer.status_code}\n{fault[-1500:]}"
    assert answer.status_code < 500, told
    if target.path.endswith(JSON) and answer.status_code >= 400 and answer.status_code != 405:
        assert "json" in answer["Content-Type"], told
        assert json.loads(answer.content)["status"] == answer.status_code, told


@pytest.fixture(scope="module")
def front(world: World) -> Iterator[Front]:
    patch = pytest.MonkeyPatch()
    # No matcher runs here: nobody waits for it.
    patch.setattr(writing, "WAIT_S", 0.0)
    house = furnish(world)
    people = {name: house.people[name] for name in PEOPLE}
    book = house.book()
    starts = ["/", *("/" + route.pattern for route in book.routes if not route.parameters)]
    offered: list[tuple[str, Target]] = []
    for who, agent in people.items():
        met = list(visits(world.client(agent).get, starts))
        book.learn(met)
        offered += [(who, target) for target in targets(met)]
    yield Front(world, people, offered, list(_every(book)))
    patch.undo()


def _every(book: AddressBook) -> Iterator[Target]:
    """Every route by GET and POST, with two objects of ours and with one that nobody has."""
    for route in book.routes:
        fields = {name: [""] for name in asked(route.view)}
        paths = list(book.addresses(route, most=2))
        paths += [re.sub(r"[0-9a-f-]{36}", str(uuid4()), path) for path in paths[:1] if route.parameters]
        for path in paths if route.name != "sign-out" else ():
            yield from (Target(method, path, route.name, fields) for method in ("GET", "POST"))


def test_the_pages_offer_forms_to_be_filled(front: Front) -> None:
    """The crawl itself: without forms found, the tests below would prove little."""
    posts = {target.name for _, target in front.offered if target.method == "POST" and target.fields}
    assert {"report-new", "import-new", "purpose"} <= posts
    assert len(posts) > 10
    assert {route.pattern for route in routes() if not route.parameters} <= {t.path.lstrip("/") for t in front.all} | {
        "deconnexion/"
    }


def test_every_address_of_the_house_with_every_parameter_it_reads(front: Front) -> None:
    """Each route by GET and POST, all names that its room reads at once, one hostile value after another."""
    values = cycle(NAMES)
    people = cycle(front.people)
    for target in front.all:
        name = next(values)
        front.ask(next(people), target, {field: [HOSTILE[name]] for field in target.fields})


def test_every_field_of_every_form_as_its_agent_sees_it(front: Front) -> None:
    """Each form as the page gave it, one field spoilt at a time, so that its neighbours do not hide its fault."""
    values, contents = cycle(NAMES), cycle(FILES.values())
    met: set[tuple[tuple[str, str], str]] = set()
    for who, target in front.offered:
        for field in target.fields:
            if field != "csrfmiddlewaretoken" and (target.kind, field) not in met:
                met.add((target.kind, field))
                front.ask(who, target, {field: [HOSTILE[next(values)]]}, next(contents))
    assert len(met) > 100


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 500, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(data=st.data())
def test_any_field_with_any_value(front: Front, data: st.DataObject) -> None:
    who, target = data.draw(st.sampled_from(front.offered))
    names = [name for name in sorted(target.fields) if name != "csrfmiddlewaretoken"] or ["x"]
    value = st.sampled_from(NAMES).map(HOSTILE.__getitem__) | st.text(st.characters(), max_size=40)
    changes = data.draw(st.dictionaries(st.sampled_from(names), st.lists(value, min_size=1, max_size=2), max_size=4))
    content = data.draw(st.sampled_from(sorted(FILES.values())))
    front.ask(data.draw(st.sampled_from([who, *front.people])), target, changes, content)


@given(path=st.text(st.characters(codec="utf-8"), max_size=60))
@example(path="\x00")
@example(path="renseignements/\x00/")
@example(path="renseignements/" + "a" * 5_000)
@settings(max_examples=60, deadline=None, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_any_address(front: Front, path: str) -> None:
    client = front.client("police")
    answer = client.generic("GET", "/" + path.lstrip("/"), HTTP_ACCEPT="application/json")
    check(answer, "police", Target("GET", "/x", "x"), path)


@pytest.mark.parametrize("name", NAMES)
def test_any_cookie_and_any_header(front: Front, name: str) -> None:
    """A session, a language, a page's name that no browser of ours would send."""
    value = HOSTILE[name].encode("utf-8", "surrogatepass").decode("latin-1")
    for header in ("HTTP_ACCEPT_LANGUAGE", "HTTP_REFERER", "HTTP_HX_REQUEST", "HTTP_HX_CURRENT_URL", "HTTP_ACCEPT"):
        answer = front.client("police").generic("GET", "/recherche/", **{header: value})  # type: ignore[arg-type]
        check(answer, header, Target("GET", "/recherche/", "search"), name)
    for cookie in (django_settings.SESSION_COOKIE, "django_language"):
        answer = Client(raise_request_exception=False).generic("GET", "/", HTTP_COOKIE=f"{cookie}={value}")
        check(answer, cookie, Target("GET", "/", "home"), name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("process", ["signin", "portal"])
def test_the_other_sites(world: World, process: str, name: str) -> None:
    """Sign-in and public site, each under its own role."""
    kept = [m for m in django_settings.MIDDLEWARE if "ActingContext" not in m]
    body = urlencoded({key: [HOSTILE[name]] for key in ("answer", "login", "suite", "next", "language")})
    target = Target("POST", "/", process)
    with override_settings(ROOT_URLCONF=f"recoupe.config.urls_{process}", MIDDLEWARE=kept), world.process(process):
        client = Client(raise_request_exception=False)
        check(client.generic("POST", "/", body, "application/x-www-form-urlencoded"), process, target, name)
        check(client.generic("GET", "/", QUERY_STRING=body.decode()), process, target, name)


@pytest.mark.parametrize("name", NAMES)
def test_an_import_answers_with_its_line(world: World, front: Front, name: str) -> None:
    """One row a column, each with the value in that column: refused with line and column, or kept as it is."""
    columns = list(spreadsheet.COLUMNS)
    value = HOSTILE[name].encode("utf-8", "replace").decode()
    rows = [{**GOOD_ROW, column: value, "N° de fiche": f"{name}-{column}"[:60]} for column in columns]
    lines = [[row.get(column, "") for column in columns] for row in rows]
    text = [";".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in [columns, *lines]]
    content = "\r\n".join(text).encode()
    police = front.live("police")
    with world.acting(police) as agent:
        handed = reports.upload_import(by=agent, name=f"{name}.csv", content=content, mapping=spreadsheet.MAPPING)
    found = running.check(lambda: world.acting(police), handed.id)
    assert found.rows_total in (0, len(rows))
    head = front.live("unit head")
    with world.acting(head) as agent:
        if found.state == "CHECKED":
            reports.open_import(by=agent, import_file=found, accept_valid=True)
    if found.state == "CHECKED":
        done = running.run(lambda: world.acting(head), handed.id)
        assert done.rows_written + done.rows_known + done.rows_refused == done.rows_total


def test_no_page_gives_back_markup_that_was_typed(front: Front) -> None:
    """What the tests above managed to write is shown as text."""
    for who, target in front.offered:
        if target.method == "GET":
            answer = front.ask(who, target, {})
            if not answer.streaming and "html" in answer.get("Content-Type", ""):
                assert b"<script>alert" not in answer.content, target.path
                assert b"onerror=alert(1)>" not in answer.content.replace(b"&gt;", b""), target.path
