"""What waits for me: by role, the most urgent first, every kind in words, and taken off the list when it is opened."""

from html import unescape
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from recoupe.access.context import service
from recoupe.access.enums import PURPOSES_BY_ROLE, Role
from recoupe.access.keys import own_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases.enums import NoticeKind as CaseKind
from recoupe.coordination.enums import GROUND_WITHDRAWN, Act, ObjectiveState
from recoupe.coordination.followup.enums import AWAITED, TO_DECIDE
from recoupe.coordination.rules import ACT_TELLS, TELLS
from recoupe.crosscheck.enums import NoticeKind as CrosscheckKind
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.rules import TELLS_CELLS
from recoupe.deconfliction.actions import EVENT_SOON
from recoupe.deconfliction.dangers import NOTICE as DANGER
from recoupe.deconfliction.settling.enums import NoticeKind as SettlementKind
from recoupe.intelligence.actions import create_draft
from recoupe.intelligence.entry import PersonEntry
from recoupe.intelligence.enums import NoticeKind as IntelligenceKind
from recoupe.notices.actions import notify
from recoupe.notices.queries import waiting
from recoupe.targets.enums import NoticeKind as TargetKind
from recoupe.web.notices.folding import APART, SEVERAL
from recoupe.web.notices.home import GROUPS
from recoupe.web.notices.kinds import KINDS
from recoupe.web.notices.lines import ABOUT, STILL
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.web.rooms import statements
from tests.world import TestAgent, World


def announced() -> set[str]:
    """Every kind that the rooms may announce, derived from their own tables."""
    points = {f"dealpoint_{state.value.lower()}" for state in DealPointState if TELLS_CELLS[state]}
    objectives = {f"objective_{state.value.lower()}" for state in ObjectiveState if TELLS[state]}
    objectives |= {f"objective_{act.value}" for act in Act if ACT_TELLS[act]}
    rooms = {
        *IntelligenceKind.values,
        *CaseKind.values,
        *TargetKind.values,
        *(kind.value for kind in CrosscheckKind),
        *(kind.value for kind in SettlementKind),
        GROUND_WITHDRAWN,
    }
    return rooms | points | objectives | {EVENT_SOON, DANGER, *AWAITED, *TO_DECIDE}


def test_every_kind_of_notice_has_its_words_and_no_word_is_idle() -> None:
    assert set(KINDS) == announced()
    labels = [str(kind.label) for kind in KINDS.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_every_act_is_counted_by_one_tile() -> None:
    counted = [kind for group in GROUPS for kind in group.kinds if kind in KINDS]
    assert sorted(counted) == sorted(name for name, kind in KINDS.items() if kind.act)


UNITS = {
    Role.CROSS_ANALYST: "CROSS13", Role.CROSS_HEAD: "CROSS13", Role.OFAST_ANALYST: "OFAST",
    Role.PROSECUTOR: "TJ13", Role.EXAMINING_JUDGE: "TJ13",
}  # fmt: skip


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


def home(world: World, who: TestAgent) -> str:
    answer = world.client(who).get("/")
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return unescape(answer.content.decode())


def first(shown: str) -> str:
    """The part of the page that asks for acts."""
    return shown.split("À traiter d'abord")[1].split("À savoir")[0]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_has_a_home_and_an_entry_of_the_journal(world: World, role: Role) -> None:
    who = world.agent(role, UNITS.get(role, "PJ83"))
    shown = home(world, who)
    assert f"Bonjour, {who.login}" in shown
    last = world.journal("consult")[-1]
    assert (last[1], last[3]["what"]) == (who.id, "home")
    assert str(PURPOSES_BY_ROLE[role][0].label) in shown


@pytest.mark.parametrize(
    ("role", "doors"),
    [
        (Role.DPO, ["/journal/", "/plan/"]),
        (Role.SYSADMIN, ["/technique/"]),
        (Role.DESIGNATING_AUTHORITY, ["/habilitations/"]),
    ],
)
def test_a_role_without_case_data_finds_its_tools_alone(world: World, role: Role, doors: list[str]) -> None:
    shown = home(world, world.agent(role, "OFAST")).split("<main")[1]
    for door in ("/journal/", "/plan/", "/technique/", "/habilitations/"):
        assert (f'card__target" href="{door}"' in shown) is (door in doors), door
    assert "À traiter d'abord" not in shown


def test_nothing_waits_and_it_says_so(world: World) -> None:
    shown = home(world, world.agent(Role.INVESTIGATOR, "PJ69"))
    assert "Rien n'attend de vous" in shown
    assert "Aucune fiche pour l'instant" in shown


def test_a_cell_finds_what_to_triage_late_first_then_urgent(world: World, scene: Scene) -> None:
    police, analyst = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.CROSS_ANALYST, "CROSS13")
    plain, urgent, late = (scene.enter(police, urgency=urgent) for urgent in (False, True, False))
    scene.as_superuser(f"UPDATE notices_notice SET due_at = now() - interval '1 hour' WHERE record_id = '{late}'")
    scene.as_superuser(f"UPDATE notices_notice SET due_at = now() + interval '1 hour' WHERE record_id = '{urgent}'")
    shown = first(home(world, analyst))
    places = [shown.index(f"/renseignements/{one}/") for one in (late, urgent, plain)]
    assert places == sorted(places)


