"""On a line of a hit, one's own record is named and led to only for who reads it (P-47)."""

from uuid import UUID

import pytest

from recoupe.access.enums import Role
from tests.crosscheck.scene import Scene, new_phone
from tests.world import World


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture(scope="module")
def met(scene: Scene) -> UUID:
    phone = new_phone()
    held = scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), phone=phone)
    scene.enter(scene.who(Role.INVESTIGATOR, "PJ13"), phone=phone)
    scene.pull()
    return held


@pytest.mark.parametrize(("role", "reads"), [(Role.INVESTIGATOR, True), (Role.DUTY_OFFICER, False)])
def test_a_hit_names_the_own_record_to_its_readers(scene: Scene, met: UUID, role: Role, reads: bool) -> None:
    [(ref,)] = scene.world.sql("SELECT ref FROM intelligence_report WHERE id = %s", [met])
    who = scene.who(role, "DED13")
    client, side = scene.world.client(who), scene.side(who, met)
    listed = client.get("/recoupements/").content.decode()
    assert f"/recoupements/{side.id}/" in listed and (ref in listed) is reads
    page = client.get(f"/recoupements/{side.id}/").content.decode()
    assert (ref in page, f'href="/renseignements/{met}/"' in page) == (reads, reads)
