"""T-8 on the pages: what no surface shows is marked in the base; readers are never sent the mark."""

from uuid import UUID

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from tests.cases.test_actions import typed
from tests.coordination.builders import Cast, proposed
from tests.crosscheck.scene import Scene, new_phone
from tests.policy.book import rows
from tests.world import TestAgent, World

MARK = "CANARI"
# Words that a page looks up, or that the base binds to others: another word would be no page at all.
LOOKED_UP = {
    "record_kind",
    "place_kind",
    "kind",
    "side",
    "file",
    "purpose",
    "source_kind",
    "commune_code",
    "asker_code",
}


def mark(world: World, table: str) -> int:
    """Write the mark into each column of text that nobody is shown; how many there were."""
    hidden = [row["field"] for row in rows("fields") if row["table"] == table and row["shown"] == "nobody"]
    texts = world.sql(
        "SELECT column_name, character_maximum_length FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = %s AND column_name = ANY (%s) AND data_type IN ('text', 'character varying')",
        [table, [name for name in hidden if name not in LOOKED_UP]],
    )
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        for name, most in texts:
            direct.execute(f"UPDATE {table} SET {name} = left('{MARK}-{name}', {most or 99})".encode())
    return len(texts)


def seen(world: World, who: TestAgent, *addresses: str) -> None:
    for address in addresses:
        answer = world.client(who).get(address)
        assert answer.status_code == 200, address
        assert MARK not in answer.content.decode("utf-8", "replace"), address


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


def test_reports_and_hits_show_nothing_that_is_kept_for_the_machine(world: World, scene: Scene) -> None:
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    cell = scene.who(Role.CROSS_ANALYST, "CROSS13")
    phone = new_phone()
    held = scene.enter(customs, phone=phone, person=("DURAND", "Élie", "1990-03-04"))
    asked = scene.enter(police, phone=phone, person=("DURAND", "Élie", "1990-03-04"))
    scene.pull()
    marked = sum(mark(world, f"intelligence_{name}") for name in ("report", "person", "attachment", "selector"))
    marked += mark(world, "crosscheck_hitside")
    assert marked >= 4
    side = scene.side(police, asked).id
    seen(
        world, police, f"/renseignements/{asked}/", f"/recoupements/{side}/", "/renseignements/", "/recoupements/", "/"
    )
    seen(world, cell, f"/renseignements/{asked}/", f"/renseignements/{held}/", f"/recoupements/{side}/", "/")
    printed = world.client(cell).get(f"/renseignements/{held}/imprimer/")
    assert printed.status_code == 200


def test_points_objectives_and_cases_show_nothing_that_is_kept_for_the_machine(world: World) -> None:
    cast = Cast(world)
    objective = proposed(world, cast)
    ((point,),) = world.sql("SELECT origin_id FROM coordination_objective WHERE id = %s", [objective])
    case = opened(world, cast)
    tables = ("dealpoints_dealpoint", "dealpoints_evidence", "dealpoints_statechange", "coordination_objective",
              "coordination_step", "coordination_decision", "cases_case", "cases_magistratechange")  # fmt: skip
    for table in tables:
        mark(world, table)
    seen(world, cast.analyst, f"/points/{point}/", f"/points/{point}/lieu.geojson", "/points/", "/carte/", "/")
    seen(world, cast.analyst, f"/objectifs/{objective}/", "/objectifs/")
    seen(world, cast.police, f"/procedures/{case}/", "/procedures/", f"/points/{point}/")


def opened(world: World, cast: Cast) -> UUID:
    with world.acting(cast.police) as by:
        return cases.open_case(by=by, entry=typed(cast.prosecutor, "2026/778")).id
