"""HPKE base mode once more, from the text of RFC 9180 alone: what tests/sealing holds the library's suite to."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM_SUITE = b"KEM" + (0x20).to_bytes(2, "big")
# Key length by the identifier of the AEAD: AES-128-GCM, AES-256-GCM.
AEADS = {1: 16, 2: 32}


def extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    """LabeledExtract (RFC 9180, 4)."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, hashlib.sha256)


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (RFC 9180, 4), for at most one block."""
    text = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\1"
    return hmac.digest(key, text, hashlib.sha256)[:length]


def shared_secret(enc: bytes, private: bytes) -> bytes:
    """Decap (RFC 9180, 4.1)."""
    key = X25519PrivateKey.from_private_bytes(private)
    dh = key.exchange(X25519PublicKey.from_public_bytes(enc))
    context = enc + key.public_key().public_bytes_raw()
    return expand(KEM_SUITE, extract(KEM_SUITE, b"", b"eae_prk", dh), b"shared_secret", context, 32)


def unseal(enc: bytes, ciphertext: bytes, private: bytes, info: bytes, *, aad: bytes = b"", aead: int = 2) -> bytes:
    """Open in base mode, first message (RFC 9180, 5.1 and 5.2)."""
    suite = b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (0x20, 1, aead))
    context = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared_secret(enc, private), b"secret", b"")
    key = expand(suite, secret, b"key", context, AEADS[aead])
    nonce = expand(suite, secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, ciphertext, aad)
