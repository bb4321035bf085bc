"""A list of guessed names deposited by one agent ends at his budget, and the head of his unit is told (S-1, R-31)."""

from itertools import islice, product

from recoupe.access.enums import Role
from recoupe.intelligence.actions import deposit
from recoupe.kernel.refusal import Invalid
from tests.crosscheck.scene import Scene, entry

BUDGET, GUESSES = 50, 5_000
FAMILIES = ("Kermarrec", "Le Bihan", "Tanguy", "Madec", "Guéguen", "Jaouen", "Quéré", "Salaün", "Cariou", "Floch")


def test_five_thousand_guessed_names_are_stopped_at_fifty_and_the_head_is_told(scene: Scene) -> None:
    curious = scene.who(Role.INVESTIGATOR, "PJ13", "curious")
    names = islice(product(FAMILIES, range(GUESSES // len(FAMILIES))), GUESSES)
    passed = refused = 0
    for family, number in names:
        guess = (family, "Yann", f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/{1960 + number % 40}")
        try:
            with scene.world.acting(curious) as agent:
                deposit(by=agent, entry=entry(person=guess))
        except Invalid as refusal:
            assert "plafond" in str(refusal)
            refused += 1
        else:
            passed += 1
        if refused == 10:
            break
    assert (passed, refused) == (BUDGET, 10)
    while scene.pull().records:
        continue
    of_his = "SELECT count(*) FROM crosscheck_indexrecord WHERE author_id = %s"
    assert scene.world.sql(of_his, [curious.id]) == [(BUDGET,)]
    told = "SELECT count(*) FROM notices_notice WHERE kind = 'deposit_budget' AND record_id = %s"
    assert scene.world.sql(told, [curious.id]) == [(1,)]
