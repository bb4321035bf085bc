"""E-mail addresses: the same, the same box written with dots or a +label, one slip."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole addresses, and each box without dots and labels."""
    emails = read(SelectorKind.EMAIL, written).values
    return {"email": emails, "email_box": some(_box(email) for email in emails or ())}


def _box(email: str) -> str | None:
    local, _, domain = email.partition("@")
    box = local.partition("+")[0].replace(".", "").replace("-", "").replace("_", "")
    return f"{box}@{domain}" if box and domain else None


COMPARISON = compared(
    "email",
    gettext_noop("Adresse électronique"),
    "email",
    Level("same", Shared("email"), gettext_noop("Même adresse électronique.")),
    Level("same_box", Shared("email_box"), gettext_noop("Même adresse électronique, ponctuée autrement.")),
    Level("slip", OneSlip("email"), SLIP),
    otherwise=ANOTHER,
)
