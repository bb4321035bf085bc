"""The thread of a report over HTTP: write, deposit, read, work, search; every refusal is a sentence."""

import io
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from PIL import Image

from recoupe.access.enums import Role
from recoupe.crosscheck.actions import pull
from recoupe.intelligence.actions import deposit
from recoupe.web.intelligence import writing
from tests.crosscheck.scene import entry, new_phone
from tests.world import TestAgent, World

NEW = "/renseignements/nouveau/"
FACT = "Deux hommes remettent un sac sous un porche, puis repartent vers la rocade."
HIDDEN = "Le guetteur du fait caché porte une veste orange"


@pytest.fixture(autouse=True)
def no_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """No matcher runs in these tests: nobody waits for it."""
    monkeypatch.setattr(writing, "WAIT_S", 0.0)


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def colleague(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    """An investigator of another service of the same department."""
    return world.agent(Role.INVESTIGATOR, "SP13")


def typed(**changes: Any) -> dict[str, Any]:
    """A complete form, as a browser sends it."""
    return {
        "fact_text": FACT,
        "event_from": "12/11/2026",
        "commune": "Marseille (13)",
        "source_kind": "officer_observation",
        "handling": ["H0"],
        "frame": "administrative",
        "key": str(uuid4()),
        **changes,
    }


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def report_id(answer: Any) -> UUID:
    assert answer.status_code == 302, errors_of(answer)
    found = re.fullmatch(r"/renseignements/([0-9a-f-]{36})/", answer["Location"])
    assert found, answer["Location"]
    return UUID(found[1])


def errors_of(answer: Any) -> str:
    """The summary of faults of a page."""
    found = re.search(r'class="error-summary".*?</div>', text_of(answer), re.DOTALL)
    return found[0] if found else ""


def deposited(client: Client, **changes: Any) -> UUID:
    """Deposit by the form and give the new report's id."""
    return report_id(client.post(NEW, typed(**changes)))


def last_details(world: World, operation: str) -> dict[str, Any]:
    return dict(world.journal(operation)[-1][3])


def photo() -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "orange").save(made, "JPEG")
    made.seek(0)
    made.name = "IMG_veste.jpg"
    return made


# --- The thread ---------------------------------------------------------------------------------------------------


def test_a_report_is_written_deposited_read_and_listed(world: World, author: TestAgent) -> None:
    client = world.client(author)
    assert client.get(NEW).status_code == 200
    report = deposited(client)
    page = client.get(f"/renseignements/{report}/")
    assert page.status_code == 200
    assert FACT in text_of(page)
    assert "Fiche déposée" in text_of(page)
    assert "Recoupement en cours" in text_of(page)
    assert FACT in text_of(client.get("/renseignements/"))
    operations = [line[0] for line in world.journal() if f"report:{report}" in line[2]]
    assert operations == ["collect", "consult", "consult"]


