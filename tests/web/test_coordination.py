"""Pages of objectives: who sees them, whose step it is, what the forms refuse, and the sheet on paper."""

from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone

from recoupe.access.enums import Capacity, Role
from recoupe.coordination import queries, rules
from recoupe.coordination.enums import ENDED, Financial, ObjectiveState
from recoupe.kernel.selectors import Strength
from recoupe.reference import queries as reference
from recoupe.web.coordination import shown
from tests.coordination.builders import WHY, Cast, brought_to, hit_side, proposed, unit
from tests.dealpoints.builders import active
from tests.dealpoints.builders import proposed as point_proposed
from tests.web.rooms import same, statements, text
from tests.world import TestAgent, World

S = ObjectiveState


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


def page(of: UUID) -> str:
    return reverse("objective-page", args=[of])


def step(of: UUID, verb: str) -> str:
    return reverse("objective-act", args=[of, verb])


def state(world: World, who: TestAgent, of: UUID) -> str:
    with world.acting(who) as agent:
        return queries.objective(agent, of).state


def allocation(**over: object) -> dict[str, object]:
    return {
        "lead": str(unit("SR13").id),
        "co_services": [str(unit("DED13").id)],
        "deadline": (timezone.localdate() + timedelta(days=60)).isoformat(),
        "financial": Financial.OPENED.value,
        "financial_motive": "",
        "reason": "",
        **over,
    }


# -- waiting for a service ---------------------------------------------------------------------------------------------
def validated(world: World, cast: Cast, days: int) -> UUID:
    """An objective that the prosecutor validated so many days ago."""
    made = brought_to(world, cast, S.VALIDATED)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE coordination_objective SET state_since = now() - %s * interval '1 day' WHERE id = %s", [days, made]
        )
    return made


def test_an_objective_that_two_meetings_left_without_a_service_is_an_alert(world: World, cast: Cast) -> None:
    older, old, recent = (validated(world, cast, days) for days in (30, 15, 14))
    for who in (cast.analyst, cast.head, cast.prosecutor):
        with world.acting(who) as agent:
            today = timezone.localdate()
            assert [o.id for o in queries.unallocated(agent, today) if o.id in (older, old, recent)] == [older, old]
            # The same whether it is asked at once or, where there is more of it, one after the other.
            for limit in (1, 25):
                both = [*queries.overdue(agent, today, limit), *queries.unallocated(agent, today, limit)]
                assert queries.pressing(agent, today, limit) == both != []
        shown = text(world.client(who).get("/")).split("À savoir")[0]
        assert all(page(one) in shown for one in (older, old))
        assert shown.count("Toujours sans service") >= 2
    with statements() as asked:
        lines = text(world.client(cast.prosecutor).get(reverse("objective-list"), {"group": "attribution"}))
    # A line says what its list has read: no objective is asked for one by one.
    assert not [sql for sql, _ in asked if '"coordination_objective"."id" = %s' in sql]
    alerts = {one: "Toujours sans service" in line for line in lines.split('<li class="line') for one in
              (older, old, recent) if page(one) in line}  # fmt: skip
    assert alerts == {older: True, old: True, recent: False}
    with world.acting(cast.other_head) as agent:
        assert not {older, old} & {o.id for o in queries.unallocated(agent, timezone.localdate())}
    client = world.client(cast.head)
    client.post(step(old, "attribuer"), allocation())
    with world.acting(cast.head) as agent:
        assert old not in {o.id for o in queries.unallocated(agent, timezone.localdate())}


# -- reading -----------------------------------------------------------------------------------------------------------
def test_the_page_tells_its_reader_where_it_stands(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.ALLOCATED)
    answer = world.client(cast.head).get(page(made))
    shown = text(answer)
    assert answer.status_code == 200
    for words in ("Réseau des Cygnes", "26-321", "Section de recherches", "Enquêtes douanières", "Enquête patrimoniale",
                  "Attribué à un service chef de file", "Validé par le parquet, sous la référence 26-321"):  # fmt: skip
        assert words in shown, words
    entry = world.journal("consult")[-1]
    assert entry[1:3] == (cast.head.id, [f"objective:{made}"])


