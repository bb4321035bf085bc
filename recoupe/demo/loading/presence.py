"""The ledger of presence of the made world: two months of patrols, most where facts were known, a few by lot."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from random import Random
from uuid import UUID, uuid5

from django.utils import timezone

from recoupe.demo.loading.stage import Stage
from recoupe.operations.presence import actions
from recoupe.operations.presence.actions import Entry
from recoupe.operations.presence.enums import Allocation

KEYS = UUID("6d1c6a2e-3b0f-5b6e-9a63-0a6300000064")
PLANNERS = ("investigator", "unit_head")
# Where each unit goes by itself; the last ones hardly ever.
PATROLS = {
    "PJ13": ("BAC fictive", ("13055", "13055", "13001", "13103", "13039")),
    "SR13": ("PSIG fictif", ("13028", "13056", "13001", "13004", "13110")),
}
DRAWN = ("13055", "13001", "13103", "13117", "13005", "13027", "13063", "13097")
NIGHTS = 24
A = Allocation


def load_presence(stage: Stage) -> int:
    """Enter each line once; how many there are."""
    people = {unit: stage.holder(unit, *PLANNERS) for unit in PATROLS}
    stage.open_sessions(people.values())
    today, count = timezone.localdate(), 0
    with stage.process("web"):
        for unit in PATROLS:
            for number, entry in enumerate(_entries(unit, today)):
                _load(stage, people[unit], f"presence:{unit}:{number}", entry)
                count += 1
    return count


def _load(stage: Stage, login: str, step: str, entry: Entry) -> None:
    if stage.ledger.has(step):
        return
    with stage.acting(login) as agent:
        made = actions.enter(by=agent, entry=entry, key=uuid5(KEYS, step))
    stage.ledger.add(step, str(made.line))


def _entries(unit: str, today: date) -> Iterator[Entry]:
    """One night in three: what sent the patrol decides where, and what it finds follows the hours."""
    draw, (patrol, places) = Random(f"presence {unit}"), PATROLS[unit]
    for night in range(NIGHTS):
        sent = draw.choices((A.DISCOVERY, A.REPORT, A.RANDOM, A.ORDER), (6, 2, 1, 1))[0]
        by_lot = sent is A.RANDOM
        where = draw.choice(DRAWN) if by_lot else draw.choices(places, (5, 4, 3, 1, 1))[0]
        staff, hours = draw.randint(2, 4), draw.randint(3, 6)
        controls = draw.randint(0, 4 * hours)
        yield Entry(
            patrol=patrol,
            commune=where,
            day=today - timedelta(days=3 * night + 2),
            since=time(20),
            until=time((20 + hours) % 24),
            staff=staff,
            allocation=sent,
            controls=controls,
            fines=draw.randint(0, controls // 4),
            found=draw.randint(0, 1),
        )
