"""A report that is erased: out of the index, its hits closed, nothing left to the other side but that."""

import threading
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from recoupe.access import context, feed
from recoupe.access.enums import Role
from recoupe.crosscheck import actions, index, queries
from recoupe.crosscheck.actions import withdraw
from recoupe.crosscheck.actions.pull import compare
from recoupe.crosscheck.enums import ContactState, HitState, NoticeKind, ReleaseState, Resolution
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.intelligence.matching import selectors_since
from recoupe.notices import queries as notices
from tests.crosscheck.process import drained, matcher, queued, until
from tests.crosscheck.scene import Scene, new_phone
from tests.crosscheck.test_judging import readable_by_the_cell
from tests.world import TestAgent

LEARNT = (
    "other_code", "other_name", "other_contact", "other_phone", "other_email", "asker_code", "asker_name",
    "motive_category", "strength",
)  # fmt: skip


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


def erase(scene: Scene, *records: UUID) -> None:
    """What the retention job will do: the last move of W1, in a service context, by the function of all such moves."""
    with psycopg.connect(scene.world.admin_url) as server:
        server.execute("SELECT access.open_service('worker', 'échéance de conservation')")
        (before,) = server.execute("SELECT array_agg(DISTINCT state::text) FROM intelligence_report").fetchone() or (
            [],
        )
        server.execute("SELECT intelligence.move(%s::uuid[], %s, 'ERASED')", [list(records), before])


def withdrawn(scene: Scene) -> int:
    with scene.world.process("matcher"):
        return withdraw()


def meet(scene: Scene, first: TestAgent, second: TestAgent) -> tuple[UUID, UUID, str]:
    phone = new_phone()
    held = scene.enter(first, phone=phone)
    asked = scene.enter(second, phone=phone)
    assert scene.pull().hits == 1
    return held, asked, phone


def in_index(scene: Scene, record: UUID) -> tuple[int, int]:
    found = [
        scene.world.sql(f"SELECT count(*) FROM {table} WHERE record_id = %s", [record])[0][0]
        for table in ("crosscheck_indexrecord", "crosscheck_indexentry")
    ]
    return found[0], found[1]