def test_the_next_step_of_each_state_is_the_one_that_the_rules_let_its_decider_take() -> None:
    assert set(shown.NEXT) == set(S) - ENDED
    for state_, (_what, decider) in shown.NEXT.items():
        assert any(rules.DECIDED_BY[to] is decider for to in rules.TRANSITIONS[state_] - shown.ASIDE), state_


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (S.EXAMINED, "Transmission au parquet, par la CROSS des Bouches-du-Rhône"),
        (S.TO_PROSECUTOR, "Décision, par le parquet (Tribunal judiciaire de Marseille)"),
        (S.VALIDATED, "Attribution à un seul service, par le chef de la CROSS des Bouches-du-Rhône"),
        (S.ALLOCATED, "Ouverture de l&#x27;enquête, par le service chef de file (Section de recherches"),
    ],
)
def test_the_page_says_who_takes_the_next_step(world: World, cast: Cast, to: ObjectiveState, words: str) -> None:
    made = brought_to(world, cast, to)
    for who in (cast.analyst, cast.head):
        page_shown = text(world.client(who).get(page(made)))
        assert "Prochaine étape" in page_shown
        assert words in page_shown, page_shown.split("Prochaine étape")[1][:200]


def test_a_reopened_objective_shows_its_former_life_as_history_alone(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.CLOSED)
    closed = text(world.client(cast.head).get(page(made)))
    assert "Pourquoi c'est terminé" in closed
    assert 'id="who"' in closed
    assert "Avant la réouverture" not in closed
    world.client(cast.head).post(step(made, "rouvrir"), {"reason": "Le point a repris"})
    assert state(world, cast.head, made) == S.REOPENED
    reopened = text(world.client(cast.head).get(page(made)))
    assert "Pourquoi c'est terminé" not in reopened
    assert 'id="who"' not in reopened, "the former allocation is not in force"
    assert "Aucune décision à ce jour" in reopened
    former = reopened.split("Avant la réouverture")[1].split("</details>")[0]
    for words in ("26-321", "Section de recherches", WHY):
        assert words in former, words
    with world.acting(cast.head) as agent:
        paper = queries.objective_sheet(agent, made)
    assert (paper["allocation"], paper["closing_motive"]) == (None, "")


def tile(shown_home: str) -> str:
    return (
        shown_home.split("Objectifs à faire avancer</span>")[1].split("</a>")[0].split('tile__value">')[1].split("<")[0]
    )


def test_the_home_page_counts_what_the_list_shows_first(world: World, cast: Cast) -> None:
    """One rule for both, whatever has been seen, and whoever's the next step is."""
    for to in (S.PROPOSED, S.EXAMINED, S.TO_PROSECUTOR, S.VALIDATED, S.ALLOCATED, S.UNDER_INVESTIGATION):
        brought_to(world, cast, to)
    late = brought_to(world, cast, S.UNDER_INVESTIGATION)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE coordination_objective SET deadline = now() - interval '3 days' WHERE id = %s", [late])
    for who in (cast.analyst, cast.head, cast.prosecutor, cast.lead_head):
        client = world.client(who)
        first = text(client.get("/objectifs/")).split('id="rest"')[0]
        listed = first.split('id="mine"')[1].count('<li class="line') if 'id="mine"' in first else 0
        assert listed, who
        assert tile(text(client.get("/"))) == str(listed)
        assert str(late) in first


