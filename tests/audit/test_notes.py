"""A checkpoint as a signed note: what is signed, by whom, and every forgery of a small note."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recoupe.audit.notes import LOG, WITNESS, Checkpoint, Key, Signer, UnreadableError, read

NOTARY = Signer("notaire", LOG, Ed25519PrivateKey.from_private_bytes(b"n" * 32))
WITNESSED = Signer("temoin-a", WITNESS, Ed25519PrivateKey.from_private_bytes(b"a" * 32))
POINT = Checkpoint(7, b"r" * 32, 1_795_000_000)


def test_it_is_read_back_as_it_was_signed() -> None:
    signed = POINT.by_log(NOTARY)
    signed = signed.signed(signed.cosignature(WITNESSED, 1_795_000_005))
    again = read(signed.note)
    assert again == signed
    assert again.signed_by(NOTARY.key)
    assert again.witnessed_at(WITNESSED.key) == 1_795_000_005


@pytest.mark.parametrize(
    "other",
    [Checkpoint(8, POINT.root, POINT.at), Checkpoint(7, b"q" * 32, POINT.at), Checkpoint(7, POINT.root, POINT.at + 1)],
)
def test_a_signature_holds_for_no_other_checkpoint(other: Checkpoint) -> None:
    signed = POINT.by_log(NOTARY)
    signed = signed.signed(signed.cosignature(WITNESSED, POINT.at))
    moved = Checkpoint(other.size, other.root, other.at, signed.signatures)
    assert not moved.signed_by(NOTARY.key)
    assert moved.witnessed_at(WITNESSED.key) is None


def test_neither_name_nor_kind_nor_key_may_be_another() -> None:
    signed = POINT.by_log(NOTARY)
    public = NOTARY.key.public
    assert not signed.signed_by(Key("autre", LOG, public))
    assert not signed.signed_by(Key("notaire", WITNESS, public))
    assert not signed.signed_by(Key("notaire", LOG, WITNESSED.key.public))
    # The moment of a cosignature is signed with it.
    line = POINT.cosignature(WITNESSED, 10)
    assert POINT.signed(line).witnessed_at(WITNESSED.key) == 10
    assert POINT.signed(line).witnessed_at(Key("temoin-a", LOG, WITNESSED.key.public)) is None


@pytest.mark.parametrize(
    "note",
    [
        "",
        "autre\n7\ncg==\n1\n\n",
        POINT.note.replace("\n7\n", "\n-7\n"),
        POINT.note.replace("\n7\n", "\n07\n"),
        POINT.note.replace("\n7\n", "\nsept\n"),
        POINT.note.replace("\n\n", "\nune ligne\n\n"),
        POINT.note + "sans tiret\n",
        POINT.by_log(NOTARY).note.replace("— notaire ", "— notaire §"),
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(UnreadableError):
        read(note).signed_by(NOTARY.key)
