"""HPKE of RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; one suite, pinned."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from recoupe.kernel.refusal import Invalid, gettext_noop

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
KEY = 32
LABEL = b"HPKE-v1KEM" + (0x20).to_bytes(2, "big")
# What sealing adds: the encapsulated key in front, the tag behind.
ADDED = 32 + 16
SENTENCE_UNOPENED = gettext_noop("Ce pli ne s'ouvre pas avec cette clé : il est pour d'autres, ou il a été modifié.")
SENTENCE_BAD_KEY = gettext_noop("Ceci n'est pas une clé : %(wanted)s octets attendus.")


def new_private_key() -> bytes:
    """A private key of 32 bytes, from the system's generator."""
    return X25519PrivateKey.generate().private_bytes_raw()


def derived_private_key(secret: bytes) -> bytes:
    """The private key that 32 secret bytes give (RFC 9180, 7.1.3, DeriveKeyPair)."""
    extracted = HMAC(bytes(SHA256.digest_size), SHA256())
    extracted.update(LABEL + b"dkp_prk" + secret)
    return HKDFExpand(SHA256(), KEY, KEY.to_bytes(2, "big") + LABEL + b"sk").derive(extracted.finalize())


def public_key(private: bytes) -> bytes:
    """The public half, 32 bytes."""
    return _private(private).public_key().public_bytes_raw()


def seal(plain: bytes, public: bytes, info: bytes) -> bytes:
    """Encapsulated key and ciphertext, `ADDED` bytes longer than `plain`; `info` is bound and not carried."""
    if len(public) != KEY:
        raise Invalid(SENTENCE_BAD_KEY, wanted=KEY)
    try:
        return SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), info)
    except ValueError as error:  # a point of small order: the secret would be known to all
        raise Invalid(SENTENCE_BAD_KEY, wanted=KEY) from error


def unseal(sealed: bytes, private: bytes, info: bytes) -> bytes:
    """What was sealed to this key under this `info`; Invalid for anything else, without saying which."""
    try:
        return SUITE.decrypt(sealed, _private(private), info)
    except (InvalidTag, ValueError) as error:
        raise Invalid(SENTENCE_UNOPENED) from error


def _private(private: bytes) -> X25519PrivateKey:
    if len(private) != KEY:
        raise Invalid(SENTENCE_BAD_KEY, wanted=KEY)
    return X25519PrivateKey.from_private_bytes(private)
