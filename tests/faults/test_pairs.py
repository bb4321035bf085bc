"""1,000 pairs at the same moment while a file is imported for real: 1,000 hits, none missing, none double."""

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from recoupe.access.enums import Role
from recoupe.intelligence.actions import deposit
from tests.crosscheck.scene import entry
from tests.faults.desk import environment, give_keys, import_command
from tests.faults.house import House, until
from tests.faults.test_kills import hits_of, phone, sheet

pytestmark = pytest.mark.slow
PAIRS = 1_000
LANES = 4
# What one agent may deposit in a row without being held up.
BUDGET = 50
ROWS = 4_000
POLICE, CUSTOMS = "PJ13", "DED13"


def test_a_thousand_pairs_during_a_running_import(house: House, tmp_path: Path) -> None:
    """The matcher is the house's own process with its two lanes; the file is imported by the command meanwhile."""
    world = house.world
    head = world.agent(Role.UNIT_HEAD, "SR13")
    give_keys(world, head)
    teams = {unit: [world.agent(Role.INVESTIGATOR, unit) for _ in range(PAIRS // BUDGET)] for unit in (POLICE, CUSTOMS)}
    phones = [phone() for _ in range(PAIRS)]
    barriers = [threading.Barrier(2) for _ in range(LANES)]
    made: dict[tuple[str, int], UUID] = {}
    during: list[bool] = []
    path = sheet(tmp_path, [phone() for _ in range(ROWS)], "pairs")
    command = import_command(path, head.login)
    told = environment(house.folder.path)
    with subprocess.Popen(command, env=told, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as importing:  # fmt: skip
        assert importing.stderr is not None
        assert any("500 / " in line for line in importing.stderr)

        def enter(lane: int, unit: str) -> None:
            with world.process("web"):
                for number in range(lane, PAIRS, LANES):
                    barriers[lane].wait(60)
                    with world.acting(teams[unit][number // BUDGET]) as agent:
                        made[unit, number] = deposit(by=agent, entry=entry(phone=phones[number])).id
                    during.append(importing.poll() is None)
            connection.close()

        with ThreadPoolExecutor(2 * LANES) as pool:
            lanes = [pool.submit(enter, lane, unit) for lane, unit in product(range(LANES), (POLICE, CUSTOMS))]
            said = importing.stderr.read()
            for lane in lanes:
                lane.result(180)
        assert importing.wait(180) == 0, said
    assert sum(during) > 100, "the import had ended before the entries began"
    until(house.drained, 120, house.said())
    assert hits_of(house, phones) == dict.fromkeys(phones, 1)
    wanted = {tuple(sorted((made[POLICE, n], made[CUSTOMS, n]))) for n in range(PAIRS)}
    found = world.sql("SELECT low, high FROM crosscheck_hit WHERE low = ANY (%s)", [list(made.values())])
    assert {(low, high) for low, high in found} == wanted
    assert len(found) == PAIRS
    channels = "SELECT count(*) FROM crosscheck_contactthread t JOIN crosscheck_hit h ON h.id = t.hit_id"
    assert world.sql(f"{channels} WHERE h.low = ANY (%s)", [list(made.values())]) == [(PAIRS,)]
    assert world.sql("SELECT count(*) FROM intelligence_report WHERE external_ref LIKE 'pairs-%%'") == [(ROWS,)]
