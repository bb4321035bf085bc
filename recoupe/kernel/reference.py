"""Human references: say which unit and which year, reveal no order and no count."""

import re
import secrets

from recoupe.kernel.refusal import Invalid, gettext_noop

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6

SENTENCE_UNREADABLE = gettext_noop("Référence illisible : elle s'écrit par exemple PJ13-26-7K2M9Q.")

_PREFIX = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
_REF = re.compile(r"([A-Z0-9]+(?:-[A-Z0-9]+)*)[- ](\d{2})[- ]([0-9A-Z]{6})")
_READ = str.maketrans({"O": "0", "I": "1", "L": "1"})


def human_ref(prefix: str, year: int) -> str:
    """PJ13-26-7K2M9Q: prefix, year on two digits, six random characters (30 bits: retry on collision)."""
    if not _PREFIX.fullmatch(prefix) or len(prefix) > 20:
        raise ValueError(f"not a reference prefix: {prefix!r}")
    return f"{prefix}-{year % 100:02}-{random_code(LENGTH)}"


def random_code(length: int) -> str:
    """Random characters of Crockford's alphabet, 5 bits each: a serial number that shows neither order nor count."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))


def read_ref(text: str, field: str = "ref") -> str:
    """A reference as dictated or copied: case and look-alikes (O, I, L) do not matter."""
    found = _REF.fullmatch(text.strip().upper()[:40])
    if not found or "U" in found[3]:
        raise Invalid(SENTENCE_UNREADABLE, field=field)
    return f"{found[1]}-{found[2]}-{found[3].translate(_READ)}"
