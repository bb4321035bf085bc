"""What the staff site asks the matcher, and what it is told: whom the session reads that is like somebody, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from recoupe.crosscheck.wire import Broken
from recoupe.kernel.matchable import Subject
from recoupe.kernel.selectors import SelectorKind

MOST_PEOPLE = 12
MOST_ALIASES = 20
MOST_SELECTORS = 50
LONGEST_TOKEN = 200
LONGEST_WRITING = 240
_WRITINGS = ("family", "given", "birth", "birth_place")
_FIELDS = frozenset({*_WRITINGS, "aliases", "selectors"})
# A tuple: what the other end sends may not be hashable.
_KINDS = tuple(kind.value for kind in SelectorKind if kind is not SelectorKind.PERSON)


class State(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    # The budget of the day is spent.
    SPENT = "spent"
    # No session, no purpose, no model, no matcher: likeness is not available.
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Question:
    """Who is like these people, among what this session reads; `loosely`, a name that is alike is enough."""

    token: str
    people: tuple[Subject, ...]
    loosely: bool = False

    def as_message(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return {"token": self.token, "people": [_written(one) for one in self.people], "loosely": self.loosely}

    @classmethod
    def of(cls, message: Any) -> Self:
        """Broken where the other end sends anything else than that."""
        if not isinstance(message, dict) or message.keys() != {"token", "people", "loosely"}:
            raise Broken("another question")
        token, people, loosely = message["token"], message["people"], message["loosely"]
        if not (isinstance(token, str) and token.isascii() and token.isprintable() and len(token) <= LONGEST_TOKEN):
            raise Broken("no session")
        if not isinstance(people, list) or not 0 < len(people) <= MOST_PEOPLE or not isinstance(loosely, bool):
            raise Broken("nobody")
        return cls(token, tuple(_subject(one) for one in people), loosely)


@dataclass(frozen=True, slots=True)
class Found:
    """One record that the session reads and that names somebody alike: the steps, without a value of either."""

    record_id: UUID
    steps: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Chance:
    """How many strangers agree by chance with all that was asked, among so many people; by which comparisons."""

    comparisons: tuple[str, ...]
    strangers: float
    holding: int


@dataclass(frozen=True, slots=True)
class Answer:
    """For each of the people asked about, whom the session reads, the likest first, and what chance alone gives."""

    state: State
    found: tuple[tuple[Found, ...], ...] = ()
    chances: tuple[Chance, ...] = ()
    budget: int = 0

    def as_message(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return {
            "state": self.state.value,
            "found": [[[str(one.record_id), list(one.steps)] for one in people] for people in self.found],
            "chances": [[list(one.comparisons), one.strangers, one.holding] for one in self.chances],
            "budget": self.budget,
        }

    @classmethod
    def of(cls, message: Any) -> Self:
        """Broken where the matcher sends anything else than that."""
        try:
            return cls(
                State(message["state"]),
                tuple(tuple(Found(UUID(one), tuple(steps)) for one, steps in people) for people in message["found"]),
                tuple(Chance(tuple(names), float(met), int(among)) for names, met, among in message["chances"]),
                int(message["budget"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Broken("another answer") from error


def _written(one: Subject) -> dict[str, Any]:
    """What goes beyond what the matcher takes is left out here: a form may hold more than is compared."""
    return {
        **{name: getattr(one, name)[:LONGEST_WRITING] for name in _WRITINGS},
        "aliases": [alias[:LONGEST_WRITING] for alias in one.aliases[:MOST_ALIASES]],
        "selectors": [[kind, raw[:LONGEST_WRITING]] for kind, raw in one.selectors[:MOST_SELECTORS]],
    }


def _subject(one: Any) -> Subject:
    if not isinstance(one, dict) or one.keys() != _FIELDS:
        raise Broken("another person")
    return Subject(
        **{name: _writing(one[name]) for name in _WRITINGS},
        aliases=tuple(_writing(alias) for alias in _list(one["aliases"], MOST_ALIASES)),
        selectors=tuple(_selector(pair) for pair in _list(one["selectors"], MOST_SELECTORS)),
    )


def _selector(pair: Any) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2 or pair[0] not in _KINDS:
        raise Broken("another identifier")
    return pair[0], _writing(pair[1])


def _list(found: Any, most: int) -> Sequence[Any]:
    if not isinstance(found, list) or len(found) > most:
        raise Broken("too many")
    return found


def _writing(found: Any) -> str:
    """Half a letter of UTF-16 is text in JSON and nowhere else."""
    if not isinstance(found, str) or len(found) > LONGEST_WRITING or not _whole(found):
        raise Broken("no writing")
    return found


def _whole(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def named(one: Subject) -> bool:
    """Whether anybody is written there: a birth place alone is nobody's."""
    return bool(one.family or one.given or one.aliases or one.birth or one.selectors)
