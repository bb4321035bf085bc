"""A person as a selector: the weak key made by kernel.person, or the comparison form of a name written alone."""

import re

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Selector, SelectorKind
from recoupe.kernel.text import name_key

_KEY = re.compile(r"[^|]+\|[^|]+\|\d{4}-\d{2}-\d{2}")


def normalise(raw: str) -> Selector:
    """A person's key is kept as it is; anything else becomes a name's comparison form."""
    value = raw.strip() if _KEY.fullmatch(raw.strip()) else name_key(raw)
    if len(value) < 2:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    return Selector(SelectorKind.PERSON, raw, value)


def is_exact(value: str) -> bool:
    """Never: namesakes are born on the same day (S-2)."""
    return False
