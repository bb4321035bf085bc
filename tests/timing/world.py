"""A base in which others hold much that the asker may not read, and the probes that ask for it."""

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.urls import reverse

from recoupe.access.enums import Role
from recoupe.cases.actions import CaseEntry, open_case
from recoupe.coordination.actions import propose
from recoupe.dealpoints.models import DealPoint
from recoupe.demo.benches.processes import HOST
from recoupe.demo.benches.visitor import Visitor
from recoupe.intelligence.actions import deposit
from recoupe.intelligence.entry import SelectorEntry
from recoupe.intelligence.rules import BUDGET_RULE
from recoupe.kernel.reference import human_ref
from recoupe.reference.snapshot import forget
from tests.coordination.builders import draft
from tests.crosscheck.scene import Scene, entry
from tests.dealpoints.builders import LILLE, active
from tests.fuzz.requests import SECRET
from tests.proof import size
from tests.timing import events
from tests.timing.race import Ask, Probe, read, sent
from tests.world import TestAgent, World

# Words of one length: held by hidden reports, held by nobody.
HELD, ABSENT = "ornithorynque", "transportable"
NAMES = {True: "Vasterive Ludivic", False: "Brandoval Ludivic"}
PHONES = {True: "0611900201", False: "0611900209"}
# A commune of the cell where all is hidden, one where there is nothing; windows of the map likewise.
COMMUNES = {True: "Aubagne (13)", False: "Alleins (13)"}
AUBAGNE = "13005"
WINDOWS = {True: "3.00,50.60,3.10,50.66", False: "1.00,47.60,1.10,47.66"}


# Numbers that are deposited again and again, as often in both ways; the hidden ones have this many holders each.
HOLDERS = 10
POOL = size(ci=2, full=30)
# From a thousand readable reports on, a search by words takes its index and meets what is hidden.
READABLE = size(ci=20, full=1_200)
MORE_HIDDEN = size(ci=20, full=30_000)
_COPY = """INSERT INTO {table} ({columns}) SELECT {columns} FROM (
    SELECT (jsonb_populate_record(r, jsonb_build_object({changes}))).* FROM {table} r{beside}) copy"""


def _pooled(hidden: bool, rank: int) -> str:
    return f"06{13 if hidden else 14}{rank:06d}"


@dataclass
class Hidden:
    """What the askers ask with: identifiers of hidden objects, reports of their own."""

    askers: list[TestAgent]
    reports: list[UUID]
    refs: list[str]
    points: list[UUID]
    objectives: list[UUID]
    cases: list[UUID]
    hits: list[UUID]
    contacts: list[UUID]
    own: dict[bool, UUID]