def test_hits_stand_on_the_page_with_whom_to_call_and_nothing_else(
    world: World, author: TestAgent, stranger: TestAgent
) -> None:
    phone = new_phone()
    with world.acting(stranger) as agent:
        deposit(by=agent, entry=entry(phone=phone, fact_text=HIDDEN))
    client = world.client(author)
    report = deposited(client, **{"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "phone", "selectors-0-raw": phone})
    with world.process("matcher"):
        pull("express")
    page = text_of(client.get(f"/renseignements/{report}/"))
    assert "aucun rapprochement" not in page.lower()
    assert "badge--certain" in page
    assert HIDDEN not in page
    assert stranger.login not in page
    fragment = client.get(f"/renseignements/{report}/rapprochements/")
    assert "hx-get" not in text_of(fragment)
    assert "badge--certain" in text_of(fragment)


def test_without_a_hit_the_page_says_so(world: World, author: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client)
    with world.process("matcher"):
        pull("express")
    assert "Aucun rapprochement à ce jour" in text_of(client.get(f"/renseignements/{report}/"))


def test_two_clicks_make_one_report(world: World, author: TestAgent) -> None:
    client, form = world.client(author), typed()
    first = report_id(client.post(NEW, form | {"attachment": photo()}))
    second = report_id(client.post(NEW, form | {"attachment": photo()}))
    assert first == second
    assert world.sql("SELECT count(*) FROM intelligence_report WHERE id = %s", [first]) == [(1,)]


# --- The form -----------------------------------------------------------------------------------------------------


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
        ("case_id", str(uuid4()), ""),
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


# --- Proposals ----------------------------------------------------------------------------------------------------


def ask(client: Client, body: Any, kind: str = "application/json") -> Any:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post("/renseignements/reperes.json", content, content_type=kind)


def test_proposals_say_what_the_agent_already_knows(world: World, author: TestAgent, stranger: TestAgent) -> None:
    client, phone, hidden = world.client(author), new_phone(), new_phone()
    deposited(client, **{"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "phone", "selectors-0-raw": phone})
    with world.acting(stranger) as agent:
        deposit(by=agent, entry=entry(phone=hidden))
    mentions = ask(client, {"text": f"Il appelle {phone} puis {hidden}."}).json()["mentions"]
    assert "déjà connu de vous : PJ13-26-" in mentions[0]["known"]
    assert mentions[1]["known"] == ""
    details = last_details(world, "search")
    assert details == {"what": "known", "kinds": ["phone"]}
    assert phone not in str(world.journal("search"))


def test_sensitive_words_are_said_while_typing(world: World, author: TestAgent) -> None:
    notice = ask(world.client(author), {"text": "Un militant l'attend."}).json()["notice"]
    assert "militant" in notice


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "application/json"),
        ("{", "application/json"),
        ("[]", "application/json"),
        ('{"text": 3}', "application/json"),
        ('{"text": "\\ud800"}', "application/json"),
        ('{"text": "\\u0000"}', "application/json"),
        (json.dumps({"text": "a" * 200_000}), "application/json"),
        ("[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        ("text=a", "application/x-www-form-urlencoded"),
        ("--b\r\n", "multipart/form-data; boundary=b"),
    ],
)
def test_bad_json_is_a_problem(world: World, author: TestAgent, body: Any, kind: str) -> None:
    answer = ask(world.client(author), body, kind)
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


# --- Drafts -------------------------------------------------------------------------------------------------------


def test_a_draft_is_its_authors_alone_until_it_is_deposited(
    world: World, author: TestAgent, colleague: TestAgent
) -> None:
    client = world.client(author)
    kept = client.post(NEW, typed(draft="1", event_from="", handling=[], fact_text="Brouillon à finir"))
    assert kept["Location"] == "/renseignements/brouillons/"
    listed = text_of(client.get("/renseignements/brouillons/"))
    edit = re.search(r"/renseignements/[0-9a-f-]{36}/modifier/", listed)
    assert edit
    other = world.client(colleague)
    assert "Brouillon à finir" not in text_of(other.get("/renseignements/brouillons/"))
    assert other.get(edit[0]).status_code == 404
    page = client.get(edit[0])
    assert "Brouillon à finir" in text_of(page)
    assert "Marseille (13)" in text_of(page)
    version = re.search(r'name="version" value="(\d+)"', text_of(page))
    assert version
    stale = client.post(edit[0], typed(draft="1", fact_text="Encore", version="77"))
    assert stale.status_code == 409
    assert "Encore" in text_of(stale)
    report = report_id(client.post(edit[0], typed(fact_text="Fini de rédiger", version=version[1])))
    assert "Fini de rédiger" in text_of(other.get(f"/renseignements/{report}/"))
    again = client.post(edit[0], typed(fact_text="Deuxième clic", version=version[1]))
    assert again["Location"] == f"/renseignements/{report}/"


def test_a_draft_is_discarded(world: World, author: TestAgent, colleague: TestAgent) -> None:
    client = world.client(author)
    client.post(NEW, typed(draft="1", fact_text="À jeter bientôt"))
    found = re.search(
        r"/renseignements/([0-9a-f-]{36})/abandonner/", text_of(client.get("/renseignements/brouillons/"))
    )
    assert found
    assert world.client(colleague).post(found[0]).status_code == 404
    assert client.post(found[0]).status_code == 302
    assert world.sql("SELECT count(*) FROM intelligence_report WHERE id = %s", [found[1]]) == [(0,)]


# --- Attachment ---------------------------------------------------------------------------------------------------


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


# --- Reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "unit", "handling", "status"),
    [
        (Role.INVESTIGATOR, "PJ13", ["H0"], 200),
        (Role.INVESTIGATOR, "SP13", ["H0"], 404),
        (Role.CROSS_ANALYST, "CROSS13", ["H0"], 200),
        (Role.CROSS_ANALYST, "CROSS13", ["H2"], 200),
        (Role.CROSS_ANALYST, "CROSS06", ["H0"], 404),
        (Role.OFAST_ANALYST, "OFAST", ["H1"], 200),
        (Role.OFAST_ANALYST, "OFAST", ["H2"], 404),
        (Role.DUTY_OFFICER, "SP13", ["H0"], 404),
        (Role.DPO, "OFAST", ["H0"], 403),
        (Role.SYSADMIN, "OFAST", ["H0"], 403),
    ],
)
def test_who_reads_a_report(
    world: World, author: TestAgent, role: Role, unit: str, handling: list[str], status: int
) -> None:
    report = deposited(world.client(author), handling=handling)
    reader = world.client(world.agent(role, unit))
    for tail in ("", "rapprochements/", "imprimer/"):
        assert reader.get(f"/renseignements/{report}/{tail}").status_code == status, tail
    listed = reader.get("/renseignements/")
    assert listed.status_code == (403 if status == 403 else 200)
    assert (str(report) in text_of(listed)) is (status == 200)


@pytest.mark.parametrize(
    ("role", "unit"), [(Role.DUTY_OFFICER, "PJ13"), (Role.OFAST_ANALYST, "OFAST"), (Role.DPO, "OFAST")]
)
def test_who_may_not_write(world: World, role: Role, unit: str) -> None:
    client = world.client(world.agent(role, unit))
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, typed()).status_code == 403
    assert ask(client, {"text": "06 39 98 12 34"}).status_code == 403