def test_an_objective_out_of_reach_is_the_same_page_as_none(world: World, cast: Cast) -> None:
    made = proposed(world, cast)
    for who in (cast.other_head, cast.prosecutor, cast.lead, cast.neighbour_prosecutor):
        client = world.client(who)
        hidden, absent = client.get(page(made)), client.get(page(uuid4()))
        assert hidden.status_code == absent.status_code == 404
        assert same(hidden) == same(absent)
        assert client.get(reverse("objective-print", args=[made])).status_code == 404
        assert client.post(step(made, "examiner"), {"reason": ""}).status_code == 404


def test_the_wrong_role_is_refused(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.TO_PROSECUTOR)
    for who in (cast.judge, cast.dpo):
        client = world.client(who)
        for address in (page(made), "/objectifs/", "/objectifs/nouveau/", reverse("objective-print", args=[made])):
            assert client.get(address).status_code == 403, address


def test_the_list_puts_first_what_waits_for_its_reader(world: World, cast: Cast) -> None:
    waiting, other = brought_to(world, cast, S.TO_PROSECUTOR), brought_to(world, cast, S.ALLOCATED)
    shown = text(world.client(cast.prosecutor).get("/objectifs/"))
    first, rest = shown.split('id="rest"')
    assert "À faire avancer" in first
    assert str(waiting) in first
    assert str(other) in rest
    assert str(waiting) not in rest
    assert str(waiting) not in text(world.client(cast.other_prosecutor).get("/objectifs/"))
    tab = text(world.client(cast.prosecutor).get("/objectifs/?group=parquet"))
    assert str(waiting) in tab
    assert str(other) not in tab


@pytest.mark.parametrize("query", ["group=x", "group=%00", "before=hier", "group=" + "a" * 900, "before=%E2%80%AE"])
def test_a_bad_list_address_is_a_sentence(world: World, cast: Cast, query: str) -> None:
    answer = world.client(cast.head).get("/objectifs/?" + query)
    assert answer.status_code == 422
    assert "repartez du début" in text(answer)


# -- proposing ---------------------------------------------------------------------------------------------------------
def form(**over: object) -> dict[str, object]:
    return {"title": "Hall des Tilleuls", "summary": "Vente constatée.\nÀ démanteler.", "key": str(uuid4()), **over}


def test_a_point_gives_an_objective_once(world: World, cast: Cast) -> None:
    point = active(world, cast.police, cast.analyst)
    client, address = world.client(cast.analyst), f"/objectifs/nouveau/?point={point}"
    asked = text(client.get(address))
    assert "Les Cygnes" in asked
    assert "Marseille" in asked
    wanted = form(court=str(unit("TJ13").id))
    made = client.post(address, wanted)
    assert made.status_code == 302
    assert client.post(address, wanted)["Location"] == made["Location"]
    double = client.post(address, wanted | {"key": str(uuid4())})
    assert double.status_code == 409
    assert "déjà en cours" in text(double)
    assert text(client.get(made["Location"])).count("Hall des Tilleuls") > 1
    assert f"point={point}" not in text(world.client(cast.police).get(reverse("dealpoint-page", args=[point])))


def test_a_hit_gives_an_objective_on_the_commune_named(world: World, cast: Cast) -> None:
    side = hit_side(world, cast.analyst, Capacity.CELL, Strength.CERTAIN)
    client, address = world.client(cast.analyst), f"/objectifs/nouveau/?hit={side}"
    assert client.get(address).status_code == 200
    missing = client.post(address, form())
    assert missing.status_code == 422
    local, *special = reference.courts_for("13001", timezone.localdate())
    for court in ({}, {"court": str(unit("TJ59").id)}):
        asked = client.post(address, form(commune="Aix-en-Provence", **court))
        assert asked.status_code == 422
        assert "Plusieurs tribunaux sont compétents" in unescape(text(asked))
        assert all(str(one.id) in text(asked) for one in (local, *special))
    made = client.post(address, form(commune="Aix-en-Provence", court=str(special[0].id)))
    assert made.status_code == 302
    with world.acting(cast.analyst) as agent:
        found = queries.objective(agent, UUID(made["Location"].split("/")[2]))
    assert (found.commune_code, found.court_id) == ("13001", special[0].id)


