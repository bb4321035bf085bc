"""A list of guessed names deposited by one agent ends at his budget, and the head of his unit is told (S-1, R-31)."""

from contextlib import suppress
from itertools import islice, product

from recoupe.access.enums import Role
from recoupe.intelligence.actions import correct, deposit
from recoupe.intelligence.entry import PersonEntry, SelectorEntry
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Invalid
from tests.crosscheck.scene import Scene, entry, new_phone

BUDGET, GUESSES = 50, 5_000
TOLD = "SELECT count(*) FROM notices_notice WHERE kind = 'deposit_budget' AND record_id = %s"
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
    assert scene.world.sql(TOLD, [curious.id]) == [(1,)]


def test_names_in_one_report_count_as_those_of_many(scene: Scene) -> None:
    """Forty names a report would be two thousand a day; the head is told by the refusal too."""
    curious = scene.who(Role.INVESTIGATOR, "PJ13", "curious in bulk")
    passed = 0
    for guesses in (30, 30, 21, 20, 1):
        named = tuple(guess(number) for number in range(passed, passed + guesses))
        with scene.world.acting(curious) as agent:
            try:
                deposit(by=agent, entry=entry(persons=named))
            except Invalid as refusal:
                assert "plafond" in str(refusal)
            else:
                passed += guesses
    assert passed == BUDGET
    assert scene.world.sql(TOLD, [curious.id]) == [(1,)]
    tried = [
        refs for _, who, refs, details in scene.world.journal("combine") if details.get("what") == "deposit_budget"
    ]
    assert tried == [[f"agent:{curious.id}"]] * 3


def test_numbers_and_aliases_in_one_report_count_too(scene: Scene) -> None:
    curious = scene.who(Role.INVESTIGATOR, "PJ13", "curious of numbers")
    phones = tuple(SelectorEntry("phone", new_phone()) for _ in range(100))
    called = PersonEntry(
        family="Kermarrec", birth="1985", category="suspect", aliases=tuple(f"Yann{n}" for n in range(20))
    )
    passed = []
    for asked in ({"selectors": phones}, {"persons": (called,)}, {"selectors": phones}, {"selectors": phones}):
        with scene.world.acting(curious) as agent, suppress(Invalid):
            passed.append(deposit(by=agent, entry=entry(**asked)).id)
    # 20, then 4, then 20; 64 would be too many.
    assert len(passed) == 3


def test_guesses_by_correction_are_stopped_whatever_is_known_of_the_birth(scene: Scene) -> None:
    """A year of birth is compared as a whole date is: one report, corrected again and again, asks each time anew."""
    curious = scene.who(Role.INVESTIGATOR, "PJ13", "curious corrector")
    with scene.world.acting(curious) as agent:
        report = deposit(by=agent, entry=entry(persons=(guess(0),)))
    corrected = 0
    for number in range(1, 2 * BUDGET):
        with scene.world.acting(curious) as agent, suppress(Invalid):
            again = Report.objects.get(id=report.id)
            correct(by=agent, report=again, entry=entry(persons=(guess(number),)), reason="erreur de saisie relevée")
            corrected += 1
    assert corrected == BUDGET - 1
    assert scene.world.sql(TOLD, [curious.id]) == [(1,)]


def guess(number: int) -> PersonEntry:
    """One of many: a name and a year."""
    family, given = FAMILIES[number % len(FAMILIES)], ("Yann", "Loïc", "Erwan", "Gaël", "Alan")[number // 10 % 5]
    return PersonEntry(family=family, given=given, birth=str(1960 + number % 40), category="suspect")
