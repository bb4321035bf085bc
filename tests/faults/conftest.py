"""One running installation for all tests that kill its parts."""

from collections.abc import Iterator

import pytest

from tests.faults.house import House, housed
from tests.folders import open_folder


@pytest.fixture(scope="session")
def house(admin_url: str) -> Iterator[House]:
    """Started once; each test leaves it well. (`admin_url` opens the database to tests.)"""
    with open_folder("house") as place, housed(place / "data") as made:
        made.world.answer_at_once()
        made.start()
        yield made
