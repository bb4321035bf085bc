"""E-mail addresses, compared without regard to case; nothing is known of who owns them."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, folded

WARNING_SHAPE = gettext_noop("Cette adresse électronique n'a pas la forme nom@domaine.fr : vérifiez-la.")

_LOCAL = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_SHAPE = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+[^\W\d_]{{2,63}}")
_BEFORE = re.compile(r"^(?:mailto:|[<>\"',;])+")
_SPELLED_AT = re.compile(r"[(\[](?:at|arobase)[)\]]")


def normalise(raw: str) -> Selector:
    """Small letters, without the brackets or mailto: around; a wrong form is kept with a warning."""
    # Folded first: some marks come apart into a blank and an accent.
    plain = _SPELLED_AT.sub("@", folded(re.sub(r"\s+", "", folded(raw))))
    plain = _BEFORE.sub("", plain).rstrip("<>\"',;.")
    if not any(char.isalnum() for char in plain):
        raise Invalid(SENTENCE_NOTHING, field="selector")
    if len(plain) > 254 or not _SHAPE.fullmatch(plain):
        return Selector(SelectorKind.EMAIL, raw, plain, False, WARNING_SHAPE)
    return Selector(SelectorKind.EMAIL, raw, plain)


# Bounded on both sides and anchored on a character that cannot precede, so that a long run of letters costs nothing.
_IN_TEXT = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}")


def find(text: str) -> Iterator[Mention]:
    """Every name@domain.tld; the full stop of the sentence is not part of it."""
    for match in _IN_TEXT.finditer(text):
        written = match[0].rstrip(".-_")
        if not _SHAPE.fullmatch(folded(written)):
            continue
        selector = normalise(written)
        yield Mention(match.start(), match.start() + len(written), selector)
