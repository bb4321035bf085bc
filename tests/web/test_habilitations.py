"""Designating, revoking and transferring on the screen; the technical page says no word of the business."""

from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from recoupe.access.enums import Role
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent, World

FORBIDDEN = [role for role in Role if role is not Role.DESIGNATING_AUTHORITY]


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


@pytest.fixture
def office(world: World, authority: TestAgent) -> Client:
    return world.client(authority)


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return unescape(answer.content.decode())


def designated(role: str = "duty_officer", days: int = 0, **more: str) -> dict[str, str]:
    return {"role": role, "valid_from": (timezone.localdate() + timedelta(days=days)).isoformat(), **more}


def held(world: World, who: UUID) -> list[tuple[str, bool]]:
    return [
        (role, revoked is None)
        for role, revoked in world.sql(
            "SELECT role, revoked_at FROM access_habilitation WHERE agent_id = %s ORDER BY valid_from, role", [who]
        )
    ]


def test_agents_are_found_by_login_name_and_unit(world: World, office: Client) -> None:
    one = world.agent(Role.INVESTIGATOR, "PJ13", name="dupont-fictif")
    other = world.agent(Role.INVESTIGATOR, "PJ69")
    for words in ("dupont-fictif", "DUPONT", "pj13", "judiciaire des Bouches"):
        shown = page(office, f"/habilitations/?q={words}")
        assert str(one.id) in shown
        assert str(other.id) not in shown
    assert "Aucun agent" in page(office, "/habilitations/?q=personne-de-ce-nom")
    assert "dupont" not in str(world.journal("consult"))


def test_pages_of_agents_follow_one_another(world: World, office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recoupe.web.access.habilitations.PAGE", 2)
    made = sorted(world.agent(Role.INVESTIGATOR, "PJ83", name=f"suite{n}").login for n in range(3))
    first = page(office, "/habilitations/?q=suite")
    second = page(office, f"/habilitations/?q=suite&after={made[1]}")
    assert [f">{login}<" in first for login in made] == [True, True, False]
    assert [f">{login}<" in second for login in made] == [False, False, True]


def test_a_designation_opens_what_it_names_once_and_its_end_closes_it(world: World, office: Client) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    address = f"/habilitations/{who.id}/"
    assert world.client(who).get("/journal/").status_code == 403
    for _twice in range(2):
        assert office.post(f"{address}designer/", designated("dpo")).status_code == 302
    assert held(world, who.id) == [("investigator", True), ("dpo", True)]
    assert world.client(who).get("/journal/").status_code == 200
    (given,) = world.sql("SELECT id FROM access_habilitation WHERE agent_id = %s AND role = 'dpo'", [who.id])
    for _twice in range(2):
        assert office.post(f"{address}retirer/", {"habilitation": str(given[0])}).status_code == 302
    assert held(world, who.id) == [("investigator", True), ("dpo", False)]
    assert world.client(who).get("/journal/").status_code == 403
    done = [details for operation, _, refs, details in world.journal("configure") if refs == [f"agent:{who.id}"]]
    told = [{"what"}, {"habilitation", "purposes", "reason", "valid_from", "valid_to"}, {"revoked", "reason"}]
    assert [set(details) for details in done] == told
    assert done[1]["valid_from"] == timezone.localdate().isoformat()


def test_a_transfer_ends_what_the_agent_could_do(world: World, office: Client) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    assert world.client(who).get("/").status_code == 200
    assert office.post(f"/habilitations/{who.id}/muter/", {"unit": "pj69"}).status_code == 302
    assert world.client(who).get("/").status_code == 302
    shown = page(office, f"/habilitations/{who.id}/")
    assert "sans effet\u00a0: autre service" in shown
    assert "Rhône" in shown


def test_nobody_changes_his_own_rights(world: World, authority: TestAgent, office: Client) -> None:
    address = f"/habilitations/{authority.id}/"
    assert "Nul ne modifie" in page(office, address)
    for verb, data in (("designer", designated()), ("muter", {"unit": "PJ13"}), ("retirer", {})):
        assert office.post(f"{address}{verb}/", data).status_code == 403
    assert held(world, authority.id) == [("designating_authority", True)]


@pytest.mark.parametrize("role", FORBIDDEN)
def test_every_other_role_is_refused(world: World, role: Role) -> None:
    who, subject = world.agent(role, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    client = world.client(who)
    assert client.get("/habilitations/").status_code == 403
    assert client.get(f"/habilitations/{subject.id}/").status_code == 403
    assert client.post(f"/habilitations/{subject.id}/designer/", designated()).status_code == 403
    assert held(world, subject.id) == [("investigator", True)]


def test_a_designation_of_somebody_else_is_not_revoked_from_here(world: World, office: Client) -> None:
    one, other = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    (of_other,) = world.sql("SELECT id FROM access_habilitation WHERE agent_id = %s", [other.id])
    answer = office.post(f"/habilitations/{one.id}/retirer/", {"habilitation": str(of_other[0])})
    assert answer.status_code == 404
    assert held(world, other.id) == [("investigator", True)]


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("designer", {}),
        ("designer", designated("king")),
        ("designer", designated(days=-1)),
        ("designer", designated(valid_to="2026-01-01")),
        ("designer", {"role": "dpo", "valid_from": "0001-01-01"}),
        ("designer", {"role": "dpo", "valid_from": "hier"}),
        ("muter", {"unit": ""}),
        ("muter", {"unit": "NULLE-PART"}),
        ("muter", {"unit": "OCRTIS"}),
        ("muter", {"unit": "\x00"}),
        ("muter", {"unit": "\u202ePJ13" * 20}),
        ("retirer", {"habilitation": "x"}),
    ],
)
def test_what_is_typed_wrong_is_a_sentence(world: World, office: Client, verb: str, data: dict[str, str]) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    answer = office.post(f"/habilitations/{who.id}/{verb}/", data)
    assert answer.status_code == 422, answer.content.decode()[:2000]
    assert "error-summary" in answer.content.decode()
    assert held(world, who.id) == [("investigator", True)]


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 500, "after=" + "x" * 500, "q=%ED%A0%80", "q=%25_%5C"])
def test_a_hostile_search_is_no_fault_of_ours(office: Client, query: str) -> None:
    assert office.get(f"/habilitations/?{query}").status_code in (200, 422)


