"""Two points metres apart from two services: proposed as one to whoever reads both, merged by the head alone."""

from uuid import UUID

import pytest
from django.urls import reverse

from recoupe.access.enums import Role
from tests.dealpoints.builders import proposed
from tests.web.rooms import text
from tests.world import TestAgent, World

HERE, TEN_METRES_ON = (5.4100, 43.3000), (5.41012, 43.3000)
WHY = "Même hall, vu par deux services"
SEEN = '<span class="line__text">Constatation d&#x27;un agent</span>'
CARD = "Peut-être le même point"


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def lille(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ59")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS13")


@pytest.fixture(scope="module")
def two(world: World, police: TestAgent, lille: TestAgent) -> tuple[UUID, UUID]:
    return (
        proposed(world, police, HERE, uncertainty_m=50), proposed(world, lille, TEN_METRES_ON, uncertainty_m=50)
    )  # fmt: skip


def page(world: World, who: TestAgent, of: UUID) -> str:
    answer = world.client(who).get(reverse("dealpoint-page", args=[of]))
    assert answer.status_code == 200
    return text(answer)


def state(world: World, of: UUID) -> str:
    return str(world.sql("SELECT state FROM dealpoints_dealpoint WHERE id = %s", [of])[0][0])


def test_the_cell_is_shown_both_and_nothing_is_merged_by_itself(
    world: World, head: TestAgent, two: tuple[UUID, UUID]
) -> None:
    one, other = two
    shown = page(world, head, one)
    assert CARD in shown
    assert f"/points/{other}/" in shown
    listed = text(world.client(head).get("/points/doublons/?department=13"))
    assert f"/points/{one}/" in listed
    assert f"/points/{other}/" in listed
    assert [state(world, point) for point in two] == ["REPORTED", "REPORTED"]
    named = world.journal("consult")[-1]
    assert {f"dealpoint:{point}" for point in two} <= set(named[2])


def test_who_does_not_read_the_other_learns_nothing(
    world: World, police: TestAgent, lille: TestAgent, two: tuple[UUID, UUID]
) -> None:
    """A service whose territory is elsewhere reads its own point, and no word of its neighbour."""
    _, other = two
    assert world.client(lille).get(reverse("dealpoint-page", args=[two[0]])).status_code == 404
    shown = page(world, lille, other)
    assert CARD not in shown
    assert str(two[0]) not in text(world.client(lille).get("/points/doublons/?department=13"))


def test_three_are_merged_by_the_pages_and_the_middle_one_comes_back(
    world: World, police: TestAgent, head: TestAgent
) -> None:
    a, b, c = (proposed(world, police, (5.4300, 43.3100 + 0.0001 * i), uncertainty_m=50) for i in range(3))
    client = world.client(head)
    refs = dict(world.sql("SELECT id, ref FROM dealpoints_dealpoint WHERE id = ANY (%s)", [[a, b, c]]))

    def act(of: UUID, verb: str, **said: str) -> None:
        answer = client.post(reverse("dealpoint-act", args=[of, verb]), {"reason": WHY, **said})
        assert answer.status_code == 302, text(answer)

    for doubled, kept in ((c, b), (b, a)):
        act(doubled, "doublon", other=refs[kept])
        act(doubled, "fusionner")
    assert page(world, head, a).count(SEEN) == 3
    act(b, "separer")
    assert (state(world, a), state(world, b), state(world, c)) == ("REPORTED", "REPORTED", "MERGED")
    assert page(world, head, a).count(SEEN) == 1
    assert page(world, head, b).count(SEEN) == 2
    assert "défait ensuite" in page(world, head, b)


def test_a_department_that_does_not_exist_is_refused(world: World, head: TestAgent) -> None:
    assert world.client(head).get("/points/doublons/?department=999").status_code == 422
    assert world.client(head).get("/points/doublons/?department=59").status_code == 200
