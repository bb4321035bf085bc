"""A service's own tool as the self-test plays it: the key that the demonstration keeps, JSON in and out."""

import json
import time
from datetime import date
from typing import Any

import httpx

from recoupe.cli.obstacle import Obstacle, need
from recoupe.config.paths import data_folder, tool_key
from recoupe.kernel.refusal import gettext_noop

# How long its report may wait for its comparison: what comes in bulk goes after what is typed.
COMPARED_S = 60
NO_TOOL_KEY = gettext_noop("Aucune clé d'outil dans %(file)s : relancez la démonstration (make demo).")


def deposit_and_read_back(url: str, mark: str, phone: str, commune: str, met: str) -> None:
    """Deposit one report with this phone, twice, and read until the service of this code is named as whom to call."""
    ref = f"parcours-{mark}"
    item = {
        "external_ref": ref, "fact_text": f"Parcours {mark} : saisi par la main courante.", "commune": commune,
        "event_from": date.today().isoformat(), "source_kind": "officer_observation", "handling": "H0",
        "persons": [{"family": "Parcours", "given": mark, "category": "suspect"}],
        "selectors": [{"kind": "phone", "raw": phone, "person": 0}],
    }  # fmt: skip
    for result in ("accepted", "known"):
        told = asked(url, "reports", {"reports": [item]})
        need(told["result"] == result, gettext_noop("L'outil n'apprend pas ce que devient sa fiche."))
    until = time.monotonic() + COMPARED_S
    while not (told := asked(url, "reports/check", {"external_refs": [ref]}))["hits"]:
        need(time.monotonic() < until, gettext_noop("L'outil n'apprend pas le recoupement de sa fiche."))
        time.sleep(1)
    need(met in {hit["service_code"] for hit in told["hits"]}, gettext_noop("L'outil n'apprend pas qui appeler."))
    need(f"Parcours {mark}" not in json.dumps(told), gettext_noop("L'outil relit du texte d'une fiche."))


def asked(url: str, address: str, body: object) -> dict[str, Any]:
    """What is answered of the one item of this request."""
    kept = tool_key(data_folder())
    if not kept.is_file():
        raise Obstacle(NO_TOOL_KEY, file=str(kept))
    header = {"Authorization": f"Bearer {kept.read_text(encoding='utf-8').strip()}"}
    answer = httpx.post(f"{url}/api/v1/{address}", json=body, headers=header, timeout=30)
    if answer.status_code != httpx.codes.OK:
        raise Obstacle(gettext_noop("%(url)s répond %(status)s."), url=f"/api/v1/{address}", status=answer.status_code)
    [found] = answer.json()["results"]
    return dict(found)
