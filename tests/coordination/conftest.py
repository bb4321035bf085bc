"""Who decides on objectives in these tests."""

import pytest

from tests.coordination.builders import Cast
from tests.world import World


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)
