"""A key of the journal that stays in a PKCS#11 token: it is made there, signs there, and nobody here ever sees it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recoupe.config.token import TokenAddress
from recoupe.kernel.refusal import Conflict, gettext_noop

# The curve Ed25519 (RFC 8410), as a token is told it.
ED25519 = "1.3.101.112"
PUBLIC_BYTES = 32
ID_BYTES = 16
# Tried again, these would lock the token for good.
LOCKING = frozenset({"PinIncorrect", "PinInvalid", "PinLenRange", "PinExpired", "PinLocked"})

NO_LIBRARY = gettext_noop(
    "La clé du notaire est dans un jeton PKCS#11, et python-pkcs11 est absent : "
    "python3 -I recoupe/cli/environment.py runtime token."
)
SENTENCE_AWAY = gettext_noop(
    "Le jeton « %(token)s » ne répond pas (%(reason)s) : vérifiez le module, les étiquettes et le fichier du code."
)


class TokenError(Conflict):
    """The token does not do what is asked now; it may a little later."""


class PinRefusedError(TokenError):
    """It refuses its code: asked again and again, it would lock itself."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The private half, known by where it is; what it signs is held against the public half before it leaves."""

    address: TokenAddress
    public: bytes

    def public_key(self) -> Ed25519PublicKey:
        """As a key that stands in a file gives it."""
        return Ed25519PublicKey.from_public_bytes(self.public)

    def sign(self, data: bytes, /) -> bytes:
        """64 bytes of Ed25519; raises TokenError."""
        kinds = import_library()
        with _session(self.address, login=True) as session:
            private = session.get_key(object_class=kinds.ObjectClass.PRIVATE_KEY, **_named(self.address))
            signature = bytes(private.sign(data, mechanism=kinds.Mechanism.EDDSA))
        try:
            self.public_key().verify(signature, data)
        except InvalidSignature as error:
            raise _away(self.address, "InvalidSignature") from error
        return signature


def found(address: TokenAddress) -> TokenKey:
    """The key that stands at an address; its public half is told without the code."""
    kinds = import_library()
    with _session(address, login=False) as session:
        public = session.get_key(object_class=kinds.ObjectClass.PUBLIC_KEY, **_named(address))
        return TokenKey(address, _point(address, public))


def made(address: TokenAddress) -> TokenKey:
    """A new key beside those of the same label: it signs, and cannot be taken out."""
    kinds, named = import_library(), replace(address, key_id=secrets.token_bytes(ID_BYTES))
    with _session(address, login=True, write=True) as session:
        curve = {kinds.Attribute.EC_PARAMS: kinds.util.ec.encode_named_curve_parameters(ED25519)}
        parameters = session.create_domain_parameters(kinds.KeyType.EC_EDWARDS, curve, local=True)
        private_half = {kinds.Attribute.SENSITIVE: True, kinds.Attribute.EXTRACTABLE: False}
        public, _ = parameters.generate_keypair(
            mechanism=kinds.Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
            store=True,
            private_template=private_half,
            **_named(named),
        )
        return TokenKey(named, _point(named, public))


def destroy(address: TokenAddress) -> None:
    """Both halves of one key, whose time has ended."""
    kinds = import_library()
    with _session(address, login=True, write=True) as session:
        for half in (kinds.ObjectClass.PRIVATE_KEY, kinds.ObjectClass.PUBLIC_KEY):
            session.get_key(object_class=half, **_named(address)).destroy()


def import_library() -> Any:
    """Its reader, which an installation that keeps its keys in files does without."""
    try:
        return import_module("pkcs11")
    except ImportError as error:
        raise TokenError(NO_LIBRARY) from error


def _named(address: TokenAddress) -> dict[str, Any]:
    return {"label": address.label} | ({"id": address.key_id} if address.key_id else {})


def _point(address: TokenAddress, public: Any) -> bytes:
    """The point as 32 bytes; many tokens write it as an octet string."""
    told = bytes(public[import_library().Attribute.EC_POINT])
    point = told[2:] if told[:2] == bytes((4, PUBLIC_BYTES)) else told
    if len(point) != PUBLIC_BYTES:
        raise _away(address, "EC_POINT")
    return point


@contextmanager
def _session(address: TokenAddress, *, login: bool, write: bool = False) -> Iterator[Any]:
    """One session for one act: a token that was away for a while is asked anew."""
    kinds = import_library()
    try:
        pin = address.pin.read_text().strip() if login else None
        token = kinds.lib(str(address.module)).get_token(token_label=address.token)
        with token.open(rw=write, user_pin=pin) as session:
            yield session
    except OSError as error:
        raise _away(address, f"{address.pin} : {error.strerror}") from error
    except kinds.PKCS11Error as error:
        name = type(error).__name__
        raise _away(address, name, PinRefusedError if name in LOCKING else TokenError) from error


def _away(address: TokenAddress, reason: str, kind: type[TokenError] = TokenError) -> TokenError:
    return kind(SENTENCE_AWAY, token=address.token, reason=reason)
