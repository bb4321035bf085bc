"""Who is transferred leaves behind all that he read (R-ACC-1, R-28): pages, lists, notices, rows, jobs, drafts."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from recoupe.access import actions as access
from recoupe.access import context
from recoupe.access.enums import PURPOSES_BY_ROLE, Role
from recoupe.access.models import Mandate
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import Answer
from recoupe.crosscheck.models import HitSide
from recoupe.intelligence import actions as reports
from recoupe.intelligence.actions.depositing import discard_left_drafts
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Refused
from tests.attacks.injected import stopped
from tests.crosscheck.scene import Scene, entry
from tests.furnished import Furnished, furnish
from tests.world import TestAgent, World

# Where each object is read, and the table of its rows.
PAGES = {
    "renseignements": "intelligence_report",
    "imports": "intelligence_importfile",
    "procedures": "cases_case",
    "recoupements": "crosscheck_hitside",
    "contacts": "crosscheck_contactthread",
    "accords": "crosscheck_agreement",
    "points": "dealpoints_dealpoint",
    "objectifs": "coordination_objective",
}
LISTS = ("/", "/renseignements/", "/renseignements/?whose=mine", "/renseignements/brouillons/", "/imports/",
         "/procedures/", "/recoupements/", "/contacts/", "/accords/", "/points/", "/objectifs/")  # fmt: skip


@pytest.fixture(scope="module")
def house(world: World) -> Furnished:
    return furnish(world)


@pytest.fixture(scope="module")
def office(house: Furnished) -> Client:
    return house.world.client(house.people["authority"])


def signed_in(world: World, who: TestAgent) -> Client:
    """A new sign-in, and a purpose declared on the page for it."""
    token = secrets.token_urlsafe(32)
    digest = sha256(token.encode()).digest()
    world.sql("SELECT access.start_session(%s, %s, 12)", [who.id, digest], role="recoupe_signin")
    client = world.client(TestAgent(who.id, who.login, who.unit_id, who.roles, token))
    said = {"purpose": PURPOSES_BY_ROLE[who.roles[0]][0].value, "motive": "motif de test suffisant"}
    assert client.post("/finalite/", said).status_code == 302
    return client


def move(office: Client, who: TestAgent, unit: str, *, role: Role | None = None) -> None:
    """What the authority does on the account's page: another unit, and there a designation."""
    address = f"/habilitations/{who.id}/"
    assert office.post(f"{address}muter/", {"unit": unit}).status_code == 302
    if role:
        said = {"role": role.value, "valid_from": timezone.localdate().isoformat()}
        assert office.post(f"{address}designer/", said).status_code == 302


def opened(house: Furnished, client: Client) -> set[str]:
    """Every page of an object that answers."""
    ids = house.ids()
    pages = (f"/{place}/{identifier}/" for place, table in PAGES.items() for identifier in ids[table])
    return {page for page in pages if client.get(page).status_code == 200}


def named(client: Client, pages: set[str]) -> set[str]:
    """Which of these pages some list speaks of."""
    bodies = [client.get(address).content.decode() for address in LISTS]
    return {page for page in pages if any(page.split("/")[2] in body for body in bodies)}


@pytest.mark.parametrize(
    ("name", "elsewhere"), [("police", "PJ69"), ("customs", "PJ69"), ("prosecutor", "TJ69"), ("unit head", "PJ69")]
)
def test_nothing_of_the_former_unit_is_readable_and_going_back_gives_it_back(
    house: Furnished, office: Client, name: str, elsewhere: str
) -> None:
    world, who = house.world, house.people[name]
    [(home,)] = world.sql("SELECT code FROM reference_unit WHERE id = %s", [who.unit_id])
    before = signed_in(world, who)
    read, told = opened(house, before), named(before, opened(house, before))
    assert read and told
    move(office, who, elsewhere, role=who.roles[0])
    assert before.get("/").status_code == 302, "the session ends with the transfer"
    after = signed_in(world, who)
    assert opened(house, after) == set()
    assert named(after, read) == set()
    move(office, who, home)
    assert after.get("/").status_code == 302
    back = signed_in(world, who)
    assert opened(house, back) == read
    assert named(back, read) == told


def test_the_rows_themselves_stay_in_the_former_unit(house: Furnished, office: Client) -> None:
    """The same by injected SQL, on every table that the application reads by keys or by a parent's."""
    world, who = house.world, house.people["police"]
    tables = [t.name for t in house.tables().values() if t.rule("recoupe_app", "SELECT") in ("keys", "parent")]
    assert len(tables) > 15
    before = _rows(world, who, tables)
    assert sum(map(bool, before.values())) > 8
    move(office, who, "PJ69", role=Role.INVESTIGATOR)
    moved = _session(world, who)
    assert {t: rows for t, rows in _rows(world, moved, tables).items() if rows} == {}
    draft = next(
        iter(world.sql("SELECT id FROM intelligence_report WHERE state = 'DRAFT' AND author_id = %s", [who.id]))
    )
    with context.acting(moved.token), connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.discard(%s)", draft)
        assert cursor.fetchone() == (False,)
    move(office, who, "PJ13")
    assert _rows(world, _session(world, who), tables) == before