def lay(world: World, many: int, desks: int) -> Hidden:
    """So many reports and points that the askers read nothing of, and reports of the askers that meet some of them."""
    # An asker of this test deposits more in a minute than people do in a day.
    world.sql("UPDATE reference_legalparameter SET value = 10000000 WHERE rule_code = %s", [BUDGET_RULE])
    forget()
    scene = Scene(world)
    quiet = [world.agent(Role.INVESTIGATOR, unit) for unit in ("SR13", "PJ13")]
    askers = [world.agent(Role.INVESTIGATOR, "DED13", name=f"asker{number:02}") for number in range(desks)]
    closed = {"handling": "H3", "h3_line": "nobody", "handling_conditions": "opération en cours"}
    reports: list[UUID] = []
    for number in range(many):
        with world.acting(quiet[number % 2]) as agent:
            made = deposit(by=agent, entry=entry(
                fact_text=f"Un {HELD} remet un sac, fois {number}.", commune=AUBAGNE,
                selectors=tuple(SelectorEntry("phone", n) for n in (PHONES[True], _pooled(True, number // HOLDERS))),
                person=("Vasterive", "Ludivic", "09/10/1966"), **closed,
            ))  # fmt: skip
        reports.append(made.id)
    officer, analyst = world.agent(Role.INVESTIGATOR, "PJ59"), world.agent(Role.CROSS_ANALYST, "CROSS59")
    points = [active(world, officer, analyst, LILLE)]
    _copy_points(world, points[0], many)
    objectives, cases = _objective(world, points[0], analyst), _case(world, officer)
    hits, contacts = _contact(scene)
    # One unit's reports meet no hit among themselves: each asks with a phone that hidden ones hold, or nobody.
    own = {hidden: scene.enter(askers[0], phone=PHONES[hidden], commune="83137") for hidden in (True, False)}
    _copies(world, reports[0], MORE_HIDDEN, "ZH")
    _copies(world, scene.enter(askers[0], commune="83137"), READABLE, "ZR")
    events.lay(world)
    world.sql("ANALYZE")
    refs = [str(row[0]) for row in world.sql("SELECT ref FROM intelligence_report WHERE id = ANY (%s)", [reports])]
    return Hidden(askers, reports, refs, points, objectives, cases, hits, contacts, own)


def _objective(world: World, point: UUID, analyst: TestAgent) -> list[UUID]:
    court = world.agent(Role.PROSECUTOR, "TJ59").unit_id
    with world.acting(analyst) as agent:
        origin = DealPoint.objects.get(pk=point)
        return [propose(by=agent, origin=origin, draft=draft(court_id=court)).id]


def _case(world: World, officer: TestAgent) -> list[UUID]:
    magistrate = world.agent(Role.PROSECUTOR, "TJ59")
    wanted = CaseEntry("2026/005959", magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1))
    with world.acting(officer) as agent:
        return [open_case(by=agent, entry=wanted).id]


def _copy_points(world: World, point: UUID, many: int) -> None:
    """The same point many times: what a map's window makes the base look at."""
    names = [str(row[0]) for row in world.sql(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'dealpoints_dealpoint'::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = ''")]  # fmt: skip
    own = {"id": "gen_random_uuid()", "ref": "left(md5(n::text), 20)"}
    wanted = ", ".join(own.get(name, f"p.{name}") for name in names)
    world.sql(
        "DO $$ BEGIN SET LOCAL session_replication_role = replica;"
        f" INSERT INTO dealpoints_dealpoint ({', '.join(names)}) SELECT {wanted}"
        f" FROM dealpoints_dealpoint p, generate_series(1, {many}) n WHERE p.id = '{point}'; END $$"
    )


def _copies(world: World, model: UUID, many: int, mark: str) -> None:
    """The same report many times, with what it names, in the lists of its readers; nothing of it is queued."""
    with psycopg.connect(world.admin_url) as owner:
        owner.execute("SET session_replication_role = replica")

        def copy(table: str, changes: str, beside: str) -> None:
            names = owner.execute(
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''", [table]).fetchone()  # fmt: skip
            assert names
            owner.execute(_COPY.format(table=table, columns=names[0], changes=changes, beside=beside).encode())

        copy(
            "intelligence_report",
            f"'id', gen_random_uuid(), 'ref', '{mark}-' || n, 'collected_at', r.collected_at - n * interval '1 second'",
            f", generate_series(1, {many}) n WHERE r.id = '{model}'",
        )
        for table in ("intelligence_selector", "intelligence_person"):
            copy(table, "'id', gen_random_uuid(), 'report_id', c.id",
                 f", intelligence_report c WHERE r.report_id = '{model}' AND c.ref LIKE '{mark}-%'")  # fmt: skip
        owner.execute(
            "INSERT INTO access_feed (kind, key, at, id) SELECT DISTINCT 1, k, r.collected_at, r.id"
            " FROM intelligence_report r, unnest(r.readers) AS k WHERE r.ref LIKE %s || '-%%' ON CONFLICT DO NOTHING",
            [mark],
        )


def _contact(scene: Scene) -> tuple[list[UUID], list[UUID]]:
    """A hit and its contact between two services of the north."""
    one, two = scene.who(Role.INVESTIGATOR, "PJ59"), scene.who(Role.INVESTIGATOR, "SR59")
    for who in (one, two):
        scene.enter(who, phone="0611900301", commune="59350")
    # The hidden reports stand before these two in the queue, more of them than one pull takes.
    while scene.pull().records:
        continue
    hits = [row[0] for row in scene.world.sql("SELECT id FROM crosscheck_hitside")]
    return hits, [row[0] for row in scene.world.sql("SELECT id FROM crosscheck_contactthread")]


# The ten that must be held within the hour, what people look for by their own words first; the others as time is left.
FIRST = (
    "what is typed", "search: phone", "search: words", "deposit", "report-page", "case-page", "dealpoint-page",
    "contact-page", "own report, its number held by others", "map",
)  # fmt: skip


def probes(hidden: Hidden) -> list[Probe]:
    """Every endpoint, the ten first."""
    ranks = {name: rank for rank, name in enumerate(FIRST)}
    return sorted(_probes(hidden), key=lambda probe: ranks.get(probe.name, len(ranks)))


def _probes(hidden: Hidden) -> Iterator[Probe]:
    """Events near silent holders; searches, pages of hidden objects, lists, the map, what is typed, a deposit."""
    yield from events.probes()
    search = reverse("search")

    def asked(**fields: dict[bool, str]) -> dict[bool, dict[str, str]]:
        return {which: {name: said[which] for name, said in fields.items()} for which in (True, False)}

    forms = {
        "search: words": asked(text={True: HELD, False: ABSENT}),
        "search: phone": asked(selector=PHONES, kind=dict.fromkeys((True, False), "phone")),
        "search: anything": asked(selector=PHONES),
        "search: commune": asked(commune=COMMUNES),
    }
    for name, said in forms.items():
        yield Probe(name, sent(search, lambda which, _rank, said=said: said[which]))  # type: ignore[misc]
    yield Probe("search: reference", sent(search, lambda which, rank: {"ref": _ref(hidden, which, rank)}))
    for name, ids in (("report-page", hidden.reports), ("dealpoint-page", hidden.points), ("hit-page", hidden.hits),
                      ("contact-page", hidden.contacts), ("objective-page", hidden.objectives),
                      ("case-page", hidden.cases)):  # fmt: skip
        if ids:
            yield Probe(name, read(lambda which, rank, name=name, ids=ids: reverse(  # type: ignore[misc]
                name, args=[ids[rank % len(ids)] if which else uuid4()])))  # fmt: skip
    yield Probe("own report, its number held by others", _own(hidden))
    yield Probe("map", read(lambda which, _rank: f"{reverse('dealpoint-points')}?bbox={WINDOWS[which]}"))
    lists = reverse("report-list")
    yield Probe("list of a department", read(lambda which, _rank: f"{lists}?department={'13' if which else '84'}"))
    yield Probe("what is typed", _typed)
    yield Probe("deposit", sent(reverse("report-new"), lambda which, rank: _deposit(which, rank)))


def _ref(hidden: Hidden, which: bool, rank: int) -> str:
    """One of theirs, or one of the same unit that nobody was given."""
    known = hidden.refs[rank % len(hidden.refs)]
    return known if which else human_ref(known.partition("-")[0], date.today().year)


def _own(hidden: Hidden) -> Ask:
    return read(lambda which, _rank: reverse("report-page", args=[hidden.own[which]]))


def _typed(desk: Visitor, which: bool, _rank: int) -> tuple[float, int, int]:
    """As the form's own script sends it."""
    body = json.dumps({"text": f"Il appelle le {PHONES[which]} chaque soir."}).encode()
    head = {
        "Cookie": f"{settings.SESSION_COOKIE}={desk.token}; {settings.CSRF_COOKIE_NAME}={SECRET}",
        "X-CSRFToken": SECRET, "Content-Type": "application/json", "Host": f"localhost:{desk.port}",
    }  # fmt: skip
    line = http.client.HTTPConnection(HOST, desk.port, timeout=60)
    line.connect()
    started = time.perf_counter()
    line.request("POST", reverse("report-proposals"), body, head)
    answer = line.getresponse()
    size = len(answer.read())
    spent = time.perf_counter() - started
    line.close()
    return spent, answer.status, size


def _deposit(which: bool, rank: int) -> dict[str, str]:
    """The form as it is posted, with a number that ten hidden reports hold, or one that only the askers hold."""
    return {
        "key": str(uuid4()), "fact_text": "Deux hommes remettent un sac sous un porche.",
        "event_from": (date.today() - timedelta(days=1)).strftime("%d/%m/%Y"), "commune": "Toulon (83)",
        "source_kind": "officer_observation", "handling": "H0", "frame": "administrative",
        "persons-TOTAL_FORMS": "0", "persons-INITIAL_FORMS": "0", "selectors-TOTAL_FORMS": "1",
        "selectors-INITIAL_FORMS": "0", "selectors-0-kind": "phone", "selectors-0-person": "",
        "selectors-0-raw": _pooled(which, rank % POOL),
    }  # fmt: skip
