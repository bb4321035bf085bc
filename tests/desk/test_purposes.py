"""A designation names the purposes that it may be used for: no page and no statement of SQL declares another (P-98)."""

from collections.abc import Sequence
from html import unescape
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from recoupe.access.actions import declare_purpose, grant_habilitation
from recoupe.access.enums import Purpose, Role
from recoupe.access.queries import agent_of
from recoupe.kernel.refusal import Invalid
from tests.attacks.injected import injected, stopped
from tests.world import TestAgent, World

WHY = "motif de test suffisant"
GIVEN = "INSERT INTO access_habilitation (id, agent_id, role, unit_id, designated_by, valid_from{}) SELECT"
GIVEN += " gen_random_uuid(), id, %s, unit_id, 'x', current_date{} FROM access_agent WHERE id = %s"


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


def behind(world: World, statement: str, *params: object) -> None:
    """As an administrator of the database who turned the triggers off."""
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute(statement.encode(), params)


def narrowed(world: World, role: Role, unit: str, *purposes: Purpose) -> TestAgent:
    """An agent whose only designation names these purposes, and whose session has declared none."""
    who = world.agent(role, unit, purpose=False)
    behind(world, "UPDATE access_habilitation SET purposes = %s WHERE agent_id = %s", list(purposes), who.id)
    return who


def named(world: World, who: UUID) -> list[tuple[str, list[str]]]:
    query = "SELECT role, purposes::text[] FROM access_habilitation WHERE agent_id = %s AND revoked_at IS NULL"
    return sorted(world.sql(query, [who]))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_no_other_purpose_is_declared_by_page_or_by_sql(world: World, purpose: Purpose) -> None:
    """The head of a unit may have three purposes; the designation of this one names one of them."""
    who, allowed = narrowed(world, Role.UNIT_HEAD, "PJ13", Purpose.COORDINATION), purpose is Purpose.COORDINATION
    session = "SELECT purpose FROM access_session WHERE agent_id = %s"
    answer = world.client(who).post("/finalite/", {"purpose": purpose.value, "motive": WHY})
    assert answer.status_code == (302 if allowed else 422)
    assert world.sql(session, [who.id]) == [(purpose.value if allowed else "",)]
    declared = world.sql("SELECT access.declare(%s, %s, %s, '')", [who.token, purpose.value, WHY], role="recoupe_app")
    assert declared == [(allowed,)]
    # However it came to stand on the session, it opens no key.
    world.sql("UPDATE access_session SET purpose = %s, motive = %s WHERE agent_id = %s", [purpose.value, WHY, who.id])
    with injected(world, who) as connection:
        assert (connection.execute("SELECT access.keys() <> '{}'::bigint[]").fetchone() == (True,)) is allowed
    with world.acting(who) as agent:
        assert agent.purpose == (purpose if allowed else None)
        assert agent.purposes == {Purpose.COORDINATION}


def test_the_page_offers_what_was_named_and_says_why_no_other(world: World) -> None:
    who = narrowed(world, Role.UNIT_HEAD, "PJ13", Purpose.COORDINATION)
    client = world.client(who)
    offered = client.get("/finalite/").content.decode()
    assert [purpose for purpose in Purpose if f'value="{purpose}"' in offered] == [Purpose.COORDINATION]
    refused = client.post("/finalite/", {"purpose": "judicial_inquiry", "motive": WHY}).content.decode()
    assert "judicial_inquiry" not in refused.split("<form")[-1].split("</select>")[0]
    # The same rule below the form, whose choices a caller may not have asked.
    with world.acting(who) as agent, pytest.raises(Invalid, match="votre désignation n'en permet pas d'autre"):
        declare_purpose(by=agent, token=who.token, purpose="judicial_inquiry", motive=WHY, case_ref="")


def test_designations_add_up_and_each_ends_with_its_own(world: World) -> None:
    who = world.agent((Role.INVESTIGATOR, Role.DUTY_OFFICER), "PJ13", purpose=False)
    change = "UPDATE access_habilitation SET {} WHERE agent_id = %s AND role = %s"
    behind(world, change.format("purposes = '{judicial_inquiry}'"), who.id, "investigator")

    def purposes(ended: str) -> Sequence[Purpose]:
        behind(world, change.format(ended), who.id, "duty_officer")
        with world.acting(who) as agent:
            return sorted(agent.purposes)

    both, one = [Purpose.DUTY, Purpose.JUDICIAL_INQUIRY], [Purpose.JUDICIAL_INQUIRY]
    assert purposes("valid_to = current_date") == both
    assert purposes("valid_to = current_date - 2") == one
    assert purposes("valid_to = NULL, valid_from = current_date + 2") == one
    assert purposes("valid_from = '2020-01-01'") == both
    assert purposes("revoked_at = now()") == one
    assert purposes("revoked_at = NULL, unit_id = (SELECT id FROM reference_unit WHERE code = 'PJ69')") == one
    # A purpose that the role has lost since opens nothing, whatever the row still says.
    behind(world, change.format("purposes = '{judicial_inquiry,oversight}'"), who.id, "investigator")
    assert purposes("revoked_at = now()") == one