def _session(world: World, who: TestAgent) -> TestAgent:
    client = signed_in(world, who)
    return TestAgent(who.id, who.login, who.unit_id, who.roles, next(iter(client.cookies.values())).value)


def _rows(world: World, who: TestAgent, tables: list[str]) -> dict[str, set[UUID]]:
    with psycopg.connect(world.url("recoupe_app")) as direct:
        direct.execute("SELECT access.open(%s)", [who.token])
        return {t: {row[0] for row in direct.execute(f"SELECT id FROM {t}".encode())} for t in tables}


def test_an_author_who_reads_a_side_from_another_unit_answers_nothing(world: World, office: Client) -> None:
    """He moves to the cell that reads the hit: he sees it as an analyst, and holds the record no longer (P-50)."""
    scene = Scene(world)
    author, other = (world.agent(Role.INVESTIGATOR, unit) for unit in ("PJ13", "DED13"))
    alike = ("TESTARD", "Célestin", "08/08/1966")
    # Out of the territory: no cell judges the pair, so that the two sides are asked.
    held = scene.enter(author, person=alike, handling="H2", commune="83137")
    scene.enter(other, person=alike, handling="H2")
    scene.pull()
    assert scene.side(author, held).state == "BLIND_NOTIFIED"
    move(office, author, "CROSS83", role=Role.CROSS_ANALYST)
    moved = _session(world, TestAgent(author.id, author.login, author.unit_id, (Role.CROSS_ANALYST,), ""))
    with world.acting(moved) as agent:
        side = HitSide.objects.get(record_id=held)
        with pytest.raises(Refused):
            crosscheck.answer_weak(by=agent, side=side, answer=Answer.SAME)
    answer = (
        "INSERT INTO crosscheck_weakanswer (id, side_id, answer, author_id, at)"
        " VALUES (gen_random_uuid(), %s, 'same', access.agent(), now())"
    )
    assert stopped(world, moved, answer, side.id)


def test_a_job_asked_for_in_the_former_unit_is_not_done(world: World, office: Client) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    with world.acting(who) as agent:
        mandate: Mandate = access.give_mandate(by=agent, task="recoupe.import_file")
    with world.process("worker"), context.mandated(mandate.id) as agent:
        assert agent.id == who.id
    move(office, who, "PJ69", role=Role.INVESTIGATOR)
    with world.process("worker"), pytest.raises(Refused), context.mandated(mandate.id):
        pass
    # Not even back where it was signed: it is asked for again.
    move(office, who, "PJ13")
    with world.process("worker"), pytest.raises(Refused), context.mandated(mandate.id):
        pass


# --- What he left unfinished ----------------------------------------------------------------------------------------


def drafted(world: World, who: TestAgent) -> UUID:
    with world.acting(who) as agent:
        return reports.create_draft(by=agent, entry=entry(), key=uuid4()).id


def night(world: World, at: datetime) -> int:
    with world.process("worker"), context.service("worker", "tests"):
        return discard_left_drafts(now=at)


def there(world: World, report: UUID) -> bool:
    return bool(world.sql("SELECT 1 FROM intelligence_report WHERE id = %s", [report]))


def test_a_draft_goes_some_time_after_its_author(world: World, office: Client) -> None:
    gone, stays, returns = (world.agent(Role.INVESTIGATOR, "PJ13") for _ in range(3))
    left, kept, found = (drafted(world, who) for who in (gone, stays, returns))
    with world.acting(gone) as agent:
        deposited = reports.deposit(by=agent, entry=entry()).id
    for who in (gone, returns):
        move(office, who, "PJ69", role=Role.INVESTIGATOR)
    now = timezone.now()
    assert night(world, now + timedelta(days=29)) == 0
    move(office, returns, "PJ13")
    assert night(world, now + timedelta(days=31)) == 1
    assert [there(world, r) for r in (left, kept, found, deposited)] == [False, True, True, True]
    assert world.sql("SELECT count(*) FROM access_feed WHERE id = %s", [left]) == [(0,)]
    assert ("erase", None, [f"report:{left}"], {"state": "DRAFT"}) in world.journal("erase")
    assert night(world, now + timedelta(days=400)) == 0
    with world.acting(stays):
        assert Report.objects.filter(id=kept).exists()


def test_nobody_says_since_when_an_agent_is_there(world: World, office: Client) -> None:
    """The time from which drafts and mandates are reckoned is the database's."""
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    asked = "SELECT placed_at FROM access_agent WHERE id = %s"
    since = world.sql(asked, [who.id])
    authority = world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")
    stopped(world, authority, "UPDATE access_agent SET placed_at = '2000-01-01' WHERE id = %s", who.id)
    assert world.sql(asked, [who.id]) == since
    move(office, who, "PJ69")
    assert world.sql(asked, [who.id]) > since
