"""What French makes of « de » and « à » before the words that follow: du Mans, aux Abymes, d'engrais."""

import re

CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}
ARTICLE = re.compile(r"(les?) ", re.IGNORECASE)
# An h is mute in these words of ours; before any other « de » stands whole.
ELIDED = re.compile(r"[aeiouàâéèêëîïôœ]|h[ée]ro|herbe|h[ée]l[èe]ne", re.IGNORECASE)


def joined(link: str, words: str) -> str:
    """`link` (de or à, in any case, its accent perhaps lost) and the words after it, contracted or elided."""
    plain = "à" if link.lower() in "aà" else "de"
    if article := ARTICLE.match(words):
        short = CONTRACTED[plain, article[1].lower()]
        return _cased(short, link, words) + words[article.end() - 1 :]
    if plain == "de" and ELIDED.match(words):
        return link[:-1] + "'" + words
    return f"{link} {words}"


def _cased(short: str, link: str, words: str) -> str:
    """Capitals where the link has them; a lone capital A stands in a note of capitals or opens a sentence."""
    if link.isupper() and words[:5].isupper():
        return short.upper()
    return short.capitalize() if link[0].isupper() else short
