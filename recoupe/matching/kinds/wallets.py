"""Addresses of crypto-assets: the same, one slip, and those that a screen shortens to their two ends."""

import re
from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.selectors.common import ascii_form
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import Fits, OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, MOST, SLIP, read, some

_SHORTENED = re.compile(r"\s*([0-9A-Za-z]{4,40})\s*(?:\.{2,}|\u2026|\*{2,})\s*([0-9A-Za-z]{3,40})\s*")
_LEAST = 9  # characters known of a shortened address: « 0x » and seven more


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole addresses; whole and shortened ones as patterns."""
    raws = list(written)[:MOST]
    patterns = [pattern for raw in raws if (pattern := _pattern(raw))]
    whole = read(SelectorKind.WALLET, (raw for raw in raws if not _pattern(raw))).values
    return {"wallet": whole, "wallet_like": some([*(whole or ()), *patterns])}


def _pattern(raw: str) -> str:
    # Composed forms would turn the ellipsis into three dots, which are read as well.
    found = _SHORTENED.fullmatch(ascii_form(raw[:100]))
    if found is None or len(found[1] + found[2]) < _LEAST:
        return ""
    head, tail = found[1], found[2]
    return f"{head.lower()}%{tail.lower()}" if head.lower().startswith(("0x", "bc1", "ltc1")) else f"{head}%{tail}"


COMPARISON = compared(
    "wallet",
    gettext_noop("Portefeuille de cryptoactifs"),
    "wallet_like",
    Level("same", Shared("wallet"), gettext_noop("Même adresse de portefeuille.")),
    Level("partial", Fits("wallet_like"), gettext_noop("Une adresse abrégée dont les deux bouts conviennent.")),
    Level("slip", OneSlip("wallet"), SLIP),
    otherwise=ANOTHER,
)
