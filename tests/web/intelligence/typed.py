"""A report as a browser types it, and what the answers say."""

import io
import json
import re
from typing import Any
from uuid import UUID, uuid4

from django.test import Client
from PIL import Image

from tests.world import World

NEW = "/renseignements/nouveau/"
FACT = "Deux hommes remettent un sac sous un porche, puis repartent vers la rocade."
HIDDEN = "Le guetteur du fait caché porte une veste orange"


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


def ask(client: Client, body: Any, kind: str = "application/json") -> Any:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post("/renseignements/identifiants.json", content, content_type=kind)
