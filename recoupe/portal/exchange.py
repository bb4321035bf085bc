"""What the public site does of one exchange (`sealing.exchange`): each outcome in an answer of the same form."""

from collections.abc import Callable
from datetime import date

from django.utils.translation import gettext

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.portal import store
from recoupe.sealing import letter, work
from recoupe.sealing.exchange import Act, Asked, Outcome, parse, reply
from recoupe.sealing.hpke import KEY

SPENT = gettext_noop("Ce calcul a déjà servi : envoyez encore une fois, il se refait tout seul.")
CLOSED = gettext_noop("Personne ne peut encore lire de signalement pour ce département ; rien n'a été reçu.")
BUSY = gettext_noop("Trop d'envois arrivent en ce moment ; rien n'a été reçu. Réessayez dans une minute.")


def serve(body: bytes, *, key: bytes, minute: int, today: date, admitted: Callable[[], bool]) -> bytes:
    """Do what is asked and say what came of it; `admitted`: whether one more may be served."""
    try:
        asked = parse(body)
        area = letter.parse(asked.payload).area if asked.act is Act.DEPOSIT else ""
        proof = work.check(key, asked.puzzle, asked.solution, minute=minute)
        # Only work that was done counts: who sends rubbish takes nobody's turn. Refused here, it has not served.
        if not admitted():
            return reply(Outcome.BUSY, gettext(BUSY))
        return _deposit(asked, proof, area, today) if asked.act is Act.DEPOSIT else _return(asked, proof)
    except Invalid as refused:
        return refusal(refused)


def refusal(refused: Invalid) -> bytes:
    """What is no exchange, in the form of one."""
    work_again = refused.sentence in (work.SENTENCE_FOREIGN, work.SENTENCE_LATE, work.SENTENCE_WRONG)
    outcome = Outcome.WORK_AGAIN if work_again else Outcome.NOT_UNDERSTOOD
    return reply(outcome, told(refused))


def told(refused: Invalid) -> str:
    """A refusal in the language of its address."""
    return gettext(refused.sentence) % refused.params if refused.params else gettext(refused.sentence)


def _deposit(asked: Asked, proof: bytes, area: str, today: date) -> bytes:
    # A letter that nobody could open is not taken.
    if store.keys_for(area, today)[0] is None:
        return reply(Outcome.CLOSED, gettext(CLOSED))
    if not store.deposit(asked.payload, proof):
        return reply(Outcome.WORK_AGAIN, gettext(SPENT))
    return reply(Outcome.DONE, letters=1)


def _return(asked: Asked, proof: bytes) -> bytes:
    if not store.spend(proof):
        return reply(Outcome.WORK_AGAIN, gettext(SPENT))
    fetch_key = asked.payload[:KEY]
    thread = store.fetch(fetch_key)
    if asked.act is Act.BURN:
        store.burn(fetch_key)
    return reply(Outcome.DONE, letters=thread.letters, answers=thread.answers)