def test_what_does_not_exist_is_absent(world: World, office: Client) -> None:
    assert office.get(f"/habilitations/{uuid4()}/").status_code == 404
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    assert office.post(f"/habilitations/{who.id}/couronner/", {}).status_code == 404


# --- The technical page -------------------------------------------------------------------------------------------
def test_the_administrator_reads_figures_and_nothing_else(world: World) -> None:
    scene = Scene(world)
    police = scene.who(Role.INVESTIGATOR, "PJ13")
    report = scene.enter(police, phone=new_phone(), fact_text="Un sac remis sous un porche fictif.")
    client = world.client(world.agent(Role.SYSADMIN, "OFAST"))
    shown = page(client, "/technique/")
    assert "Fiches saisies" in shown
    assert "PostgreSQL" in shown
    assert "Ne répond pas" in shown  # no matcher runs here
    for secret in (str(report), "porche", police.login):
        assert secret not in shown
    assert '<span class="num strong">1</span>' in shown
    scene.pull()
    assert '<span class="num strong">1</span>' not in page(client, "/technique/")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSADMIN])
def test_the_technical_page_is_the_administrators(world: World, role: Role) -> None:
    assert world.client(world.agent(role, "PJ13")).get("/technique/").status_code == 403


def test_the_figures_themselves_are_closed_to_others(world: World) -> None:
    scene = Scene(world)
    police = scene.who(Role.INVESTIGATOR, "PJ13")
    scene.enter(police, phone=new_phone())
    for name in ("intelligence.backlog()", "worker.backlog()"):
        assert world.sql(f"SELECT * FROM {name}", role="recoupe_app") == []
