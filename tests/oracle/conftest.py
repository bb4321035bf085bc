"""One random world for the three doors of the comparison; it is built once and never changed by a test."""

from collections.abc import Iterator

import pytest

from recoupe.reference.snapshot import snapshot
from tests import proof
from tests.conftest import fresh
from tests.oracle.harness.building import House, build


@pytest.fixture(scope="package")
def told(admin_url: str) -> Iterator[House]:
    """The world of this run's seed, with its facts as the oracle is told them."""
    with fresh(admin_url, "t_oracle") as house:
        yield build(house, proof.size(ci=90, full=240), proof.size(ci=480, full=2_400))
    # Its organisation was changed; the next world has the one of the reference.
    snapshot.cache_clear()
