"""Dangers of the random world beside those of its events: rows alone, under the keys that the product gives."""

from itertools import pairwise
from uuid import UUID, uuid4

import psycopg

from recoupe.access.keys import reader_keys
from recoupe.deconfliction import life
from tests.oracle.harness.facts import RELAY
from tests.oracle.harness.lives import Lives
from tests.oracle.harness.registry import SERVICES

_DESKS = f"""SELECT u.id, coalesce({RELAY}, u.id) FROM reference_unit u
    CROSS JOIN (SELECT id FROM reference_unit WHERE code = 'OFAST') o WHERE u.code = ANY (%s) ORDER BY u.code"""
_DANGER = """INSERT INTO deconfliction_danger (id, owner_unit_id, readers, created_at, kind, low, high, state,
    department, starts_at, ends_at, opened_at, times)
    VALUES (%s, %s, %s, now(), 'blue_on_blue', %s, %s, 'OPEN', '13', now(), now() + interval '1 hour', now(), 1)"""
_SIDE = """INSERT INTO deconfliction_dangerside (id, owner_unit_id, readers, created_at, danger_id, event_id,
    other_code, other_name, other_contact, other_phone, other_email, starts_at, live, told_at, told_times)
    VALUES (%s, %s, %s, now(), %s, %s, '', '', '', '', '', now(), true, now(), 1)"""
_LINE = """INSERT INTO deconfliction_watchline (id, owner_unit_id, readers, created_at, danger_id, kind, text,
    author_id, at) VALUES (gen_random_uuid(), %s, %s, now(), %s, 'note', '', %s, now())"""
_SHIFT = """INSERT INTO deconfliction_watchshift (id, owner_unit_id, readers, created_at, agent_id, state, since,
    motive) VALUES (gen_random_uuid(), %s, %s, now(), %s, 'HELD', now(), '')"""
Owner = psycopg.Connection[tuple[object, ...]]


def lay(lives: Lives) -> None:
    """One danger for every two services that follow one another, a line of the watch on each, and a shift."""
    desks = lives.house.sql(_DESKS, [list(SERVICES)])
    ((office,),) = lives.house.sql("SELECT id FROM reference_unit WHERE code = 'OFAST'")
    watch = reader_keys(life.audience(office))
    with psycopg.connect(lives.house.admin_url) as owner:
        owner.execute("SET session_replication_role = replica")
        for one, other in pairwise(desks):
            danger, low, high = (uuid4() for _ in range(3))
            owner.execute(_DANGER, [danger, office, watch, low, high])
            for event, (unit, desk) in ((low, one), (high, other)):
                _side(owner, danger, event, (unit, desk, office))
            owner.execute(_LINE, [office, watch, danger, office])
        owner.execute(_SHIFT, [office, watch, office])


def _side(
    owner: "psycopg.Connection[tuple[object, ...]]", danger: UUID, event: UUID, who: tuple[UUID, UUID, UUID]
) -> None:
    unit, desk, office = who
    readers = reader_keys(life.side_audience(unit, desk) | life.audience(office))
    owner.execute(_SIDE, [uuid4(), unit, readers, danger, event])
