"""The arithmetic, against published vectors and other implementations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn as other_luhn
from stdnum.iso7064 import mod_97_10

from recoupe.kernel.selectors.checksums import base58_bytes, base58check_version, keccak256, luhn, luhn_digit, mod97


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (
            b"The quick brown fox jumps over the lazy dog",
            "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
        ),
    ],
)
def test_keccak(message: bytes, digest: str) -> None:
    assert keccak256(message).hex() == digest


@pytest.mark.parametrize("length", [134, 135, 136, 137, 271, 272, 273])
def test_keccak_at_the_edges_of_a_block(length: int) -> None:
    """Neighbouring lengths differ and the digest has its length; the padding byte may be first and last at once."""
    digests = {keccak256(b"a" * n) for n in (length, length + 1)}
    assert len(digests) == 2 and all(len(digest) == 32 for digest in digests)


@given(st.from_regex(r"[0-9]{1,30}", fullmatch=True))
def test_luhn(number: str) -> None:
    assert luhn_digit(number) == other_luhn.calc_check_digit(number)
    assert luhn(number + luhn_digit(number))
    assert not luhn(number + str((int(luhn_digit(number)) + 1) % 10))


@given(st.from_regex(r"[0-9A-Z]{1,30}", fullmatch=True))
def test_mod97(text: str) -> None:
    assert mod97(text) == mod_97_10.checksum(text)


def test_base58() -> None:
    assert base58_bytes("1", 1) == b"\0" and base58_bytes("z", 1) == b"\x39"
    assert base58_bytes("0", 1) is None and base58_bytes("zz", 1) is None
    assert base58check_version("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa") == 0
    assert base58check_version("11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa") is None  # one zero byte too many
