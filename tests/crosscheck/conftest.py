"""One scene a module."""

import pytest

from tests.crosscheck.scene import Scene
from tests.world import World


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)
