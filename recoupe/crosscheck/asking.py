"""Asking the matcher who is like somebody, from the staff site: no key, no model, no index stand on this side."""

import logging
import socket
import time
from collections.abc import Sequence

from recoupe.config.paths import matcher_socket
from recoupe.crosscheck.question import Answer, Question, State
from recoupe.crosscheck.wire import LONGEST_ANSWER, LONGEST_QUESTION, Broken, receive, send
from recoupe.kernel.matchable import Subject

log = logging.getLogger(__name__)

# A page is not held up longer by a matcher that is busy.
PATIENCE_S = 1.0
_AWAY = Answer(State.AWAY)


def alike(token: str, people: Sequence[Subject], *, loosely: bool = False) -> Answer:
    """Whom the session of `token` reads that is like each of these people; AWAY where the matcher is down or slow.

    At most MOST_PEOPLE, each `named`; the answer speaks of as many as were asked about, in their order.
    """
    if not people:
        return Answer(State.ANSWERED)
    until = time.monotonic() + PATIENCE_S
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_S)
            line.connect(str(matcher_socket()))
            send(line, Question(token, tuple(people), loosely).as_message(), LONGEST_QUESTION, until)
            answer = Answer.of(receive(line, LONGEST_ANSWER, until))
        if answer.state is State.ANSWERED and not len(answer.found) == len(answer.chances) == len(people):
            raise Broken("an answer about others")
        return answer
    except (OSError, Broken) as error:
        log.warning("the matcher does not answer: %s", type(error).__name__)
        return _AWAY
