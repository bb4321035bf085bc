"""The address of a key in a PKCS#11 token (RFC 7512): it stands in the file where the seed of another key would."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, unquote_to_bytes

SCHEME = "pkcs11:"
_PART = re.compile(r"([a-z-]+)=([^;&?=\s]+)")


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """The maker's module, the labels of token and key, the file of the PIN; `key_id`: which of the keys so labelled."""

    module: Path
    token: str
    label: str
    pin: Path
    key_id: bytes = b""

    @property
    def text(self) -> str:
        """As it is written in the file."""
        told = [f"token={quote(self.token)}", f"object={quote(self.label)}"]
        told += ["id=" + "".join(f"%{byte:02X}" for byte in self.key_id)] * bool(self.key_id)
        return f"{SCHEME}{';'.join(told)}?module-path={quote(str(self.module))}&pin-source={quote(f'file:{self.pin}')}"


def in_token(text: str) -> bool:
    """Whether this is the address of a key in a token; a seed is digits."""
    return text.startswith(SCHEME)


def read(text: str) -> TokenAddress:
    """The parts of an address; raises ValueError at anything else, a PIN within it too."""
    path, _, query = text.strip().removeprefix(SCHEME).partition("?")
    named = _parts(path, ";", {"token", "object", "id"})
    told = _parts(query, "&", {"module-path", "pin-source"})
    module, pin = Path(unquote(told["module-path"])), Path(unquote(told["pin-source"]).removeprefix("file:"))
    label, token = unquote(named["object"], errors="strict"), unquote(named["token"], errors="strict")
    if not (in_token(text) and module.is_absolute() and pin.is_absolute()):
        raise ValueError(text)
    return TokenAddress(module, token, label, pin, unquote_to_bytes(named.get("id", "")))


def _parts(text: str, between: str, known: set[str]) -> dict[str, str]:
    """Each name once, all those that are needed."""
    found = [_PART.fullmatch(part) for part in text.split(between)]
    parts = {part[1]: part[2] for part in found if part}
    if len(parts) < len(found) or not known - {"id"} <= parts.keys() <= known:
        raise ValueError(text)
    return parts
