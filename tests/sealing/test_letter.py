"""A letter: seven sizes, four slots that look alike, nothing that opens when a byte was changed, plain refusals."""

import random
from itertools import pairwise

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.sealing import answer, hpke, letter, receipt
from recoupe.sealing.sizes import PREFIX, SIZES, padded, unpadded, wire_size

PLACE = bytes(range(32))
P = 2**255 - 19


def sealed(content: bytes = b"where and when", area: str = "13") -> tuple[bytes, bytes]:
    """A letter to slots 0 and 2, and the private key of both."""
    private = hpke.new_private_key()
    public = hpke.public_key(private)
    return letter.seal(content, place=PLACE, area=area, keys=[public, None, public, None]), private


def test_two_thousand_lengths_give_at_most_seven_sizes() -> None:
    """R-07: from nothing to the most, and each edge from both sides."""
    chance = random.Random(7)
    most = SIZES[-1] - letter.HEADER - letter.TAG - PREFIX
    edges = {size - letter.HEADER - letter.TAG - PREFIX + near for size in SIZES[:-1] for near in (0, 1)}
    lengths = {0, 1, most, *edges}
    while len(lengths) < 2000:
        lengths.add(int(2 ** chance.uniform(0, 23.2)))
    sizes = {wire_size(letter.HEADER + PREFIX + n + letter.TAG) for n in lengths if n <= most}
    assert sizes == set(SIZES)
    assert len(SIZES) == 7
    assert all(one < other for one, other in pairwise(SIZES))


@pytest.mark.parametrize("length", [0, 1, 3719, 3720, 3721, 16_008, 16_009])
def test_what_was_written_is_read_and_the_wire_shows_one_of_the_sizes(length: int) -> None:
    content = random.Random(length).randbytes(length)
    whole, private = sealed(content)
    assert len(whole) in SIZES
    assert letter.unseal(whole, private, 0) == letter.unseal(whole, private, 2) == content


def test_more_than_the_last_size_is_refused_before_anything_is_sealed() -> None:
    with pytest.raises(Invalid, match="trop lourd"):
        sealed(bytes(SIZES[-1]))
    with pytest.raises(Invalid, match="trop lourd"):
        padded(bytes(10), 13)


def test_only_the_slots_that_were_filled_open() -> None:
    whole, private = sealed()
    for number in (1, 3):
        with pytest.raises(Invalid, match="ne s'ouvre pas"):
            letter.unseal(whole, private, number)
    with pytest.raises(Invalid, match="ne s'ouvre pas"):
        letter.unseal(whole, hpke.new_private_key(), 0)


def test_a_slot_for_nobody_is_told_by_nothing() -> None:
    """Its first half is a point of the curve like the others: random bytes are none, half of the time."""
    for _ in range(40):
        slots = letter.parse(sealed()[0]).slots
        assert {len(slot) for slot in slots} == {letter.SLOT}
        for slot in slots:
            u = int.from_bytes(slot[:32], "little")
            assert u < P
            assert pow((u**3 + 486662 * u**2 + u) % P, (P - 1) // 2, P) == 1


def test_a_slot_is_bound_to_its_number_and_its_letter() -> None:
    """Moved to another slot, another place or another department, it opens nothing."""
    whole, private = sealed()
    start = 1 + letter.PLACE + letter.AREA
    slot = whole[start : start + letter.SLOT]
    moved = whole[: start + letter.SLOT] + slot + whole[start + 2 * letter.SLOT :]
    with pytest.raises(Invalid, match="ne s'ouvre pas"):
        letter.unseal(moved, private, 1)
    for other in (bytes([1]) + bytes(32) + whole[33:], whole[:33] + b"2A " + whole[36:]):
        with pytest.raises(Invalid, match="ne s'ouvre pas"):
            letter.unseal(other, private, 0)


def test_one_changed_byte_anywhere_and_nothing_opens() -> None:
    whole, private = sealed()
    for at in [*range(letter.HEADER), *range(letter.HEADER, len(whole), 37), len(whole) - 1]:
        with pytest.raises(Invalid):
            letter.unseal(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :], private, 0)


