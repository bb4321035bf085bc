"""One attack for each clause that no other test missed: what it stops, and that the same is done by who may."""

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_key, reader_key
from recoupe.crosscheck import actions
from recoupe.crosscheck.models import HitSide
from tests.attacks.injected import injected, stopped
from tests.attacks.test_contacts import RELEASE
from tests.attacks.test_roles import copies
from tests.crosscheck.scene import Scene, new_phone
from tests.dealpoints.builders import LILLE, proposed
from tests.world import TestAgent

TABLE = "intelligence_report"


@pytest.fixture(scope="module")
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


def test_a_report_is_not_written_in_the_name_of_a_colleague(scene: Scene, customs: TestAgent) -> None:
    row = scene.enter(customs, phone=new_phone())
    assert copies(scene, customs, TABLE, row)
    assert not copies(scene, customs, TABLE, row, author_id=str(scene.who(Role.UNIT_HEAD, "DED13").id))


def test_a_cell_writes_no_report_in_the_name_of_a_service_that_it_reads(scene: Scene, customs: TestAgent) -> None:
    row, analyst = scene.enter(customs, phone=new_phone()), scene.who(Role.CROSS_ANALYST, "CROSS13")
    assert not copies(scene, analyst, TABLE, row, owner_unit_id=str(customs.unit_id))


def test_a_report_that_one_would_not_read_is_not_written(scene: Scene) -> None:
    """A role of a service in a cell: it has no key of the cell's own reports."""
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    row = scene.enter(analyst, phone=new_phone())
    assert copies(scene, analyst, TABLE, row)
    assert not copies(scene, scene.who(Role.INVESTIGATOR, "CROSS13"), TABLE, row)


def test_a_deposit_does_not_become_its_author_s_draft_again(scene: Scene, customs: TestAgent) -> None:
    row = scene.enter(customs, phone=new_phone())
    back = "UPDATE intelligence_report SET state = 'DRAFT', readers = %s WHERE id = %s"
    assert stopped(scene.world, customs, back, [own_key(customs.id, customs.unit_id)], row)


ADDED = (
    "INSERT INTO dealpoints_evidence (id, owner_unit_id, brought_by_id, readers, created_at, point_id, counts_for_id,"
    " record_kind, record_id, source_kind, at) SELECT gen_random_uuid(), r.owner_unit_id, r.owner_unit_id,"
    " said.readers, now(), said.point, said.point, said.kind, r.id, r.source_kind, r.collected_at"
    " FROM intelligence_report r, (SELECT %s::bigint[] AS readers, %s::uuid AS point, %s::text AS kind) said"
    " WHERE r.id = %s"
)


def test_evidence_is_a_report_and_nothing_else(scene: Scene, customs: TestAgent) -> None:
    key, point = [reader_key(customs.unit_id, Capacity.UNIT)], proposed(scene.world, customs)
    row = scene.enter(customs, phone=new_phone())
    assert stopped(scene.world, customs, ADDED, key, point, "contact", row)
    assert not stopped(scene.world, customs, ADDED, key, point, "report", row)


def test_a_hidden_point_is_refused_in_the_words_of_none(scene: Scene, customs: TestAgent) -> None:
    """Who would read it is asked only of a point that one reads: another refusal would say that it is there (R-24)."""
    hidden = proposed(scene.world, scene.who(Role.INVESTIGATOR, "PJ59"), LILLE)
    row = scene.enter(customs, phone=new_phone())
    keys = [[reader_key(customs.unit_id, Capacity.UNIT), 12345], [reader_key(customs.unit_id, Capacity.UNIT)]]
    said = set()
    for point in (hidden, uuid4()):
        for readers in keys:
            with pytest.raises(errors.InsufficientPrivilege) as refusal, injected(scene.world, customs) as connection:
                connection.execute(ADDED.encode(), [readers, point, "report", row])
            said.add(str(refusal.value))
    assert len(said) == 1


