"""What a plan still tells (docs/adr/0008): when it tells it no more this turns red, and the sentence goes."""

from pathlib import Path

import pytest

from recoupe.access.enums import Role
from tests.attacks.injected import injected
from tests.crosscheck.scene import Scene, new_phone

MODEL = Path(__file__).parents[2] / "docs" / "THREAT-MODEL.md"
SAID = "`EXPLAIN (ANALYZE)` tells how many rows its index met"


@pytest.mark.parametrize("held", [True, False])
def test_a_plan_counts_hidden_rows_of_an_equality_and_the_threat_model_says_so(scene: Scene, held: bool) -> None:
    """The application never asks for a plan; PostgreSQL has no right by which it could be refused to injected SQL."""
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    phone = new_phone()
    if held:
        scene.enter(customs, phone=phone)
    with injected(scene.world, police) as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL enable_bitmapscan = off")
        plan = connection.execute(
            "EXPLAIN (ANALYZE, TIMING off, SUMMARY off)"
            f" SELECT id FROM intelligence_selector WHERE kind = 'phone' AND value = '+33{phone[1:]}'".encode()
        ).fetchall()
    lines = [line for (line,) in plan]
    assert any("intelligence_selector_value" in line for line in lines)
    met = any(line.strip() == "Rows Removed by Filter: 1" for line in lines)
    assert (met, SAID in " ".join(MODEL.read_text(encoding="utf-8").split())) == (held, True)
