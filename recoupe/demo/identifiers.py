"""Numbers that belong to nobody, with right and wrong check digits, written as notes write them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from recoupe.demo.names import WORDS

# ARCEP keeps these blocks of 10,000 numbers for films and books: no subscriber ever has one.
FICTION_PREFIXES = ("019900", "026191", "035301", "046571", "053649", "063998")
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
_B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@dataclass(frozen=True)
class Made:
    """One made identifier: its canonical writing and whether its check digit or shape holds."""

    kind: str
    value: str
    good: bool = True


def luhn_digit(digits: str) -> str:
    """The digit that makes the number pass Luhn's check."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def _spoil(digit: str) -> str:
    return str((int(digit) + 3) % 10)


def phone_number(index: int) -> str:
    """The fiction number at a place of the line: mobiles first, then the five geographic blocks."""
    block, last = divmod(index, 10_000)
    prefixes = (FICTION_PREFIXES[-1], *FICTION_PREFIXES[:-1])
    return f"{prefixes[block % len(prefixes)]}{last:04d}"


def plate(rng: Random, good: bool) -> Made:
    """A plate of a series not issued yet (X, Y, Z first); a wrong one carries a letter that plates never have."""
    first = rng.choice("XYZ") + rng.choice(PLATE_LETTERS.replace("S", ""))
    last = rng.choice(PLATE_LETTERS) + rng.choice(PLATE_LETTERS.replace("S", ""))
    if not good:
        last = rng.choice("IOU") + last[1]
    return Made("plate", f"{first}-{rng.randrange(1, 1000):03d}-{last}", good)


def imei(rng: Random, good: bool) -> Made:
    """An IMEI of the test allocation 00; a wrong one fails Luhn's check."""
    body = "001" + "".join(rng.choice("0123456789") for _ in range(11))
    check = luhn_digit(body)
    return Made("imei", body + (check if good else _spoil(check)), good)


def iban(rng: Random, good: bool) -> Made:
    """A French IBAN of a bank that does not exist (codes 99900 to 99989); a wrong one fails modulo 97."""
    bank, desk = f"999{rng.randrange(90):02d}", f"{rng.randrange(100_000):05d}"
    account = f"{rng.randrange(10**11):011d}"
    key = 97 - (89 * int(bank) + 15 * int(desk) + 3 * int(account)) % 97
    body = f"{bank}{desk}{account}{key:02d}"
    check = 98 - int(body + "152700") % 97
    if not good:
        check = check + 1 if check < 97 else check - 1
    return Made("iban", f"FR{check:02d}{body}", good)


def _base58(payload: bytes) -> str:
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, place = divmod(number, 58)
        text = _B58[place] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + text


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if (top >> bit) & 1 else 0
    return check


def _bech32(rng: Random) -> str:
    data = [0] + [rng.randrange(32) for _ in range(31)] + [rng.choice((0, 16))]
    prefix = [ord(c) >> 5 for c in "bc"] + [0] + [ord(c) & 31 for c in "bc"]
    check = _polymod([*prefix, *data, 0, 0, 0, 0, 0, 0]) ^ 1
    tail = [(check >> 5 * (5 - place)) & 31 for place in range(6)]
    return "bc1" + "".join(_BECH32[value] for value in data + tail)


def wallet(rng: Random, good: bool) -> Made:
    """A wallet of random bytes, so that nobody holds its key: Bitcoin (two writings) or Ethereum."""
    shape = rng.randrange(3) if good else rng.randrange(2)
    if shape == 2:
        return Made("wallet", "0x" + "".join(rng.choice("0123456789abcdef") for _ in range(40)))
    if shape == 1:
        text = _bech32(rng)
        return Made("wallet", text if good else text[:-1] + ("q" if text[-1] != "q" else "p"), good)
    payload = b"\0" + bytes(rng.randrange(256) for _ in range(20))
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    text = _base58(payload + check)
    return Made("wallet", text if good else text[:-1] + ("2" if text[-1] != "2" else "3"), good)