def test_a_duty_desk_gives_no_record_that_it_does_not_read(scene: Scene, customs: TestAgent) -> None:
    police, phone = scene.who(Role.INVESTIGATOR, "PJ13"), new_phone()
    held, asked = scene.enter(customs, phone=phone), scene.enter(police, phone=phone)
    scene.pull()
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=HitSide.objects.get(record_id=asked)).id

    def gives(who: TestAgent) -> bool:
        release = uuid4()
        with injected(scene.world, who) as connection:
            try:
                connection.execute(RELEASE.encode(), [release, thread, "holder", police.unit_id, held])
                connection.execute("SELECT crosscheck.open_report(%s)", [release])
            except errors.InsufficientPrivilege:
                return False
            finally:
                connection.rollback()
        return True

    assert not gives(scene.who(Role.DUTY_OFFICER, "DED13"))
    assert gives(customs)


@pytest.mark.parametrize(
    ("handling", "line", "kept"),
    [("{H1}", "", True), ("{H3}", "both", True), ("{H3}", "holder_only", False), ("{H3}", "nobody", False),
     ("{H9}", "both", False), ("{}", "", False)],
)  # fmt: skip
def test_a_cell_s_own_record_is_its_cell_s_no_longer_when_it_is_reserved(
    scene: Scene, handling: str, line: str, kept: bool
) -> None:
    """Its side of a hit stays with its author and its duty desk; as a cell of the territory it has lost it (P-82)."""
    analyst, phone = scene.who(Role.CROSS_ANALYST, "CROSS13"), new_phone()
    row = scene.enter(analyst, phone=phone)
    scene.enter(scene.who(Role.INVESTIGATOR, "PJ13"), phone=phone)
    scene.pull()
    cell = reader_key(analyst.unit_id, Capacity.CELL)
    held = "SELECT %s = ANY (readers) FROM crosscheck_hitside WHERE record_id = %s"
    assert scene.world.sql(held, [cell, row]) == [(True,)]
    with psycopg.connect(scene.world.admin_url, autocommit=True) as owner:
        owner.execute("BEGIN")
        owner.execute("SELECT access.open_service('set-up', 'tests')")
        owner.execute("SELECT audit.record('modify', ARRAY['attack:4'], '{}', '{}', NULL, NULL)")
        owner.execute(f"UPDATE intelligence_report SET handling = '{handling}', h3_line = '{line}' WHERE id = '{row}'")
        owner.execute("COMMIT")
    assert scene.world.sql(held, [cell, row]) == [(kept,)]


def test_only_magistrates_who_serve_at_a_court_today_are_named_for_it(scene: Scene) -> None:
    world = scene.world
    here = {name: world.agent(role, "TJ13", name=name) for name, role in (
        ("serves", Role.PROSECUTOR), ("judges", Role.EXAMINING_JUDGE), ("clerk", Role.DUTY_OFFICER),
        ("inactive", Role.PROSECUTOR), ("revoked", Role.PROSECUTOR), ("future", Role.PROSECUTOR),
        ("ended", Role.PROSECUTOR), ("until", Role.PROSECUTOR), ("elsewhere", Role.PROSECUTOR),
    )}  # fmt: skip
    away = world.agent(Role.PROSECUTOR, "TJ69", name="away")
    court = here["serves"].unit_id
    of = "UPDATE access_habilitation SET {} WHERE agent_id = '{}'"
    scene.as_superuser(
        f"UPDATE access_agent SET active = false WHERE id = '{here['inactive'].id}'",
        of.format("revoked_at = now()", here["revoked"].id),
        of.format("valid_from = current_date + 2", here["future"].id),
        of.format("valid_to = current_date - 2", here["ended"].id),
        of.format("valid_to = current_date + 2", here["until"].id),
        of.format(f"unit_id = '{away.unit_id}'", here["elsewhere"].id),
    )
    with injected(world, scene.who(Role.INVESTIGATOR, "DED13")) as connection:
        found = {row[0] for row in connection.execute("SELECT id FROM cases.magistrates(%s)", [court]).fetchall()}
    known: dict[UUID, str] = {who.id: name for name, who in (here | {"away": away}).items()}
    assert {known[i] for i in found if i in known} == {"serves", "judges", "until"}
