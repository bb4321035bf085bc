"""Every refusal is a sentence: a French template, its parameters, and a kind that a screen turns into a status."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation; the kernel itself translates nothing."""
    return sentence


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Base of every refusal that a person may read; `sentence` is the gettext key, `params` fill it."""

    def __init__(self, sentence: str, /, **params: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.params = params

    def __str__(self) -> str:
        return self.sentence % self.params if self.params else self.sentence


class Refused(Refusal):
    """The acting agent may not do this; answered 403 and journaled as a failed attempt."""


class Absent(Refusal):
    """There is no such thing among what the acting agent may read; answered 404, the same for hidden and absent."""


class Invalid(Refusal):
    """The input breaks a rule; answered 422 with the field it concerns (empty: the whole form)."""

    def __init__(self, sentence: str, /, *, field: str = "", **params: Any) -> None:
        super().__init__(sentence, **params)
        self.field = field


class Conflict(Refusal):
    """The object is in a state in which this can no longer be done; answered 409."""


def asks(check: Callable[P, None]) -> Callable[P, bool]:
    """The twin of a check: whether it would pass, so that the button and the action can never disagree."""

    @wraps(check)
    def can(*args: P.args, **kwargs: P.kwargs) -> bool:
        try:
            check(*args, **kwargs)
        except Refusal:
            return False
        return True

    can.__doc__ = f"Whether {check.__name__} would pass."
    return can