def handle(rng: Random, good: bool) -> Made:
    """An online name with a mark of fiction in it, on a named application."""
    where = rng.choice(("snapchat", "telegram", "instagram", "telegram", "signal"))
    head = rng.choice(WORDS["handles"])
    return Made("handle", f"{where}:{head}_fic{rng.randrange(100_000):05d}")


def email(rng: Random, good: bool) -> Made:
    """An address under a domain that can never exist."""
    head = rng.choice(WORDS["mailboxes"])
    return Made("email", f"{head}.{rng.randrange(1_000_000):06d}@exemple.invalid")


def company(rng: Random, good: bool) -> Made:
    """A SIREN beginning with 000, which is never given; a wrong one fails Luhn's check."""
    body = f"000{rng.randrange(10**5):05d}"
    check = luhn_digit(body)
    return Made("company", body + (check if good else _spoil(check)), good)


def container(rng: Random, good: bool) -> Made:
    """A container of an owner that is not registered; a wrong one fails the check of ISO 6346."""
    body = f"{rng.choice(('QZX', 'ZQX', 'XQZ', 'QXW'))}U{rng.randrange(10**6):06d}"
    total = 0
    for place, char in enumerate(body):
        number = int(char) if char.isdigit() else 10 + (ord(char) - 65) + (ord(char) - 65 + 9) // 10
        total += number * 2**place
    check = str(total % 11 % 10)
    return Made("container", body + (check if good else _spoil(check)), good)


def vessel(rng: Random, good: bool) -> Made:
    """An IMO number beginning with 2 or 3, which ships do not have; a wrong one fails its sum."""
    body = f"{rng.choice('23')}{rng.randrange(10**5):05d}"
    check = str(sum(int(c) * (7 - place) for place, c in enumerate(body)) % 10)
    return Made("vessel", body + (check if good else _spoil(check)), good)


MAKERS: dict[str, Callable[[Random, bool], Made]] = {
    "plate": plate,
    "imei": imei,
    "iban": iban,
    "wallet": wallet,
    "handle": handle,
    "email": email,
    "company": company,
    "container": container,
    "vessel": vessel,
}
CHECKED = frozenset({"phone", "plate", "imei", "iban", "wallet", "company", "container", "vessel"})


def _phone_writing(rng: Random, value: str) -> str:
    pairs = [value[place : place + 2] for place in range(0, len(value), 2)]
    shape = rng.randrange(8)
    if shape < 3:
        return " ".join(pairs)
    if shape == 3:
        return ".".join(pairs)
    if shape == 4:
        return value
    if shape == 5:
        return "+33" + value[1:]
    if shape == 6:
        return f"+33 {value[1]} " + " ".join(pairs[1:])
    return "-".join(pairs)


def writing(rng: Random, made: Made) -> str:
    """The identifier as somebody types it; spaces and dashes vary, the identifier does not."""
    value = made.value
    if made.kind == "phone":
        return _phone_writing(rng, value)
    if made.kind == "plate":
        return rng.choice((value, value, value.replace("-", ""), value.replace("-", " ")))
    if made.kind == "handle":
        where, name = value.split(":")
        short = {"snapchat": "snap", "instagram": "insta"}.get(where, where)
        return rng.choice((value, f"{short} : {name}", f"{where} : @{name}", f"{short}: {name}"))
    if made.kind == "iban":
        fours = " ".join(value[place : place + 4] for place in range(0, len(value), 4))
        return rng.choice((value, fours))
    if made.kind == "container":
        return rng.choice((value, f"{value[:4]} {value[4:10]} {value[10]}", f"{value[:4]} {value[4:10]}-{value[10]}"))
    if made.kind == "company":
        return rng.choice((f"SIREN {value[:3]} {value[3:6]} {value[6:]}", f"SIREN {value}"))
    return f"IMO {value}" if made.kind == "vessel" else value
