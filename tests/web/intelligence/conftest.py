"""Who works on reports in these tests."""

import pytest

from recoupe.access.enums import Role
from recoupe.web.intelligence import writing
from tests.world import TestAgent, World


@pytest.fixture(autouse=True)
def no_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """No matcher runs in these tests: nobody waits for it."""
    monkeypatch.setattr(writing, "WAIT_S", 0.0)


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def colleague(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    """An investigator of another service of the same department."""
    return world.agent(Role.INVESTIGATOR, "SP13")
