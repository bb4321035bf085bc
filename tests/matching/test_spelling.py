"""The spellings of one name meet, whatever alphabet or register they come from; other names do not."""

import pytest

from recoupe.matching.spelling.letters import latin, readings
from recoupe.matching.spelling.sounds import sounds
from recoupe.matching.spelling.words import called, split, words


@pytest.mark.parametrize(
    "spellings",
    [
        "Mohamed Mohammed Muhammad Mouhamed MOHAMED محمد",
        "Djamel Jamel Djamal Jamal جمال",
        "Youssouf Yusuf Youssef Yousuf يوسف",
        "Şahin Chahin Shahin",
        "Gonçalves Gonsalves",
        "Abdelkader Abdulkadir Abd-el-Kader Abdoulkader",
        "Abderrahmane Abdurrahman Abderahman",
        "Guillaume Guilaume",
        "Fernandes Fernandez Fernande",
        "Christophe Cristof Kristophe",
        "Moustapha Mustafa Moustafa",
        "Dupont Dupond DUPON",
        "Khadija Kadija",
        "Öztürk Ozturk Oezturk",
        "Houmadi Humadi",
        "Saïndou Saindu",
        "Иванов Ivanov",
    ],
)
def test_every_spelling_of_a_name_meets_the_first(spellings: str) -> None:
    first, *others = spellings.split()
    assert [other for other in others if set(sounds(first)).isdisjoint(sounds(other))] == []


@pytest.mark.parametrize(
    ("one", "two"),
    [("Martin", "Bernard"), ("Mohamed", "Karim"), ("Ali", "Omar"), ("Santos", "Soares"), ("Kaya", "Koç")],
)
def test_other_names_do_not_meet(one: str, two: str) -> None:
    assert set(sounds(one)).isdisjoint(sounds(two))


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("de la Fontaine", {"delafontaine", "lafontaine", "fontaine"}),
        ("Martin-Dupont", {"martindupont", "martin", "dupont"}),
        ("El Amrani", {"elamrani", "amrani"}),
        ("M'Barek", {"mbarek", "barek"}),
        ("dos Santos", {"dossantos", "santos"}),
        ("Ben Ali", {"benali", "ali"}),
        ("O'Brien", {"obrien", "brien"}),
    ],
)
def test_each_way_in_which_a_name_stands_alone(written: str, names: set[str]) -> None:
    assert set(words(written).names) == names


@pytest.mark.parametrize(
    ("written", "several"),
    [
        ("MARTIN née DUPONT", ("martin", "dupont")),
        ("DUPONT (épouse BEN ALI)", ("dupont", "ben ali")),
        ("Durand vve Petit", ("durand", "petit")),
        ("Neely", ("neely",)),
        ("Epinal", ("epinal",)),
        ("", ()),
        ("😀", ()),
    ],
)
def test_names_by_marriage_and_by_birth_are_told_apart(written: str, several: tuple[str, ...]) -> None:
    assert split(written) == several


def test_short_forms_are_tried_on_every_name() -> None:
    assert set(called("momo")) & set(called("mohamed"))
    assert set(called("nico")) & set(called("nicolas"))
    assert called("xyz") == ()


def test_marks_are_read_both_ways() -> None:
    assert readings("Çelik") == ("celik", "selik")
    assert latin("ŁÓDŹ") == "lodz"


@pytest.mark.parametrize(
    "written", ["x" * 500, "é" * 500, "a\u0301" * 500, "الله" * 200, "😀" * 500, "\u0301", " ", "-"]
)
def test_no_writing_is_too_odd_or_too_long(written: str) -> None:
    found = [words(part) for part in split(written)]
    assert all(len(part.key) <= 200 * 4 and len(part.names) <= 40 for part in found)
    assert all(len(sound) <= 100 for sound in sounds(written))
