"""The receipt: its list, its 110 bits, its check, its keys, and how forgiving it is to who typed it."""

import random
import re
from collections import Counter

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.sealing import hpke, receipt
from tests.sealing.test_hpke import VECTORS


def test_the_list_has_its_2048_words_each_told_by_four_letters() -> None:
    words = receipt.word_list()
    assert len(words) == receipt.COUNT == 2048
    assert len({receipt.bare(word)[: receipt.TELLING] for word in words}) == 2048
    assert all(re.fullmatch(r"[a-z]{4,9}", receipt.bare(word)) for word in words)
    assert list(words) == sorted(words, key=receipt.bare)
    assert receipt.FILE.read_text(encoding="utf-8") == "\n".join(words) + "\n"


@pytest.mark.parametrize(
    "told",
    ["trafic", "prison", "policier", "arsenic", "cyanure", "violer", "poignard", "seringue", "meurtre", "ennemi"],
)
def test_nothing_in_it_frightens_who_must_keep_it(told: str) -> None:
    assert told not in {receipt.bare(word) for word in receipt.word_list()}


def test_ten_words_of_each_draw_are_even_and_no_two_draws_are_alike() -> None:
    """110 bits: each word of each place comes about as often as the next."""
    drawn = [receipt.draw() for _ in range(20_000)]
    assert len({one.seed for one in drawn}) == len(drawn)
    places = Counter(word for one in drawn for word in one.words[: receipt.WORDS])
    assert len(places) == receipt.COUNT
    expected = len(drawn) * receipt.WORDS / receipt.COUNT
    chi = sum((seen - expected) ** 2 / expected for seen in places.values())
    # 2,047 degrees of freedom: mean 2,047, standard deviation 64; seven of them are one in 10^11.
    assert abs(chi - 2047) < 7 * 64
    assert all(int.from_bytes(one.seed, "big") < 2**110 for one in drawn)


@pytest.mark.parametrize(
    "typed",
    [
        lambda words: " ".join(words),
        lambda words: ", ".join(words).upper(),
        lambda words: "\n".join(f"{n}. {word}" for n, word in enumerate(words, start=1)),
        lambda words: "  ".join(receipt.bare(word)[:4] for word in words),
        lambda words: "-".join(receipt.bare(word) for word in words),
        lambda words: " ".join(words).replace("é", "e\u0301"),
        lambda words: " ".join(word[:4] + "xx" for word in words),
    ],
)
def test_it_is_read_however_it_was_typed(typed: object) -> None:
    for _ in range(50):
        mine = receipt.draw()
        assert receipt.read(typed(mine.words)) == mine  # type: ignore[operator]


def test_a_wrong_or_a_swapped_word_is_said_before_anything_is_asked() -> None:
    """One wrong word in 2,048 escapes by chance; a swap likewise."""
    chance = random.Random(11)
    escaped = 0
    for _ in range(2000):
        words = list(receipt.draw().words)
        before = tuple(words)
        if chance.random() < 0.5:
            words[chance.randrange(11)] = chance.choice(receipt.word_list())
        else:
            one, other = chance.sample(range(10), 2)
            words[one], words[other] = words[other], words[one]
        if tuple(words) == before:
            continue
        try:
            receipt.read(" ".join(words))
            escaped += 1
        except Invalid as refused:
            assert refused.sentence == receipt.SENTENCE_CHECK
    assert escaped <= 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "en voici 0"),
        ("chat", "en voici 1"),
        (" ".join(["abaisser"] * 12), "en voici 12"),
        ("zzzzzz " + " ".join(["abaisser"] * 10), "n° 1 n'est pas"),
        (" ".join(["abaisser"] * 10) + " aba", "n° 11 n'est pas"),
        (" ".join(["abaisser"] * 11), "ne vont pas ensemble"),
    ],
)
def test_what_is_no_receipt_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        receipt.read(text)


@pytest.mark.parametrize("kept", VECTORS["receipts"], ids=lambda kept: str(kept["words"][0]))
def test_a_receipt_gives_the_same_keys_for_ever(kept: dict[str, object]) -> None:
    mine = receipt.read(" ".join(kept["words"]))  # type: ignore[arg-type]
    assert list(mine.words) == kept["words"]
    found = {
        "seed": mine.seed,
        "fetch_key": mine.fetch_key,
        "place": mine.place,
        "thread_key": mine.thread_key,
        "answer_key": hpke.public_key(mine.thread_key),
    }
    assert {name: value.hex() for name, value in found.items()} == {name: kept[name] for name in found}


def test_it_does_not_show_itself() -> None:
    """What logs or a debugger print of it holds nothing of it."""
    mine = receipt.draw()
    assert repr(mine) == "Receipt()"
