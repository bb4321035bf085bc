"""An agent's terms as a calendar (RFC 5545): when, and never what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Term:
    """One moment by which something is to be done (aware), or the whole day of it in Paris."""

    at: datetime
    whole_day: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What the calendar and each of its lines are called, in the language of the house."""

    calendar: str
    term: str


def written(terms: Iterable[Term], words: Words, now: datetime) -> str:
    """The file: terms of one moment are one line, so that nobody counts them."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Recoupe//Recoupe//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(words.calendar)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for term in sorted(set(terms), key=lambda one: (one.at, one.whole_day)):
        lines += _event(term, words.term, now)
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _event(term: Term, summary: str, now: datetime) -> list[str]:
    day = term.at.astimezone(PARIS).date()
    when = (
        [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"]
        if term.whole_day
        else [f"DTSTART:{_utc(term.at)}", "DURATION:PT15M"]
    )
    # The same moment keeps its number, so that a calendar moves nothing that has not moved.
    number = uuid5(NAMESPACE_URL, f"recoupe:{_utc(term.at)}:{term.whole_day}")
    return [
        "BEGIN:VEVENT",
        f"UID:{number}@recoupe",
        f"DTSTAMP:{_utc(now)}",
        *when,
        f"SUMMARY:{_escaped(summary)}",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")