def test_an_origin_out_of_reach_is_absent(world: World, cast: Cast) -> None:
    point, side = (
        active(world, cast.police, cast.analyst),
        hit_side(world, cast.analyst, Capacity.CELL, Strength.CERTAIN),
    )
    client = world.client(cast.other_head)
    answers = [
        client.get(f"/objectifs/nouveau/?{q}")
        for q in (f"point={point}", f"point={uuid4()}", f"hit={side}", f"hit={uuid4()}")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert same(answers[0]) == same(answers[1])
    assert same(answers[2]) == same(answers[3])
    for query in ("point=rien", "hit=%00", "point=" + "a" * 500):
        assert client.get("/objectifs/nouveau/?" + query).status_code == 404
    assert "Partez d" in text(client.get("/objectifs/nouveau/"))


def test_a_presumption_gives_no_objective(world: World, cast: Cast) -> None:
    point = point_proposed(world, cast.police)
    assert world.client(cast.analyst).get(f"/objectifs/nouveau/?point={point}").status_code == 409
    assert world.client(cast.police).get(f"/objectifs/nouveau/?point={point}").status_code == 403


@pytest.mark.parametrize(
    "over",
    [
        {"title": ""}, {"title": "x" * 900}, {"title": "a\x00b"}, {"summary": " "}, {"summary": "x" * 9000},
        {"summary": "\x07"}, {"court": "x"}, {"court": str(uuid4())}, {"key": "x"},
    ],
)  # fmt: skip
def test_a_bad_proposal_is_a_sentence(world: World, cast: Cast, over: dict[str, object]) -> None:
    point = active(world, cast.police, cast.analyst)
    answer = world.client(cast.analyst).post(
        f"/objectifs/nouveau/?point={point}", form(court=str(unit("TJ13").id)) | over
    )
    assert answer.status_code == 422
    assert "à corriger" in text(answer)
    assert world.sql("SELECT count(*) FROM coordination_objective WHERE origin_id = %s", [point]) == [(0,)]


# -- the way of W4 -----------------------------------------------------------------------------------------------------
def test_an_objective_goes_its_way_through_its_forms(world: World, cast: Cast) -> None:
    made, today = proposed(world, cast), timezone.localdate().isoformat()
    way: tuple[tuple[TestAgent, str, dict[str, object], ObjectiveState], ...] = (
        (cast.analyst, "examiner", {}, S.EXAMINED),
        (cast.analyst, "transmettre", {}, S.TO_PROSECUTOR),
        (cast.prosecutor, "valider", {"reference": "26-321"}, S.VALIDATED),
        (cast.head, "attribuer", allocation(), S.ALLOCATED),
        (cast.lead, "engager", {}, S.UNDER_INVESTIGATION),
        (cast.lead, "suspendre", {"reason": WHY}, S.SUSPENDED),
        (cast.lead, "reprendre", {}, S.UNDER_INVESTIGATION),
        (cast.lead, "programmer", {"reference": "OP-7", "on": today}, S.OPERATION_PLANNED),
        (cast.lead, "executer", {"on": today}, S.EXECUTED),
        (cast.lead, "suites", {"outcome": "judgment", "on": today}, S.JUDICIAL_OUTCOME),
        (cast.head, "suivre", {}, S.FOLLOW_UP),
        (cast.head, "clore", {"reason": WHY}, S.CLOSED),
        (cast.head, "rouvrir", {"reason": WHY}, S.REOPENED),
        (cast.head, "abandonner", {"reason": WHY}, S.ABANDONED),
    )
    for who, verb, data, then in way:
        assert step(made, verb) in text(world.client(who).get(page(made))), verb
        answer = world.client(who).post(step(made, verb), {"reason": "", **data})
        assert answer.status_code == 302, (verb, text(answer))
        assert state(world, cast.head, made) == then
        assert world.client(who).post(step(made, verb), {"reason": "", **data}).status_code == 409, verb
    story = text(world.client(cast.head).get(page(made)))
    for words in ("Enquête reprise", "Opération menée", "Objectif rouvert", WHY):
        assert words in story, words


def test_the_acts_of_an_objective_stand_in_its_story(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.UNDER_INVESTIGATION)
    later = (timezone.localdate() + timedelta(days=90)).isoformat()
    way: tuple[tuple[TestAgent, str, dict[str, object], str], ...] = (
        (cast.lead, "etape", {}, "Point d'étape"),
        (cast.head, "codiriger", {"service": str(unit("DED13").id)}, "Codirection : "),
        (cast.head, "decodiriger", {}, "Fin de la codirection"),
        (cast.head, "reporter", {"deadline": later}, "Changement d'échéance"),
        (cast.head, "transferer", {"service": str(unit("DED13").id), "keep": "on"}, "Changement de chef de file : "),
    )
    for who, verb, data, words in way:
        shown_page = text(world.client(who).get(page(made)))
        seen = shown_page.split(step(made, verb))[1].split('name="seen" value="')[1].split('"')[0]
        said = {"reason": "", "seen": seen, **data}
        assert world.client(who).post(step(made, verb), said).status_code == 422, verb
        answer = world.client(who).post(step(made, verb), said | {"reason": WHY})
        assert answer.status_code == 302, (verb, text(answer))
        assert words in unescape(text(world.client(cast.head).get(page(made)))).replace("\xa0", " "), verb
        # A form of before: the story has gone on, and whoever sends it is told.
        stale = said | {"reason": WHY} | ({"service": str(unit("PJ13").id)} if "service" in data else {})
        assert world.client(who).post(step(made, verb), stale).status_code == 409, verb
    assert state(world, cast.head, made) == S.UNDER_INVESTIGATION
    assert world.client(cast.analyst).post(step(made, "transferer"), {"reason": WHY}).status_code == 403
    bad: tuple[tuple[TestAgent, str, dict[str, object]], ...] = (
        (cast.head, "transferer", {"service": "x"}), (cast.head, "transferer", {"seen": "z"}),
        (cast.head, "reporter", {"deadline": "hier"}), (cast.associated, "etape", {"seen": "0", "reason": WHY}),
    )  # fmt: skip
    for who, verb, data in bad:
        assert world.client(who).post(step(made, verb), {"reason": WHY, "seen": "1", **data}).status_code == 422, verb


def offered(shown_page: str, unit_id: UUID) -> str:
    """The words of one service in the list of those that may lead."""
    choices = shown_page.split('name="lead"')[1].split("</select>")[0].replace("\N{NO-BREAK SPACE}", " ")
    return choices.split(f'value="{unit_id}"')[1].split("</option>")[0]


def test_who_allocates_sees_what_each_service_leads_already(world: World, cast: Cast) -> None:
    """Those that he reads, and no others: a count would tell him of what he may not know."""
    running, late = brought_to(world, cast, S.UNDER_INVESTIGATION), brought_to(world, cast, S.ALLOCATED)
    brought_to(world, cast, S.CLOSED)
    elsewhere, made = brought_to(world, cast, S.ALLOCATED), brought_to(world, cast, S.VALIDATED)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE coordination_objective SET state = 'ABANDONED' WHERE id <> ALL (%s)",
                      [[running, late, elsewhere, made]])  # fmt: skip
        admin.execute("UPDATE coordination_objective SET deadline = now() - interval '3 days' WHERE id = %s", [late])
        admin.execute("UPDATE coordination_objective SET readers = '{}' WHERE id = %s", [elsewhere])
    shown_page = text(world.client(cast.head).get(page(made)))
    assert "en cours : 2, en retard : 1" in offered(shown_page, unit("SR13").id)
    assert "aucun objectif en cours" in offered(shown_page, unit("DED13").id)


