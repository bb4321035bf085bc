"""One corrupt authority, alone: no way into a colleague's account, no second person of its own, each with a line."""

import psycopg
import pytest
from django.utils import timezone

from recoupe.access import actions as designations
from recoupe.access.enums import Role
from recoupe.access.queries import agent_of
from recoupe.desk import actions, queries
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from tests.attacks.injected import injected, stopped
from tests.desk.test_accounts import WHY, alone, answer, code, codes, hand_key, lost
from tests.desk.test_keys import answered, asked, fetched, me
from tests.world import TestAgent, World

ISSUER = "https://fournisseur.example"
BIND = "SELECT desk.bind_identity(gen_random_uuid(), %s, %s, %s)"
DESIGNATE = (
    "INSERT INTO access_habilitation (id, agent_id, role, unit_id, designated_by, valid_from)"
    " VALUES (gen_random_uuid(), %s, 'designating_authority', %s, 'x', current_date)"
)


@pytest.fixture(scope="module")
def corrupt(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


@pytest.fixture(scope="module")
def honest(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "PJ59")


def bind(world: World, by: TestAgent, who: TestAgent, sub: str, *, confirmed: bool = False) -> None:
    if confirmed:
        world.confirm(who.id)
    with world.acting(by) as agent:
        actions.bind_identity(by=agent, agent=agent_of(agent, who.id), issuer=ISSUER, subject=sub)


def bound(world: World, who: TestAgent) -> int:
    query = "SELECT count(*) FROM desk_identity WHERE agent_id = %s AND ended_at IS NULL"
    return int(world.sql(query, [who.id])[0][0])


def live_sessions(world: World, who: TestAgent) -> int:
    query = "SELECT count(*) FROM access_session WHERE agent_id = %s AND revoked_at IS NULL"
    return int(world.sql(query, [who.id])[0][0])


def test_no_identity_is_bound_beside_a_key_or_another_identity(world: World, corrupt: TestAgent) -> None:
    with_key, with_identity = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    hand_key(world, with_key)
    bind(world, corrupt, with_identity, "le-sien", confirmed=True)
    for victim in (with_key, with_identity):
        with pytest.raises(Conflict):
            bind(world, corrupt, victim, f"complice-{victim.id}")
        assert stopped(world, corrupt, BIND, victim.id, ISSUER, f"complice-{victim.id}")
        with pytest.raises(Conflict):
            code(world, corrupt, victim)
    assert (bound(world, with_key), bound(world, with_identity)) == (0, 1)


def test_a_confirmed_loss_gives_one_way_in_and_ends_every_other(world: World, corrupt: TestAgent) -> None:
    who, head = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.UNIT_HEAD, "PJ13")
    bind(world, corrupt, who, "avant-la-perte", confirmed=True)
    recovery = lost(world, corrupt, who)
    assert bound(world, who) == 0, "a thief who holds the account at the provider's stays outside"
    answer(world, head, recovery)
    world.open(who.id, "jeton-ouvert-entre-temps")
    bind(world, corrupt, who, "apres-la-perte")
    assert (bound(world, who), live_sessions(world, who)) == (1, 0)
    with pytest.raises(Conflict):
        code(world, corrupt, who)


def test_an_authority_of_one_s_own_making_gets_no_way_in(world: World, corrupt: TestAgent, honest: TestAgent) -> None:
    """Designated first: the code and the identity want a second person."""
    phantom = world.agent(Role.DESIGNATING_AUTHORITY, "PJ83")
    with pytest.raises(Conflict):
        code(world, corrupt, phantom)
    with pytest.raises(Conflict):
        bind(world, corrupt, phantom, "fantome")
    assert stopped(world, corrupt, "SELECT access.issue_code(%s, sha256('x'))", phantom.id)
    assert codes(world, phantom) == 0
    answer(world, honest, lost(world, corrupt, phantom))
    assert code(world, corrupt, phantom)


@pytest.mark.parametrize("way", ["code", "identity"])
def test_who_let_an_account_in_makes_it_no_authority(
    world: World, corrupt: TestAgent, honest: TestAgent, way: str
) -> None:
    """Let in first, even with a second person's word: somebody else designates it."""
    phantom = world.agent(Role.INVESTIGATOR, "PJ83")
    world.confirm(phantom.id)
    if way == "code":
        code(world, corrupt, phantom)
    else:
        bind(world, corrupt, phantom, "fantome-2")
    assert stopped(world, corrupt, DESIGNATE, phantom.id, phantom.unit_id)
    raised = "UPDATE access_habilitation SET role = 'designating_authority' WHERE agent_id = %s"
    assert stopped(world, corrupt, raised, phantom.id)
    with world.acting(corrupt) as agent, pytest.raises(Invalid, match="premier accès"):
        designations.grant_habilitation(
            by=agent, agent=agent_of(agent, phantom.id), role=Role.DESIGNATING_AUTHORITY,
            valid_from=timezone.localdate(), valid_to=None, reason=WHY,
        )  # fmt: skip
    assert not stopped(world, honest, DESIGNATE, phantom.id, phantom.unit_id)


