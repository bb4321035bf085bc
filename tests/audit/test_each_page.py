"""Each page that shows an object leaves a line that names it; what is written later is held by its room (R-40)."""

from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.urls import reverse

from recoupe.demo.discovery import pages
from recoupe.intelligence.actions import create_draft
from tests.crosscheck.scene import entry, new_phone
from tests.furnished import Furnished, furnish
from tests.oracle import tables
from tests.world import TestAgent, World

Journal = psycopg.Connection[tuple[Any, ...]]
WHO = ("police", "analyst", "prosecutor", "authority")
# Refs by the kind that T-6 names, where the journal has another word.
WORD = {"evidence": "dealpoint"}
# What a list or a form offers of other kinds than its own is named by the page that it leads to.
LISTS = {
    "report-list", "import-list", "case-list", "hit-list", "contact-list", "agreement-list", "dealpoint-list",
    "objective-list", "habilitation-list",
}  # fmt: skip


@pytest.fixture(scope="module")
def house(world: World) -> Furnished:
    return furnish(world)


# What was read since a number, and the last number.
READ = """SELECT coalesce(array_agg(r.ref), '{}'), coalesce(max(e.id), %(last)s) FROM audit_entry e
    LEFT JOIN LATERAL unnest(e.refs) AS r(ref) ON e.operation IN ('consult', 'print', 'export', 'search')
    WHERE e.id > %(last)s"""


def test_what_a_page_shows_stands_in_the_journal(house: Furnished) -> None:
    """By every address that an agent reaches from his first page: its own object, and those of a list."""
    world, missing, met = house.world, [], Counter[str]()
    with psycopg.connect(world.admin_url, autocommit=True) as journal:
        for name in WHO:
            missing += _missed(world, journal, name, house.people[name], met)
    assert missing == []
    assert LISTS - {"agreement-list", "import-list"} <= set(met), met
    assert len(met) >= 18, met


def _missed(world: World, journal: Journal, name: str, who: TestAgent, met: Counter[str]) -> list[tuple[str, str, str]]:
    client, missing, last = world.client(who), [], 0
    for seen in pages.visits(client.get, ["/", reverse("dealpoint-map")], most=60):
        values, route = pages.match(seen.path)[1], pages.name(seen.path)
        refs, last = journal.execute(READ, {"last": last}).fetchone() or ([], last)
        told = set(refs)
        kind = tables.ROUTES[route]["object"] if route in tables.ROUTES else ""
        # A figure, and a meeting of ministers, are no record of anybody: their line says what was read, not of whom.
        if seen.status != 200 or kind in ("", "page", "figure"):
            continue
        due = {f"{WORD.get(kind, kind)}:{values['id']}"} if "id" in values else set()
        if route in LISTS:
            due |= {f"{kind}:{i}" for i in _own(seen.links, kind)}
        met[route] += bool(due)
        missing += [(name, seen.path, ref) for ref in sorted(due - told)]
    return missing


def _own(links: tuple[str, ...], kind: str) -> set[UUID]:
    """The objects of a list's own kind to whose page it leads."""
    found = set()
    for link in links:
        values = pages.match(link)[1]
        if isinstance(values.get("id"), UUID) and tables.ROUTES[pages.name(link)]["object"] == kind:
            found.add(values["id"])
    return found


@pytest.mark.parametrize("page", ["sign-out", "purpose"])
def test_a_session_s_own_steps_stand_in_the_journal(world: World, page: str) -> None:
    who = world.agent()
    data = {"purpose": "criminal_intelligence", "motive": "motif de test suffisant"}
    assert world.client(who).post(reverse(page), data).status_code in (302, 303)
    said = "SELECT count(*) FROM audit_entry WHERE actor = %s AND operation = %s AND refs = ARRAY[%s]"
    operation = {"sign-out": "sign_out", "purpose": "purpose"}[page]
    # The one that opened the session of this test is a line of the set-up's own way in.
    assert world.sql(said, [who.id, operation, f"agent:{who.id}"])[0][0] >= 1


def test_a_draft_taken_up_again_stands_in_the_journal(world: World) -> None:
    """No list leads to its form by GET but its author's own."""
    who = world.agent()
    with world.acting(who) as agent:
        draft = create_draft(by=agent, entry=entry(phone=new_phone())).id
    assert world.client(who).get(reverse("report-edit", args=[draft])).status_code == 200
    said = "SELECT count(*) FROM audit_entry WHERE actor = %s AND operation = 'consult' AND refs = ARRAY[%s]"
    assert world.sql(said, [who.id, f"report:{draft}"]) == [(1,)]