def test_each_step_is_offered_to_its_decider_alone(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.TO_PROSECUTOR)
    assert step(made, "valider") in text(world.client(cast.prosecutor).get(page(made)))
    for who in (cast.head, cast.analyst, cast.office):
        client = world.client(who)
        assert step(made, "valider") not in text(client.get(page(made)))
        assert client.post(step(made, "valider"), {"reference": "26-1", "reason": ""}).status_code == 403
        assert world.journal("refused")[-1][1] == who.id
    assert state(world, cast.head, made) == S.TO_PROSECUTOR


def test_nothing_is_allocated_without_validation(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.TO_PROSECUTOR)
    assert world.client(cast.head).post(step(made, "attribuer"), allocation()).status_code == 409
    assert state(world, cast.head, made) == S.TO_PROSECUTOR


def test_a_refusal_says_why(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.TO_PROSECUTOR)
    client = world.client(cast.prosecutor)
    for reason, words in (("", "obligatoire"), ("non", "Dites pourquoi"), ("x" * 900, "trop long")):
        answer = client.post(step(made, "refuser"), {"reason": reason, "reference": ""})
        assert answer.status_code == 422
        assert words in text(answer)
    assert client.post(step(made, "valider"), {"reference": "", "reason": ""}).status_code == 422
    assert client.post(step(made, "refuser"), {"reason": WHY, "reference": "26-9"}).status_code == 302
    assert WHY in text(world.client(cast.analyst).get(page(made)))