def test_the_other_side_reads_that_it_is_closed_and_nothing_else(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    held, asked, phone = meet(scene, customs, police)
    assert in_index(scene, held) == (1, 1)
    erase(scene, held)
    assert queued(scene.world, "erasure") == 1
    assert withdrawn(scene) == 1
    assert drained(scene.world)
    assert in_index(scene, held) == (0, 0)
    side = scene.side(police, asked)
    assert side.state == HitState.CLOSED
    assert {getattr(side, name) for name in LEARNT} == {""}
    assert scene.sides(customs, held) == []
    with scene.world.acting(police) as agent:
        page = queries.hit_side(agent, side.id)
        assert page.thread is not None
        assert (page.thread.state, page.thread.asker_name, page.thread.holder_name) == (ContactState.CLOSED, "", "")
        told = {line.kind for line in notices.waiting(agent, limit=100) if line.record_id == side.id}
        assert NoticeKind.HIT_CLOSED in told
        assert side.id in [row.id for row in feed.page("hit", 100)]
    with scene.world.acting(customs) as agent:
        assert all(line.side.hit_id != side.hit_id for line in queries.hits(agent, limit=100))
    # Nobody meets it any more, though its number comes again.
    scene.enter(police, phone=phone)
    assert scene.pull().hits == 0


def test_the_pages_of_a_closed_hit_name_nobody(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked, _ = meet(scene, customs, police)
    other = scene.side(police, asked).other_name
    erase(scene, held)
    withdrawn(scene)
    client = scene.world.client(police)
    side = scene.side(police, asked)
    for address in (f"/recoupements/{side.id}/", f"/renseignements/{asked}/", "/"):
        page = client.get(address)
        assert page.status_code == 200, address
        if address != "/":
            assert "recoupement clos" in page.content.decode().lower()
            assert other not in page.content.decode()
    assert client.get("/recoupements/").status_code == 200


def test_an_open_contact_ends_and_what_was_asked_in_it(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked, _ = meet(scene, customs, police)
    side = scene.side(police, asked)
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=side, text="Bonjour")
    with scene.world.acting(customs) as agent:
        found = ContactThread.objects.get(id=thread.id)
        actions.make_contact(by=agent, thread=found)
    with scene.world.acting(police) as agent:
        found = ContactThread.objects.get(id=thread.id)
        actions.request_release(by=agent, thread=found, reason="pour comparer")
    erase(scene, held)
    withdrawn(scene)
    with scene.world.acting(police) as agent:
        page = queries.thread(agent, thread.id)
        assert page.thread.state == ContactState.CLOSED
        assert [line.text for line in page.messages] == ["Bonjour", "pour comparer"]
        assert [release.state for release in page.releases] == [ReleaseState.WITHDRAWN]


def test_what_two_services_have_settled_stays_settled(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked, _ = meet(scene, customs, police)
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    with scene.world.acting(customs) as agent:
        found = ContactThread.objects.get(id=thread.id)
        actions.make_contact(by=agent, thread=found)
        actions.propose_resolution(by=agent, thread=found, resolution=Resolution.COEXIST)
    with scene.world.acting(police) as agent:
        actions.accept_resolution(by=agent, thread=ContactThread.objects.get(id=thread.id))
    erase(scene, held)
    withdrawn(scene)
    with scene.world.acting(police):
        assert ContactThread.objects.get(id=thread.id).state == ContactState.RESOLVED
        assert HitSide.objects.get(record_id=asked).state == HitState.CLOSED


def test_a_question_to_an_analyst_becomes_moot(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    held, asked = readable_by_the_cell(scene, police, customs)
    erase(scene, held)
    withdrawn(scene)
    with scene.world.acting(analyst) as agent:
        assert not [q for q in queries.judgements(agent, limit=100) if asked in (q.first_id, q.second_id)]


def test_the_journal_says_it_without_content(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked, _ = meet(scene, customs, police)
    hit = scene.side(police, asked).hit_id
    erase(scene, held)
    withdrawn(scene)
    written = [(refs, details) for _, actor, refs, details in scene.world.journal("erase") if actor is None]
    assert ([f"report:{held}"], {"what": "index"}) in written
    assert ([f"pair:{hit}"], {"state": "CLOSED"}) in written


def test_a_report_whose_row_is_deleted_leaves_too_and_a_draft_never_was_there(scene: Scene, police: TestAgent) -> None:
    gone = scene.enter(police)
    scene.pull()
    with psycopg.connect(scene.world.admin_url) as server:
        server.execute("SELECT access.open_service('worker', 'échéance de conservation')")
        server.execute("SELECT audit.record('erase', %s, '{}', '{}', NULL, NULL)", [[f"report:{gone}"]])
        server.execute("DELETE FROM intelligence_reporthistory WHERE report_id = %s", [gone])
        server.execute("DELETE FROM intelligence_report WHERE id = %s", [gone])
    assert withdrawn(scene) == 1
    assert in_index(scene, gone) == (0, 0)


def test_a_pull_under_way_is_waited_for(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    """The pull has read the report before it is erased: what it writes is taken out after it, not before."""
    held = scene.enter(customs, phone=new_phone())
    done: list[int] = []

    def take_out() -> None:
        erase(scene, held)
        done.append(withdraw())
        connection.close()

    thread = threading.Thread(target=take_out)
    with scene.world.process("matcher"):
        with context.service("matcher", "essai"):
            index.share()
            records = selectors_since("express", 50)
            assert [r.record_id for r in records] == [held]
            thread.start()
            # The erasure itself, or at the latest its withdrawal, waits for this pull.
            until(lambda: scene.world.sql("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted") == [(True,)], 20)
            compare(records, "express")
        thread.join(20)
    assert done == [1]
    assert in_index(scene, held) == (0, 0)


def test_the_running_matcher_withdraws(scene: Scene, police: TestAgent, customs: TestAgent, tmp_path: Path) -> None:
    held, asked, _ = meet(scene, customs, police)
    with matcher(scene.world, tmp_path):
        erase(scene, held)
        until(lambda: drained(scene.world), 20)
    assert scene.side(police, asked).state == HitState.CLOSED


def test_it_is_withdrawn_once(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked, _ = meet(scene, customs, police)
    erase(scene, held)
    erase(scene, asked)
    assert withdrawn(scene) == 2
    assert withdrawn(scene) == 0
    assert scene.sides(police, asked) == scene.sides(customs, held) == []