def test_the_authority_names_them_and_page_review_and_journal_say_so(world: World, authority: TestAgent) -> None:
    who, desk = world.agent(Role.DUTY_OFFICER, "PJ83"), world.client(authority)
    page = f"/habilitations/{who.id}/"
    data = {"role": "unit_head", "valid_from": timezone.localdate().isoformat()}
    wrong = desk.post(f"{page}designer/", data | {"purposes": ["coordination", "oversight"]})
    assert wrong.status_code == 422
    assert "Ce rôle ne s'exerce que pour : Enquête judiciaire, Renseignement" in unescape(
        wrong.content.decode()
    ).replace("\u00a0", " ")
    assert desk.post(f"{page}designer/", data | {"purposes": ["x"]}).status_code == 422
    for _twice in range(2):
        chosen = data | {"purposes": ["coordination", "judicial_inquiry"]}
        assert desk.post(f"{page}designer/", chosen).status_code == 302
    both = ("unit_head", ["judicial_inquiry", "coordination"])
    assert named(world, who.id) == [("duty_officer", ["duty"]), both]
    assert desk.post(f"{page}designer/", data | {"role": "investigator"}).status_code == 302
    assert named(world, who.id)[1] == ("investigator", ["judicial_inquiry", "criminal_intelligence"])
    behind(world, "UPDATE access_habilitation SET valid_from = current_date - 99 WHERE agent_id = %s", who.id)
    said = "Enquête judiciaire, Coordination des services"
    assert said in unescape(desk.get(page).content.decode())
    assert said in unescape(desk.get("/revue/").content.decode())
    assert world.journal("configure")[-2][3]["purposes"] == both[1]
    read = world.client(world.agent(Role.DPO, "OFAST")).get("/journal/?operation=configure").content.decode()
    assert said in unescape(read)


def test_by_sql_too_a_designation_names_purposes_of_its_role(world: World, authority: TestAgent) -> None:
    who = world.agent(Role.DUTY_OFFICER, "PJ84")
    listed = GIVEN.format(", purposes", ", %s::varchar[]")
    for purposes in ([], ["oversight"], ["coordination", "oversight"]):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), injected(world, authority) as connection:
            connection.execute(listed.encode(), ["unit_head", purposes, who.id])
    assert stopped(
        world, authority, "UPDATE access_habilitation SET purposes = '{oversight}' WHERE agent_id = %s", who.id
    )
    assert stopped(world, authority, "UPDATE access_habilitation SET role = 'dpo' WHERE agent_id = %s", who.id)
    assert not stopped(world, authority, listed, "unit_head", ["coordination"], who.id)
    assert not stopped(world, authority, GIVEN.format("", ""), "dpo", who.id)
    assert named(world, who.id) == [
        ("dpo", ["oversight"]), ("duty_officer", ["duty"]), ("unit_head", ["coordination"]),
    ]  # fmt: skip


def test_a_tool_has_a_purpose_that_its_head_may_declare_as_head(world: World) -> None:
    head = narrowed(world, Role.UNIT_HEAD, "PJ13", Purpose.COORDINATION)
    world.sql("SELECT access.declare(%s, 'coordination', %s, '')", [head.token, WHY], role="recoupe_app")
    asked = "SELECT desk.ask_key(gen_random_uuid(), 'outil', %s, 'motif suffisant', current_date, current_date)"
    assert stopped(world, head, asked, "judicial_inquiry")
    assert not stopped(world, head, asked, "coordination")
    today = timezone.localdate().isoformat()
    data = {"name": "Outil", "purpose": "judicial_inquiry", "valid_from": today, "valid_to": today, "reason": WHY}
    client = world.client(head)
    assert client.post("/outils/demander/", data).status_code == 422
    assert client.post("/outils/demander/", data | {"purpose": "coordination"}).status_code == 302
    # What he may declare in another role is no purpose of the unit's tools.
    behind(world, GIVEN.format(", purposes", ", '{duty}'"), "duty_officer", head.id)
    with world.acting(head) as agent:
        assert Purpose.DUTY in agent.purposes
    assert stopped(world, head, asked, "duty")


def test_the_set_up_and_an_authority_who_says_nothing_name_them_all(world: World, authority: TestAgent) -> None:
    who = world.agent(Role.CROSS_ANALYST, "CROSS13")
    with world.acting(authority) as agent:
        grant_habilitation(
            by=agent, agent=agent_of(agent, who.id), role=Role.CROSS_HEAD,
            valid_from=timezone.localdate(), valid_to=None, reason=WHY,
        )  # fmt: skip
    both = ["criminal_intelligence", "coordination"]
    assert named(world, who.id) == [("cross_analyst", both), ("cross_head", both)]
