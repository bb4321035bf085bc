"""An answer to a letter: one size, sealed to the key that the sender's receipt gives, bound to the thread's place."""

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.sealing import hpke
from recoupe.sealing.letter import PLACE, SENTENCE_PLACE, SENTENCE_VERSION, VERSION
from recoupe.sealing.sizes import PREFIX, padded, unpadded

SIZE = 4096
MOST = SIZE - 1 - hpke.ADDED - PREFIX
SENTENCE_LONG = gettext_noop("Cette réponse est trop longue : %(most)s octets au plus.")
SENTENCE_SIZE = gettext_noop("Cette réponse n'a pas sa taille : elle est tronquée.")


def seal(content: bytes, *, place: bytes, public: bytes) -> bytes:
    """`SIZE` bytes, whatever is said."""
    if len(place) != PLACE:
        raise Invalid(SENTENCE_PLACE)
    if len(content) > MOST:
        raise Invalid(SENTENCE_LONG, most=MOST)
    return bytes([VERSION]) + hpke.seal(padded(content, MOST + PREFIX), public, _info(place))


def unseal(answer: bytes, *, place: bytes, private: bytes) -> bytes:
    """What was answered; Invalid for a byte that changed, another thread or another key."""
    if len(answer) != SIZE:
        raise Invalid(SENTENCE_SIZE)
    if answer[0] != VERSION:
        raise Invalid(SENTENCE_VERSION)
    content = unpadded(hpke.unseal(answer[1:], private, _info(place)))
    if content is None:
        raise Invalid(hpke.SENTENCE_UNOPENED)
    return content


def _info(place: bytes) -> bytes:
    return b"recoupe answer\0" + bytes([VERSION]) + place
