"""A software passkey (ES256), for the made agents of a demonstration and for tests: nobody's finger is behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

from recoupe.config.files import write_durably
from recoupe.config.paths import data_folder

FILE = "passkeys.json"
# What an authenticator says of itself: somebody was there, it knew him, and a new key follows.
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
CREATE, GET = "webauthn.create", "webauthn.get"


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """One key: who it is of, its public name, its secret."""

    handle: bytes
    credential_id: bytes
    secret: int

    @classmethod
    def new(cls, handle: bytes) -> "SoftwareKey":
        """A fresh key for this user handle."""
        made = ec.generate_private_key(ec.SECP256R1())
        return cls(handle, token_bytes(32), made.private_numbers().private_value)

    @classmethod
    def from_plain(cls, plain: Mapping[str, str]) -> "SoftwareKey":
        """The key that `plain` wrote."""
        return cls(base64url_to_bytes(plain["handle"]), base64url_to_bytes(plain["id"]), int(plain["secret"], 16))

    def plain(self) -> dict[str, str]:
        """How it is kept in a file."""
        told = {"handle": self.handle, "id": self.credential_id}
        return {name: bytes_to_base64url(value) for name, value in told.items()} | {"secret": f"{self.secret:064x}"}

    @property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """Its signing half."""
        return ec.derive_private_key(self.secret, ec.SECP256R1())

    @property
    def public(self) -> bytes:
        """Its public half as a COSE key."""
        numbers = self.private.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def register(self, options: Mapping[str, Any], origin: str, more: int = 0) -> str:
        """The answer to a request for a new key, as a browser would give it (attestation "none"); `more`: flags."""
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.public
        data = authenticator_data(options["rp"]["id"], PRESENT | VERIFIED | ATTESTED | more, 0, attested)
        response = {
            "clientDataJSON": bytes_to_base64url(client_data(CREATE, options["challenge"], origin)),
            "attestationObject": bytes_to_base64url(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._answer(response)

    def sign(self, options: Mapping[str, Any], origin: str, more: int = 0) -> str:
        """The answer to a request to sign, as a browser would give it."""
        told = client_data(GET, options["challenge"], origin)
        return self.assertion(authenticator_data(options["rpId"], PRESENT | VERIFIED | more, 0), told)

    def assertion(self, data: bytes, told: bytes) -> str:
        """These very bytes, signed."""
        signature = self.private.sign(data + sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": told, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._answer({name: bytes_to_base64url(value) for name, value in parts.items()})

    def _answer(self, response: Mapping[str, str]) -> str:
        name = bytes_to_base64url(self.credential_id)
        answer = {"id": name, "rawId": name, "type": "public-key", "response": dict(response)}
        return json.dumps(answer | {"clientExtensionResults": {}, "authenticatorAttachment": "platform"})


def authenticator_data(rp_id: str, flags: int, count: int, attested: bytes = b"") -> bytes:
    """What an authenticator signs beside the client's words."""
    return sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big") + attested


def client_data(kind: str, challenge: str, origin: str) -> bytes:
    """What a browser says of the ceremony."""
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()


def write_keys(path: Path, keys: Mapping[str, SoftwareKey]) -> None:
    """Keep them, whole, for this account alone."""
    told = {login: key.plain() for login, key in sorted(keys.items())}
    write_durably(path, json.dumps(told, indent=1) + "\n")


def kept_keys(path: Path | None = None) -> dict[str, SoftwareKey]:
    """The software keys of this installation by login; none where no demonstration was made."""
    file = path or data_folder() / FILE
    if not file.is_file():
        return {}
    found = json.loads(file.read_text(encoding="utf-8"))
    return {login: SoftwareKey.from_plain(plain) for login, plain in found.items()}
