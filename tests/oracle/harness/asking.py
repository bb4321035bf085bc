"""A request drawn by chance: who, which address of T-6, about which object, by which verb; and what it was answered."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from recoupe.demo.discovery import Format, body, format_of, pages, routes
from tests.oracle import policy, tables, terms
from tests.oracle.harness.building import House
from tests.oracle.harness.cast import Identity
from tests.oracle.harness.facts import KINDS
from tests.world import visitor

WHY = "motif écrit en toutes lettres"
_DRAWN = BytesIO()
Image.new("RGB", (4, 4), "red").save(_DRAWN, "PNG")
PIXEL = _DRAWN.getvalue()
# What a form may ask for; each takes what it knows.
FORM = {
    "reason": WHY, "motive": WHY, "text": WHY, "source": "B", "info": "3", "reference": "26-1", "resolution": "coexist",
    "answer": "same", "agreed": "1", "verdict": "yes", "on": "2026-11-01", "closed_on": "2026-11-01",
    "operation": "OP-1",
}  # fmt: skip
SILENT_DAYS = 20
# Asked again for what is done already: sent to the object's page, and nothing is written.
AGAIN = frozenset({"hit-contact", "report-edit", "import-resume", "import-open", "hit-answer", "event-act"})
# Windows of the map: the country, and one commune.
TILES = ("points/5/16/11", "points/9/263/187", "heat/6/32/23")
WINDOWS = ("-5.2,41.3,9.6,51.1", "5.228,43.169,5.533,43.392")
# What an objective is proposed from, named in the address.
ORIGINS = {"point": "dealpoint", "hit": "hit"}
# Addresses whose query names an object.
NAMING = frozenset({"dealpoint-new", "objective-new"})
# Which rows of the plan an address names, and a number that none of them bears.
OF_PLAN = {
    "plan-session": "plan_session", "plan-paper": "plan_session", "plan-decide": "plan_session",
    "plan-file": "plan_evidence", "plan-measure": "plan_card", "plan-feed": "plan_card",
}  # fmt: skip
NOBODYS = {"plan_card": "56"}
# The object in an address, under whatever name.
_OBJECT = re.compile(r"<(?:uuid:\w+|int:number)>")
_SELECT = re.compile(r'<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
_ONE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_OPTION = re.compile(r'<option[^>]*\bvalue="([^"]+)"')
FINE = {"yes": {200, 204, 302, 303, 422}, "forbidden": {403}, "absent": {404}, "conflict": {409}, "method": {405}}
# The address whose form names a second object by its reference.
TYPED = "dealpoint-evidence"
ENDED_POINTS = ["MERGED", "DISPLACED", "REJECTED", "DUPLICATE"]
UNKNOWN = "ZQ-26-000000"
# Addresses whose parameters are not objects of the policy: the reference, its outlines, the sheets of mappings.
PLAIN = frozenset(
    {
        "set_language",
        "import-mapping",
        "outlines-departments",
        "outlines-communes",
        "sign-out",
        "purpose",
        "calendar-feed",
    }
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    route: str
    method: str
    path: str
    kind: str
    identifier: str
    verb: str
    obj: Any
    # The second object that the address names: its kind, and itself when there is one.
    second: tuple[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one request, in the oracle's words, its answer, and what was typed into it."""

    said: str
    status: int
    answer: Any
    typed: str


class _TakenBackError(Exception):
    pass


def known_routes() -> set[str]:
    """The names of the addresses that discovery finds."""
    return {route.name for route in routes("web")}


