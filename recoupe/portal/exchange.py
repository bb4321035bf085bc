"""One address, one form each way: who watches the line cannot tell a letter from a return, nor an answer from none.

Asked: what is done (1 byte) · puzzle (37) · solution (16) · a letter, or a fetch key and filling; a size of `sizes`.
Answered: outcome (1) · letters kept (1) · a sentence (254, filled with spaces) · three answers of 4,096, random bytes
where there are less.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from django.utils.translation import gettext

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.portal import store
from recoupe.sealing import answer, letter, work
from recoupe.sealing.hpke import KEY
from recoupe.sealing.sizes import SIZES

HEAD = 1 + work.PUZZLE + work.SOLUTION
SENTENCE = 254
ANSWERS = 3
ANSWERED = 2 + SENTENCE + ANSWERS * answer.SIZE
MOST_ASKED = HEAD + SIZES[-1]

UNREADABLE = gettext_noop("Cet envoi n'a pas été compris ; rien n'a été reçu.")
SPENT = gettext_noop("Ce calcul a déjà servi : envoyez encore une fois, il se refait tout seul.")
CLOSED = gettext_noop("Personne ne peut encore lire de signalement pour ce département ; rien n'a été reçu.")
BUSY = gettext_noop("Trop d'envois arrivent en ce moment ; rien n'a été reçu. Réessayez dans une minute.")


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


def parse(body: bytes) -> Asked:
    """The parts of a request; Invalid with a sentence where it is none."""
    payload = body[HEAD:]
    if len(payload) not in SIZES or body[0] not in list(Act):
        raise Invalid(UNREADABLE)
    act = Act(body[0])
    if act is not Act.DEPOSIT and len(payload) != SIZES[0]:
        raise Invalid(UNREADABLE)
    return Asked(act, body[1 : 1 + work.PUZZLE], body[1 + work.PUZZLE : HEAD], payload)


def serve(body: bytes, *, key: bytes, minute: int, today: date, admitted: Callable[[], bool]) -> bytes:
    """Do what is asked and say what came of it, in `ANSWERED` bytes; `admitted`: whether one more may be served."""
    try:
        asked = parse(body)
        area = letter.parse(asked.payload).area if asked.act is Act.DEPOSIT else ""
        proof = work.check(key, asked.puzzle, asked.solution, minute=minute)
        # Only work that was done counts: who sends rubbish takes nobody's turn. Refused here, it has not served.
        if not admitted():
            return said(Outcome.BUSY, BUSY)
        return _deposit(asked, proof, area, today) if asked.act is Act.DEPOSIT else _return(asked, proof)
    except Invalid as refused:
        work_again = refused.sentence in (work.SENTENCE_FOREIGN, work.SENTENCE_LATE, work.SENTENCE_WRONG)
        outcome = Outcome.WORK_AGAIN if work_again else Outcome.NOT_UNDERSTOOD
        return said(outcome, refused.sentence, **refused.params)


def _deposit(asked: Asked, proof: bytes, area: str, today: date) -> bytes:
    # A letter that nobody could open is not taken.
    if store.keys_for(area, today)[0] is None:
        return said(Outcome.CLOSED, CLOSED)
    if not store.deposit(asked.payload, proof):
        return said(Outcome.WORK_AGAIN, SPENT)
    return said(Outcome.DONE, letters=1)


def _return(asked: Asked, proof: bytes) -> bytes:
    if not store.spend(proof):
        return said(Outcome.WORK_AGAIN, SPENT)
    fetch_key = asked.payload[:KEY]
    thread = store.fetch(fetch_key)
    if asked.act is Act.BURN:
        store.burn(fetch_key)
    return said(Outcome.DONE, letters=thread.letters, answers=thread.answers)


def said(
    outcome: Outcome, sentence: str = "", *, letters: int = 0, answers: Sequence[bytes] = (), **params: object
) -> bytes:
    """An answer on the wire: always `ANSWERED` bytes."""
    words = (gettext(sentence) % params if params else gettext(sentence)) if sentence else ""
    # A sentence that is too long loses its end, never half a letter.
    line = words.encode()[:SENTENCE].decode(errors="ignore").encode().ljust(SENTENCE)
    shown = list(answers[:ANSWERS])
    filling = secrets.token_bytes((ANSWERS - len(shown)) * answer.SIZE)
    return bytes([outcome, min(letters, 255)]) + line + b"".join(shown) + filling
