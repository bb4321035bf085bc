"""Authorise A, change B (F9): each address that changes an object of one's own is sent the identifiers of another's."""

import re
from datetime import date
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.cases.actions import CaseEntry, open_case
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import HitSide
from recoupe.web.crosscheck.verbs import BY_SLUG as CONTACT_VERBS
from recoupe.web.dealpoints.verbs import BY_SLUG as POINT_VERBS
from recoupe.web.intelligence.offers import BY_SLUG as REPORT_VERBS
from recoupe.web.policy import routes
from tests.crosscheck.scene import Scene, new_phone
from tests.dealpoints.builders import LILLE, proposed
from tests.world import TestAgent

# Fields by which a form, or a forged one, may name an object.
NAMES = (
    "id", "ref", "report", "hit", "side", "case", "case_id", "point", "of", "to", "survivor", "objective",
    "objective_id", "thread", "release", "agreement", "import", "import_id", "record", "record_id", "confirmed", "key",
    "recipient", "court", "magistrate", "lead", "co_services", "agent", "habilitation", "unit", "owner_unit", "author",
    "mandate",
)  # fmt: skip
VERBS = {"renseignements": list(REPORT_VERBS), "points": list(POINT_VERBS), "contacts": list(CONTACT_VERBS)}
PLAUSIBLE = {
    "reason": "motif suffisant", "motive": "motif suffisant", "text": "message", "closed_on": date.today().isoformat(),
    "answer": "same", "decision": "agree", "source": "B", "info": "2", "until": "", "verdict": "validated",
}  # fmt: skip


def own_and_other(scene: Scene) -> tuple[TestAgent, dict[str, UUID], list[UUID]]:
    """An agent of customs with a report, a procedure, a point, a hit, a contact; and what a unit of Lille holds."""
    me, rival = scene.world.agent((Role.INVESTIGATOR, Role.UNIT_HEAD), "DED13"), scene.who(Role.INVESTIGATOR, "PJ59")
    police, phone = scene.who(Role.INVESTIGATOR, "PJ13"), new_phone()
    held, asked = scene.enter(me, phone=phone), scene.enter(police, phone=phone)
    scene.pull()
    with scene.world.acting(police) as agent:
        thread = crosscheck.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    own = {"renseignements": held, "points": proposed(scene.world, me), "recoupements": scene.side(me, held).id}
    own |= {"contacts": thread.id, "procedures": a_case(scene, me, "TJ13")}
    theirs = [scene.enter(rival, phone=new_phone(), commune="59350"), proposed(scene.world, rival, LILLE)]
    return me, own, [*theirs, a_case(scene, rival, "TJ59"), rival.id]


def a_case(scene: Scene, who: TestAgent, court: str) -> UUID:
    codes = scene.world.sql("SELECT code FROM reference_unit WHERE code LIKE %s AND kind = 'court'", [court + "%"])
    prosecutor = scene.who(Role.PROSECUTOR, sorted(code for (code,) in codes)[0])
    entry = CaseEntry(f"2026/{new_phone()[-6:]}", prosecutor.unit_id, prosecutor.id, "preliminary", date(2026, 3, 1))
    with scene.world.acting(who) as by:
        return open_case(by=by, entry=entry).id


def state_of(scene: Scene, ids: list[UUID]) -> dict[str, list[str]]:
    """Every row of every table, but the journal, that names one of these objects."""
    tables = scene.world.sql(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    pattern = "|".join(map(str, ids))
    found = {}
    for (table,) in tables:
        if table not in ("audit_entry", "access_session", "access_context") and not table.startswith(
            ("django", "reference")
        ):
            rows = scene.world.sql(f"SELECT to_jsonb(t)::text FROM {table} t WHERE to_jsonb(t)::text ~ %s", [pattern])
            found[table] = sorted(row for (row,) in rows)
    return found


def addresses(own: dict[str, UUID]) -> list[str]:
    """Each address of an object, for one's own object of that kind, with every verb."""
    made = []
    for address, _ in routes():
        kind = address.split("/")[0]
        if "<uuid:id>" in address and kind in own:
            for verb in VERBS.get(kind, [""]) if "<slug:verb>" in address else [""]:
                made.append("/" + re.sub(r"<slug:\w+>", verb, address.replace("<uuid:id>", str(own[kind]))))
    return made


@pytest.mark.parametrize("which", [0, 1, 2, 3], ids=["report", "point", "procedure", "agent"])
def test_the_identifiers_in_a_form_change_nothing_of_another_unit(scene: Scene, which: int) -> None:
    me, own, theirs = own_and_other(scene)
    before = state_of(scene, theirs)
    client, seen = scene.world.client(me), set()
    target = str(theirs[which])
    for address in addresses(own):
        if not address.endswith(("/clore/", "/abandonner/")):
            data = PLAUSIBLE | dict.fromkeys(NAMES, target)
            data |= {"ref": f"report:{target}", "at": timezone.now().isoformat()}
            seen.add(client.post(address, data).status_code)
    assert not {status for status in seen if status >= 500}
    assert {302, 405} & seen
    after = state_of(scene, theirs)
    changed = {table: set(after[table]) ^ set(before[table]) for table in after if after[table] != before[table]}
    assert changed == {}