def test_facts_and_assessment_stand_apart_and_an_iban_is_masked(world: World, author: TestAgent) -> None:
    client = world.client(author)
    iban = "FR7630006000011234567890189"
    report = deposited(
        client,
        assessment_text="À mon avis un collecteur.",
        **{"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "iban", "selectors-0-raw": iban},
    )
    page = text_of(client.get(f"/renseignements/{report}/"))
    assert page.index("Le fait") < page.index("Appréciation") < page.index("À mon avis un collecteur.")
    assert "avis de son auteur, non un fait" in page
    assert iban not in page
    assert "FR76 •••• •••• 189" in page
    assert client.get(f"/renseignements/{report}/imprimer/")["Content-Type"] == "application/pdf"
    assert last_details(world, "print")["template"] == "sheet.typ"


def test_related_reports_are_those_that_the_agent_reads(world: World, author: TestAgent, stranger: TestAgent) -> None:
    client, phone = world.client(author), new_phone()
    rows = {"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "phone", "selectors-0-raw": phone}
    first, second = deposited(client, **rows), deposited(client, **rows)
    with world.acting(stranger) as agent:
        hidden = deposit(by=agent, entry=entry(phone=phone)).id
    page = text_of(client.get(f"/renseignements/{second}/"))
    assert f"/renseignements/{first}/" in page
    assert str(hidden) not in page


def test_a_draft_does_not_print(world: World, author: TestAgent) -> None:
    client = world.client(author)
    client.post(NEW, typed(draft="1"))
    found = re.search(r"/renseignements/([0-9a-f-]{36})/modifier/", text_of(client.get("/renseignements/brouillons/")))
    assert found
    assert client.get(f"/renseignements/{found[1]}/imprimer/").status_code == 409
    assert "Reprendre ce brouillon" in text_of(client.get(f"/renseignements/{found[1]}/"))


# --- The list -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?state=SUBMITTED&whose=mine&urgent=on&department=13", 200),
        ("?state=NIMPORTE", 422),
        ("?department=999", 422),
        ("?before=zzz", 422),
        ("?before=2026-01-01T00:00:00%2B00:00~nope", 422),
        ("?before=" + "9" * 4000, 422),
        ("?whose=%00", 422),
        ("?state=%ED%A0%80", 422),
    ],
)
def test_the_list_takes_any_query(world: World, author: TestAgent, query: str, status: int) -> None:
    assert world.client(author).get(f"/renseignements/{query}").status_code == status


def test_the_list_is_narrowed_and_paged_by_key(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "GEND13" if _has_unit(world, "GEND13") else "SP13")
    client = world.client(who)
    ids = []
    for number in range(27):
        with world.acting(who) as agent:
            ids.append(deposit(by=agent, entry=entry(urgency=number == 0)).id)
    page = text_of(client.get("/renseignements/?whose=mine"))
    assert page.count('class="ref" href="/renseignements/') == 25
    older = re.search(r'href="(\?[^"]*before=[^"]+)" rel="next"', page)
    assert older
    rest = text_of(client.get("/renseignements/" + older[1].replace("&amp;", "&")))
    assert str(ids[0]) in rest
    assert str(ids[26]) not in rest
    assert str(ids[0]) in text_of(client.get("/renseignements/?whose=mine&urgent=on"))
    assert str(ids[5]) not in text_of(client.get("/renseignements/?whose=mine&urgent=on"))
    assert last_details(world, "consult")["filters"] == ["urgent", "whose"]


