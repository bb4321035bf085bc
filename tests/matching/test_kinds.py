"""Each kind, level by level: what is the same, what is near, what is partial, what is another."""

import pytest

from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.record import COMPARISONS, SELECTORS, Record, prepare
from tests.matching.made import COMMUNES, TODAY


def level(comparison: str, one: Record, two: Record) -> str | None:
    left, right = (prepare(record, today=TODAY, communes=COMMUNES).row for record in (one, two))
    found = COMPARISONS[comparison].level(left, right)
    assert found == COMPARISONS[comparison].level(right, left), "a comparison has no direction"
    return found.name if found else None


def named(text: str) -> Record:
    given, _, family = text.partition("|")
    return Record(family=family, given=given)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("Jean|Martin", "JEAN|martin", "same"),
        ("Jean|Martin", "Martin|Jean", "same_words"),
        ("Mohamed|Benali", "Mohammed|Ben Ali", "same_sound"),
        ("Moustapha|Cherif", "Mustafa|Chérif", "same_sound"),
        ("Nicolas|Martin", "Nico|Martin", "called"),
        ("Jean-Pierre|Dupont", "JP|Dupont", "called"),
        ("Marie|MARTIN née DUPONT", "Marie|Dupont", "same_sound"),
        ("Marie|Martin-Dupont", "Marie|Dupont", "same_sound"),
        ("Jean|de la Fontaine", "Jean|Fontaine", "same_sound"),
        ("Jean|Martin", "J|Martin", "initial"),
        ("Jean|Martin", "|Martin", "family_only"),
        ("Dupont|", "Marie|Dupont", "one_name"),
        ("|Momo", "Momo|", "same_words"),
        ("Jean|Martin", "Paul|Martin", "family"),
        ("Jean|Martin", "Jean|Bernard", "given"),
        ("Jean|Martin", "Paul|Bernard", "different"),
        ("Sebastian|Rodriguez", "Sebastian|Rodriquez", "alike"),
        ("😀|😀", "Jean|Martin", None),
        ("|", "Jean|Martin", None),
    ],
)
def test_names(one: str, two: str, expected: str | None) -> None:
    assert level("name", named(one), named(two)) == expected


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("12/03/1985", "1985-03-12", "same"),
        ("12/03/1985", "03/12/1985", "turned"),
        ("00/00/1985", "12/03/1985", "partial"),
        ("03/1985", "12/03/1985", "partial"),
        ("01/01/1985", "12/03/1985", "partial"),
        ("01/01/1985", "01/01/1985", "partial"),
        ("12/03/1985", "13/03/1985", "slip"),
        ("12/03/1985", "12/03/1974", "same_day"),
        ("12/03/1985", "25/09/1985", "same_year"),
        ("12/03/1985", "25/09/1986", "near_year"),
        ("12/03/1985", "25/09/1960", "different"),
        ("29/02/1900", "02/1900", "partial"),
        ("1985-13-02", "13/02/1985", "same"),
        ("12/03/2999", "12/03/1985", None),
        ("hier", "12/03/1985", None),
    ],
)
def test_births(one: str, two: str, expected: str | None) -> None:
    assert level("birth", Record(birth=one), Record(birth=two)) == expected


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("Marseille", "13055", "same"),
        ("Marseille 13e arrondissement", "13213", "same"),
        ("13999", "St Mandrier", "same"),
        ("59355", "Lille", "same"),
        ("Lomme", "59350", "same"),
        ("Saint-Denis", "97411", "same"),
        ("93066", "97411", "different"),
        ("Saint-Denis (93)", "97411", "different"),
        ("Saint-Denis (93)", "Saint-Denis (974)", "different"),
        ("Marseile", "Marseille", "alike"),
        ("St-Denis (974)", "97411", "same"),
        ("Marseille", "Saint-Mandrier", "near"),
        ("Oran", "ORAN", "same_name"),
        ("Mostaganem", "Mostaganeme", "alike"),
        ("Marseille", "Lille", "different"),
        ("", "Lille", None),
    ],
)
def test_birth_places(one: str, two: str, expected: str | None) -> None:
    assert level("birth_place", Record(birth_place=one), Record(birth_place=two)) == expected


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("12 av. Foch, apt 3, 13001 Marseille", "12 avenue Foch 13001 MARSEILLE", "same"),
        ("12 avenue Foch", "12 av Foch 13001 Marseille", "same_door"),
        ("Hauptstraße 5, 10115 Berlin", "Hauptstrasse 5, 10115 Berlin", "same_words"),
        ("WR11 7QP", "wr11 7qp", "same_words"),
        ("12 av. Foch 13001 Marseille", "14 avenue Foch 13001 Marseille", "same_street"),
        ("12 av. Fauch 13001 Marseille", "14 avenue Foch 13001 Marseille", "alike"),
        ("12 av. Foch 13001 Marseille", "3 rue Longue des Capucins 13001 Marseille", "same_postcode"),
        ("12 av. Foch 13001 Marseille", "3 rue Longue 59000 Lille", "different"),
    ],
)
def test_addresses(one: str, two: str, expected: str) -> None:
    assert level("address", Record(address=one), Record(address=two)) == expected


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [("le Marseillais", "Marseillais", "same"), ("Momo", "Mohamed", "same_sound"), ("Tchoupi", "Tchoupa", "slip"),
     ("Momo", "Nico", "different")],
)  # fmt: skip
def test_aliases(one: str, two: str, expected: str) -> None:
    assert level("alias", Record(aliases=(one,)), Record(aliases=(two,))) == expected
    assert level("alias", Record(aliases=(one,)), Record()) is None