class Asker:
    """Draws requests and asks them."""

    def __init__(self, told: House, draw: Random) -> None:
        self.told, self.draw = told, draw
        self.homes: Mapping[str, Mapping[str, Any]] = (
            {k: h(told.facts) for k, h in KINDS.items()}
            | {"agent": told.facts.agents}
            | {
                table: {i: one for i, one in told.facts.figures.items() if one.table == table}
                for table in OF_PLAN.values()
            }
        )
        self.frozen = {one.above for one in told.facts.figures.values() if one.table == "plan_snapshot"}
        # A point is said to double another one that is still followed: which are is no fact that the oracle is told.
        followed = "SELECT id, ref FROM dealpoints_dealpoint WHERE state <> ALL (%s) ORDER BY ref"
        self.points = {str(row[0]): row[1] for row in told.house.sql(followed, [ENDED_POINTS])}
        self.ends = {row[0]: row[1:] for row in told.house.sql(
            "SELECT id::text, asker_unit_id::text, holder_contact_id::text FROM crosscheck_contactthread")}  # fmt: skip
        # One side of each danger, whom the watch calls.
        self.called: dict[str, str] = dict(told.house.sql(
            "SELECT danger_id::text, min(id::text) FROM deconfliction_dangerside GROUP BY danger_id"))  # fmt: skip
        self.refs = [
            row[0] for row in told.house.sql("SELECT ref FROM intelligence_report WHERE ref > '' ORDER BY ref")
        ]
        self.by_ref: dict[str, str] = {row[0]: str(row[1]) for row in told.house.sql(
            "SELECT ref, id FROM intelligence_report WHERE ref > ''")}  # fmt: skip
        self.attached = {
            child.parent for child in told.facts.children.values() if child.table == "intelligence_attachment"
        }
        self.read: dict[tuple[str, terms.Agent], list[str]] = {}
        self.names = sorted(set(tables.ROUTES) - PLAIN)
        # What pages offered to ask of a list: its next page, its filters with their choices.
        self.offered: dict[str, set[str]] = defaultdict(set)

    def draw_one(self, agent: terms.Agent | None) -> Request:
        """Half of the objects are ones that the agent reads; a method that the address does not take, sometimes."""
        mine = policy.roles(self.told.facts, agent) if agent is not None else frozenset()
        opened = [n for n in self.names if mine & tables.role_set(tables.ROUTES[n]["roles"])] or self.names
        # Three times in four an address that a role of his opens, and of some requests the one that goes furthest.
        names = opened if self.draw.random() < 0.75 else self.names
        drawn = [self.drawn(agent, self.draw.choice(names), method="") for _ in range(self.draw.choice((1, 4)))]
        return min(drawn, key=lambda one: self._short_of(agent, one))

    def _short_of(self, agent: terms.Agent | None, one: Request) -> int:
        """How soon the order of P-2 stops a request to an address of an object; others are as good as any."""
        if agent is None or one.obj is None:
            return 1
        said = policy.opens(self.told.facts, agent, one.route, one.method, one.obj, verb=one.verb)
        return {"yes": 0, "conflict": 0}.get(said, 1 if said == "forbidden" else 2)

    def drawn(self, agent: terms.Agent | None, route: str, method: str = "GET") -> Request:
        """One request to this address, by a method that is given or drawn."""
        draw, row = self.draw, tables.ROUTES[route]
        method = method or draw.choice(row["methods"].split()) if draw.random() < 0.95 else "POST"
        kind, verb, identifier, obj = row["object"], "", "", None
        path = row["address"]
        if "<slug:verb>" in path:
            verbs = [v for name, v in tables.VERBS if name == row["route"]]
            verb = draw.choice(verbs) if draw.random() < 0.97 else "inconnu"
            path = path.replace("<slug:verb>", verb)
        path = path.replace("<slug:layer>/<int:z>/<int:x>/<int:y>", draw.choice(TILES))
        if _OBJECT.search(path) or row["route"] == "dealpoint-new":
            identifier, obj = self._object(OF_PLAN.get(route, kind), agent)
            path = _OBJECT.sub(identifier, path)
        if row["route"] == "dealpoint-new":
            path += f"?report={identifier}"
        if row["route"] == "objective-new" and draw.random() < 0.8:
            name = draw.choice(sorted(ORIGINS))
            origin, found = self._object(ORIGINS[name], agent)
            return Request(row["route"], method, f"{path}?{name}={origin}", kind, "", "", None, (ORIGINS[name], found))
        second = None
        if route == TYPED:
            second = ("report", self.told.facts.reports.get(self.by_ref[draw.choice(self.refs)]))
        return Request(row["route"], method, path + self._query(row["route"]), kind, identifier, verb, obj, second)

    def _query(self, route: str) -> str:
        """A window of the map; of a list, half of the time, something that a page offered to ask of it."""
        window = {"bbox": self.draw.choice(WINDOWS)} if route in ("dealpoint-points", "dealpoint-map-print") else {}
        if window:
            return "?" + urlencode(window)
        known = sorted(self.offered[route])
        return "?" + self.draw.choice(known) if known and self.draw.random() < 0.5 else ""

    def learn(self, request: Request, answer: Any) -> None:
        """Keep the queries that a page offers for addresses of no object."""
        if request.method != "GET" or answer.status_code != 200 or format_of(answer) is not Format.HTML:
            return
        seen = pages.visit(lambda _: answer, request.path)
        for link in seen.links:
            self._offers(link, urlsplit(link).query)
        choices = {name: _OPTION.findall(inner) for name, inner in _SELECT.findall(body(answer).decode())}
        for form in seen.forms:
            for name in choices.keys() & form.fields.keys() if form.method == "GET" else ():
                # A list may be narrowed to somebody's own object; that is his choice, and no other agent's.
                for value in (one for one in choices[name] if not _ONE.search(one)):
                    self._offers(form.path, urlencode({name: value}))

    def _offers(self, path: str, query: str) -> None:
        name = pages.name(path)
        row = tables.ROUTES.get(name)
        if query and row and "<uuid" not in row["address"] and row["object"] != "page" and name not in NAMING:
            self.offered[name].add(query)

    def _object(self, kind: str, agent: terms.Agent | None) -> tuple[str, Any]:
        draw, home = self.draw, self.homes.get(kind, {})
        if draw.random() < 0.02 or not home:
            return NOBODYS.get(kind, "00000000-0000-4000-8000-000000000000"), None
        ids = sorted(home)
        if agent is not None and draw.random() < 0.7:
            ids = self._read(kind, agent) or ids
        chosen = draw.choice(ids)
        return chosen, home[chosen]

    def _read(self, kind: str, agent: terms.Agent) -> list[str]:
        """The objects of a kind that he reads."""
        if (kind, agent) not in self.read:
            home = self.homes[kind]
            self.read[kind, agent] = [i for i in sorted(home) if policy.reads(self.told.facts, agent, kind, home[i])]
        return self.read[kind, agent]

    def due(self, request: Request, agent: terms.Agent | None, one: Identity) -> str:
        """What the oracle answers."""
        session = self.told.facts.sessions[one.session]
        acting = (
            terms.Agent(one.agent, self.told.facts.agents[one.agent].unit, True, one.purpose)
            if agent is None
            else agent
        )

        # The address of a review names a designation, and none bears the identifier of its agent.
        obj = None if request.route == "review-act" else request.obj

        said = policy.opens(
            self.told.facts, acting, request.route, request.method, obj,
            verb=request.verb, session=session, other=self._other(request, acting),
        )  # fmt: skip
        if said == "yes" and request.route == TYPED and self._joined(request, acting):
            return "conflict"
        nothing = self._shows_nothing(request)
        # One attachment a report: a second is a conflict (P-31).
        if said == "yes" and request.verb == "joindre" and request.identifier in self.attached:
            return "conflict"
        hidden = said in ("yes", "conflict") and self._hides(request, acting)
        return "absent" if hidden or (said == "yes" and nothing) else said

    def _shows_nothing(self, request: Request) -> bool:
        """Say whether what the address shows was never made: an attachment, a file of values, a frozen board."""
        match request.route:
            case "report-attachment":
                return request.identifier not in self.attached
            case "plan-file":
                return request.obj is not None and not request.obj.file
            case "plan-paper":
                return request.identifier not in self.frozen
        return False

    def _other(self, request: Request, agent: terms.Agent) -> Any:
        """The second object, as the agent may name it: a reference that he does not read is typed wrongly (P-3)."""
        found = request.second[1] if request.second else None
        unread = request.route == TYPED and not policy.reads(self.told.facts, agent, "report", found)
        return None if unread else found

    def _joined(self, request: Request, agent: terms.Agent) -> bool:
        """Whether he reads a row that says the report is joined already (P-27)."""
        facts, report = self.told.facts, self._other(request, agent)
        return report is not None and any(
            one.point == request.identifier and one.record == report.id and policy.reads(facts, agent, "evidence", one)
            for one in facts.evidence.values()
        )

    def _hides(self, request: Request, agent: terms.Agent) -> bool:
        """Whether the second object that the address names is not read (P-3)."""
        if request.second is None or request.route == TYPED:
            return False
        kind, other = request.second
        return other is None or not policy.reads(self.told.facts, agent, kind, other)

    def agrees(self, request: Request, found: "Answered", due: str) -> bool:
        """Whether the answer is the one that is due; what is typed wrongly, or asked again, changes nothing (P-3)."""
        if due == "yes" and request.method in ("GET", "HEAD"):
            # Nothing was typed: a refusal of what was typed is no answer.
            # A tile without a point has no content.
            empty = request.route == "dealpoint-tile" and found.status == 204
            return found.status == 200 or empty or (request.route in AGAIN and found.status == 302)
        if found.said == due:
            return True
        if due == "conflict" and request.method == "POST" and found.status == 422:
            return True
        # Who holds the watch, and whether each danger bears a note, neither.
        if request.route == "watch-hand-over" and (found.said, due) == ("conflict", "yes"):
            return True
        # Whether what speaks for a point suffices is no fact that the oracle is told.
        if request.verb == "confirmer" and (found.said, due) == ("conflict", "yes"):
            return True
        return due == "conflict" and request.route in AGAIN and found.status == 302

    def ask(self, one: Identity, request: Request) -> Answered:
        """Ask it, and take back whatever it changed."""
        client = visitor()
        client.cookies["recoupe_session"] = one.token
        data = self._form(request, one) if request.method == "POST" else None
        found: list[Any] = []
        try:
            with transaction.atomic():
                found.append(getattr(client, request.method.lower())(request.path, data))
                raise _TakenBackError
        except _TakenBackError:
            pass
        return Answered(_said(found[0]), found[0].status_code, found[0], str(data))

    def _form(self, request: Request, one: Identity) -> dict[str, Any]:
        """What a person would have typed, whatever is asked."""
        later = timezone.localdate() + timedelta(days=SILENT_DAYS)
        point = self.draw.choice([ref for known, ref in self.points.items() if known != request.identifier])
        image = SimpleUploadedFile("photo.png", PIXEL, content_type="image/png")
        ends = self.ends.get(request.identifier, ())
        mine = str(self.told.facts.agents[one.agent].unit)
        return (
            FORM
            | {
                "recipient": next((end for end in ends if end != mine), ""),
                "until": later.isoformat(),
                "other": point,
                "report": self._typed(request),
                "attachment": image,
                "side": self.called.get(request.identifier, ""),
            }
            | ({"label": WHY, "key": str(uuid4())} if request.route == "plan-feed" else {})
        )

    def _typed(self, request: Request) -> str:
        if request.route != TYPED or request.second is None:
            return str(self.draw.choice(self.refs))
        named = request.second[1]
        known = {identifier: ref for ref, identifier in self.by_ref.items()}
        # A report that the oracle is not told of is one that nobody wrote.
        return known[named.id] if named else UNKNOWN

    def requests(self, number: int) -> Iterator[tuple[Identity, terms.Agent | None, Request]]:
        """So many, by identities drawn by chance: those without a purpose, and dead ones, less often."""
        identities = self.told.identities()
        good = [one for one in identities if one.purpose is not None]
        for _ in range(number):
            one = self.draw.choice(good if self.draw.random() < 0.92 else identities)
            agent = self.told.told(one)
            yield one, agent, self.draw_one(agent)


def _said(answer: Any) -> str:
    """The status as the policy names it (P-3)."""
    status, target = answer.status_code, answer.headers.get("Location", "")
    if status in (301, 302, 303) and "suite=" in target:
        return "purpose" if target.startswith("/finalite/") else "signin"
    if status == 401:
        return "signin"
    if status == 403 and answer.headers.get("Link") == '</finalite/>; rel="help"':
        return "purpose"
    names = {403: "forbidden", 404: "absent", 409: "conflict", 405: "method"}
    return names.get(status, "yes" if status in FINE["yes"] else str(status))