def _has_unit(world: World, code: str) -> bool:
    return bool(world.sql("SELECT 1 FROM reference_unit WHERE code = %s", [code]))


# --- Search -------------------------------------------------------------------------------------------------------


def test_search_finds_among_what_the_agent_reads_and_journals_no_word(
    world: World, author: TestAgent, stranger: TestAgent
) -> None:
    client, phone = world.client(author), new_phone()
    rows = {"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "phone", "selectors-0-raw": phone}
    report = deposited(client, fact_text="Un kangourou traverse la cour.", **rows)
    ref = world.sql("SELECT ref FROM intelligence_report WHERE id = %s", [report])[0][0]
    page = f"/renseignements/{report}/"
    wanted: list[tuple[dict[str, str], bool]] = [
        ({"selector": phone}, True),
        ({"selector": phone, "kind": "phone"}, True),
        ({"selector": phone, "kind": "plate"}, False),
        ({"commune": "Marseille (13)", "text": "kangourou"}, True),
        ({"commune": "Nice (06)", "text": "kangourou"}, False),
        ({"text": "kangourou", "since": "2026-11-01", "until": "2026-11-30"}, True),
        ({"text": "kangourou", "until": "2026-10-30"}, False),
        ({"q": phone}, True),
        ({"q": "kangourou"}, True),
    ]
    for criteria, found in wanted:
        answer = client.post("/recherche/", criteria)
        assert answer.status_code == 200, criteria
        assert (page in text_of(answer)) is found, criteria
        assert page not in text_of(world.client(stranger).post("/recherche/", criteria)), criteria
    for criteria in ({"ref": ref}, {"q": ref.lower()}):
        assert client.post("/recherche/", criteria)["Location"] == page
        assert "Rien de tel" in text_of(world.client(stranger).post("/recherche/", criteria))
    searches = str(world.journal("search"))
    assert "kangourou" not in searches
    assert phone not in searches
    assert {"what": "commune+text"} in [line[3] for line in world.journal("search")]


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"before": "x"},
        {"ref": "pas une référence"},
        {"selector": "///", "kind": "phone"},
        {"selector": "a\x00b"},
        {"kind": "licorne", "selector": "06"},
        {"commune": "Nulle-Part-sur-Rien"},
        {"since": "31/02/2026"},
        {"since": "2026-05-01", "until": "2026-04-01"},
        {"text": "x" * 5_000},
        {"q": ""},
        {"q": "x" * 5_000},
        {"q": "\x01"},
    ],
)
def test_a_bad_search_is_a_sentence(world: World, author: TestAgent, criteria: dict[str, str]) -> None:
    answer = world.client(author).post("/recherche/", criteria)
    assert answer.status_code == 422
    assert errors_of(answer)


@pytest.mark.parametrize("text", ["%", "_", "'", "\u202e", "a & | ! b", '"', "(((", ":*", "été<b>"])
def test_any_text_may_be_searched(world: World, author: TestAgent, text: str) -> None:
    assert world.client(author).post("/recherche/", {"text": text + " mot"}).status_code == 200


# --- Work ---------------------------------------------------------------------------------------------------------


def act(client: Client, report: UUID, verb: str, **data: Any) -> Any:
    return client.post(f"/renseignements/{report}/{verb}/", data)


def state_of(world: World, report: UUID) -> str:
    return str(world.sql("SELECT state FROM intelligence_report WHERE id = %s", [report])[0][0])


def test_an_analyst_works_a_report_to_its_end(world: World, author: TestAgent, analyst: TestAgent) -> None:
    report = deposited(world.client(author), fact_text="Il appelle quelqu'un.")
    client = world.client(analyst)
    assert "Trier" in text_of(client.get(f"/renseignements/{report}/"))
    assert act(client, report, "trier", reason="à traiter").status_code == 302
    assert act(client, report, "coter", source="B", info="2", scheme="4x4").status_code == 302
    added = act(client, report, "confirmer", kind="plate", raw="AB-123-CD")
    assert added.status_code == 302
    with world.process("matcher"):
        pull("express")
    assert act(client, report, "classer", reason="sans suite").status_code == 302
    page = text_of(client.get(f"/renseignements/{report}/"))
    for words in ("Cotée B2", "AB-123-CD", "sans suite", "Classée"):
        assert words in page, words


