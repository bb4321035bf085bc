"""Wallets: the vectors of the standards (BIP 173, BIP 350, EIP-55), and what each error looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.wallet import WARNING_CHECK, WARNING_LENGTH, WARNING_UNKNOWN, Chain, chain

MONERO = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
MONERO_SUB = "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H"
GOOD = [
    ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Chain.BITCOIN),
    ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", Chain.BITCOIN),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Chain.BITCOIN),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", Chain.BITCOIN),
    ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", Chain.TRON),
    (MONERO, Chain.MONERO),
    (MONERO_SUB, Chain.MONERO),
]
EIP55 = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize(("raw", "on"), GOOD)
def test_addresses_that_pass(raw: str, on: Chain) -> None:
    found = normalise("wallet", raw)
    assert (found.value, found.valid, found.warning) == (raw, True, "")
    assert chain(found.value) is on and strength(found) is Strength.CERTAIN


@pytest.mark.parametrize("raw", EIP55)
def test_ethereum_is_compared_in_small_letters(raw: str) -> None:
    found = normalise("wallet", raw)
    assert (found.value, found.valid) == (raw.lower(), True)
    for plain in (raw.lower(), "0x" + raw[2:].upper()):
        bare = normalise("wallet", plain)
        assert (bare.value, bare.valid) == (raw.lower(), None)
        assert strength(bare) is Strength.STRONG
    assert chain(found.value) is Chain.ETHEREUM


@given(st.sampled_from(EIP55), st.data())
def test_one_wrong_capital_fails_eip55(raw: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([i for i, char in enumerate(raw) if i > 1 and char.isalpha()]))
    found = normalise("wallet", raw[:place] + raw[place].swapcase() + raw[place + 1 :])
    assert (found.value, found.valid, found.warning) == (raw.lower(), False, WARNING_CHECK)


@given(st.sampled_from([address for address, _ in GOOD]), st.data())
def test_one_wrong_character_fails_the_checksum(raw: str, data: st.DataObject) -> None:
    """Past the first ones, which tell the chain."""
    small = raw.startswith("bc1")
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l" if small else "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijk"
    place = data.draw(st.integers(5, len(raw) - 1))
    wrong = data.draw(st.sampled_from([char for char in letters if char != raw[place]]))
    assert normalise("wallet", raw[:place] + wrong + raw[place + 1 :]).valid is False


@pytest.mark.parametrize(
    "raw",
    [  # BIP 350: each is a valid-looking bech32 string that must fail
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  # version 1 checked as bech32
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",  # version 0 checked as bech32m
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",  # a character outside the set
        "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",  # version 17
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",  # padding
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",  # program of 16 bytes
    ],
)
def test_bip350_failures(raw: str) -> None:
    found = normalise("wallet", raw)
    assert (found.value, found.valid) == (raw.lower(), False)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=1", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        (" 1A1zP1eP5QGefi2D MPTfTL5SLmv7DivfNa ", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ],
)
def test_writings_of_one_address(raw: str, value: str) -> None:
    assert (normalise("wallet", raw).value, normalise("wallet", raw).valid) == (value, True)


@pytest.mark.parametrize(
    ("raw", "warning"),
    [
        (MONERO[:-1], WARNING_LENGTH),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", WARNING_LENGTH),
        ("z" * 30, WARNING_UNKNOWN),
    ],
)
def test_a_strange_one_warns_and_is_kept(raw: str, warning: str) -> None:
    found = normalise("wallet", raw)
    assert found.valid is not True and found.warning == warning and found.value.lower() == raw.lower()


def test_the_capitals_of_base_58_count() -> None:
    assert normalise("wallet", "1a1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa").valid is False


@pytest.mark.parametrize("raw", ["1A1zP1eP5", "portefeuille !", "bonjour monsieur, comment allez-vous"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("wallet", raw)