def test_no_two_letters_share_a_key() -> None:
    """The nonce is fixed because each body has a key of its own: the same words are sealed to other bytes each time."""
    private = hpke.new_private_key()
    keys = [hpke.public_key(private)] * letter.SLOTS
    made = [letter.parse(letter.seal(b"the same", place=PLACE, area="13", keys=keys)) for _ in range(50)]
    assert len({one.body[:16] for one in made}) == 50
    assert len({slot for one in made for slot in one.slots}) == 50 * letter.SLOTS


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (lambda whole: b"", "sept tailles"),
        (lambda whole: whole[:-1], "sept tailles"),
        (lambda whole: whole + b"\0", "sept tailles"),
        (lambda whole: whole[:200], "sept tailles"),
        (lambda whole: b"\2" + whole[1:], "version"),
        (lambda whole: b"\0" * len(whole), "version"),
        (lambda whole: whole[:33] + b"\xff\xfe " + whole[36:], "département"),
        (lambda whole: whole[:33] + b"2C " + whole[36:], "département"),
        (lambda whole: whole[:33] + b"1  " + whole[36:], "département"),
        (lambda whole: whole[:33] + " ١".encode() + whole[36:], "département"),
    ],
)
def test_what_is_no_letter_is_refused_with_a_sentence(spoilt: object, words: str) -> None:
    whole, private = sealed()
    with pytest.raises(Invalid, match=words):
        letter.unseal(spoilt(whole), private, 0)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"place": b"short"}, "reçu"),
        ({"area": "130"}, "département"),
        ({"area": ""}, "département"),
        ({"keys": [None] * 4}, "destinataires"),
        ({"keys": [bytes([9]) + bytes(31)] * 3}, "destinataires"),
        ({"keys": [bytes(32), None, None, None]}, "octets attendus"),
    ],
)
def test_what_cannot_be_sealed_is_refused_with_a_sentence(options: dict[str, object], words: str) -> None:
    good = {"place": PLACE, "area": "971", "keys": [bytes([9]) + bytes(31), None, None, None]}
    assert len(letter.seal(b"", **good)) == SIZES[0]  # type: ignore[arg-type]
    with pytest.raises(Invalid, match=words):
        letter.seal(b"", **(good | options))  # type: ignore[arg-type]


def test_padding_that_is_not_ours_is_none() -> None:
    assert unpadded(padded(b"abc", 20)) == b"abc"
    assert unpadded(padded(b"abc", 19) + b"\1") is None
    assert unpadded(b"\xff" * 20) is None
    assert unpadded(b"\0\0") is None


@pytest.mark.parametrize("length", [0, 1, answer.MOST])
def test_an_answer_has_one_size_and_opens_by_the_receipt_alone(length: int) -> None:
    mine, other = receipt.draw(), receipt.draw()
    public = hpke.public_key(mine.thread_key)
    made = answer.seal(b"e" * length, place=mine.place, public=public)
    assert len(made) == answer.SIZE
    assert answer.unseal(made, place=mine.place, private=mine.thread_key) == b"e" * length
    changed = made[:-1] + bytes([made[-1] ^ 1])
    for what, place, key, words in (
        (made, other.place, mine.thread_key, "ne s'ouvre pas"),
        (made, mine.place, other.thread_key, "ne s'ouvre pas"),
        (changed, mine.place, mine.thread_key, "ne s'ouvre pas"),
        (made[:-1], mine.place, mine.thread_key, "tronquée"),
        (b"\2" + made[1:], mine.place, mine.thread_key, "version"),
    ):
        with pytest.raises(Invalid, match=words):
            answer.unseal(what, place=place, private=key)
    with pytest.raises(Invalid, match="trop longue"):
        answer.seal(bytes(answer.MOST + 1), place=mine.place, public=public)
    with pytest.raises(Invalid, match="reçu"):
        answer.seal(b"", place=b"", public=public)
