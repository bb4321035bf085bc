"""Two services and a contact between them, as in tests/crosscheck; and what an injected statement may send."""

import pytest

from tests.crosscheck.scene import Scene
from tests.world import World


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)
