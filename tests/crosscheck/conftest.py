"""One scene a module."""

import pytest

from recoupe.access.enums import Role
from tests.crosscheck.scene import Scene
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture
def analyst(scene: Scene) -> TestAgent:
    return scene.who(Role.CROSS_ANALYST, "CROSS13")
