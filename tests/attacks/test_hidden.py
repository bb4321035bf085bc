"""A hidden object answers as one that does not exist (R-24): every unique key, every foreign key, every address."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.demo import discovery
from tests.attacks import reasons
from tests.attacks.collisions import Collider, Told, Values
from tests.crosscheck.scene import Scene
from tests.furnished import Furnished, furnish
from tests.proof import seed
from tests.world import World

# Who asks for what he may not see, and whose pages tell which addresses there are.
ASKING = ("police", "customs", "analyst", "prosecutor", "stranger", "analyst there", "judge", "dpo")
LEARNING = ("police", "analyst", "prosecutor", "authority")
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"|nonce="[^"]*"')


@dataclass
class Tried:
    """The furnished world and every pair of answers of the database."""

    house: Furnished
    told: list[Told]
    reached: set[str]


@pytest.fixture(scope="module")
def tried(world: World) -> Tried:
    house = furnish(world)
    offered = _offered(house)
    collider = Collider(house, house.tables(), random.Random(seed()), offered=offered)
    step = offered["customs", "targets_targetstep"]["target_id"]
    with _elsewhere(house, offered["customs", "crosscheck_agreement"]), _unsigned(house, step):
        told = list(collider.pairs())
    assert collider.refused == {}
    return Tried(house, told, collider.reached)


def _offered(house: Furnished) -> dict[tuple[str, str], Values]:
    """What each of these may write and no copy shows.

    A decision wants an objective that waits for one, a photo a report without one, evidence a report not yet attached,
    a question to a magistrate a release that waits for it, a retraction what was said and stands.
    """

    def row(table: str, where: str = "true", **changes: Any) -> Values:
        [(text,)] = house.query(f"SELECT to_jsonb(t)::text FROM {table} t WHERE {where} ORDER BY id LIMIT 1")
        return {**json.loads(text), "id": str(uuid4()), **changes}

    police, customs = house.people["police"], house.people["customs"]
    asked = f"asked_by = '{customs.id}' AND state = 'ASKED'"
    [(waiting,)] = house.query("SELECT id::text FROM coordination_objective WHERE state = 'TO_PROSECUTOR'")
    [(bare,)] = house.query(
        "SELECT id::text FROM intelligence_report r WHERE state <> 'DRAFT' AND frame = 'administrative'"
        " AND author_id = %s AND NOT EXISTS (SELECT 1 FROM intelligence_attachment a WHERE a.report_id = r.id)"
        " AND NOT EXISTS (SELECT 1 FROM dealpoints_evidence e WHERE e.record_id = r.id) ORDER BY id LIMIT 1",
        [police.id],
    )
    [(unanswered,)] = house.query(
        "SELECT c.id::text FROM coordination_check c LEFT JOIN coordination_answer a ON a.check_id = c.id"
        " WHERE a.id IS NULL ORDER BY c.due_on LIMIT 1"
    )
    [(finding, judged)] = house.query(
        "SELECT id::text, judgement_id::text FROM crosscheck_finding WHERE answer > '' ORDER BY at LIMIT 1"
    )
    analyst = str(house.people["analyst"].id)
    retraction = {"judgement_id": judged, "retracts_id": finding, "answer": "", "author_id": analyst}
    mine, own = f"author_id = '{police.id}'", f"brought_by_id = '{police.unit_id}'"
    return {
        ("prosecutor", "coordination_decision"): row("coordination_decision", objective_id=waiting),
        ("customs", "crosscheck_release"): row("crosscheck_release", "state = 'GRANTED'"),
        ("customs", "crosscheck_agreement"): row("crosscheck_agreement", asked),
        ("police", "intelligence_attachment"): row("intelligence_attachment", mine, report_id=bare),
        ("police", "dealpoints_evidence"): row("dealpoints_evidence", own, record_id=bare),
        ("analyst", "crosscheck_finding"): row("crosscheck_finding", f"id = '{finding}'", **retraction),
        # A first step begins a line of its own.
        ("police", "operations_presence"): row("operations_presence", mine + " AND step = 1"),
        ("police", "coordination_answer"): row("coordination_answer", f"actor_id = '{police.id}'", check_id=unanswered),
        # Said now: a made world that is copied is older than a minute.
        ("customs", "crosscheck_weakanswer"): row("crosscheck_weakanswer", at=timezone.now().isoformat()),
        ("customs head", "cases_magistratechange"): row("cases_magistratechange"),
        ("customs", "targets_targetstep"): row("targets_targetstep", OWN_STEP.format(customs.id)),
    }


# The step of a registration that still stands where it brought it.
OWN_STEP = (
    "actor_id = '{}' AND EXISTS (SELECT 1 FROM targets_registeredtarget r"
    " WHERE r.id = t.target_id AND r.state = 'REQUESTED' AND t.to_state = 'REQUESTED')"
)


@contextmanager
def _unsigned(house: Furnished, target: str) -> Iterator[None]:
    """Meanwhile the last step of a registration waits for whoever took it to sign."""
    scene, moved = Scene(house.world), "UPDATE targets_targetstep SET step = step + ({}) WHERE target_id = '{}'"
    scene.as_superuser(moved.format(100, target))
    yield
    scene.as_superuser(moved.format(-100, target) + " AND step > 100")


@contextmanager
def _elsewhere(house: Furnished, asked: Values) -> Iterator[None]:
    """Meanwhile the question stands under another release, so that its own waits for one."""
    [(other,)] = house.query("SELECT id::text FROM crosscheck_release WHERE state = 'GRANTED' ORDER BY id LIMIT 1")
    moved, scene = "UPDATE crosscheck_agreement SET release_id = '{}' WHERE release_id = '{}'", Scene(house.world)
    scene.as_superuser(moved.format(other, asked["release_id"]))
    yield
    scene.as_superuser(moved.format(asked["release_id"], other))


def test_the_attempts_reach_the_tables(tried: Tried) -> None:
    """Without a control that is let in, two equal refusals would prove nothing."""
    tables = tried.house.tables()
    written = {name for name in discovery.kinds() if tables[name].may("recoupe_app", "INSERT")}
    assert written - tried.reached == set()
    assert len(tried.told) > 200


def test_no_unique_key_tells_of_a_hidden_row(tried: Tried) -> None:
    """Primary keys are random identifiers (reasons.RANDOM_ID); any other key that tells needs a reason of its own."""
    tables = tried.house.tables()
    keys = {key.name: key for table in tables.values() for key in table.keys}
    telling = {t.constraint for t in tried.told if t.hidden != t.absent and t.constraint in keys}
    ids = {name for name in telling if keys[name].kind == "primary" and keys[name].columns == ("id",)}
    assert all(tables[keys[name].table].columns["id"] == "uuid" for name in ids)
    assert {name: _example(tried, name) for name in telling - ids - set(reasons.TELLING_KEYS)} == {}
    assert set(reasons.TELLING_KEYS) <= telling, "reasons.py excuses what no longer tells"


def test_no_foreign_key_tells_of_a_hidden_row(tried: Tried) -> None:
    links = {link.name for table in tried.house.tables().values() for link in table.links}
    telling = {t.constraint for t in tried.told if t.hidden != t.absent and t.constraint in links}
    assert {name: _example(tried, name) for name in telling - set(reasons.TELLING_LINKS)} == {}
    assert set(reasons.TELLING_LINKS) <= telling, "reasons.py excuses what no longer tells"


def test_no_refusal_repeats_a_stored_value(tried: Tried) -> None:
    """The detail of a violation (`Key (x)=(…)`) stays with those who may read the row."""
    assert [t for t in tried.told if re.search(r"Key \(.*\)=\(|Failing row contains", t.hidden)] == []


def _example(tried: Tried, constraint: str) -> tuple[str, str, str]:
    found = next(t for t in tried.told if t.constraint == constraint and t.hidden != t.absent)
    return found.verb, found.hidden, found.absent


def test_every_address_of_a_hidden_object_answers_as_that_of_none(tried: Tried) -> None:
    """GET and POST of every route, for agents of both territories: status, headers and body alike to the byte."""
    house, book = tried.house, tried.house.book()
    starts = ["/", *("/" + route.pattern for route in book.routes if route.readable and not route.parameters)]
    for name in LEARNING:
        book.learn(discovery.visits(house.world.client(house.people[name]).get, starts, most=45))
    compared = 0
    for name in ASKING:
        client = house.world.client(house.people[name])
        roles = {str(role) for role in house.people[name].roles}
        for route in book.routes:
            if (
                route.roles is None
                or not route.roles & roles
                or not any(p.converter == "uuid" for p in route.parameters)
            ):
                continue
            for path in _hidden(tried, book, route, name):
                absent = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", str(uuid4()), path)
                for method in set(route.methods) - {"HEAD"}:
                    asked = [_answer(client, method, address) for address in (path, absent)]
                    assert asked[0] == asked[1], (name, method, path, _lines(*asked))
                    compared += 1
    assert compared > 150


def _hidden(tried: Tried, book: discovery.AddressBook, route: discovery.Route, name: str) -> list[str]:
    """One address of this route for each table behind it, with an object that this agent's database does not show."""
    who, found = tried.house.people[name], []
    for parameter in route.parameters:
        for table in sorted(book.tables.get(parameter.prefix, ())):
            with tried.house.world.acting(who):
                seen = {str(i) for i in discovery.kinds()[table].model._default_manager.values_list("pk", flat=True)} \
                    if table in discovery.kinds() else set(book.known[table])  # fmt: skip
            hidden = [identifier for identifier in book.known[table] if identifier not in seen]
            words = {p.name: book.values(p)[:1] for p in route.parameters if p.converter != "uuid"}
            if hidden:
                path = "/" + route.pattern.replace(f"<uuid:{parameter.name}>", hidden[0])
                for word, values in words.items():
                    path = re.sub(rf"<\w+:{word}>", values[0], path)
                found.append(path)
    return found


