"""Arrival, lost keys by two persons, departure, quarterly review; nobody does any of it for himself."""

from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.utils import timezone

from recoupe.access.actions import grant_habilitation
from recoupe.access.enums import Role
from recoupe.access.queries import agent_of, any_habilitation
from recoupe.config.provider import SECRET
from recoupe.desk import actions, queries
from recoupe.kernel.refusal import Conflict, Refused
from tests.attacks.injected import stopped
from tests.world import TestAgent, World

BIND = "SELECT desk.bind_identity(gen_random_uuid(), %s, %s, %s)"
WHY = "clé tombée à l'eau pendant une mission"


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


def hand_key(world: World, who: TestAgent) -> None:
    """A key of this agent, as the sign-in process keeps it."""
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute(
            "INSERT INTO access_passkey (id, agent_id, credential_id, public_key, sign_count, name, added_at)"
            " VALUES (gen_random_uuid(), %s, %s, 'x', 0, 'clé', now())",
            [who.id, uuid4().bytes],
        )


def lost(world: World, by: TestAgent, who: TestAgent) -> UUID:
    with world.acting(by) as agent:
        actions.declare_lost(by=agent, agent=agent_of(agent, who.id), reason=WHY)
    [(found,)] = world.sql("SELECT id FROM desk_recovery WHERE agent_id = %s ORDER BY asked_at DESC LIMIT 1", [who.id])
    return UUID(str(found))


def answer(world: World, by: TestAgent, recovery: UUID, agreed: bool = True) -> None:
    with world.acting(by) as agent:
        actions.answer_recovery(by=agent, lost=queries.recovery(agent, recovery), agreed=agreed)


def code(world: World, by: TestAgent, who: TestAgent) -> str:
    with world.acting(by) as agent:
        return actions.hand_code(by=agent, agent=agent_of(agent, who.id), reason=WHY)


def alone(world: World, by: TestAgent, who: TestAgent) -> None:
    """A first code that one authority handed out alone, as the desk let it before."""
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute(
            "INSERT INTO access_enrolmentcode (code_hash, agent_id, issued_by, issued_at, expires_at)"
            " VALUES (sha256(convert_to(%s, 'UTF8')), %s, %s, now(), now())",
            [str(who.id), who.id, by.id],
        )


def codes(world: World, who: TestAgent) -> int:
    return int(world.sql("SELECT count(*) FROM access_enrolmentcode WHERE agent_id = %s", [who.id])[0][0])


def test_a_first_code_waits_for_a_second_person(world: World, authority: TestAgent) -> None:
    """Asked for, confirmed by the head of his unit, handed out: the pages say at each step where it stands."""
    who, head = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.UNIT_HEAD, "PJ13")
    desk, page = world.client(authority), f"/agents/{who.id}/"
    with pytest.raises(Conflict):
        code(world, authority, who)
    assert "Demander la confirmation" in desk.get(page).content.decode()
    assert desk.post(page + "perdue/", {"reason": WHY}).status_code == 302
    assert "Une seconde personne doit confirmer" in desk.get(page).content.decode()
    with pytest.raises(Conflict):
        code(world, authority, who)
    seen = world.client(head).get("/cles-perdues/").content.decode()
    assert "premier accès, demandé par" in seen.split(who.login)[1].split("</li>")[0]
    [(asked,)] = world.sql("SELECT id FROM desk_recovery WHERE agent_id = %s", [who.id])
    assert world.client(head).post(f"/cles-perdues/{asked}/confirmer/").status_code == 302
    assert f'action="/agents/{who.id}/code/"' in desk.get(page).content.decode()
    assert len(code(world, authority, who)) >= 16
    assert codes(world, who) == 1
    assert world.journal("configure")[-1][3] == {"what": "enrolment_code", "reason": WHY}
    said = [d["what"] for _, _, refs, d in world.journal("configure") if f"agent:{who.id}" in refs and "what" in d]
    assert said == ["designation", "passkeys_revoked", "access_asked", "recovery_agreed", "enrolment_code"]


def test_the_desk_sees_which_key_is_copied_elsewhere(world: World, authority: TestAgent) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    hand_key(world, who)
    page, told = f"/agents/{who.id}/", "recopiée par son fabricant"
    for backup, seen in (("NONE", False), ("DONE", True)):
        world.sql("UPDATE access_passkey SET backup = %s WHERE agent_id = %s", [backup, who.id])
        assert (told in world.client(authority).get(page).content.decode()) is seen
    world.sql("UPDATE access_passkey SET revoked_at = now() WHERE agent_id = %s", [who.id])
    assert told not in world.client(authority).get(page).content.decode()


