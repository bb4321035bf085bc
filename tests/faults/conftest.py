"""One running installation for all tests that kill its parts."""

from collections.abc import Iterator

import pytest

from tests.faults.house import House, housed


@pytest.fixture(scope="session")
def house(admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Started once; each test leaves it well. (`admin_url` opens the database to tests.)"""
    with housed(tmp_path_factory.mktemp("house") / "data") as made:
        made.start()
        yield made
