"""The form of a report: what was typed comes back with its faults; one photo, made anew."""

import io
import re
from typing import Any
from uuid import UUID

import pytest

from tests.web.intelligence.typed import FACT, NEW, deposited, errors_of, photo, report_id, text_of, typed
from tests.world import TestAgent, World


def test_everything_typed_comes_back_with_the_faults(world: World, author: TestAgent) -> None:
    answer = world.client(author).post(
        NEW,
        typed(
            event_from="31/02/2026",
            assessment_text="Sans doute un point de vente",
            source_grade="B",
            **{
                "persons-TOTAL_FORMS": "2",
                "persons-1-family": "Durand-Test",
                "persons-1-given": "Élie",
                "selectors-TOTAL_FORMS": "1",
                "selectors-0-kind": "plate",
                "selectors-0-raw": "AB-123-CD",
            },
        ),
    )
    page = text_of(answer)
    assert answer.status_code == 422
    for kept in (FACT, "31/02/2026", "Sans doute un point de vente", "Durand-Test", "Élie", "AB-123-CD"):
        assert kept in page, kept
    assert "calendrier" in errors_of(answer)
    assert "#id_event_from" in errors_of(answer)
    assert "#id_persons-1-category" in errors_of(answer)


@pytest.mark.parametrize(
    "refused_by_the_form",
    [
        {"commune": "Nulle-Part-sur-Rien"},
        {"frame": "militaire"},
        {"handling": ["H9"]},
        {"persons-TOTAL_FORMS": "1", "persons-0-family": "Durand-Test", "persons-0-category": "ange"},
        {"selectors-TOTAL_FORMS": "1", "selectors-0-raw": "AB-123-CD", "selectors-0-kind": "rien"},
    ],
)
def test_everything_that_is_wrong_is_said_at_once(
    world: World, author: TestAgent, refused_by_the_form: dict[str, Any]
) -> None:
    answer = world.client(author).post(
        NEW, typed(**{"fact_text": "", "event_from": "31/02/2026"} | refused_by_the_form)
    )
    assert answer.status_code == 422
    said = errors_of(answer)
    assert "Écrivez le fait" in said
    assert "calendrier" in said
    targets = re.findall(r'href="#([^"]+)"', said)
    assert len(targets) == 3, said
    assert len(set(targets)) == 3, "one fault a field: the room does not repeat what the form said"


def test_a_draft_with_an_unknown_commune_is_not_asked_for_the_rest(world: World, author: TestAgent) -> None:
    answer = world.client(author).post(NEW, typed(fact_text="", commune="Nulle-Part-sur-Rien", draft="1"))
    said = errors_of(answer)
    assert "Aucune commune" in said
    assert "Écrivez le fait" not in said


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("fact_text", "", "Écrivez le fait"),
        ("fact_text", "  \u202e ", "Écrivez le fait"),
        ("fact_text", "a" * 50_000, "trop long"),
        ("fact_text", "avec \x00 dedans", "nul"),
        ("fact_text", "avec \x07 dedans", "commande"),
        ("assessment_text", "b" * 30_000, "trop long"),
        ("event_from", "", "quand"),
        ("event_from", "31/12/2999", "futur"),
        ("event_from", "01/01/0001", "1900"),
        ("event_from", "<script>", "illisible"),
        ("event_to", "01/01/2020", "précède"),
        ("commune", "Nulle-Part-sur-Rien", "Aucune commune"),
        ("commune", "\x00", "nul"),
        ("lon", "181", "longitude"),
        ("lat", "abc", ""),
        ("uncertainty_m", "-4", ""),
        ("uncertainty_m", "9" * 400, ""),
        ("place_text", "x" * 5_000, "trop long"),
        ("source_kind", "", "d'où vient"),
        ("source_kind", "human_source", "coffre des sources"),
        ("source_kind", "controlled_delivery", "livraison surveillée"),
        ("source_kind", "rumeur", ""),
        ("source_grade", "Z", ""),
        ("info_grade", "9", ""),
        ("handling", [], "code de traitement"),
        ("handling", ["H0", "H1"], "H0 ne se combine"),
        ("handling", ["H3"], "H3 demande"),
        ("handling", ["H9"], ""),
        ("frame", "judicial", "procédure"),
        ("frame", "militaire", ""),
        ("case_id", str(UUID(int=1)), ""),
        ("products", ["poudre"], ""),
        ("means_weapon", ["canon"], ""),
        ("key", "pas-un-uuid", ""),
        ("version", "99999999999", ""),
        ("persons-0-birth", "31/12/2999", "futur"),
        ("persons-0-birth_commune", "Nulle-Part", "Aucune commune"),
        ("persons-0-category", "ange", ""),
        ("persons-0-family", "x" * 900, "trop long"),
        ("selectors-0-raw", "", "rien d'utilisable"),
        ("selectors-0-kind", "", "Ce type"),
        ("selectors-0-person", "7", "n'est pas dans la fiche"),
        ("selectors-0-person", "deux", "n'est pas dans la fiche"),
        ("selector", "phone:", "rien d'utilisable"),
        ("selector", "n'importe quoi", "Ce type"),
        ("persons-TOTAL_FORMS", "9999", ""),
        ("persons-TOTAL_FORMS", "beaucoup", ""),
    ],
)
def test_bad_input_is_a_sentence(world: World, author: TestAgent, field: str, value: Any, words: str) -> None:
    before = world.sql("SELECT count(*) FROM intelligence_report")
    rows = {
        "persons-TOTAL_FORMS": "1",
        "persons-0-family": "Durand-Test",
        "persons-0-category": "suspect",
        "selectors-TOTAL_FORMS": "1",
        "selectors-0-kind": "phone",
        "selectors-0-raw": "06 39 98 12 34",
    }
    extra = {"lon": "5.4", "lat": "43.3"} if field in ("lon", "lat", "uncertainty_m") else {}
    answer = world.client(author).post(NEW, typed(**(rows | extra | {field: value})))
    assert answer.status_code == 422, text_of(answer)[:300]
    assert words.lower() in errors_of(answer).lower().replace("&#x27;", "'")
    assert errors_of(answer)
    assert world.sql("SELECT count(*) FROM intelligence_report") == before


