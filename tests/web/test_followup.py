"""Pages after an operation: the follow-up of one place, the board and its paper, what the forms refuse."""

from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from recoupe.access import context
from recoupe.coordination.followup.enums import MeasureKind, Seen
from recoupe.coordination.followup.reminding import tell_checks
from recoupe.notices.queries import waiting
from recoupe.web.notices.lines import lines
from tests.coordination.after import WHY, answer, check, dismantled, disrupted, planned, state
from tests.coordination.builders import Cast, unit
from tests.web.rooms import statements
from tests.web.rooms import text as written
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


def text(answer: Any) -> str:
    """What a reader sees of a page, its apostrophes as he does."""
    return unescape(written(answer))


def page(of: UUID) -> str:
    return reverse("followup-page", args=[of])


def act(of: UUID, verb: str) -> str:
    return reverse("followup-act", args=[of, verb])


def look(world: World, who: TestAgent, point_id: UUID, **over: object) -> dict[str, object]:
    with world.acting(who):
        one = check(point_id, 7)
    return {"check_id": one.id, "seen": "clean", "seen_on": one.due_on.isoformat(), "reason": WHY, **over}


def measure(**over: object) -> dict[str, object]:
    return {
        "kind": "light", "text": "Remplacer les lampes",
        "due_on": (timezone.localdate() + timedelta(days=9)).isoformat(),
        "owner": "", "partner_kind": "town", "partner": "Mairie, éclairage public", "requested": "", "key": uuid4(),
        **over,
    }  # fmt: skip


def test_an_officer_answers_on_the_page_and_reads_it_in_the_story_of_the_point(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    site = world.client(cast.police)
    assert "Répondre" in text(site.get(page(point_id)))
    sent = site.post(act(point_id, "controle"), look(world, cast.police, point_id))
    assert (sent.status_code, sent["Location"]) == (302, page(point_id))
    for url in (page(point_id), reverse("dealpoint-page", args=[point_id])):
        shown = text(site.get(url))
        assert "Aucune vente" in shown
        assert WHY in shown
    again = site.post(act(point_id, "controle"), look(world, cast.police, point_id))
    assert again.status_code == 409
    assert "Quelqu'un a déjà répondu" in text(again)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"seen": ""}, "Ce champ est obligatoire"),
        ({"seen": "maybe"}, "choix valide"),
        ({"seen_on": ""}, "Indiquez le jour du passage"),
        ({"seen_on": "31/02/2026"}, "Date illisible"),
        ({"reason": "vu"}, "Dites pourquoi"),
    ],
)
def test_an_answer_that_lacks_something_comes_back(
    world: World, cast: Cast, said: dict[str, object], sentence: str
) -> None:
    point_id = dismantled(world, cast, 8)
    sent = world.client(cast.police).post(act(point_id, "controle"), look(world, cast.police, point_id, **said))
    assert sent.status_code == 422
    assert sentence in text(sent)


def test_the_check_of_another_point_is_none_of_this_one(world: World, cast: Cast) -> None:
    one, other = dismantled(world, cast, 8), dismantled(world, cast, 8)
    sent = world.client(cast.police).post(act(one, "controle"), look(world, cast.police, other))
    assert sent.status_code == 404
    assert world.client(cast.police).post(act(one, "controle"), {"check_id": "x"}).status_code == 422
    assert world.client(cast.police).post(act(one, "inconnu"), {}).status_code == 404


def test_the_cell_plans_on_the_page_and_others_see_no_form(world: World, cast: Cast) -> None:
    point_id = disrupted(world, cast)
    site = world.client(cast.analyst)
    assert "Prévoir une mesure" in text(site.get(page(point_id)))
    assert site.post(act(point_id, "mesure"), measure()).status_code == 302
    shown = text(site.get(page(point_id)))
    assert "Remplacer les lampes" in shown
    assert "Déclarer fait" in shown
    reader = world.client(cast.police)
    assert "Prévoir une mesure" not in text(reader.get(page(point_id)))
    assert reader.post(act(point_id, "mesure"), measure()).status_code == 403


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"due_on": "01/01/2020"}, "ne peut pas précéder"),
        ({"due_on": ""}, "Ce champ est obligatoire"),
        ({"text": "Appeler le 06 12 34 56 78"}, "aucun identifiant"),
        ({"owner": str(uuid4())}, "choix"),
        ({"partner": "M. Durand"}, "jamais une personne"),
        ({"partner": "", "partner_kind": ""}, "Nommez un service ou un partenaire"),
        ({"kind": "forces"}, "jours d'agents demandés"),
        ({"requested": "3"}, "Seules les forces mobiles"),
        ({"requested": "-3", "kind": "forces"}, "supérieure ou égale à 0"),
        ({"key": "x"}, "UUID"),
    ],
)
def test_a_measure_that_lacks_something_comes_back(
    world: World, cast: Cast, said: dict[str, object], sentence: str
) -> None:
    point_id = dismantled(world, cast, 8)
    sent = world.client(cast.head).post(act(point_id, "mesure"), measure(**said))
    assert sent.status_code == 422
    assert sentence in text(sent) or "key" in said
    assert world.sql("SELECT count(*) FROM coordination_measure WHERE point_id = %s", [point_id]) == [(0,)]


