"""The search: among what the agent reads, and no word of it in the journal."""

import pytest

from recoupe.access.enums import Role
from tests.crosscheck.scene import new_phone
from tests.web.intelligence.typed import deposited, errors_of, text_of
from tests.world import TestAgent, World


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


def test_a_person_is_found_by_name_where_the_name_is_shown(
    world: World, author: TestAgent, stranger: TestAgent
) -> None:
    names = [("ZÉLINDE", "Maxence", "12/03/1990", "suspect"), ("ZÉLINDE", "Loris", "12/03/2012", "suspect")]
    fields = ("family", "given", "birth", "category")
    rows = {
        f"persons-{at}-{field}": value for at, one in enumerate(names) for field, value in zip(fields, one, strict=True)
    }
    more = {"persons-TOTAL_FORMS": "2", "assessment_text": "Sans doute un zigomar.", "place_text": "Passage Zanzibar"}
    page = f"/renseignements/{deposited(world.client(author), **rows, **more)}/"
    national = world.agent(Role.OFAST_ANALYST, "OFAST")
    wanted: list[tuple[dict[str, str], bool, bool]] = [
        ({"selector": "zelinde, maxence", "kind": "person"}, True, True),
        ({"selector": "Maxence ZÉLINDE"}, True, True),
        ({"selector": "Loris ZÉLINDE", "kind": "person"}, True, False),
        ({"selector": "Loris ZÉLINDE"}, True, False),
        ({"selector": "Maxence ZÉLINDE", "kind": "phone"}, False, False),
        ({"q": "maxence zélinde"}, True, True),
        ({"q": "Zélinde"}, True, True),
        ({"q": "Loris Zélinde"}, True, False),
        ({"q": "Passage Zanzibar"}, True, True),
        ({"text": "zigomar"}, True, True),
    ]
    for criteria, here, there in wanted:
        for who, found in ((author, here), (national, there), (stranger, False)):
            answer = world.client(who).post("/recherche/", criteria)
            assert answer.status_code in (200, 422), criteria
            assert (page in text_of(answer)) is found, (criteria, who.roles)
    asked = [line[3]["what"] for line in world.journal("search")]
    assert {"name", "text"} <= set(asked)
    assert "linde" not in str(world.journal("search")).lower()


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"before": "x"},
        {"ref": "pas une référence"},
        {"selector": "///", "kind": "phone"},
        {"selector": "a\x00b"},
        {"kind": "licorne", "selector": "06"},
        {"kind": "plate", "text": "mot"},
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