def _lines(hidden: Any, absent: Any) -> list[bytes]:
    """Where two answers part."""
    return [line for pair in zip(hidden[2].split(b"\n"), absent[2].split(b"\n"), strict=False)
            for line in pair if pair[0] != pair[1]][:4]  # fmt: skip


def _answer(client: Any, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
    """An answer without what differs by design: the identifier that was asked, and nonces."""
    answer = client.generic(method, path)
    identifiers = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", path)
    headers = {k: v for k, v in answer.headers.items() if k not in ("Content-Security-Policy", "Date")}
    body = _TOKEN.sub(b"", discovery.body(answer))
    for identifier in identifiers:
        body = body.replace(identifier.encode(), b"?")
        headers = {k: v.replace(identifier, "?") for k, v in headers.items()}
    return answer.status_code, headers, body


def test_a_hidden_number_is_as_free_as_any_other(tried: Tried) -> None:
    """The same procedure number as another unit's: both are taken in, and neither answer says more."""
    house = tried.house
    officer = house.world.agent(Role.INVESTIGATOR, "SR13")
    held = {number for (number,) in house.query("SELECT number FROM cases_case")}
    assert "2026/77" in held
    with house.world.acting(officer):
        assert not discovery.kinds()["cases_case"].model._default_manager.exists()
    answers = []
    for number in ("2026/77", "2026/78"):
        magistrate = house.people["prosecutor"]
        fields = {
            "number": number, "court": str(magistrate.unit_id), "magistrate": str(magistrate.id),
            "legal_framework": "preliminary", "opened_on": "2026-03-01", "offences": "7990",
        }  # fmt: skip
        answer = house.world.client(officer).post("/procedures/nouvelle/", fields)
        answers.append((answer.status_code, len(answer.get("Location", ""))))
    assert answers[0] == answers[1]
    assert answers[0][0] == 302
