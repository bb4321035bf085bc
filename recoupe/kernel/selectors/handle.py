"""Pseudonyms on line: platform and name, since a name alone is nobody's."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, ascii_form, folded
from recoupe.kernel.text import name_key

UNKNOWN = "unknown"
WARNING_PLATFORM = gettext_noop(
    "Précisez l'application (par exemple snapchat:nom) : sans elle, le pseudonyme reste un indice faible."
)

_ALIASES = {
    "snapchat": "snapchat snap", "telegram": "telegram tg tlgm tele", "instagram": "instagram insta ig",
    "whatsapp": "whatsapp", "signal": "signal", "wickr": "wickr wickrme", "threema": "threema", "session": "session",
    "tiktok": "tiktok", "facebook": "facebook fb", "messenger": "messenger", "twitter": "twitter x",
    "discord": "discord", "viber": "viber", "wire": "wire", "potato": "potato", "jabber": "jabber xmpp",
    "encrochat": "encrochat encro", "skyecc": "skyecc sky", "leboncoin": "leboncoin lbc", UNKNOWN: UNKNOWN,
}  # fmt: skip
PLATFORMS = {alias: platform for platform, aliases in _ALIASES.items() for alias in aliases.split()}
# Words of everyday French, or single letters, that name a platform only when followed by a colon or an equals sign.
_AMBIGUOUS = frozenset({"session", "signal", "wire", "sky", "x", "tele", "potato", UNKNOWN})
_HOSTS = {
    "t.me": "telegram", "telegram.me": "telegram", "snapchat.com": "snapchat", "instagram.com": "instagram",
    "tiktok.com": "tiktok", "facebook.com": "facebook", "twitter.com": "twitter", "x.com": "twitter",
    "discord.gg": "discord", "chat.whatsapp.com": "whatsapp",
}  # fmt: skip

_HOST_PATTERN = "|".join(re.escape(host) for host in sorted(_HOSTS, key=len, reverse=True))
_URL = re.compile(
    rf"(?:https?://)?(?:www\.)?({_HOST_PATTERN})/(?:add/|joinchat/|s/|stories/)?"
    r"(?:profile\.php\?id=)?@?(\+?[\w.\-]{2,64})",
    re.IGNORECASE,
)
# Pages of the platform itself: every link to one would otherwise be the same pseudonym.
_PAGES = frozenset({
    "reel", "reels", "explore", "share", "groups", "watch", "home", "intent", "login", "video", "videos", "photo",
    "photos", "events", "marketplace", "hashtag", "search", "tag", "discover", "invite", "profile.php", "sharer.php",
})  # fmt: skip

_INVITE = re.compile(r"/(?:joinchat/|\+)|discord\.gg/|chat\.whatsapp\.com/", re.IGNORECASE)
_PREFIXED = re.compile(r"([^\W\d_]{1,12})(\s*[:=]\s*@?|\s+@|\s+)(\S.*)")
_SUFFIXED = re.compile(r"(\S.*?)\s*\(([^\W\d_]{1,12})\)")
_EDGES = " \t@\"'«»“”‘’<>()[]{}.,;:!?"


def normalise(raw: str) -> Selector:
    """platform:name in small letters; "unknown:" where no application is named; invitation codes keep capitals."""
    plain = ascii_form(raw).strip()
    platform, name = _split(plain)
    if not _INVITE.search(plain) and not name.startswith("+"):
        name = folded(name)
    name = " ".join(name.strip(_EDGES).split())
    if not any(char.isalnum() for char in name):
        raise Invalid(SENTENCE_NOTHING, field="selector")
    warning = WARNING_PLATFORM if platform == UNKNOWN else ""
    return Selector(SelectorKind.HANDLE, raw, f"{platform}:{name}", None, warning)


def is_exact(value: str) -> bool:
    """A name without its platform identifies nobody."""
    return not value.startswith(f"{UNKNOWN}:")


def _split(plain: str) -> tuple[str, str]:
    if (url := _URL.match(plain)) and url[2].casefold() not in _PAGES:
        code = url[2].lstrip("+")
        return _HOSTS[url[1].lower()], f"+{code}" if _INVITE.search(plain) else code
    if (prefixed := _PREFIXED.fullmatch(plain)) and (platform := PLATFORMS.get(name_key(prefixed[1]))):
        said = prefixed[2].strip() or name_key(prefixed[1]) not in _AMBIGUOUS
        return (platform, prefixed[3]) if said else (UNKNOWN, plain)
    if (suffixed := _SUFFIXED.fullmatch(plain)) and (platform := PLATFORMS.get(name_key(suffixed[2]))):
        return platform, suffixed[1]
    return UNKNOWN, plain


_NAME = r"[\w.\-]{2,32}"
_AT = re.compile(r"(?<![\w.@/+\-])@(?=[\w.]*[^\W_])[\w.]{2,32}")
_PLATFORM_WORDS = "|".join(sorted((a for a in PLATFORMS if a != UNKNOWN), key=len, reverse=True)).replace(
    "tele", "t[ée]l[ée]"
)
_COLON = re.compile(rf"(?i)(?<![\w@])({_PLATFORM_WORDS})[ \u00a0]?[:=][ \u00a0]?(?P<name>@?{_NAME})")
_PLAIN = re.compile(
    rf"(?i)(?<![\w@])({_PLATFORM_WORDS})[ \u00a0]"
    rf"(?:(?:sous le |au )?(?:pseudo\w*|compte|alias|nom|id)[ \u00a0]?:?[ \u00a0]?)?(?P<name>@?{_NAME})"
)


def find(text: str) -> Iterator[Mention]:
    """Links, "snap : name", "telegram @name", "insta name_13", and @name alone (an e-mail is none)."""
    for match in _URL.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if match[2].casefold() not in _PAGES and not before.isalnum() and before not in {".", "@", "-"}:
            yield from _mention(match, match[2], match[0])
    for match in _COLON.finditer(text):
        if name_key(match[1]) not in _AMBIGUOUS or match["name"][0] == "@":
            yield from _named(match)
    for match in _PLAIN.finditer(text):
        if _telling(match["name"]) and (name_key(match[1]) not in _AMBIGUOUS or match["name"][0] == "@"):
            yield from _named(match)
    for match in _AT.finditer(text):
        yield from _mention(match, match[0], match[0])


def _telling(name: str) -> bool:
    """It looks like a pseudonym and not like the next word of the sentence."""
    return name[0] == "@" or any(char.isdigit() or char == "_" for char in name)


def _named(match: re.Match[str]) -> Iterator[Mention]:
    return _mention(match, match["name"], f"{match[1]}:{match['name']}")


def _mention(match: re.Match[str], name: str, raw: str) -> Iterator[Mention]:
    """One mention without the sentence's punctuation; none where the name is nothing but punctuation."""
    if any(char.isalnum() for char in name):
        written = match[0].rstrip(".-")
        yield Mention(match.start(), match.start() + len(written), normalise(raw.rstrip(".-")))