def test_html_is_text(world: World, author: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client, fact_text="Il a dit <script>alert(1)</script> & <b>gras</b>")
    page = text_of(client.get(f"/renseignements/{report}/"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_identifiers_of_the_text_are_confirmed_before_the_deposit(world: World, author: TestAgent) -> None:
    client = world.client(author)
    form = typed(fact_text="Il appelle le 06 39 98 12 34, IMEI 35 209900 176148 2.")
    review = client.post(NEW, form)
    page = text_of(review)
    assert review.status_code == 200
    assert "Avant de déposer" in page
    assert 'value="phone:+33639981234"' in page
    assert page.count('name="offered"') == 2
    assert "chip--warn" in page  # the check digit of the IMEI is wrong
    offered = re.findall(r'name="offered" value="([^"]+)"', page)
    report = report_id(client.post(NEW, form | {"offered": offered, "selector": offered[1]}))
    rows = world.sql("SELECT kind, valid FROM intelligence_selector WHERE report_id = %s", [report])
    assert rows == [("imei", False)]
    shown = text_of(client.get(f"/renseignements/{report}/"))
    assert "chip--warn" in shown


def test_one_more_row_keeps_what_was_typed(world: World, author: TestAgent) -> None:
    answer = world.client(author).post(
        NEW,
        typed(more="persons", **{"persons-TOTAL_FORMS": "1", "persons-0-family": "Durand-Test"}),
    )
    page = text_of(answer)
    assert answer.status_code == 200
    assert 'name="persons-1-family"' in page
    assert "Durand-Test" in page
    assert FACT in page


@pytest.mark.parametrize("query", ["", "?persons-TOTAL_FORMS=2", "?selectors-TOTAL_FORMS=x", "?persons-TOTAL_FORMS=²"])
def test_a_row_is_a_fragment(world: World, author: TestAgent, query: str) -> None:
    answer = world.client(author).get(f"/renseignements/ligne/{query}")
    assert answer.status_code == 200
    assert "<html" not in text_of(answer)
    assert "hx-swap-oob" in text_of(answer)


def test_persons_and_their_identifiers_keep_together(world: World, author: TestAgent) -> None:
    client = world.client(author)
    report = deposited(
        client,
        **{
            "persons-TOTAL_FORMS": "3",
            "persons-2-family": "Durand-Test",
            "persons-2-aliases": "Le Grand, Titi",
            "persons-2-birth": "03/1990",
            "persons-2-category": "suspect",
            "selectors-TOTAL_FORMS": "1",
            "selectors-0-kind": "plate",
            "selectors-0-raw": "AB-123-CD",
            "selectors-0-person": "3",
        },
    )
    rows = world.sql(
        "SELECT p.family, p.aliases, p.birth_month FROM intelligence_selector s"
        " JOIN intelligence_person p ON p.id = s.person_id WHERE s.report_id = %s",
        [report],
    )
    assert rows == [("Durand-Test", ["Le Grand", "Titi"], 3)]
    page = text_of(client.get(f"/renseignements/{report}/"))
    assert "Le Grand, Titi" in page
    assert "03/1990" in page


def test_a_photo_is_made_anew_and_shown(world: World, author: TestAgent, stranger: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client, attachment=photo())
    assert "<img" in text_of(client.get(f"/renseignements/{report}/"))
    served = client.get(f"/renseignements/{report}/piece-jointe/")
    assert served["Content-Type"] == "image/jpeg"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "veste" not in served["Content-Disposition"]
    assert world.client(stranger).get(f"/renseignements/{report}/piece-jointe/").status_code == 404
    without = deposited(client)
    assert client.get(f"/renseignements/{without}/piece-jointe/").status_code == 404


def _file(content: bytes) -> io.BytesIO:
    made = io.BytesIO(content)
    made.name = "piece.jpg"
    return made


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"GIF89a", "Seuls une photo"),
        (b"\xff\xd8\xff" + b"\x00" * 50, "abîmé"),
        (b"%PDF-1.7 rien", "abîmé"),
        (b"\xff\xd8\xff" + b"x" * (10 * 1024 * 1024), "trop lourd"),
        (b"x" * (21 * 1024 * 1024), "trop lourd"),
    ],
)
def test_a_bad_file_refuses_the_deposit(world: World, author: TestAgent, content: bytes, words: str) -> None:
    before = world.sql("SELECT count(*) FROM intelligence_report")
    answer = world.client(author).post(NEW, typed(attachment=_file(content)))
    assert answer.status_code == 422
    assert words in errors_of(answer)
    assert world.sql("SELECT count(*) FROM intelligence_report") == before
