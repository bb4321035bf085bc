"""What a person typed is cleaned once, here: nothing invisible, nothing that a database or a printer would choke on."""

import re
import unicodedata

from recoupe.kernel.refusal import Invalid, gettext_noop

# Marks that change how a line looks without being seen: direction, zero width, soft hyphen, tags (spoofing).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_NEWLINE = re.compile("\r\n?|\u2028|\u2029")
_BLANKS = re.compile(r"\s+")
_LONG_FOREIGN_RUN = re.compile("[^\x00-\u02ff]{31}")
_MAX_MARKS = 30  # Unicode's stream-safe limit: longer runs only serve to make normalisation quadratic
# A space stands before these marks and inside these quotes; « a : b », never « https: ».
_BEFORE_MARK = re.compile(r" (?=[;:?!»](?!\w))")
_AFTER_QUOTE = re.compile("(?<=«) ")
_NOT_WORD = re.compile(r"[\W_]+")
_LETTERS_WITHOUT_ACCENT_FORM = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŧ": "t"}
)

SENTENCE_SURROGATE = gettext_noop(
    "Ce texte contient un caractère incomplet que l'on ne peut pas enregistrer. Retapez-le."
)
SENTENCE_CONTROL = gettext_noop(
    "Ce texte contient un caractère de commande invisible. Retapez-le ou collez-le sans mise en forme."
)
SENTENCE_MARKS = gettext_noop("Ce texte empile trop d'accents sur une même lettre.")
SENTENCE_LONG = gettext_noop("Ce texte est trop long : %(length)s caractères, %(max)s au plus.")
SENTENCE_BLANK = gettext_noop("Ce champ est vide : remplissez-le.")


def clean_line(raw: str, max_length: int, field: str, *, required: bool = False) -> str:
    """One line, single blanks, NFC, nothing invisible; only blanks become "" (refused when required)."""
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return _measured(raw.strip(), max_length, field, required)
    text = _NEWLINE.sub("\n", _composed(raw, max_length, field))
    return _measured(_BLANKS.sub(" ", text).strip(), max_length, field, required)


def clean_text(raw: str, max_length: int, field: str, *, required: bool = False) -> str:
    """Several lines, breaks written LF, NFC, nothing invisible; only blanks become "" (refused when required)."""
    text = _NEWLINE.sub("\n", _composed(raw, max_length, field)).replace("\t", " ")
    return _measured(text.strip(), max_length, field, required)


def french_spaces(text: str) -> str:
    """A French sentence with U+00A0, at which no line is broken, before ; : ? ! » and after «."""
    return _AFTER_QUOTE.sub("\u00a0", _BEFORE_MARK.sub("\u00a0", text))


def name_key(text: str) -> str:
    """The comparison form of a name: no accent, lower case, hyphens, apostrophes and dots as blanks, single blanks."""
    folded = text.casefold()
    if not folded.isascii():
        # Marks go before normalisation as well as after it: a long run of them would make it quadratic.
        opened = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", _without_marks(folded)).casefold())
        folded = _INVISIBLE.sub("", _without_marks(opened).translate(_LETTERS_WITHOUT_ACCENT_FORM))
    return _NOT_WORD.sub(" ", folded).strip()


def _without_marks(text: str) -> str:
    return "".join(char for char in text if not unicodedata.category(char).startswith("M"))


def _composed(raw: str, max_length: int, field: str) -> str:
    """Refuse what cannot be stored, drop what cannot be seen, compose; bounded before it is normalised."""
    if len(raw) > 4 * max_length + 1000:
        raise Invalid(SENTENCE_LONG, field=field, length=len(raw), max=max_length)
    if _SURROGATE.search(raw):
        raise Invalid(SENTENCE_SURROGATE, field=field)
    if _CONTROL.search(raw):
        raise Invalid(SENTENCE_CONTROL, field=field)
    visible = _INVISIBLE.sub("", raw)
    if _LONG_FOREIGN_RUN.search(visible) and _stacks_marks(visible):
        raise Invalid(SENTENCE_MARKS, field=field)
    return unicodedata.normalize("NFC", visible)


def _stacks_marks(text: str) -> bool:
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run > _MAX_MARKS:
            return True
    return False


def _measured(text: str, max_length: int, field: str, required: bool) -> str:
    if len(text) > max_length:
        raise Invalid(SENTENCE_LONG, field=field, length=len(text), max=max_length)
    if required and not text:
        raise Invalid(SENTENCE_BLANK, field=field)
    return text