def test_many_of_a_kind_are_one_line_that_leads_to_their_list(world: World, scene: Scene) -> None:
    police, head = scene.who(Role.INVESTIGATOR, "SR84"), world.agent(Role.CROSS_HEAD, "CROSS84")
    for _ in range(APART):
        scene.enter(police, commune="84007")
    assert first(home(world, head)).count("Fiche à trier<") == APART
    plain, urgent = (scene.enter(police, commune="84007", urgency=urgent) for urgent in (False, True))
    scene.as_superuser(f"UPDATE notices_notice SET due_at = now() - interval '1 hour' WHERE record_id = '{plain}'")
    with statements() as asked:
        shown = first(home(world, head))
    assert sorted(asked) == sorted(set(asked)), "the page asks nothing twice"
    assert f"Fiches à trier\u00a0: {APART + 1}</a>" in shown
    assert 'href="/renseignements/?state=SUBMITTED"' in shown
    assert "1 en retard" in shown
    # Lives at risk are told apart, and nothing else.
    assert shown.count("Fiche à trier<") == 1
    assert f"/renseignements/{urgent}/" in shown
    assert world.journal("consult")[-1][3] == {"what": "home", "counted": ["report_to_triage"]}


def test_a_step_that_somebody_else_took_no_longer_waits(world: World, scene: Scene) -> None:
    police, head = scene.who(Role.INVESTIGATOR, "SR13", "taken"), world.agent(Role.CROSS_HEAD, "CROSS05")
    report = scene.enter(police, commune="05061")
    assert f"/renseignements/{report}/" in first(home(world, head))
    scene.as_superuser(f"UPDATE intelligence_report SET state = 'GRADED' WHERE id = '{report}'")
    assert f"/renseignements/{report}/" not in first(home(world, head))


def test_what_is_folded_says_in_which_state_it_still_waits() -> None:
    assert {kind for kind, _ in STILL} >= set(SEVERAL) - {"judgement"}


