"""How notes write an identifier that they heard, saw pass or read on a screen: partial, confused, cut, one slip apart.

The rates are judgement: nobody has measured them on police files. Each is the share of what is written of that kind.
"""

from collections.abc import Callable
from random import Random

from recoupe.demo.identifiers import luhn_digit

# A hurried hand: one character left out, doubled, replaced, or exchanged with its neighbour.
SLIPS = {"phone": 0.03, "plate": 0.03, "imei": 0.05, "iban": 0.06, "wallet": 0.03, "handle": 0.05, "email": 0.05}
# A number of another country written as if it were dialled here, and the reverse.
PHONE_ABROAD = 0.5  # of the writings of a number of another country
# What a witness holds of a plate that passed, and what a camera or an eye makes of a whole one.
PLATE_PARTIAL, PLATE_CONFUSED, PLATE_CONFUSED_TWICE = 0.12, 0.05, 0.15
# Read on the telephone's screen, on its box, in an operator's list: without its check digit, with 0 or another for it.
IMEI_BARE, IMEI_ZERO, IMEI_VERSION, IMEI_OTHER_CHECK = 0.12, 0.05, 0.04, 0.03
# The same name said without its application, on another one, with other figures or ornaments.
HANDLE_ALONE, HANDLE_ELSEWHERE, HANDLE_ORNAMENT = 0.10, 0.06, 0.06
# The same box with dots, with a label.
EMAIL_DOTTED, EMAIL_LABEL = 0.05, 0.03
# What a screen shows of a wallet: both ends.
WALLET_SHORT = 0.15

# What an eye or a camera takes for what, the likeliest first; the last three are no pair of shapes but of hurry.
CONFUSED = (
    "0O", "0O", "0D", "0Q", "1I", "1L", "8B", "8B", "5S", "5S", "2Z", "2Z", "6G", "7T", "VY", "MN", "EF", "PR", "KX",
)  # fmt: skip
# Which of the seven characters of a plate a witness kept: mostly its figures, or how it begins.
HELD = ("AB111??", "??111CD", "??111??", "AB1??CD", "AB11???", "A?111C?", "AB???CD", "AB1????", "?B111?D", "???11CD")
_FIGURES, _LETTERS = "0123456789", "ABCDEFGHJKLMNPQRSTVWXYZ"
_APPLICATIONS = ("telegram", "instagram", "whatsapp", "signal", "tiktok", "facebook")


def slipped(rng: Random, text: str) -> str:
    """One letter left out, exchanged with its neighbour, doubled or replaced."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    other = rng.choice("aeinrstlou") if text[at].isalpha() else rng.choice("0123456789")
    return rng.choice((
        text[:at] + text[at + 1 :],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        text[:at] + text[at] + text[at:],
        text[:at] + other + text[at + 1 :],
    ))  # fmt: skip


def one_character(rng: Random, kind: str, value: str) -> str:
    """One character of it changed or left out, wherever it stands; of a pseudonym or a box, in the name."""
    head, body, tail = "", value.replace("-", ""), ""
    if kind == "handle":
        head, mark, body = value.partition(":")
        head += mark
    elif kind == "email":
        body, mark, tail = value.partition("@")
        tail = mark + tail
    at = rng.randrange(len(body))
    others = [char for char in (_FIGURES if body[at].isdigit() else _LETTERS) if char != body[at].upper()]
    other = rng.choice(others)
    put = rng.choice(("", other if body[at].isupper() else other.lower()))
    return f"{head}{body[:at]}{put}{body[at + 1 :]}{tail}"


def miswritten(rng: Random, kind: str, value: str) -> str:
    """The identifier as one note has it: mostly as it is."""
    written = _WAYS[kind](rng, value) if kind in _WAYS else value
    if written != value or rng.random() >= SLIPS[kind]:
        return written
    name, mark, rest = value.partition(":") if kind == "handle" else ("", "", value)
    return f"{name}{mark}{slipped(rng, rest)}"


def _phone(rng: Random, value: str) -> str:
    """Only a number of another country has two ways: « +212661… » and « 0661… », as it is dialled there."""
    if value.startswith("+") and rng.random() < PHONE_ABROAD:
        return f"0{value[-9:]}"
    return value


def _plate(rng: Random, value: str) -> str:
    draw = rng.random()
    if draw < PLATE_PARTIAL:
        code = value.replace("-", "")
        held = rng.choice(HELD)
        return "".join("?" if mark == "?" else char for char, mark in zip(code, held, strict=False))
    if draw < PLATE_PARTIAL + PLATE_CONFUSED:
        for _ in range(2 if rng.random() < PLATE_CONFUSED_TWICE else 1):
            value = confused(rng, value)
    return value


def confused(rng: Random, text: str) -> str:
    """One character taken for one that looks like it; nothing where none of them does."""
    places = [(at, pair) for at, char in enumerate(text) for pair in CONFUSED if char in pair]
    if not places:
        return text
    at, pair = rng.choice(places)
    return text[:at] + pair.replace(text[at], "", 1) + text[at + 1 :]


def _imei(rng: Random, value: str) -> str:
    draw, body = rng.random(), value[:14]
    for rate, tail in (
        (IMEI_BARE, ""),
        (IMEI_ZERO, "0"),
        (IMEI_VERSION, f"{rng.randrange(100):02d}"),
        (IMEI_OTHER_CHECK, str((int(luhn_digit(body)) + 3) % 10)),
    ):
        if draw < rate:
            return body + tail
        draw -= rate
    return value


def _handle(rng: Random, value: str) -> str:
    name = value.partition(":")[2]
    draw = rng.random()
    if draw < HANDLE_ALONE:
        return f"@{name}"
    draw -= HANDLE_ALONE
    if draw < HANDLE_ELSEWHERE:
        return f"{rng.choice(_APPLICATIONS)}:{name}"
    if draw - HANDLE_ELSEWHERE < HANDLE_ORNAMENT:
        return rng.choice((f"{value}_", f"{value}{rng.randrange(10)}", value.replace("o", "0", 1), f"{value}_off"))
    return value


def _email(rng: Random, value: str) -> str:
    box, _, domain = value.partition("@")
    draw = rng.random()
    if draw < EMAIL_DOTTED:
        at = rng.randrange(1, len(box))
        return f"{box[:at]}.{box[at:]}@{domain}"
    return f"{box}+{rng.choice(('pub', 'sms', 'jeu'))}@{domain}" if draw < EMAIL_DOTTED + EMAIL_LABEL else value


def _wallet(rng: Random, value: str) -> str:
    head = 6 if value.startswith("0x") else 5
    return f"{value[:head]}...{value[-4:]}" if rng.random() < WALLET_SHORT else value


_WAYS: dict[str, Callable[[Random, str], str]] = {
    "phone": _phone,
    "plate": _plate,
    "imei": _imei,
    "handle": _handle,
    "email": _email,
    "wallet": _wallet,
}