def test_a_measure_goes_on_by_its_buttons(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    owner = unit("PJ13").id
    made = planned(
        world, cast.head, point_id, kind=MeasureKind.FORCES, owner_id=owner, partner="", partner_kind="", requested=9
    )
    site = world.client(cast.head)
    step = {"measure": made, "read": 1, "step": "accorder", "granted": "8", "reason": ""}
    assert site.post(act(point_id, "etape"), step).status_code == 302
    assert "9 demandés, 8 accordés" in text(site.get(page(point_id)))
    stale = site.post(act(point_id, "etape"), step)
    assert stale.status_code == 409
    done = {"measure": made, "read": 2, "step": "terminer", "used": "9", "reason": ""}
    refused = site.post(act(point_id, "etape"), done)
    assert refused.status_code == 422
    assert "plus de forces" in text(refused)
    assert site.post(act(point_id, "etape"), {**done, "used": "7"}).status_code == 302
    for wrong in ({"step": "voler"}, {"measure": "x"}, {}):
        assert site.post(act(point_id, "etape"), {**wrong}).status_code == 422
    assert site.post(act(point_id, "etape"), {**done, "measure": uuid4()}).status_code == 404


def test_the_page_says_that_a_closing_is_proposed(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 180)
    for days in (7, 30, 90, 180):
        assert "Clôture proposée" not in text(world.client(cast.head).get(page(point_id)))
        answer(world, cast.police, point_id, days, Seen.CLEAN)
    assert "Clôture proposée" in text(world.client(cast.head).get(page(point_id)))
    assert state(world, point_id) == "WATCH"


def test_the_board_says_what_is_late_and_what_is_not_known(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 300)
    planned(world, cast.head, point_id, text="Fermer le passage")
    shown = text(world.client(cast.police).get(reverse("followup-board")))
    for words in ("Les Cygnes", "En retard", "J+7", "Fermer le passage", "Inconnus", "Taux de réoccupation"):
        assert words in shown
    hidden = text(world.client(cast.other_head).get(reverse("followup-board")))
    assert "Les Cygnes" not in hidden
    assert "Fermer le passage" not in hidden
    entry = world.journal("consult")[-1]
    assert entry[3] == {"what": "followup_board", "filters": []}


@pytest.mark.parametrize("asked", [{"department": "999"}, {"cell": "x"}, {"first": "hier"},
                                   {"first": "01/02/2026", "last": "01/01/2026"}])  # fmt: skip
def test_an_absurd_board_is_refused_with_a_sentence(world: World, cast: Cast, asked: dict[str, str]) -> None:
    site = world.client(cast.police)
    assert site.get(reverse("followup-board"), asked).status_code == 422
    assert site.get(reverse("followup-print"), asked).status_code == 422


def test_the_board_is_printed_with_its_marking_and_journaled(world: World, cast: Cast) -> None:
    dismantled(world, cast, 300)
    printed = world.client(cast.analyst).get(reverse("followup-print"), {"department": "13"})
    assert (printed.status_code, printed["Content-Type"]) == (200, "application/pdf")
    assert printed.content.startswith(b"%PDF")
    assert world.journal("print")[-1][3]["template"] == "sheet.typ"
    # Where nothing waits, the paper says so, and its entry what it is.
    assert world.client(cast.other_head).get(reverse("followup-print")).status_code == 200
    assert world.journal("print")[-1][3]["what"] == "followup_board"


@pytest.mark.parametrize("name", ["judge", "dpo"])
def test_who_has_no_place_there_is_refused(world: World, cast: Cast, name: str) -> None:
    site = world.client(cast.everybody()[name])
    for url in (reverse("followup-board"), reverse("followup-print"), page(dismantled(world, cast, 8))):
        assert site.get(url).status_code in (403, 404)


def listed(world: World, who: TestAgent, point_id: UUID) -> bool:
    """Whether a check of this place waits on the list of that agent, and leads to its page."""
    with world.acting(who) as agent:
        found = lines(agent, waiting(agent, limit=100, kinds=["check_due"]), timezone.now())
    return page(point_id) in {line.about.url for line in found}


def test_a_check_leaves_the_list_of_a_cell_once_somebody_has_answered(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    with world.process("worker"), context.service("worker", "essai"):
        tell_checks(today=timezone.localdate())
    assert listed(world, cast.analyst, point_id)
    # Neither the page of the point nor that of its follow-up takes it off while it waits.
    site = world.client(cast.analyst)
    for url in (reverse("dealpoint-page", args=[point_id]), page(point_id)):
        assert site.get(url).status_code == 200
    assert listed(world, cast.analyst, point_id)
    answer(world, cast.police, point_id, 7, Seen.CLEAN)
    assert not listed(world, cast.analyst, point_id)


def test_the_page_asks_the_base_nothing_twice(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 40)
    for number in range(3):
        planned(world, cast.head, point_id, text=f"Mesure {number}")
    for who in (cast.police, cast.head):
        with statements() as asked:
            assert world.client(who).get(page(point_id)).status_code == 200
        assert sorted(asked) == sorted(set(asked))
