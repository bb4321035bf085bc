"""The suite of the letters: RFC 9180's own vectors, a second reading of the text, and what must not open."""

import json
from pathlib import Path

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.sealing import hpke
from tests.sealing import reference

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
RFC = {name: bytes.fromhex(value) for name, value in VECTORS["rfc9180"]["A.1.1"].items()}


def test_the_second_reading_gives_what_the_rfc_publishes() -> None:
    assert reference.shared_secret(RFC["enc"], RFC["skRm"]) == RFC["shared_secret"]
    opened = reference.unseal(RFC["enc"], RFC["ct"], RFC["skRm"], RFC["info"], aad=RFC["aad"], aead=1)
    assert opened == RFC["pt"]


@pytest.mark.parametrize("who", ["E", "R"])
def test_a_pair_derived_from_a_secret_is_the_one_that_the_rfc_publishes(who: str) -> None:
    private = hpke.derived_private_key(RFC[f"ikm{who}"])
    assert private == RFC[f"sk{who}m"]
    assert hpke.public_key(private) == RFC[f"pk{who}m"]


@pytest.mark.parametrize("length", [0, 1, 32, 5000])
def test_the_library_seals_what_the_text_of_the_rfc_opens(length: int) -> None:
    private = hpke.new_private_key()
    plain = bytes(range(256)) * 20
    sealed = hpke.seal(plain[:length], hpke.public_key(private), b"context")
    assert len(sealed) == length + hpke.ADDED
    assert reference.unseal(sealed[:32], sealed[32:], private, b"context") == plain[:length]
    assert hpke.unseal(sealed, private, b"context") == plain[:length]


def test_another_key_another_context_or_a_changed_byte_open_nothing() -> None:
    private = hpke.new_private_key()
    sealed = hpke.seal(b"where", hpke.public_key(private), b"context")
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    tries = [(sealed, hpke.new_private_key(), b"context"), (sealed, private, b"other"), (b"", private, b"context")]
    tries += [(one, private, b"context") for one in changed]
    for what, key, info in tries:
        with pytest.raises(Invalid) as refused:
            hpke.unseal(what, key, info)
        assert refused.value.sentence == hpke.SENTENCE_UNOPENED


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), bytes(32), bytes([1]) + bytes(31)])
def test_what_is_no_key_or_shares_a_known_secret_is_refused(key: bytes) -> None:
    """The two points of small order would let everybody open."""
    with pytest.raises(Invalid) as refused:
        hpke.seal(b"where", key, b"")
    assert "32 octets" in str(refused.value)
