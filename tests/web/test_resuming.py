"""A form sent when its session has ended comes back whole, to be sent again; another site's never does."""

import io
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from recoupe.access.enums import Role
from tests.web.intelligence.typed import NEW, report_id, typed
from tests.web.rooms import text
from tests.world import World

TYPED = {"fact_text": 'Vu « deux » <b>hommes</b>\nprès du "hall" & partis', "products": ["cannabis", "cocaïne"]}


def _again(answer: Any) -> dict[str, list[str]]:
    """What the page would send: its hidden fields, as a browser reads them."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode()):
        found.setdefault(unescape(name), []).append(unescape(value))
    return {name: values for name, values in found.items() if name != "csrfmiddlewaretoken"}


def test_what_was_typed_comes_back_when_the_session_has_ended(world: World) -> None:
    answer = world.client().post("/renseignements/nouveau/?suite=1", TYPED)
    assert answer.status_code == 401
    page = text(answer)
    assert "Votre session est terminée" in page
    assert 'action="/renseignements/nouveau/?suite=1"' in page
    assert "<b>hommes</b>" not in page
    assert _again(answer) == {"fact_text": [TYPED["fact_text"]], "products": TYPED["products"]}
    assert answer["Cache-Control"] == "no-store"
    assert 'target="_blank"' in page


def test_it_comes_back_too_when_the_new_session_has_no_purpose_yet(world: World) -> None:
    client = world.client(world.agent(Role.INVESTIGATOR, "PJ13", purpose=False))
    answer = client.post(NEW, TYPED)
    assert answer.status_code == 403
    assert 'href="/finalite/"' in text(answer)
    assert _again(answer)["fact_text"] == [TYPED["fact_text"]]
    # With nothing typed there is nothing to keep, and nowhere to come back to but the front page.
    bare = client.post(NEW)
    assert (bare.status_code, bare["Location"]) == (302, "/finalite/?suite=/")


def test_what_came_back_is_sent_again_and_written_once(world: World) -> None:
    client = world.client(world.agent(Role.INVESTIGATOR, "PJ13"))
    held = world.client().post(NEW, typed(fact_text="Vu « ici »,\nà « l'heure » dite.", means=["lookout"]))
    assert held.status_code == 401
    assert world.sql("SELECT count(*) FROM intelligence_report") == [(0,)]
    made = [report_id(client.post(NEW, _again(held))) for _click in range(2)]
    assert made[0] == made[1]
    assert world.sql("SELECT fact_text FROM intelligence_report") == [("Vu « ici »,\nà « l'heure » dite.",)]


def test_a_file_is_not_kept_and_is_asked_for_again(world: World) -> None:
    handed = io.BytesIO(b"contenu secret du fichier")
    handed.name = 'photo "1".jpg'
    answer = world.client().post(NEW, {"fact_text": "Vu", "attachment": handed})
    page = text(answer)
    assert answer.status_code == 401
    assert 'type="file" name="attachment"' in page
    assert 'enctype="multipart/form-data"' in page
    assert "contenu secret" not in page


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {}, "content_type": None},
        {"data": b'{"a": 1}', "content_type": "application/json"},
        {"data": b"a=1", "content_type": "text/plain"},
        {"data": b"x", "content_type": "multipart/form-data"},
        {"data": {f"champ{n}": "" for n in range(1_100)}, "content_type": None},
    ],
    ids=["nothing", "json", "plain", "broken", "too many"],
)
def test_what_is_no_form_of_ours_is_sent_to_sign_in(world: World, sent: dict[str, Any]) -> None:
    more = {"content_type": sent["content_type"]} if sent["content_type"] else {}
    answer = world.client().post(NEW, sent["data"], **more)
    assert answer.status_code == 302
    assert "suite=/" in answer["Location"]


def test_what_another_site_sends_never_comes_back(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(NEW, {"fact_text": "glissé par un autre site"})
    assert answer.status_code == 302
    assert "glissé" not in text(answer)


def test_a_fragment_leaves_the_page_where_it_is(world: World) -> None:
    answer = world.client().get("/communes/?q=mars", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer
    assert "identifiez-vous" in text(answer)
