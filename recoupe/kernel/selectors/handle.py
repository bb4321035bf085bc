"""Pseudonyms on line: platform and name, since a name alone is nobody's."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, ascii_form
from recoupe.kernel.text import name_key

UNKNOWN = "unknown"
WARNING_PLATFORM = gettext_noop("Précisez l'application (par exemple snapchat:nom) : sans elle, le pseudonyme reste un indice faible.")

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
    "discord.gg": "discord",
}  # fmt: skip

_HOST_PATTERN = "|".join(re.escape(host) for host in sorted(_HOSTS, key=len, reverse=True))
_URL = re.compile(
    rf"(?:https?://)?(?:www\.)?({_HOST_PATTERN})/(?:add/|joinchat/|s/)?@?(\+?[\w.\-]{{2,64}})", re.IGNORECASE
)
_INVITE = re.compile(r"/(?:joinchat/|\+)", re.IGNORECASE)
_PREFIXED = re.compile(r"([^\W\d_]{1,12})(?:\s*[:=]\s*@?|\s+@|\s+)(\S.*)")
_SUFFIXED = re.compile(r"(\S.*?)\s*\(([^\W\d_]{1,12})\)")
_EDGES = " \t@\"'«»“”‘’<>()[]{}.,;:!?"


def normalise(raw: str) -> Selector:
    """platform:name in small letters; "unknown:" where no application is named; invitation codes keep their capitals."""
    plain = ascii_form(raw).strip()
    platform, name = _split(plain)
    if not _INVITE.search(plain) and not name.startswith("+"):
        name = name.casefold()
    name = " ".join(name.strip(_EDGES).split())
    if not any(char.isalnum() for char in name):
        raise Invalid(SENTENCE_NOTHING, field="selector")
    warning = WARNING_PLATFORM if platform == UNKNOWN else ""
    return Selector(SelectorKind.HANDLE, raw, f"{platform}:{name}", None, warning)


def is_exact(value: str) -> bool:
    """A name without its platform identifies nobody."""
    return not value.startswith(f"{UNKNOWN}:")


def _split(plain: str) -> tuple[str, str]:
    if url := _URL.match(plain):
        code = url[2].lstrip("+")
        return _HOSTS[url[1].lower()], f"+{code}" if _INVITE.search(plain) else code
    if (prefixed := _PREFIXED.fullmatch(plain)) and (platform := PLATFORMS.get(name_key(prefixed[1]))):
        return platform, prefixed[2]
    if (suffixed := _SUFFIXED.fullmatch(plain)) and (platform := PLATFORMS.get(name_key(suffixed[2]))):
        return platform, suffixed[1]
    return UNKNOWN, plain


_NAME = r"[\w.\-]{2,32}"
_AT = re.compile(r"(?<![\w.@/+\-])@(?=[\w.]*[^\W_])[\w.]{2,32}")
_PLATFORM_WORDS = "|".join(sorted((a for a in PLATFORMS if a != UNKNOWN), key=len, reverse=True)).replace("tele", "t[ée]l[ée]")
_COLON = re.compile(rf"(?i)(?<![\w@])({_PLATFORM_WORDS})[ \u00a0]?[:=][ \u00a0]?@?(?P<name>{_NAME})")
_PLAIN = re.compile(
    rf"(?i)(?<![\w@])({_PLATFORM_WORDS})[ \u00a0](?:(?:sous le |au )?(?:pseudo\w*|compte|alias|nom|id)[ \u00a0]?:?[ \u00a0]?)?(?P<name>@?{_NAME})"
)


def find(text: str) -> Iterator[Mention]:
    """Links, "snap : name", "telegram @name", "insta name_13", and @name alone (an e-mail is none)."""
    for match in _URL.finditer(text):
        if match.start() == 0 or not (text[match.start() - 1].isalnum() or text[match.start() - 1] in ".@-"):
            yield _mention(text, match.start(), match.end())
    for match in _COLON.finditer(text):
        yield _mention(text, match.start(), match.end())
    for match in _PLAIN.finditer(text):
        name = match["name"]
        telling = name.startswith("@") or any(char.isdigit() or char == "_" for char in name)
        if telling and name_key(match[1]) not in _AMBIGUOUS:
            selector = normalise(f"{match[1]}:{name.rstrip('.-')}")
            yield Mention(match.start(), match.end() - len(name) + len(name.rstrip(".-")), selector)
    for match in _AT.finditer(text):
        yield _mention(text, match.start(), match.end())


def _mention(text: str, start: int, end: int) -> Mention:
    written = text[start:end].rstrip(".-")
    return Mention(start, start + len(written), normalise(written))
