"""One exchange with the public site, one form each way: who watches the line cannot tell a letter from a return.

Asked: what is done (1 byte) · puzzle (37) · solution (16) · a letter, or a fetch key and filling; a size of `sizes`.
Answered: outcome (1) · letters kept (1) · a sentence (254, filled with spaces) · three answers of 4,096, random bytes
where there are less.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.sealing import answer, hpke, work
from recoupe.sealing.sizes import SIZES

HEAD = 1 + work.PUZZLE + work.SOLUTION
SENTENCE = 254
ANSWERS = 3
ANSWERED = 2 + SENTENCE + ANSWERS * answer.SIZE
MOST_ASKED = HEAD + SIZES[-1]

UNREADABLE = gettext_noop("Cet envoi n'a pas été compris ; rien n'a été reçu.")


class Act(IntEnum):
    """What may be asked."""

    DEPOSIT = 1
    FETCH = 2
    BURN = 3


class Outcome(IntEnum):
    """What came of it, the first byte of the answer."""

    DONE = 0
    NOT_UNDERSTOOD = 1
    WORK_AGAIN = 2
    CLOSED = 3
    BUSY = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, in its parts."""

    act: Act
    puzzle: bytes
    solution: bytes
    payload: bytes


def request(act: Act, puzzle: bytes, solution: bytes, content: bytes) -> bytes:
    """A request on the wire: a letter, or the key of a thread, which is filled to the length of a short letter."""
    filling = b"" if act is Act.DEPOSIT else secrets.token_bytes(SIZES[0] - hpke.KEY)
    return bytes([act]) + puzzle + solution + content + filling


def parse(body: bytes) -> Asked:
    """The parts of a request; Invalid with a sentence where it is none."""
    payload = body[HEAD:]
    if len(payload) not in SIZES or body[0] not in list(Act):
        raise Invalid(UNREADABLE)
    act = Act(body[0])
    if act is not Act.DEPOSIT and len(payload) != SIZES[0]:
        raise Invalid(UNREADABLE)
    return Asked(act, body[1 : 1 + work.PUZZLE], body[1 + work.PUZZLE : HEAD], payload)


def reply(outcome: Outcome, sentence: str = "", *, letters: int = 0, answers: Sequence[bytes] = ()) -> bytes:
    """An answer on the wire: always `ANSWERED` bytes; a sentence that is too long loses its end."""
    line = sentence.encode()[:SENTENCE].decode(errors="ignore").encode().ljust(SENTENCE)
    shown = list(answers[:ANSWERS])
    filling = secrets.token_bytes((ANSWERS - len(shown)) * answer.SIZE)
    return bytes([outcome, min(letters, 255)]) + line + b"".join(shown) + filling
