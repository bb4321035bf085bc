"""Without scripts: what somebody wrote is sealed here, in this process's memory alone; same store, same form.

The page says so before anything is typed. Nothing of it is written to a disk, to a trace or into an error.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from django.utils.translation import gettext

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line, clean_text
from recoupe.portal import store
from recoupe.portal.exchange import CLOSED
from recoupe.sealing import answer, letter, outcome, receipt, report
from recoupe.sealing.hpke import KEY

SENTENCE_UNKNOWN = gettext_noop("Rien n'est gardé sous ces mots : ils sont d'un autre reçu, ou tout a été effacé.")
SENTENCE_BURNT = gettext_noop("C'est effacé : il ne reste rien sous ces mots.")
SENTENCE_ADDED = gettext_noop("C'est ajouté.")
SENTENCE_AREA = gettext_noop("Choisissez le département.")

T = TypeVar("T", bound=StrEnum)


class Form(Protocol):
    """What a posted form gives."""

    def get(self, name: str, default: str = "", /) -> str:
        """The last value of a field."""

    def getlist(self, name: str, /) -> Sequence[str]:
        """All of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands under a receipt: how many letters, and the answers that it opens."""

    letters: int
    answers: tuple[outcome.Told, ...]


def send(form: Form, today: date) -> tuple[str, ...]:
    """Seal and keep what was typed; the words of its receipt, none for an addition. Invalid says what is wrong."""
    mine = receipt.read(form.get("words")) if form.get("words", "").strip() else None
    told = _typed(form, added=mine is not None)
    keys = store.keys_for(told.area, today)
    if keys[store.CELL] is None:
        raise Invalid(CLOSED)
    if mine is not None and not store.fetch(mine.fetch_key).letters:
        raise Invalid(SENTENCE_UNKNOWN)
    drawn = mine or receipt.draw()
    sealed = letter.seal(report.write(told), place=drawn.place, area=told.area, keys=keys)
    # Who has no script can compute nothing: the site's own limit by the minute stands in for the work.
    store.deposit(sealed, secrets.token_bytes(KEY))
    return () if mine else drawn.words


def read(words: str) -> Found:
    """What a receipt finds; Invalid where it is none, or finds nothing."""
    mine = receipt.read(words)
    thread = store.fetch(mine.fetch_key)
    if not thread.letters and not thread.answers:
        raise Invalid(SENTENCE_UNKNOWN)
    opened = (_opened(one, mine) for one in thread.answers)
    return Found(thread.letters, tuple(told for told in opened if told))


def burn(words: str) -> None:
    """Nothing is left under these words, whether or not there was anything."""
    store.burn(receipt.read(words).fetch_key)


def _opened(sealed: bytes, mine: receipt.Receipt) -> outcome.Told | None:
    try:
        return outcome.read(answer.unseal(sealed, place=mine.place, private=mine.thread_key))
    except Invalid:
        return None


def _typed(form: Form, *, added: bool) -> report.Report:
    area = form.get("area", "")
    if not letter.AREAS.fullmatch(area):
        raise Invalid(SENTENCE_AREA, field="area")
    since = form.get("since", "")
    return report.Report(
        area=area,
        kind=report.Kind.ADDITION if added else report.Kind.REPORT,
        commune=clean_line(form.get("commune", ""), report.MOST_COMMUNE, "commune"),
        place=clean_line(form.get("place", ""), report.MOST_PLACE, "place"),
        text=clean_text(form.get("text", ""), report.MOST_TEXT, "text"),
        since=report.Since(since) if since in list(report.Since) else None,
        days=_chosen(form.getlist("days"), report.Days),
        hours=_chosen(form.getlist("hours"), report.Hours),
        what=_chosen(form.getlist("what"), report.What),
        roles=_chosen(form.getlist("roles"), report.Role),
    )


def _chosen(ticked: Sequence[str], kind: type[T]) -> tuple[T, ...]:
    return tuple(one for one in kind if one.value in ticked)


def state_words(state: outcome.State) -> str:
    """A state as the sender reads it."""
    return gettext(STATES[state])


STATES = {
    outcome.State.RECEIVED: gettext_noop("Reçu"),
    outcome.State.EXAMINED: gettext_noop("Examiné"),
    outcome.State.CLOSED: gettext_noop("Clos"),
}
