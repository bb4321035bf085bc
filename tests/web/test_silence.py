"""The journal fails closed: what nobody could prove is not shown, and the page says so (R-42).

Fifteen minutes of silence are written here; processes of witnesses are killed and come back in tests/cli/test_demo.py.
"""

from argparse import Namespace
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import DatabaseError

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.queries import standing
from recoupe.cli import journal
from recoupe.cli.obstacle import Obstacle
from tests.world import World


@pytest.fixture
def silent(world: World) -> Iterator[None]:
    """A witness was named, and has said nothing for sixteen minutes."""
    world.sql("SELECT audit.enrol('temoin-x', '\\x00')", role="recoupe_owner")
    world.sql("UPDATE audit_witness SET enrolled_at = now() - interval '16 minutes'")
    yield
    world.sql("DELETE FROM audit_witness")


def test_nothing_is_consulted_while_a_witness_is_silent(world: World, silent: None) -> None:
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    for address in ("/", "/renseignements/", "/points/", "/objectifs/"):
        answer = client.get(address)
        assert answer.status_code == 503, address
        assert "témoin du journal se tait" in answer.content.decode()
    answer = client.get("/carte/points.geojson?bbox=5,43,6,44")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")


def test_the_administrator_sees_which_witness_is_silent(world: World, silent: None) -> None:
    """His page holds no case data; a reading of anything else under its name is refused all the same."""
    who = world.agent(Role.SYSADMIN, "CROSS13")
    answer = world.client(who).get("/technique/")
    assert answer.status_code == 200
    assert "temoin-x" in answer.content.decode() and "Se tait" in answer.content.decode()
    for refs, details in (([("report", uuid4())], {"what": "technical"}), ([], {"what": "plan"})):
        with pytest.raises(DatabaseError), world.acting(who):
            record(Operation.CONSULT, refs=refs, details=details)
    with pytest.raises(DatabaseError), world.acting(world.agent(Role.CROSS_ANALYST, "CROSS13")):
        record(Operation.CONSULT, details={"what": "technical"})


def test_who_is_silent_is_told_to_few(world: World, silent: None) -> None:
    with world.acting(world.agent(Role.DPO, "OFAST")):
        assert [(w.name, w.silent) for w in standing()] == [("temoin-x", True)]
    with world.acting(world.agent(Role.UNIT_HEAD, "PJ13")):
        assert standing() == []


def test_a_refused_page_leaves_nothing_behind(world: World, silent: None) -> None:
    who = world.agent(Role.CROSS_ANALYST, "CROSS13")
    before = world.sql("SELECT max(id) FROM audit_entry")
    world.client(who).get("/renseignements/")
    assert world.sql("SELECT max(id) FROM audit_entry") == before


@pytest.mark.parametrize("moment", ["seen_at = now() - interval '14 minutes'", "retired_at = now()"])
def test_a_witness_that_speaks_or_is_no_more_stops_nobody(world: World, silent: None, moment: str) -> None:
    world.sql(f"UPDATE audit_witness SET {moment}")
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    assert client.get("/renseignements/").status_code == 200


@pytest.mark.parametrize("jump", ["1 hour", "1 year"])
def test_a_clock_that_jumped_and_came_back_leaves_no_witness_heard(world: World, silent: None, jump: str) -> None:
    """What was written in a future that did not come stands for no witness: it refuses all until then."""
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    world.sql("UPDATE audit_witness SET seen_at = now() + interval '1 minute'")
    assert client.get("/renseignements/").status_code == 200
    for column in ("seen_at", "enrolled_at"):
        world.sql(f"UPDATE audit_witness SET {column} = now() + %s::interval", [jump])
        world.sql("UPDATE audit_witness SET seen_at = NULL" if column == "enrolled_at" else "SELECT 1")
        assert client.get("/renseignements/").status_code == 503
        with world.acting(world.agent(Role.DPO, "OFAST")):
            assert [one.silent for one in standing()] == [True]


def test_fewer_than_two_witnesses_open_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real house has two, and keeps them: one person who unnames them all opens no journal that nobody keeps."""
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    world.demand_witnesses()
    try:
        for name, status in (("", 503), ("temoin-x", 503), ("temoin-y", 200), ("temoin-z", 200)):
            if name:
                world.sql("SELECT audit.enrol(%s, sha256(%s))", [name, name.encode()], role="recoupe_owner")
            assert client.get("/renseignements/").status_code == status, name
        asked = Namespace(names=["temoin-z"])
        monkeypatch.setattr(journal, "connected_as", lambda _role: world.process("migrate"))
        assert journal.retire(asked) == 0
        assert journal.retire(asked) == 1
        with pytest.raises(Obstacle, match="deux témoins"):
            journal.retire(Namespace(names=["temoin-y"]))
        assert client.get("/renseignements/").status_code == 200
        assert world.sql("SELECT count(*) FROM audit_witness WHERE retired_at IS NULL") == [(2,)]
        assert [told[3]["name"] for told in world.journal("configure") if told[3].get("what") == "witness_retired"] == [
            "temoin-z",
            "temoin-z",
        ]
    finally:
        world.declare_unwitnessed()
        world.sql("DELETE FROM audit_witness")


def test_one_silent_witness_among_others_is_enough(world: World, silent: None) -> None:
    world.sql("SELECT audit.enrol('temoin-y', '\\x01')", role="recoupe_owner")
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    assert client.get("/renseignements/").status_code == 503


def test_signing_out_and_a_refusal_are_still_written(world: World, silent: None) -> None:
    with world.acting(world.agent(Role.INVESTIGATOR, "PJ13")):
        for operation in (Operation.SIGN_OUT, Operation.REFUSED, Operation.CONFIGURE):
            record(operation, details={"what": "technical"})


def test_a_process_goes_on_comparing_what_was_deposited(world: World, silent: None) -> None:
    with world.process("matcher"), context.service("matcher", "recoupement"):
        record(Operation.COMBINE, refs=[("report", uuid4())])
