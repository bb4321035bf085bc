"""R-41: each operation has its entry and each entry its operation, as pgaudit counts them on Debian's server."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.rules import BUDGET_RULE
from recoupe.reference import queries as reference
from tests import proof
from tests.faults.counting import Desk, count_in, counted, demand_pgaudit, operations
from tests.faults.house import House, housed
from tests.faults.test_postgresql_15 import DEBIAN
from tests.folders import open_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (DEBIAN / "postgres").is_file(), reason="Debian's PostgreSQL 15 is not installed here"),
]


@pytest.fixture(scope="module")
def debian(admin_url: str) -> Iterator[House]:
    """An installation of its own on Debian's server, which starts anew to count."""
    with open_folder("debian") as place, housed(place / "data", DEBIAN, for_tests=False) as made:
        yield made


def test_every_operation_has_its_entry_and_every_entry_its_operation(debian: House) -> None:
    demand_pgaudit()
    count_in(debian)
    by, count = random.Random(proof.seed()), proof.size(ci=2_000, full=50_000)
    with debian.world.process("web"):
        debian.world.sql("UPDATE reference_legalparameter SET value = 1e6 WHERE rule_code = %s", [BUDGET_RULE])
        reference.forget()
        agents = [debian.world.agent(Role.INVESTIGATOR, unit) for unit in ("PJ13", "DED13")]
        agents.append(debian.world.agent(Role.CROSS_ANALYST, "CROSS13"))
        desks = [Desk(who, debian.world.client(who), debian, "") for who in agents]
        for desk in desks:
            desk.deposit()
            desk.answered.clear()
        before, since = debian.world.sql("SELECT count(*) FROM audit_entry")[0][0], debian.cluster.log.stat().st_size
        for _ in range(count):
            desk = by.choice(desks)
            weights, acts = zip(*operations(desk, by), strict=True)
            by.choices(acts, weights)[0]()
        written = debian.world.sql("SELECT count(*) FROM audit_entry")[0][0] - before
    reference.forget()
    told = counted(debian, since)
    answered = sum((desk.answered for desk in desks), Counter())
    assert set(answered) == {200, 403, 404}, answered
    # What is not there leaves the line of an attempt (P-4).
    issued = sum(answered.values())
    unlogged = max(len(told.touched - set(told.entries)), issued - len(told.entries))
    phantom = abs(written - sum(told.entries.values())) + max(0, len(told.entries) - issued)
    how = f"{count} opérations tirées, {written} entrées, {len(told.touched)} transactions qui touchent des données"
    proof.say("unlogged", unlogged, "opérations", how, at_most=0)
    proof.say("phantom", phantom, "entrées", how, at_most=0)
    assert told.touched, "pgaudit counted nothing"
    assert (unlogged, phantom) == (0, 0)
