"""The list of reports: any query, narrowed, paged by key."""

import re

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.actions import deposit
from tests.crosscheck.scene import entry
from tests.web.intelligence.typed import last_details, text_of
from tests.world import TestAgent, World


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
