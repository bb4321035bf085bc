"""The arithmetic of check digits, apart from what the numbers mean."""

import hashlib

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {char: value for value, char in enumerate(BASE58)}
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_VALUE = {char: value for value, char in enumerate(_BECH32)}
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONST, _BECH32M_CONST = 1, 0x2BC830A3
_LUHN_DOUBLE = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_KECCAK_ROTATIONS = (
    (0, 36, 3, 41, 18), (1, 44, 10, 45, 2), (62, 6, 43, 15, 61), (28, 55, 25, 21, 56), (27, 20, 39, 8, 14),
)  # fmt: skip
_KECCAK_ROUNDS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip
_MASK = (1 << 64) - 1
_RATE = 136


def luhn_digit(number: str) -> str:
    """The digit that makes this number pass Luhn's check once appended."""
    total = sum(
        _LUHN_DOUBLE[int(digit)] if index % 2 == 0 else int(digit) for index, digit in enumerate(reversed(number))
    )
    return str(-total % 10)


def luhn(number: str) -> bool:
    """The last digit is the Luhn digit of the others (ISO/IEC 7812)."""
    return len(number) > 1 and luhn_digit(number[:-1]) == number[-1]


def mod97(text: str) -> int:
    """ISO 7064 remainder of capital letters (A = 10) and digits."""
    return int("".join(str(int(char, 36)) for char in text)) % 97


def base58_bytes(text: str, length: int) -> bytes | None:
    """The number written in base 58, on exactly that many bytes, or None."""
    number = 0
    for char in text:
        if char not in _BASE58_VALUE:
            return None
        number = number * 58 + _BASE58_VALUE[char]
    return number.to_bytes(length, "big") if number < 1 << 8 * length else None


def base58check_version(text: str) -> int | None:
    """The version byte of a 20-byte base58check address, or None where the check or the writing fails."""
    raw = base58_bytes(text, 25)
    if raw is None or len(text) - len(text.lstrip("1")) != 25 - len(raw.lstrip(b"\0")):
        return None
    check = hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4]
    return raw[0] if check == raw[21:] else None


def segwit(address: str, prefix: str) -> bool:
    """BIP 173 and 350: version 0 checks as bech32 with 20 or 32 bytes, later versions as bech32m with 2 to 40."""
    head, _, data = address.rpartition("1")
    if head != prefix or len(data) < 8 or len(address) > 90 or any(char not in _BECH32_VALUE for char in data):
        return False
    values = [_BECH32_VALUE[char] for char in data]
    expanded = [ord(char) >> 5 for char in head] + [0] + [ord(char) & 31 for char in head]
    version, body = values[0], values[1:-6]
    if _bech32_polymod(expanded + values) != (_BECH32M_CONST if version else _BECH32_CONST):
        return False
    length, rest = divmod(len(body) * 5, 8)
    padding = 0 if not body else body[-1] & ((1 << rest) - 1)
    lengths = range(2, 41) if version else (20, 32)
    return version <= 16 and rest < 5 and padding == 0 and length in lengths


def _bech32_polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check


def keccak256(message: bytes) -> bytes:
    """Keccak-256 as Ethereum and Monero use it (padding 01, not SHA-3's 06, hence not in hashlib)."""
    padded = bytearray(message) + b"\x01" + bytes(-(len(message) + 1) % _RATE)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for block in range(0, len(padded), _RATE):
        for index in range(_RATE // 8):
            word = padded[block + 8 * index : block + 8 * index + 8]
            lanes[index % 5][index // 5] ^= int.from_bytes(word, "little")
        lanes = _keccak_permutation(lanes)
    return b"".join(lanes[index][0].to_bytes(8, "little") for index in range(4))


def _keccak_permutation(lanes: list[list[int]]) -> list[list[int]]:
    for constant in _KECCAK_ROUNDS:
        parity = [lane[0] ^ lane[1] ^ lane[2] ^ lane[3] ^ lane[4] for lane in lanes]
        mixed = [parity[(x - 1) % 5] ^ _rotated(parity[(x + 1) % 5], 1) for x in range(5)]
        moved = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                moved[y][(2 * x + 3 * y) % 5] = _rotated(lanes[x][y] ^ mixed[x], _KECCAK_ROTATIONS[x][y])
        lanes = [
            [moved[x][y] ^ (~moved[(x + 1) % 5][y] & moved[(x + 2) % 5][y] & _MASK) for y in range(5)] for x in range(5)
        ]
        lanes[0][0] ^= constant
    return lanes


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> 64 - by) & _MASK
