"""One running installation for all tests that kill its parts, and one on Debian's server, stopped, to be copied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import cached_template
from tests.faults.house import DEBIAN, House, housed
from tests.folders import open_folder


@pytest.fixture(scope="session")
def house(admin_url: str) -> Iterator[House]:
    """Started once; each test leaves it well. (`admin_url` opens the database to tests.)"""
    with open_folder("house") as place, housed(place / "data", like=cached_template()) as made:
        made.world.answer_at_once()
        made.start()
        yield made


@pytest.fixture(scope="session")
def made_on_debian(admin_url: str) -> Iterator[Path]:
    """An installation whose cluster Debian's initdb made, set up on Debian's server as `make demo` does."""
    with open_folder("debian") as place, housed(place / "data", DEBIAN, for_tests=False) as made:
        made.cluster.stop()
        yield made.folder.path