@pytest.mark.parametrize("role", [Role.DPO, Role.INSPECTION, Role.UNIT_HEAD, Role.PROSECUTOR])
def test_nobody_enters_as_an_agent_of_his_own_making(world: World, authority: TestAgent, role: Role) -> None:
    """Registered, designated, let in by one hand: the base says no to the last step, by page and by SQL."""
    made = f"fictif.{role}"
    desk = world.client(authority)
    assert desk.post("/agents/nouveau/", {"login": made, "name": made, "unit": "PJ13"}).status_code == 302
    [(phantom,)] = world.sql("SELECT id FROM access_agent WHERE login = %s", [made])
    with world.acting(authority) as agent:
        grant_habilitation(
            by=agent, agent=agent_of(agent, phantom), role=role,
            valid_from=timezone.localdate(), valid_to=None, reason=WHY,
        )  # fmt: skip
    assert desk.post(f"/agents/{phantom}/code/", {"reason": WHY}).status_code == 422
    assert stopped(world, authority, "SELECT access.issue_code(%s, sha256('x'))", phantom)
    assert stopped(world, authority, BIND, phantom, "https://fournisseur.example", str(phantom))
    assert world.sql("SELECT 1 FROM access_enrolmentcode WHERE agent_id = %s", [phantom]) == []
    desk.post(f"/agents/{phantom}/perdue/", {"reason": WHY})
    [(asked,)] = world.sql("SELECT id FROM desk_recovery WHERE agent_id = %s", [phantom])
    assert desk.post(f"/cles-perdues/{asked}/confirmer/").status_code == 403
    assert stopped(world, authority, "SELECT desk.answer_recovery(%s, true)", asked)


def test_two_authorities_bring_back_the_one_who_is_left_by_any_head(world: World, authority: TestAgent) -> None:
    """A head whom one of them let in with the other's word is a second person: no house of two is shut."""
    other, head = world.agent(Role.DESIGNATING_AUTHORITY, "PJ59"), world.agent(Role.UNIT_HEAD, "PJ59")
    answer(world, other, lost(world, authority, head))
    code(world, authority, head)
    hand_key(world, head)
    hand_key(world, other)
    head = replace(head, token=f"revenu-{head.id}")
    world.open(head.id, head.token, "criminal_intelligence")
    answer(world, head, lost(world, authority, other))
    assert code(world, authority, other)


def test_a_lost_key_ends_at_once_and_comes_back_by_two_persons(world: World, authority: TestAgent) -> None:
    who, head = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.UNIT_HEAD, "PJ13")
    hand_key(world, who)
    with pytest.raises(Conflict):
        code(world, authority, who)
    recovery = lost(world, authority, who)
    assert world.client(who).get("/").status_code == 302
    assert world.sql("SELECT count(*) FROM access_passkey WHERE agent_id = %s AND revoked_at IS NULL", [who.id]) == [
        (0,)
    ]
    with pytest.raises(Conflict):
        code(world, authority, who)
    answer(world, head, recovery)
    code(world, authority, who)
    with pytest.raises(Conflict):  # one confirmation, one code
        code(world, authority, who)
    said = [d["what"] for _, _, refs, d in world.journal("configure") if f"agent:{who.id}" in refs and "what" in d]
    assert said[-4:] == ["passkeys_revoked", "key_lost", "recovery_agreed", "enrolment_code"]


def test_right_role_wrong_person(world: World, authority: TestAgent) -> None:
    """Neither who declared, nor the agent himself, nor the head of another unit confirms."""
    who = world.agent([Role.UNIT_HEAD, Role.DESIGNATING_AUTHORITY], "PJ13")
    recovery = lost(world, authority, who)
    with pytest.raises(Refused):
        answer(world, authority, recovery)
    stranger = world.agent(Role.UNIT_HEAD, "DED13")
    assert world.client(stranger).post(f"/cles-perdues/{recovery}/confirmer/").status_code == 404
    again = world.agent(Role.DESIGNATING_AUTHORITY, "PJ59")
    answer(world, again, recovery, agreed=False)
    hand_key(world, who)
    with pytest.raises(Conflict):
        code(world, authority, who)


@pytest.mark.parametrize("moment", ["- interval '25 hours'", "+ interval '1 year'"])
def test_a_confirmation_of_yesterday_or_of_a_day_that_has_not_come_is_none(
    world: World, authority: TestAgent, moment: str
) -> None:
    who, head = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.UNIT_HEAD, "PJ13")
    hand_key(world, who)
    answer(world, head, lost(world, authority, who))
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute(f"UPDATE desk_recovery SET answered_at = now() {moment} WHERE agent_id = %s".encode(), [who.id])
    with pytest.raises(Conflict):
        code(world, authority, who)


def test_the_base_itself_asks_for_the_second_person(world: World, authority: TestAgent) -> None:
    """The application's own role, under an authority's session, issues no second code alone."""
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    hand_key(world, who)
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [authority.token])
        connection.execute("SELECT audit.record('configure', ARRAY['x:1'], '{}', '{}', NULL, NULL)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT access.issue_code(%s, sha256('x'))", [who.id])
    assert codes(world, who) == 0