@pytest.mark.parametrize(
    "over",
    [
        {"lead": ""}, {"lead": "x"}, {"lead": str(uuid4())}, {"deadline": ""}, {"deadline": "0001-01-01"},
        {"deadline": "2020-01-01"}, {"deadline": "2099-01-01"}, {"deadline": "demain"}, {"financial": ""},
        {"financial": "declined"}, {"financial": "declined", "financial_motive": "non"}, {"co_services": ["x"]},
        {"reason": "\x00"},
    ],
)  # fmt: skip
def test_a_bad_allocation_is_a_sentence(world: World, cast: Cast, over: dict[str, object]) -> None:
    made = brought_to(world, cast, S.VALIDATED)
    answer = world.client(cast.head).post(step(made, "attribuer"), allocation() | over)
    assert answer.status_code == 422, over
    assert "à corriger" in text(answer)
    assert state(world, cast.head, made) == S.VALIDATED


def test_the_lead_is_not_its_own_help(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.VALIDATED)
    lead = str(unit("SR13").id)
    answer = world.client(cast.head).post(step(made, "attribuer"), allocation(lead=lead, co_services=[lead]))
    assert answer.status_code == 422
    assert "chef de file" in text(answer)


def test_an_unknown_step_is_absent(world: World, cast: Cast) -> None:
    made = proposed(world, cast)
    assert world.client(cast.head).post(step(made, "vendre"), {}).status_code == 404
    assert world.client(cast.head).get(step(made, "examiner")).status_code == 405


# -- paper -------------------------------------------------------------------------------------------------------------
def test_the_sheet_is_a_pdf_with_its_serial_in_the_journal(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.CLOSED)
    answer = world.client(cast.head).get(reverse("objective-print", args=[made]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    entry = world.journal("print")[-1]
    assert entry[1:3] == (cast.head.id, [f"objective:{made}"])
    assert entry[3]["serial"] in answer["Content-Disposition"]


def test_the_pages_speak_to_a_head_of_unit_too(world: World, cast: Cast) -> None:
    head = world.agent(Role.UNIT_HEAD, "PJ13")
    assert world.client(head).get("/objectifs/").status_code == 200
    assert "Aucun objectif" in text(world.client(world.agent(Role.UNIT_HEAD, "PJ59")).get("/objectifs/"))
