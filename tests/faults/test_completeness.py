"""R-41: each operation has its entry and each entry its operation, as pgaudit sees them on Debian's server."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.wsgi import get_wsgi_application

from recoupe.intelligence.rules import BUDGET_RULE
from recoupe.reference import queries as reference
from recoupe.web.intelligence import writing
from tests import proof
from tests.faults.counting import count_in, counted, demand_pgaudit
from tests.faults.explained import Transaction, judged
from tests.faults.house import DEBIAN, House, housed
from tests.faults.workload import Work, at_work
from tests.folders import open_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (DEBIAN / "postgres").is_file(), reason="Debian's PostgreSQL 15 is not installed here"),
]
# The beat at which some answers leave is held by tests/timing; here it would be half of the time.
AT_ONCE = """
CREATE OR REPLACE FUNCTION access.leave_at_beat(started timestamptz, milliseconds integer DEFAULT 140) RETURNS void
LANGUAGE sql SET search_path = pg_catalog AS $$ $$"""
GATHERED_EVERY = 500
SIX = {"collect", "modify", "consult", "disclose", "combine", "erase"}


@pytest.fixture(scope="module")
def debian(made_on_debian: Path) -> Iterator[House]:
    """An installation of its own on Debian's server, which starts anew to count."""
    with open_folder("debian") as place, housed(place / "data", DEBIAN, like=made_on_debian) as made:
        yield made


def test_every_operation_has_its_entry_and_every_entry_its_operation(
    debian: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    demand_pgaudit()
    # No matcher runs beside: a deposit would wait for it.
    monkeypatch.setattr(writing, "WAIT_S", 0.0)
    count_in(debian)
    debian.world.sql(AT_ONCE)
    _without_witnesses(debian)
    wanted = proof.size(ci=2_000, full=50_000)
    with debian.world.process("web"):
        debian.world.sql("UPDATE reference_legalparameter SET value = 1e6 WHERE rule_code = %s", [BUDGET_RULE])
        reference.forget()
        work = at_work(debian, get_wsgi_application(), random.Random(proof.seed()))
        since, started = debian.cluster.log.stat().st_size, time.monotonic()
        while work.issued < wanted:
            # The server of the tests gathers no statistics by itself: a table grown from nothing would be read whole.
            debian.world.sql("ANALYZE")
            for _ in range(GATHERED_EVERY):
                if work.issued < wanted:
                    work.go_on()
        took = time.monotonic() - started
    reference.forget()
    seen = counted(debian, since)
    unlogged, phantom = _differences(work, seen)
    entries = [entry for one in seen.values() for entry in one.entries]
    statements = sum(len(one.statements) for one in seen.values())
    how = f"{work.issued} opérations par les pages, {len(entries)} entrées, {statements} instructions sur des tables"
    proof.say("unlogged", unlogged.total(), "opérations", how, at_most=0)
    proof.say("phantom", phantom.total(), "entrées", how, at_most=0)
    proof.say("operations", round(work.issued / took, 1), "opérations/s", "un agent après l'autre, pgaudit en marche")
    assert statements, "pgaudit counted nothing"
    assert {entry.operation for entry in entries} >= SIX | {"print", "export", "search", "refused"}
    assert set(work.statuses) == {200, 302, 403, 404, 422}
    assert (unlogged, phantom) == (Counter(), Counter())


def _without_witnesses(debian: House) -> None:
    """No witness runs beside: those of the set-up would be silent after a quarter of an hour, and close the journal."""
    debian.world.declare_unwitnessed()
    debian.world.sql("UPDATE audit_witness SET retired_at = now()")


def _differences(work: Work, seen: dict[int, Transaction]) -> tuple[Counter[str], Counter[str]]:
    """By transaction, what pgaudit saw; over all, what the pages were asked and answered."""
    unlogged, phantom = Counter[str](), Counter[str]()
    for one in seen.values():
        missing, false = judged(one)
        unlogged.update(missing)
        phantom.update(false)
    # The mark of a notice and the pairs of a comparison follow from what the base holds: pgaudit alone knows them.
    said = Counter(
        entry.operation for one in seen.values() for entry in one.entries if entry.about not in ("notice", "pair")
    )
    unlogged.update({f"asked {name}": n for name, n in (work.expected - said).items()})
    phantom.update({f"not asked {name}": n for name, n in (said - work.expected).items()})
    journaled = sum(bool(one.entries) for one in seen.values())
    unlogged.update({"transactions": max(0, work.issued - journaled)} if work.issued > journaled else {})
    phantom.update({"transactions": journaled - work.issued} if journaled > work.issued else {})
    return unlogged, phantom
