"""What an answer says once the receipt has opened it: how far the report is, since when, a sentence. No details."""

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from recoupe.kernel.refusal import Invalid, gettext_noop

VERSION = 1
MOST_TEXT = 1000
SENTENCE_FORM = gettext_noop("Cette réponse n'a pas la forme prévue.")


class State(StrEnum):
    """All that the sender learns of what became of it."""

    RECEIVED = "received"
    EXAMINED = "examined"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: state, day, and what the cell wants to ask or say."""

    state: State
    on: date
    text: str = ""


def write(told: Told) -> bytes:
    """The bytes that are sealed to the receipt."""
    head = {"v": VERSION, "state": told.state.value, "on": told.on.isoformat(), "text": told.text[:MOST_TEXT]}
    return json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()


def read(content: bytes) -> Told:
    """What was answered; Invalid where it is not of this form."""
    try:
        head = json.loads(content)
        if head["v"] != VERSION or not isinstance(head["text"], str):
            raise ValueError
        return Told(State(head["state"]), date.fromisoformat(head["on"]), head["text"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Invalid(SENTENCE_FORM) from error
