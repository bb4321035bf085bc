"""Letters of other alphabets in Latin ones, and Latin letters with marks that a file in capitals loses."""

from recoupe.kernel.text import name_key

# Consonants and long vowels only: short vowels are not written, so what results meets others by its consonants.
_ARABIC = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ٱ": "a", "ب": "b", "پ": "p", "ت": "t", "ة": "a", "ث": "th", "ج": "j",
    "چ": "tch", "ح": "h", "خ": "kh", "د": "d", "ذ": "dh", "ر": "r", "ز": "z", "ژ": "j", "س": "s", "ش": "ch",
    "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ڤ": "v", "ق": "q", "ك": "k", "ک": "k",
    "گ": "g", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "ou", "ؤ": "ou", "ي": "i", "ی": "i", "ى": "a", "ئ": "i",
    "ء": "", "ـ": "",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "j", "з": "z", "и": "i",
    "і": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "ou",
    "ф": "f", "х": "kh", "ц": "ts", "ч": "tch", "ш": "ch", "щ": "chtch", "ъ": "", "ы": "y", "ь": "", "э": "e",
    "ю": "iou", "я": "ia", "ј": "i", "љ": "l", "њ": "n", "ђ": "dj", "ћ": "tch", "џ": "dj",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_LATIN = str.maketrans(_ARABIC | _CYRILLIC | _GREEK)

# A mark that changes the sound; where it is lost the plain letter stays, so both readings are kept.
_MARKED = (
    ("ş", "ch"), ("š", "ch"), ("ș", "ch"), ("ç", "s"), ("č", "tch"), ("ć", "tch"), ("ğ", ""), ("ã", "an"), ("õ", "on"),
    ("ñ", "gn"), ("ö", "eu"), ("ü", "u"), ("ž", "j"), ("đ", "dj"), ("ł", "l"), ("ř", "r"),
)  # fmt: skip


def latin(text: str) -> str:
    """Small Latin letters, digits and single blanks: the comparison form, whatever the alphabet it was written in."""
    key = name_key(text)
    return key if key.isascii() else " ".join(key.translate(_LATIN).split())


def readings(text: str) -> tuple[str, ...]:
    """The plain reading first, then the one in which the marks are heard, where it differs."""
    plain = latin(text)
    folded = text.casefold()
    if folded.isascii():
        return (plain,)
    for mark, heard in _MARKED:
        folded = folded.replace(mark, heard)
    marked = latin(folded)
    return (plain,) if marked == plain else (plain, marked)
