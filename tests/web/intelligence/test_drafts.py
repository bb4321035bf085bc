"""Drafts: their author's alone until they are deposited."""

import re

from tests.web.intelligence.typed import NEW, report_id, text_of, typed
from tests.world import TestAgent, World


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