def test_a_departure_ends_everything_at_once(world: World, authority: TestAgent) -> None:
    who = world.agent([Role.INVESTIGATOR, Role.DUTY_OFFICER], "PJ13")
    hand_key(world, who)
    desk = world.client(authority)
    assert desk.post(f"/agents/{who.id}/depart/", {"reason": "non"}).status_code == 422
    assert desk.post(f"/agents/{who.id}/depart/", {"reason": "retraite au 1er décembre"}).status_code == 302
    said = {
        d["what"]: d["reason"]
        for _, _, refs, d in world.journal("configure")
        if refs == [f"agent:{who.id}"] and "reason" in d
    }
    assert said == dict.fromkeys(("passkeys_revoked", "departure"), "retraite au 1er décembre")
    assert world.client(who).get("/").status_code == 302
    assert world.sql(
        "SELECT active, (SELECT count(*) FROM access_habilitation h WHERE h.agent_id = a.id AND revoked_at IS NULL)"
        " FROM access_agent a WHERE id = %s", [who.id]) == [(False, 0)]  # fmt: skip
    assert "Cet agent est parti" in desk.get(f"/agents/{who.id}/").content.decode()


def test_nobody_serves_himself(world: World, authority: TestAgent) -> None:
    client = world.client(authority)
    for verb in ("code", "perdue", "depart"):
        assert client.post(f"/agents/{authority.id}/{verb}/", {"reason": WHY}).status_code == 403
    assert "Nul ne modifie" in unescape(client.get(f"/agents/{authority.id}/").content.decode())


def test_the_staff_site_binds_without_the_secret_of_the_provider(
    world: World, authority: TestAgent, cluster_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That file is the sign-in process's; to whoever is another account it is a file that cannot be read."""
    monkeypatch.setenv("RECOUPE_OIDC_ISSUER", "https://fournisseur.example/")
    who, desk = world.agent(Role.INVESTIGATOR, "PJ13"), world.client(authority)
    world.confirm(who.id)
    assert not (cluster_folder / "credentials" / SECRET).exists()
    assert 'name="subject"' in desk.get(f"/agents/{who.id}/").content.decode()
    assert desk.post(f"/agents/{who.id}/identite/", {"subject": ""}).status_code == 422
    assert desk.post(f"/agents/{who.id}/identite/", {"subject": "17-fictif"}).status_code == 302
    bound = world.sql("SELECT issuer, subject FROM desk_identity WHERE agent_id = %s AND ended_at IS NULL", [who.id])
    assert bound == [("https://fournisseur.example", "17-fictif")]


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.UNIT_HEAD, Role.SYSADMIN, Role.DPO])
def test_other_roles_do_not_enter_the_desk(world: World, role: Role) -> None:
    client, subject = world.client(world.agent(role, "PJ13")), world.agent(Role.INVESTIGATOR, "PJ13")
    for address in ("/agents/nouveau/", f"/agents/{subject.id}/", "/revue/"):
        assert client.get(address).status_code == 403
    assert client.post(f"/agents/{subject.id}/code/", {"reason": WHY}).status_code == 403
    assert codes(world, subject) == 0


def test_an_arrival_is_an_account_without_any_right(world: World, authority: TestAgent) -> None:
    desk = world.client(authority)
    data = {"login": "Nouveau.Fictif", "name": "Nouvel Agent", "unit": "PJ13"}
    answer = desk.post("/agents/nouveau/", data)
    assert answer.status_code == 302
    [(who,)] = world.sql("SELECT id FROM access_agent WHERE login = 'nouveau.fictif'")
    assert answer.headers["Location"] == f"/habilitations/{who}/"
    assert world.sql("SELECT count(*) FROM access_habilitation WHERE agent_id = %s", [who]) == [(0,)]
    for wrong in (data, data | {"login": ""}, data | {"login": "autre", "unit": "NULLE-PART"}, data | {"name": "\x00"}):
        assert desk.post("/agents/nouveau/", wrong).status_code == 422


def test_each_designation_is_looked_at_once_a_quarter(world: World, authority: TestAgent) -> None:
    today = timezone.localdate()
    old = world.agent(Role.INVESTIGATOR, "PJ83", valid_from=today - timedelta(days=92))
    young = world.agent(Role.INVESTIGATOR, "PJ83", valid_from=today - timedelta(days=91))
    desk = world.client(authority)

    def due() -> set[UUID]:
        with world.acting(authority) as agent:
            return {row.agent_id for row in queries.due_reviews(agent, today, 200)}

    assert old.id in due()
    assert young.id not in due()
    assert authority.id not in due()
    [(kept,)] = world.sql("SELECT id FROM access_habilitation WHERE agent_id = %s", [old.id])
    assert "désignation" in desk.get("/revue/").content.decode()
    assert desk.post(f"/revue/{kept}/garder/").status_code == 302
    assert old.id not in due()
    own = world.sql("SELECT id FROM access_habilitation WHERE agent_id = %s", [authority.id])[0][0]
    assert desk.post(f"/revue/{own}/garder/").status_code == 403
    assert desk.post(f"/revue/{kept}/retirer/").status_code == 302
    with world.acting(authority) as agent:
        assert any_habilitation(agent, kept).revoked_at is not None
