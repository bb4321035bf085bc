"""Addresses of crypto-assets: the writing tells the chain, most of them carry a checksum."""

import re
from collections.abc import Iterator
from enum import StrEnum

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.checksums import (
    BASE58,
    base58_bytes,
    base58check_version,
    keccak256,
    segwit,
)
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, ascii_form, labelled


class Chain(StrEnum):
    """The chains that are recognised; an address of Ethereum's writing serves on all of its kin."""

    BITCOIN = "btc"
    LITECOIN = "ltc"
    DOGECOIN = "doge"
    TRON = "trx"
    ETHEREUM = "eth"
    MONERO = "xmr"
    UNKNOWN = ""


WARNING_CHECK = gettext_noop("La somme de contrôle de cette adresse est fausse : un caractère est sans doute erroné.")
WARNING_LENGTH = gettext_noop("Cette adresse n'a pas la longueur de celles de sa chaîne.")
WARNING_UNKNOWN = gettext_noop("Cette écriture n'est celle d'aucune chaîne connue : vérifiez-la.")

_VERSIONS = {
    0x00: Chain.BITCOIN, 0x05: Chain.BITCOIN, 0x30: Chain.LITECOIN, 0x32: Chain.LITECOIN,
    0x1E: Chain.DOGECOIN, 0x41: Chain.TRON,
}  # fmt: skip
_FIRST_LETTER = {
    "1": Chain.BITCOIN, "3": Chain.BITCOIN, "L": Chain.LITECOIN, "M": Chain.LITECOIN, "D": Chain.DOGECOIN,
    "T": Chain.TRON,
}  # fmt: skip
_SEGWIT = {"bc1": Chain.BITCOIN, "ltc1": Chain.LITECOIN}
_ETHEREUM = re.compile(r"0[xX][0-9a-fA-F]{40}")
_BASE58 = re.compile(rf"[{BASE58}]+")
_SCHEME = re.compile(r"^(?:bitcoin|litecoin|dogecoin|tron|ethereum|monero):(?://)?", re.IGNORECASE)
_MONERO_LENGTHS = (95, 106)  # plain, and with a payment identifier
_MONERO_NETWORKS = frozenset({18, 19, 42})  # standard, integrated, sub-address
_MONERO_LAST_BLOCK = {7: 5, 11: 8}  # characters → bytes


def normalise(raw: str) -> Selector:
    """The address in its one comparison form; only base 58 keeps its capitals, they count there."""
    code = _SCHEME.sub("", re.sub(r"\s", "", ascii_form(raw))).partition("?")[0]
    if len(code) < 20 or not code.isalnum():
        raise Invalid(SENTENCE_NOTHING, field="selector")
    lower = code.lower()
    if lower.startswith("0x"):
        return _ethereum(raw, code)
    for head in _SEGWIT:
        if lower.startswith(head) and (code in (lower, code.upper())):
            return _verdict(raw, lower, segwit(lower, head[:-1]))
    if code[0] in "48" and len(code) > 80:
        if len(code) not in _MONERO_LENGTHS:
            return Selector(SelectorKind.WALLET, raw, code, False, WARNING_LENGTH)
        return _verdict(raw, code, _monero(code))
    if code[0] in _FIRST_LETTER and 26 <= len(code) <= 36 and _BASE58.fullmatch(code):
        return _verdict(raw, code, base58check_version(code) in _VERSIONS)
    return Selector(SelectorKind.WALLET, raw, code, None, WARNING_UNKNOWN)


def chain(value: str) -> Chain:
    """The chain that the writing of a normalised address tells."""
    if _ETHEREUM.fullmatch(value):
        return Chain.ETHEREUM
    for head, found in _SEGWIT.items():
        if value.startswith(head):
            return found
    if value[:1] in ("4", "8") and len(value) in _MONERO_LENGTHS:
        return Chain.MONERO
    if _BASE58.fullmatch(value) and 26 <= len(value) <= 36:
        version = base58check_version(value)
        return _FIRST_LETTER.get(value[0], Chain.UNKNOWN) if version is None else _VERSIONS.get(version, Chain.UNKNOWN)
    return Chain.UNKNOWN


def _ethereum(raw: str, code: str) -> Selector:
    """EIP-55: the capitals are the checksum, so an address in one case has none; compared in small letters."""
    value = code.lower()
    if not _ETHEREUM.fullmatch(code):
        return Selector(SelectorKind.WALLET, raw, value, False, WARNING_LENGTH)
    body = code[2:]
    if body in (body.lower(), body.upper()):
        return Selector(SelectorKind.WALLET, raw, value)
    nibbles = keccak256(body.lower().encode()).hex()
    holds = all(
        char.isdigit() or char.isupper() == (nibble >= "8") for char, nibble in zip(body, nibbles, strict=False)
    )
    return _verdict(raw, value, holds)


def _monero(code: str) -> bool:
    """Blocks of 11 characters for 8 bytes; the last four bytes are Keccak's of the rest; main net only."""
    raw = b""
    for start in range(0, len(code), 11):
        block = code[start : start + 11]
        decoded = base58_bytes(block, _MONERO_LAST_BLOCK[len(block)])
        if decoded is None:
            return False
        raw += decoded
    return raw[0] in _MONERO_NETWORKS and keccak256(raw[:-4])[:4] == raw[-4:]


def _verdict(raw: str, value: str, valid: bool) -> Selector:
    return Selector(SelectorKind.WALLET, raw, value, valid, "" if valid else WARNING_CHECK)


_LABEL = re.compile(
    r"(?i)\b(?:btc|bitcoins?|eth|ethereum|ltc|doge|trx|tron|usdt|usdc|xmr|monero|wallets?|portefeuille|crypto\w*)\b[^\n]*$"
)
_IN_TEXT = re.compile(
    rf"(?<![A-Za-z0-9])(?:0x[0-9a-fA-F]{{40}}|(?:bc1|ltc1)[0-9a-z]{{20,87}}|(?:BC1|LTC1)[0-9A-Z]{{20,87}}"
    rf"|[13LMDT][{BASE58}]{{25,35}}|[48][{BASE58}]{{94}}(?:[{BASE58}]{{11}})?)(?![A-Za-z0-9])"
)


def find(text: str) -> Iterator[Mention]:
    """Addresses whose checksum holds, and Ethereum's; a failed one only after a word that announces it."""
    for match in _IN_TEXT.finditer(text):
        selector = normalise(match[0])
        if selector.valid is not False or labelled(text, match.start(), _LABEL, 40):
            yield Mention(match.start(), match.end(), selector)
