"""One test for each condition of the desk's functions: what it stops, asked by the application's own role (T10)."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone
from psycopg import errors

from recoupe.access.enums import Role
from recoupe.desk import queries
from recoupe.desk.enums import Standing
from recoupe.kernel.refusal import Refused
from tests.attacks.injected import injected, stopped
from tests.attacks.test_one_authority import bind
from tests.desk.test_accounts import alone, answer, code, hand_key, lost
from tests.desk.test_keys import asked
from tests.world import TestAgent, World

REVIEW = "SELECT desk.review(gen_random_uuid(), %s)"


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


def habilitation(world: World, who: TestAgent) -> UUID:
    [(found,)] = world.sql("SELECT id FROM access_habilitation WHERE agent_id = %s", [who.id])
    return UUID(str(found))


def standing(world: World, authority: TestAgent, who: TestAgent) -> Standing:
    with world.acting(authority) as agent:
        return queries.standing(agent, who.id)


# --- Keys of tools ---------------------------------------------------------------------------------------------
def test_whoever_heads_no_unit_asks_for_no_key_and_is_told_so(world: World) -> None:
    with pytest.raises(Refused):
        asked(world, world.agent(Role.INVESTIGATOR, "PJ13"))


def test_the_officer_for_data_protection_sees_keys_and_losses_under_a_declared_purpose(
    world: World, authority: TestAgent, head: TestAgent
) -> None:
    key, recovery = asked(world, head), lost(world, authority, world.agent(Role.INVESTIGATOR, "PJ13"))
    for purpose in (False, True):
        with world.acting(world.agent(Role.DPO, "OFAST", purpose=purpose)) as agent:
            assert (key in {one.id for one in queries.tool_keys(agent)}) is purpose
            assert (recovery in {one.id for one in queries.recoveries(agent)}) is purpose


# --- Lost keys -------------------------------------------------------------------------------------------------
def test_an_authority_declares_no_loss_of_its_own(world: World, authority: TestAgent) -> None:
    ask = "SELECT desk.ask_recovery(gen_random_uuid(), %s, 'un motif assez long')"
    assert stopped(world, authority, ask, authority.id)
    assert not stopped(world, authority, ask, world.agent(Role.DESIGNATING_AUTHORITY, "PJ59").id)


def test_a_loss_confirmed_later_does_not_part_who_was_let_in_alone_from_who_let_him_in(
    world: World, authority: TestAgent
) -> None:
    """P-91: the second person of the first access counts; one whom he was given afterwards may be of his own making."""
    who, head = world.agent(Role.INVESTIGATOR, "PJ59"), world.agent(Role.UNIT_HEAD, "PJ59")
    alone(world, authority, head)
    hand_key(world, head)
    world.confirm(head.id)
    with pytest.raises(Refused):
        answer(world, head, lost(world, authority, who))


def test_a_first_access_is_called_so_whoever_else_has_a_key(world: World, authority: TestAgent) -> None:
    holder, fresh = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    hand_key(world, holder)
    asked_of = {name: lost(world, authority, who) for name, who in (("again", holder), ("first", fresh))}
    with world.acting(authority) as agent:
        assert {name: queries.recovery(agent, one).first for name, one in asked_of.items()} == {
            "again": False, "first": True,
        }  # fmt: skip


def test_who_came_by_a_provider_had_an_access(world: World, authority: TestAgent) -> None:
    """His next one is another, and said to be: « clé perdue », never « premier accès »."""
    who, fresh = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    bind(world, authority, who, f"sujet-{who.id}", confirmed=True)
    assert (standing(world, authority, who), standing(world, authority, fresh)) == (Standing.HAD, Standing.FIRST)
    lost(world, authority, who)
    said = [d["what"] for _, _, refs, d in world.journal("configure") if f"agent:{who.id}" in refs and "what" in d]
    assert said[-1] == "key_lost"


def test_whoever_has_neither_key_nor_identity_nor_a_code_of_his_own_cannot_enter(
    world: World, authority: TestAgent
) -> None:
    """By this a house that has lost its authorities is told from one that has not (P-92)."""
    who, other = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    world.confirm(who.id)
    code(world, authority, who)
    enters = "SELECT desk.enters(%s)"
    assert (world.sql(enters, [who.id]), world.sql(enters, [other.id])) == ([(True,)], [(False,)])


def test_nobody_founds_a_house_under_the_context_of_an_agent(world: World, authority: TestAgent) -> None:
    found = "SELECT desk.found('[]', false)"
    with psycopg.connect(world.admin_url) as admin:
        assert admin.execute(found).fetchone() == ("alone",)
        admin.execute("SELECT access.open(%s)", [authority.token])
        with pytest.raises(errors.InsufficientPrivilege):
            admin.execute(found)


# --- Identities ------------------------------------------------------------------------------------------------
def test_an_identity_that_has_ended_keeps_the_moment_of_its_end(world: World, authority: TestAgent) -> None:
    who, second = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.UNIT_HEAD, "PJ13")
    bind(world, authority, who, f"avant-{who.id}", confirmed=True)
    answer(world, second, lost(world, authority, who))
    ended = "SELECT ended_at FROM desk_identity WHERE subject = %s"
    [before] = world.sql(ended, [f"avant-{who.id}"])
    bind(world, authority, who, f"apres-{who.id}")
    assert before[0] is not None
    assert world.sql(ended, [f"avant-{who.id}"]) == [before]


@pytest.mark.parametrize("table", ["desk_identity", "desk_review", "desk_recovery", "desk_servicekey"])
def test_no_row_of_the_desk_is_written_without_an_entry_of_the_journal(world: World, table: str) -> None:
    """Whoever writes: the rights are those of the functions, and the journal is asked of them too."""
    with psycopg.connect(world.admin_url) as admin, pytest.raises(psycopg.Error, match="journal"):
        admin.execute(f"DELETE FROM {table}".encode())


# --- The review of a quarter -----------------------------------------------------------------------------------
def test_a_designation_that_is_over_is_nobody_s_to_review(world: World, authority: TestAgent) -> None:
    today = timezone.localdate()
    begun = today - timedelta(days=200)
    over = world.agent(Role.INVESTIGATOR, "PJ83", valid_from=begun, valid_to=today - timedelta(days=1))
    last = world.agent(Role.INVESTIGATOR, "PJ83", valid_from=begun, valid_to=today)
    with world.acting(authority) as agent:
        due = {row.agent_id for row in queries.due_reviews(agent, today, 200)}
    assert last.id in due
    assert over.id not in due


def test_nobody_reviews_himself_and_nothing_that_was_taken_away_is_kept(world: World, authority: TestAgent) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    assert stopped(world, authority, REVIEW, habilitation(world, authority))
    kept = []
    for _ in range(2):
        with injected(world, authority) as connection:
            kept.append(connection.execute(REVIEW.encode(), [habilitation(world, who)]).fetchone())
        world.sql(
            "SET session_replication_role = replica;"
            f" UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = '{who.id}'"
        )
    assert kept == [(True,), (False,)]


def test_a_binding_wants_the_word_of_a_second_person_about_this_very_agent(world: World, authority: TestAgent) -> None:
    """Confirmed for one, bound to another: refused by the function that gives a way in."""
    who, other = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    world.confirm(who.id)
    call = "SELECT desk.bind_identity(gen_random_uuid(), %s, 'https://fournisseur.example', %s)"
    assert stopped(world, authority, call, other.id, f"sujet-{other.id}")
    assert not stopped(world, authority, call, who.id, f"sujet-{who.id}")
