"""Two procedures that meet: no authority settles for their magistrates, each told of the other's office (S-6)."""

from datetime import date
from uuid import UUID

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.cases.actions import CaseEntry, open_case
from recoupe.crosscheck import actions, queries
from recoupe.crosscheck.enums import ContactState, Resolution
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.kernel.refusal import Conflict
from tests.attacks.injected import injected, stopped
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

COURTS = {"PJ13": "TJ13", "DED13": "TJ69"}
NUMBERS = {"PJ13": "2026/004101", "DED13": "2026/004102"}
WHY = "les deux équipes visent les mêmes personnes"


@pytest.fixture(scope="module")
def cases(scene: Scene) -> dict[str, UUID]:
    """A procedure of each of the two services, followed at another court each."""
    made = {}
    for unit, court in COURTS.items():
        magistrate = scene.who(Role.PROSECUTOR, court)
        entry = CaseEntry(NUMBERS[unit], magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1))
        with scene.world.acting(scene.who(Role.INVESTIGATOR, unit)) as agent:
            made[unit] = open_case(by=agent, entry=entry).id
    return made


def carried(scene: Scene, cases: dict[str, UUID]) -> UUID:
    """A contact of the two, carried to the head of the cell; judicial where a case is given."""
    phone, police, customs = new_phone(), scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    records = {}
    for who, unit in ((customs, "DED13"), (police, "PJ13")):
        judicial = {"frame": "judicial", "case_id": cases[unit]} if unit in cases else {}
        records[unit] = scene.enter(who, phone=phone, **judicial)
    scene.pull()
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=HitSide.objects.get(record_id=records["PJ13"]))
    with scene.world.acting(customs) as agent:
        mine = ContactThread.objects.get(id=thread.id)
        actions.make_contact(by=agent, thread=mine)
        actions.escalate(by=agent, thread=mine, reason=WHY)
    return thread.id


def settle(scene: Scene, who: TestAgent, thread: UUID) -> ContactThread:
    with scene.world.acting(who) as agent:
        found = queries.thread(agent, thread).thread
        return actions.settle(by=agent, thread=found, resolution=Resolution.COEXIST, reason=WHY)


RESOLVED = (
    "UPDATE crosscheck_contactthread SET state = 'RESOLVED', resolution = 'coexist', resolved_at = now() WHERE id = %s"
)
PROPOSED = "UPDATE crosscheck_contactthread SET proposed_side = 'holder', proposed_resolution = 'coexist' WHERE id = %s"


def test_no_authority_settles_and_the_two_sides_do(scene: Scene, cases: dict[str, UUID]) -> None:
    thread, head = carried(scene, cases), scene.who(Role.CROSS_HEAD, "CROSS13")
    with pytest.raises(Conflict, match="magistrats"):
        settle(scene, head, thread)
    assert stopped(scene.world, head, RESOLVED, thread)
    page = scene.world.client(head).get(f"/contacts/{thread}/").content.decode()
    assert f"/contacts/{thread}/trancher/" not in page and f"/contacts/{thread}/saisir/" in page
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    # Not even a side does alone what the other has to accept, nor proposes in its name.
    assert stopped(scene.world, police, RESOLVED, thread)
    assert stopped(scene.world, police, PROPOSED, thread)
    with scene.world.acting(police) as agent:
        mine = queries.thread(agent, thread).thread
        actions.propose_resolution(by=agent, thread=mine, resolution=Resolution.COEXIST)
    assert stopped(scene.world, police, RESOLVED, thread)
    with scene.world.acting(customs) as agent:
        mine = queries.thread(agent, thread).thread
        assert actions.accept_resolution(by=agent, thread=mine).state == ContactState.RESOLVED


def test_a_side_that_settles_alone_does_not_learn_whether_the_other_record_is_of_a_procedure(
    scene: Scene, cases: dict[str, UUID]
) -> None:
    police, told = scene.who(Role.INVESTIGATOR, "PJ13"), []
    for known in (cases, {"PJ13": cases["PJ13"]}):
        thread = carried(scene, known)
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege) as refusal,
            injected(scene.world, police) as connection,
        ):
            connection.execute(RESOLVED.encode(), [thread])
        told.append(str(refusal.value).partition("CONTEXT")[0])
    assert told[0] == told[1]


def test_each_magistrate_learns_of_the_other_office_and_nothing_else(scene: Scene, cases: dict[str, UUID]) -> None:
    thread = carried(scene, cases)
    names = dict(scene.world.sql("SELECT code, name FROM reference_unit WHERE code = ANY (%s)", [[*COURTS.values()]]))
    for unit, court in COURTS.items():
        page = scene.world.client(scene.who(Role.PROSECUTOR, court)).get("/").content.decode().replace("&#x27;", "'")
        other = next(name for code, name in names.items() if code != court)
        line = page[page.index(NUMBERS[unit]) :][:200]
        assert other in line
        (away,) = COURTS.keys() - {unit}
        assert NUMBERS[away] not in page and str(thread) not in page
    # Whoever is in charge of neither is told nothing.
    stranger = scene.who(Role.PROSECUTOR, "TJ13", "second")
    with scene.world.acting(stranger) as agent:
        assert [queries.opposed(agent, case) for case in cases.values()] == [[], []]


def test_an_authority_settles_what_is_not_between_two_procedures(scene: Scene, cases: dict[str, UUID]) -> None:
    thread, head = carried(scene, {"PJ13": cases["PJ13"]}), scene.who(Role.CROSS_HEAD, "CROSS13")
    assert settle(scene, head, thread).state == ContactState.RESOLVED
