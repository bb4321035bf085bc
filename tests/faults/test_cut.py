"""The server of the database closed its connections, as it does when it starts again: nobody is told so."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from recoupe.access.enums import Role
from recoupe.config.settings import POOL
from tests.faults.house import House

pytestmark = pytest.mark.slow


def test_whoever_comes_after_the_server_closed_its_connections_is_served(house: House) -> None:
    visitors = [house.visitor(house.world.agent(Role.INVESTIGATOR, "PJ13")) for _ in range(POOL["max_size"])]
    with ThreadPoolExecutor(len(visitors)) as crew:
        list(crew.map(lambda visitor: visitor.get("renseignements/"), visitors))
        cut = house.world.sql(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = 'recoupe_app'"
        )
        assert cut[0][0] > 1
        pages = list(crew.map(lambda visitor: visitor.get("renseignements/"), visitors))
    assert len(pages) == len(visitors)
    for visitor in visitors:
        visitor.http.close()