def test_a_count_that_was_not_read_to_the_end_says_so(
    world: World, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    police, head = scene.who(Role.INVESTIGATOR, "SR83"), world.agent(Role.CROSS_HEAD, "CROSS83")
    for _ in range(APART + 2):
        scene.enter(police, commune="83137")
    monkeypatch.setattr("recoupe.web.notices.home.READ", APART + 1)
    shown = home(world, head)
    assert f"Fiches à trier\u00a0: {APART + 1} et plus" in first(shown)
    assert f'<span class="tile__value">{APART + 1} et plus</span>' in shown


@pytest.mark.parametrize("kind", sorted(SEVERAL))
def test_the_list_of_many_is_served(world: World, kind: str) -> None:
    several = SEVERAL[kind]
    address = reverse(several.page) + several.within
    assert world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get(address).status_code == 200
    assert KINDS[kind].act


def test_an_investigator_finds_his_hits_his_messages_and_his_own_reports(world: World, scene: Scene) -> None:
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13", "own"), scene.who(Role.INVESTIGATOR, "DED13", "own")
    phone = new_phone()
    held, asked = scene.enter(customs, phone=phone), scene.enter(police, phone=phone)
    scene.pull()
    with world.acting(police) as agent:
        draft = create_draft(by=agent, entry=entry(fact_text="Un brouillon fictif à finir.")).id
    shown = home(world, police)
    assert f"/recoupements/{scene.side(police, asked).id}/" in first(shown)
    assert "Un brouillon fictif à finir." in shown
    assert f"/renseignements/{draft}/modifier/" in shown
    assert f"/renseignements/{asked}/" in shown
    assert f"/renseignements/{held}/" not in shown
    assert "Un brouillon fictif" not in home(world, customs)


def test_a_cell_looks_on_the_hits_of_others(world: World, scene: Scene) -> None:
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    phone = new_phone()
    held, asked = scene.enter(customs, phone=phone), scene.enter(police, phone=phone)
    scene.pull()
    shown = home(world, scene.who(Role.CROSS_ANALYST, "CROSS13"))
    sides = [scene.side(police, asked), scene.side(customs, held)]
    # Who reads both sides has one line for the two.
    assert sum(f"/recoupements/{side.id}/" in shown.split("Derniers recoupements")[1] for side in sides) == 1
    assert "Nouveau recoupement<" not in first(shown)


def tell(world: World, to: TestAgent, kind: str, ref: tuple[str, UUID]) -> None:
    with world.process("matcher"), service("matcher", "tests"):
        record(Operation.MODIFY, refs=[ref])
        notify([own_key(to.id, to.unit_id)], kind, ref)


@pytest.mark.parametrize("record_kind", sorted(ABOUT))
def test_a_notice_about_what_is_gone_is_left_out(world: World, scene: Scene, record_kind: str) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ83")
    tell(world, who, "message", (record_kind, uuid4()))
    assert "À traiter d'abord" in home(world, who)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_shows_its_words(world: World, scene: Scene, kind: str) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ83")
    report = scene.enter(who, persons=(PersonEntry(family="Testard", category="unknown"),))
    for state in STILL.get((kind, "report"), ()):
        scene.as_superuser(f"UPDATE intelligence_report SET state = '{state}' WHERE id = '{report}'")
    tell(world, who, kind, ("report", report))
    shown = home(world, who).split("<main")[1]
    assert f'<a class="line__title" href="/renseignements/{report}/">{KINDS[kind].label}</a>' in shown


def test_seen_takes_off_what_asks_for_no_act_and_nothing_else(world: World, scene: Scene) -> None:
    who, other = world.agent(Role.INVESTIGATOR, "PJ83"), world.agent(Role.INVESTIGATOR, "PJ83")
    report = scene.enter(who)
    for kind in ("report_received", "message"):
        tell(world, who, kind, ("report", report))
        tell(world, other, kind, ("report", report))
    for _twice in range(2):
        assert world.client(who).post("/avis/vus/", {"ref": [f"report:{report}"]}).status_code == 302
    left = {}
    for one in (who, other):
        with world.acting(one) as agent:
            left[one.id] = {line.kind for line in waiting(agent) if line.record_id == report}
    assert left == {who.id: {"message"}, other.id: {"message", "report_received"}}


@pytest.mark.parametrize("ref", ["", "x", "report:", "report:x", ":" + str(UUID(int=3)), "a\x00:" + str(UUID(int=3))])
def test_a_damaged_list_of_notices_is_a_sentence(world: World, scene: Scene, ref: str) -> None:
    answer = world.client(scene.who(Role.INVESTIGATOR, "PJ13")).post("/avis/vus/", {"ref": [ref]})
    assert answer.status_code == 422


def test_the_order_of_the_page_is_late_then_due(world: World, scene: Scene) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ83")
    reports = [scene.enter(who) for _ in range(3)]
    for report in reports:
        tell(world, who, "message", ("report", report))
    for report, hours in zip(reports, (5, -1, 2), strict=True):
        scene.as_superuser(
            f"UPDATE notices_notice SET due_at = now() + interval '{hours} hours' WHERE record_id = '{report}'"
        )
    shown = first(home(world, who))
    places = [shown.index(f"/renseignements/{reports[i]}/") for i in (1, 2, 0)]
    assert places == sorted(places)
    assert shown.count("En retard") == 1


def test_an_agent_sees_for_a_week_what_happened_to_his_keys(world: World) -> None:
    who, colleague = world.agent(Role.DPO, "PJ83"), world.agent(Role.DPO, "PJ83")
    keys = [
        ("première", "8 days", None, False),
        ("seconde", "2 days", None, False),
        ("vieille", "9 days", "8 days", False),
        ("<b>rendue", "20 days", "6 days", False),
        ("volée", "20 days", "1 day", True),
    ]
    query = (
        "INSERT INTO access_passkey (id, agent_id, credential_id, public_key, sign_count, name, added_at, revoked_at,"
        " copied) VALUES (gen_random_uuid(), %s, convert_to(%s, 'UTF8'), 'x', 0, %s, now() - %s::interval,"
        " now() - %s::interval, %s)"
    )
    for name, added, ended, copied in keys:
        world.sql(query, [who.id, f"{who.id}{name}", name, added, ended, copied])
    shown = home(world, who).replace("\u00a0", " ").split("Vos clés ont changé cette semaine")[1].split("</section>")[0]
    told = [line for line in shown.split("<li>")[1:] if line]
    assert ["volée" in told[0], "seconde" in told[1], "<b>rendue" in told[2], len(told)] == [True, True, True, 3]
    assert ["copiée" in told[0], ", ajoutée le" in told[1], ", retirée le" in told[2]] == [True, True, True]
    assert "&lt;b&gt;rendue" in world.client(who).get("/").content.decode()
    assert "Vos clés ont changé" not in home(world, colleague)
    # A first key is no news: its holder has just enrolled it.
    world.sql(query, [colleague.id, f"{colleague.id}", "la mienne", "1 hour", None, False])
    assert "Vos clés ont changé" not in home(world, colleague)
