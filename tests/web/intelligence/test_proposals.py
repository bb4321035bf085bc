"""What is told while one types: identifiers, what the agent already knows, sensitive words."""

import json
from typing import Any

import pytest

from recoupe.intelligence.actions import deposit
from tests.crosscheck.scene import entry, new_phone
from tests.web.intelligence.typed import ask, deposited, last_details
from tests.world import TestAgent, World


def test_proposals_say_what_the_agent_already_knows(world: World, author: TestAgent, stranger: TestAgent) -> None:
    client, phone, hidden = world.client(author), new_phone(), new_phone()
    deposited(client, **{"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "phone", "selectors-0-raw": phone})
    with world.acting(stranger) as agent:
        deposit(by=agent, entry=entry(phone=hidden))
    mentions = ask(client, {"text": f"Il appelle {phone} puis {hidden}."}).json()["mentions"]
    assert "déjà connu de vous\u00a0: PJ13-26-" in mentions[0]["known"]
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