IBAN, WALLET = "FR7630006000011234567890189", "0x52908400098527886E0F7030069857D2E4169EE7"


SELECTOR_CASES: list[tuple[str, str, str, str | None]] = [
    ("phone", "06 12 34 56 78", "+33 (0)6.12.34.56.78", "same"),
    ("phone", "06 12 34 56 78", "+590612345678", "same_end"),
    ("phone", "06 12 34 56 78", "06 12 34 56 87", "slip"),
    ("phone", "06 12 34 56 78", "06 12 34 56 7", "slip"),
    ("phone", "06 12 34 56 78", "07 98 76 54 32", "different"),
    ("phone", "06 12 34 56 78", "118", None),
    ("plate", "AB-123-CD", "ab 123 cd", "same"),
    ("plate", "AB-180-CD", "AB-1BO-CD", "seen_alike"),
    ("plate", "AB-123-CD", "??-123-??", "partial"),
    ("plate", "AB-123-CD", "AB-123-…", "partial"),
    ("plate", "AB-1?3-CD", "AB-123-??", "different"),
    ("plate", "AB-123-CD", "AB-124-CD", "slip"),
    ("plate", "AB-123-CD", "?B-?24-CD", "different"),
    ("plate", "AB-123-CD", "A?-???-??", None),
    ("imei", "356938035643809", "35693803564380", "same"),
    ("imei", "356938035643809", "3569380356438091", "same"),
    ("imei", "356938035643809", "356938035643801", "same_body"),
    ("imei", "356938035643809", "356938035643709", "slip"),
    ("imei", "356938035643809", "000000000000000", None),
    ("iban", IBAN, "FR76 3000 6000 0112 3456 7890 189", "same"),
    ("iban", IBAN, IBAN.replace("1234", "1243"), "slip"),
    ("wallet", WALLET, WALLET.lower(), "same"),
    ("wallet", WALLET, "0x5290…9EE7", "partial"),
    ("wallet", WALLET, "0x5290...9EE8", "different"),
    ("wallet", WALLET, WALLET.lower().replace("4000", "4001"), "slip"),
    ("handle", "snap:kebab13", "snapchat : @Kebab13", "same"),
    ("handle", "snap:kebab13", "insta:kebab13", "same_name"),
    ("handle", "snap:kebab13", "snap:k3b4b_42", "same_letters"),
    ("handle", "snap:lemarseillais", "snap:lemarseilais", "slip"),
    ("email", "a.martin@exemple.fr", "A.Martin@exemple.fr", "same"),
    ("email", "a.martin@exemple.fr", "amartin+x@exemple.fr", "same_box"),
    ("email", "a.martin@exemple.fr", "b.martin@exemple.fr", "slip"),
    ("company", "SIREN 732 829 320", "73282932000074", "same"),
    ("company", "SARL Kebab du Port", "KEBAB DU PORT", "same_name"),
    ("company", "SAS Durand, enseigne Le Phare", "Le Phare SARL", "same_name"),
    ("company", "732829320", "732829321", "slip"),
    ("company", "Garage Filippe", "Garage Philippe", "same_sound"),
    ("company", "Garage du Nord", "732829320", "one_number"),
    ("vessel", "IMO 9074729", "OMI n° 9074729", "same"),
    ("vessel", "IMO 9074729", "IMO 9074728", "slip"),
    ("vessel", "M/V Étoile du Sud", "ETOILE DU SUD", "same_name"),
    ("vessel", "Étoile du Sud", "Etoiles du Sud", "name_slip"),
    ("container", "CSQU 305438 3", "CSQU3054383", "same"),
    ("container", "CSQU305438", "CSQU3054383", "same"),
    ("container", "CSQU3054387", "CSQU3054383", "same_body"),
    ("container", "CSQU3054383", "CSQU3054483", "slip"),
]


@pytest.mark.parametrize(("kind", "one", "two", "expected"), SELECTOR_CASES)
def test_selectors(kind: str, one: str, two: str, expected: str | None) -> None:
    found = SelectorKind(kind)
    records = [Record(selectors={found: (written,)}) for written in (one, two)]
    assert level(SELECTORS[found][1].name, *records) == expected


def test_every_kind_of_selector_has_its_file_and_every_level_its_sentence() -> None:
    assert set(SELECTORS) == set(SelectorKind) - {SelectorKind.PERSON, SelectorKind.ADDRESS}
    for comparison in COMPARISONS.values():
        assert comparison.levels[-1].when.sql() == "ELSE" and comparison.levels[-1].apart
        assert len({level.name for level in comparison.levels}) == len(comparison.levels)
        assert all(level.reason.endswith(".") for level in comparison.levels)