@pytest.mark.parametrize(
    ("verb", "data", "words"),
    [
        ("coter", {"source": "", "info": "", "reason": "x" * 900}, "trop long"),
        ("coter", {"source": "Q", "info": "2"}, ""),
        ("rejeter", {"reason": ""}, "obligatoire"),
        ("rejeter", {"reason": "\x00"}, "commande"),
    ],
)
def test_a_refused_move_comes_back_with_its_form(
    world: World, author: TestAgent, analyst: TestAgent, verb: str, data: dict[str, str], words: str
) -> None:
    report = deposited(world.client(author))
    client = world.client(analyst)
    act(client, report, "trier")
    answer = act(client, report, verb, **data)
    assert answer.status_code == 422
    assert words in errors_of(answer).lower()
    assert state_of(world, report) == "TRIAGED"


@pytest.mark.parametrize("verb", ["trier", "coter", "confirmer", "relire", "diffuser", "classer", "rejeter", "taire"])
def test_the_author_alone_works_nothing_of_his_own(world: World, author: TestAgent, verb: str) -> None:
    report = deposited(world.client(author))
    data = {"source": "B", "info": "2", "reason": "parce que", "until": "2026-12-24"}
    answer = act(world.client(author), report, verb, **data)
    assert answer.status_code in (403, 409)
    assert state_of(world, report) == "SUBMITTED"


def test_an_unknown_verb_and_an_unknown_report_are_absent(world: World, author: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client)
    assert act(client, report, "sauter").status_code == 404
    assert act(client, uuid4(), "trier").status_code == 404
    assert client.get(f"/renseignements/{report}/trier/").status_code == 405


def test_the_head_silences_and_ends_silence(
    world: World, author: TestAgent, head: TestAgent, analyst: TestAgent
) -> None:
    report = deposited(world.client(author))
    client = world.client(head)
    late = act(client, report, "taire", until="2031-01-01", reason="enquête en cours")
    assert late.status_code == 422
    assert "mois au plus" in errors_of(late)
    assert act(client, report, "taire", until="2027-01-15", reason="enquête en cours").status_code == 302
    assert world.client(analyst).get(f"/renseignements/{report}/").status_code == 404
    assert "Silencieuse jusqu" in text_of(client.get(f"/renseignements/{report}/"))
    assert act(client, report, "lever-silence", reason="enquête close").status_code == 302
    assert world.client(analyst).get(f"/renseignements/{report}/").status_code == 200


def test_a_correction_keeps_the_former_version(world: World, author: TestAgent, colleague: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client)
    assert world.client(colleague).get(f"/renseignements/{report}/corriger/").status_code == 403
    page = client.get(f"/renseignements/{report}/corriger/")
    assert FACT in text_of(page)
    better = typed(fact_text="Trois hommes, et non deux.", version="1")
    unsaid = client.post(f"/renseignements/{report}/corriger/", better)
    assert unsaid.status_code == 422
    assert "Trois hommes" in text_of(unsaid)
    done = client.post(f"/renseignements/{report}/corriger/", better | {"reason": "erreur de compte"})
    assert report_id(done) == report
    shown = text_of(client.get(f"/renseignements/{report}/"))
    for words in ("Trois hommes", FACT, "erreur de compte", "Version 1"):
        assert words in shown, words


def test_a_sensitive_report_waits_for_a_second_reader(world: World, author: TestAgent, head: TestAgent) -> None:
    report = deposited(world.client(author), fact_text="Il remet le sac à un militant.", commune="", no_place="on")
    page = text_of(world.client(author).get(f"/renseignements/{report}/"))
    assert "Seconde lecture attendue" in page
    reader = world.agent(Role.CROSS_HEAD, "CROSS13")
    for signer in (head, reader):
        answer = act(world.client(signer), report, "relire", reason="le lieu est indispensable")
        if answer.status_code == 302:
            break
    assert "Seconde lecture attendue" not in text_of(world.client(author).get(f"/renseignements/{report}/"))


def test_a_deal_point_is_proposed_from_the_page(world: World, author: TestAgent, analyst: TestAgent) -> None:
    report = deposited(world.client(author))
    offered: Callable[[TestAgent], bool] = lambda who: (  # noqa: E731
        f"/points/nouveau/?report={report}" in text_of(world.client(who).get(f"/renseignements/{report}/"))
    )
    assert offered(author)
    assert offered(analyst)
