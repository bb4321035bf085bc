"""Who works on registrations in these tests."""

import pytest

from tests.targets.builders import Registry
from tests.world import World


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)