def test_nobody_of_one_s_own_making_is_the_second_person(world: World, corrupt: TestAgent, honest: TestAgent) -> None:
    who, made = world.agent(Role.INVESTIGATOR, "PJ59"), world.agent(Role.UNIT_HEAD, "PJ59")
    alone(world, corrupt, made)
    recovery = lost(world, corrupt, who)
    with pytest.raises(Refused):
        answer(world, made, recovery)
    assert stopped(world, made, "SELECT desk.answer_recovery(%s, true)", recovery)
    key = asked(world, made)
    with pytest.raises(Refused):
        answered(world, corrupt, key)
    with injected(world, corrupt) as connection:
        assert connection.execute("SELECT desk.answer_key(%s, true)", [key]).fetchone() == (False,)
    answered(world, honest, key)
    answer(world, honest, recovery)


def test_no_house_is_locked_out_without_a_line_nor_without_a_purpose(world: World, corrupt: TestAgent) -> None:
    who, hurried = (
        world.agent(Role.INVESTIGATOR, "PJ13"),
        world.agent(Role.DESIGNATING_AUTHORITY, "PJ83", purpose=False),
    )
    for by, lines in ((hurried, 0), (corrupt, 1)):
        before = len(world.journal("configure"))
        try:
            with psycopg.connect(world.url("recoupe_app")) as connection:
                connection.execute("SELECT access.open(%s)", [by.token])
                connection.execute("SELECT access.revoke_passkeys(%s)", [who.id])
        except psycopg.errors.InsufficientPrivilege:
            assert lines == 0
        said = world.journal("configure")[before:]
        assert [(actor, refs) for _, actor, refs, _ in said] == [(by.id, [f"agent:{who.id}"])] * lines
    assert live_sessions(world, who) == 0


def test_a_key_that_was_copied_ends_for_both_hands(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    hand_key(world, who)
    [(key,)] = world.sql("SELECT id FROM access_passkey WHERE agent_id = %s", [who.id])
    for count, held in ((5, True), (4, False), (6, False)):
        assert world.sql("SELECT access.passkey_used(%s, %s, 'NONE')", [key, count], role="recoupe_signin") == [(held,)]
    assert live_sessions(world, who) == 0
    assert world.journal("configure")[-1][2:] == ([f"agent:{who.id}", f"passkey:{key}"], {"what": "passkey_revoked"})


def test_who_comes_by_a_provider_has_shown_no_key(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    for how, fresh in (("passkey", True), ("oidc", False)):
        token = f"jeton-{how}-{who.login}"
        start = "SELECT access.start_session(%s, sha256(convert_to(%s, 'UTF8')), 12, %s)"
        assert world.sql(start, [who.id, token, how], role="recoupe_signin") == [(True,)]
        query = "SELECT fresh FROM access.session_of(%s)"
        assert world.sql(query, [token], role="recoupe_signin") == [(fresh,)]
        added = "SELECT access.add_passkey(%s, sha256(convert_to(%s, 'UTF8')), 'x', 0, 'clé', 'NONE')"
        assert (world.sql(added, [token, token], role="recoupe_signin")[0][0] is not None) is fresh


def test_a_tool_ends_with_who_asked_for_it(world: World, honest: TestAgent) -> None:
    head = world.agent(Role.UNIT_HEAD, "PJ83")
    key = asked(world, head)
    answered(world, honest, key)
    token = fetched(world, head, key)
    assert me(token).get("/api/moi").status_code == 200
    elsewhere, home = (world.agent(Role.UNIT_HEAD, unit).unit_id for unit in ("PJ59", "PJ83"))
    move = "UPDATE access_agent SET unit_id = %s WHERE id = %s"
    for unit in (elsewhere, home):  # who comes back asks again
        assert not stopped(world, honest, move, unit, head.id)
        assert me(token).get("/api/moi").status_code == 401
    with world.acting(honest) as agent:
        assert queries.tool_key(agent, key).state == "REVOKED"


def test_two_identities_at_one_provider_are_refused_by_the_table_itself(world: World, corrupt: TestAgent) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    bind(world, corrupt, who, f"un-{who.id}", confirmed=True)
    again = (
        "INSERT INTO desk_identity (id, agent_id, issuer, subject, bound_by_id, bound_at)"
        " VALUES (gen_random_uuid(), %s, %s, %s, %s, now())"
    )
    with psycopg.connect(world.admin_url) as direct, pytest.raises(psycopg.errors.UniqueViolation):
        direct.execute("SET session_replication_role = replica")
        direct.execute(again, [who.id, ISSUER, f"deux-{who.id}", corrupt.id])
