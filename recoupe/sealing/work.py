"""Proof of work, against floods without identity: a puzzle that the site signs and forgets, solved by the sender.

A puzzle: until when it serves (4 bytes, minutes since 1970) · its cost in bits (1) · a salt (16) · our mark (16).
A solution: four numbers of 4 bytes, each of which makes PBKDF2 of the puzzle begin with that many zero bits. Four small
searches in the place of a large one: the unlucky wait twice the mean, not three times.
"""

import hashlib
import hmac
import secrets

from recoupe.kernel.refusal import Invalid, gettext_noop

PARTS = 4
NUMBER = 4
SALT = MARK = 16
PUZZLE = 4 + 1 + SALT + MARK
SOLUTION = PARTS * NUMBER
# WebCrypto derives it natively on every browser, so that a telephone loses as little as it can against a server.
ROUNDS = 1000
LEAST, MOST = 7, 9
MINUTES = 20

SENTENCE_FOREIGN = gettext_noop("Ce calcul n'est pas de ce site : rechargez la page.")
SENTENCE_LATE = gettext_noop("Ce calcul a expiré : envoyez encore une fois, il se refait tout seul.")
SENTENCE_WRONG = gettext_noop("Ce calcul est faux : envoyez encore une fois, il se refait tout seul.")


def bits_for(deposits: int, usual: int) -> int:
    """The cost when `deposits` came where `usual` are: a bit more each time they double, to MOST."""
    times = deposits // max(usual, 1)
    return min(LEAST + max(times, 1).bit_length() - 1, MOST)


def issue(key: bytes, *, minute: int, bits: int) -> bytes:
    """A puzzle that serves for `MINUTES` from `minute` (whole minutes since 1970)."""
    head = (minute + MINUTES).to_bytes(4, "big") + bytes([bits]) + secrets.token_bytes(SALT)
    return head + _mark(key, head)


def check(key: bytes, puzzle: bytes, solution: bytes, *, minute: int) -> bytes:
    """What is to be spent (32 bytes, one for each puzzle); Invalid with a sentence. The cheap questions come first."""
    head = puzzle[:-MARK]
    if len(puzzle) != PUZZLE or not hmac.compare_digest(puzzle[-MARK:], _mark(key, head)):
        raise Invalid(SENTENCE_FOREIGN)
    until = int.from_bytes(head[:4], "big")
    if not minute <= until <= minute + MINUTES:
        raise Invalid(SENTENCE_LATE)
    if len(solution) != SOLUTION or not all(
        _solves(puzzle, part, solution[part * NUMBER : (part + 1) * NUMBER]) for part in range(PARTS)
    ):
        raise Invalid(SENTENCE_WRONG)
    return hashlib.sha256(puzzle).digest()


def solve(puzzle: bytes) -> bytes:
    """The solution, by trying: what the sender's browser does in `sealing.mjs`."""
    found = []
    for part in range(PARTS):
        number = 0
        while not _solves(puzzle, part, number.to_bytes(NUMBER, "big")):
            number += 1
        found.append(number.to_bytes(NUMBER, "big"))
    return b"".join(found)


def _mark(key: bytes, head: bytes) -> bytes:
    return hmac.digest(key, b"recoupe work\0" + head, "sha256")[:MARK]


def _solves(puzzle: bytes, part: int, number: bytes) -> bool:
    start = hashlib.pbkdf2_hmac("sha256", puzzle, bytes([part]) + number, ROUNDS, 4)
    return int.from_bytes(start, "big") >> 32 - puzzle[4] == 0
