"""What the random world says of the plan: evidence, a file of values, two meetings, one of which froze its board."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.plan import actions as plan
from recoupe.plan import queries
from recoupe.plan.enums import Verdict
from tests.oracle.harness.lives import Lives

VALUES = b"indicateur;du;au;valeur;source\nm4_on_time;01/01/2025;31/12/2025;100;OFAST\n"
FED, BLOCKED = 4, (12, 13)


def lay(lives: Lives) -> None:
    """By the unit that answers for the measure, and by the secretariat of the committee."""
    (owner,), (secretary,) = (lives.of(Role.PLAN_MANAGER, units=(unit,)) for unit in ("OFAST-PSTR", "OFAST"))
    today = timezone.localdate()

    def proof() -> plan.Proof:
        return plan.Proof(lives.token(), today)

    lives.attempt(owner, "show", lambda a: plan.add_reference(by=a, card=queries.card(a, FED), proof=proof()))
    lives.attempt(owner, "bring values", lambda a: plan.import_values(
        by=a, card=queries.card(a, FED), proof=proof(), name=f"{lives.token()}.csv", raw=VALUES))  # fmt: skip
    held: list[Any] = []
    for days, number in zip((30, 1), BLOCKED, strict=True):
        meeting = lives.attempt(secretary, "meet", lambda a, d=days: plan.hold_session(
            by=a, held_on=today - timedelta(days=d), reference=lives.token(), members=["interior"]))  # fmt: skip
        held.append(meeting)
        lives.attempt(secretary, "decide", lambda a, m=meeting, n=number: plan.decide(
            by=a, session=m, card=queries.card(a, n), verdict=Verdict.BLOCKED, reason=lives.token()))  # fmt: skip
    lives.attempt(secretary, "freeze", lambda a: plan.freeze_board(by=a, session=held[0]))
    # The figures of the day are counted again when somebody asks: the world is not finished yet.
    lives.house.sql("DELETE FROM plan_dailyfigure")
