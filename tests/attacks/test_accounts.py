"""Statements injected under an agent's session: no lasting mandate, no right given to oneself, no borrowed journal."""

import psycopg
import pytest

from recoupe.access.enums import Role
from tests.attacks.injected import STOPPED, injected, stopped
from tests.world import TestAgent, World

MANDATE = (
    "INSERT INTO access_mandate (id, agent_id, task, purpose, motive, case_ref, granted_at, expires_at)"
    " VALUES (gen_random_uuid(), %s, 'x', 'duty', 'motif assez long', '', now(), now() + %s::interval)"
)


@pytest.fixture(scope="module")
def agent(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def test_a_mandate_is_one_s_own_and_lasts_a_day(world: World, agent: TestAgent) -> None:
    other = world.agent(Role.UNIT_HEAD, "PJ13")
    assert stopped(world, agent, MANDATE, agent.id, "10 years")
    assert stopped(world, agent, MANDATE, other.id, "1 hour")
    assert not stopped(world, agent, MANDATE, agent.id, "24 hours")


def test_nobody_designates_himself(world: World, agent: TestAgent) -> None:
    authority = world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")
    given = (
        "INSERT INTO access_habilitation (id, agent_id, role, unit_id, designated_by, valid_from)"
        " VALUES (gen_random_uuid(), %s, 'ofast_analyst', %s, 'x', '2020-01-01')"
    )
    for who in (agent, authority):
        assert stopped(world, who, given, who.id, who.unit_id)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT access.enter(access.agent(), 'duty', 'x', '', '')",
        "SELECT access.open_service('matcher', 'x')",
        "SELECT access.open_mandate(gen_random_uuid())",
        "SELECT access.start_session(access.agent(), '', 12)",
        "SELECT * FROM access.passkey_of('x')",
        "SELECT access.keep_passkey(access.agent(), 'x', 'x', 0, 'x', 'NONE', 'signin')",
        "SELECT access.take_challenge('x', 'sign-in')",
        "SELECT access.prove('x', NULL)",
        "SELECT access.made_agents()",
        "SELECT access.republish(1::smallint, gen_random_uuid(), now(), '{}')",
        "SELECT audit.write(NULL, NULL, '', '', '', '', 'x', '{}', '{}', '{}', NULL, NULL)",
        "SELECT intelligence.move('{}', '{}', 'ERASED')",
        "SELECT intelligence.settle('{}', true)",
        "SELECT * FROM intelligence.take('express', 1)",
        "SELECT intelligence.end_silence(gen_random_uuid(), current_date)",
        "SELECT intelligence.silences_over(current_date)",
        "SELECT * FROM intelligence.tell_categories(current_date, gen_random_uuid(), 1)",
        "SELECT intelligence.end_categories(1)",
        "SELECT intelligence.lacks_category(gen_random_uuid())",
        "SELECT intelligence.categorised_by(gen_random_uuid())",
        "UPDATE intelligence_person SET family = 'x'",
        "UPDATE intelligence_attachment SET pages = 1",
        "UPDATE intelligence_importrefusal SET field = 'x'",
        "SELECT intelligence.audience(gen_random_uuid(), 'GRADED', NULL, NULL, '{}', '{H0}', '', false)",
        "SELECT intelligence.recipients(gen_random_uuid(), gen_random_uuid())",
        "SELECT * FROM plan.counts()",
        "SELECT plan.freeze()",
        "INSERT INTO audit_entry (at) VALUES (now())",
        "UPDATE access_context SET agent = NULL",
        "UPDATE access_rolecapacity SET role = 'dpo'",
        "INSERT INTO crosscheck_party (id) VALUES (gen_random_uuid())",
        "UPDATE crosscheck_hitside SET strength = 'weak'",
        "DELETE FROM notices_notice",
        "UPDATE notices_notice SET key = 0",
    ],
)
def test_what_belongs_to_other_processes_is_refused(world: World, agent: TestAgent, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), injected(world, agent) as connection:
        connection.execute(statement.encode())


def test_the_journal_says_who_acts_whatever_is_sent(world: World, agent: TestAgent) -> None:
    with injected(world, agent) as connection:
        try:
            connection.execute("SELECT set_config('access.agent', gen_random_uuid()::text, true)")
        except STOPPED:
            connection.rollback()
            return
        connection.execute("SELECT audit.record('consult', ARRAY['report:x'], '{}', '{}', NULL, NULL)")
    assert world.journal()[-1][1] == agent.id
