"""Dates as people know them: a year, a month, a day; French and ISO writing; never in the future, never before 1900."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import name_key

FIRST_YEAR = 1900
# The days on which the house's own acts may lie: an operation of year 1 would end its watch the same day.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)

SENTENCE_UNREADABLE = gettext_noop("Date illisible. Écrivez 12/03/2024, 03/2024 ou 2024.")
SENTENCE_IMPOSSIBLE = gettext_noop("Cette date n'existe pas dans le calendrier.")
SENTENCE_TOO_OLD = gettext_noop("Cette date est antérieure à %(year)s : vérifiez l'année.")
SENTENCE_FUTURE = gettext_noop("Cette date est dans le futur.")
SENTENCE_ABSURD = gettext_noop("Cette date n'est pas vraisemblable.")
SENTENCE_SHORT_YEAR = gettext_noop("Écrivez l'année sur quatre chiffres.")
SENTENCE_BACKWARDS = gettext_noop("La fin de la période précède son début.")

_MONTHS = (
    ("janvier", "janv", "jan"), ("fevrier", "fevr", "fev"), ("mars", "mar"), ("avril", "avr"), ("mai",), ("juin",),
    ("juillet", "juil", "jul"), ("aout", "aou"), ("septembre", "sept", "sep"), ("octobre", "oct"),
    ("novembre", "nov"), ("decembre", "dec"),
)  # fmt: skip
_MONTH_NUMBER = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words}

_TIME_OF_DAY = re.compile(r"(?<=\d)(?:T|\s+)\d{1,2}(?::|h)\d{0,2}.*$")
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$")
_NUMERIC = re.compile(r"(?:(?:(\d{1,2})[/.\- ])?(\d{1,2})[/.\- ])?(\d{4}|\d{2})$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_WORDS = re.compile(r"(?:(?:le )?(\d{1,2})(?:er)? )?([a-z]+) (\d{4}|\d{2})$")
_SPAN = re.compile(r"^(?:du|entre(?: le)?|de)\s+(.+?)\s+(?:au|et(?: le)?|a|à)\s+(.+)$", re.IGNORECASE)
_MAX_LENGTH = 60


def plausible(day: date, field: str) -> date:
    """A day of our time, or a refusal: for the dates of acts, not of births."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid(SENTENCE_ABSURD, field=field)
    return day


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date whose day, or month and day, may be unknown; it always exists in the calendar."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise Invalid(SENTENCE_UNREADABLE)
        try:
            date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)
        except (ValueError, OverflowError) as error:
            raise Invalid(SENTENCE_IMPOSSIBLE) from error

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        today: date,
        field: str = "",
        two_digit_years: bool = False,
        first_year: int = FIRST_YEAR,
    ) -> Self:
        """Read French or ISO writing; 00 for an unknown day or month; refuse outside first_year..today.

        Two-digit years are a guess about the century, so only a caller who knows that the date is recent asks for them.
        """
        written, month, day = _read(text, field)
        year = int(written)
        if len(written) == 2:
            if not two_digit_years:
                raise Invalid(SENTENCE_SHORT_YEAR, field=field)
            year += 2000 if year <= today.year % 100 else 1900
        return cls._bounded((year, month or None, (day or None) if month else None), today, field, first_year)

    @classmethod
    def _bounded(
        cls, parts: tuple[int, int | None, int | None], today: date, field: str, first_year: int = FIRST_YEAR
    ) -> Self:
        if parts[0] < first_year:
            raise Invalid(SENTENCE_TOO_OLD, field=field, year=first_year)
        try:
            found = cls(*parts)
        except Invalid as error:
            raise Invalid(error.sentence, field=field) from error
        if found.first > today:
            raise Invalid(SENTENCE_FUTURE, field=field)
        return found

    @classmethod
    def of(cls, day: date) -> Self:
        """The full date of a calendar day."""
        return cls(day.year, day.month, day.day)

    @property
    def is_full(self) -> bool:
        """Year, month and day are all known."""
        return self.day is not None

    @property
    def precision(self) -> str:
        """What is known: "day", "month" or "year"."""
        if self.day is not None:
            return "day"
        return "month" if self.month is not None else "year"

    @property
    def first(self) -> date:
        """The earliest day that it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day that it can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def isoformat(self) -> str:
        """ISO 8601, as short as what is known: 1985, 1985-03 or 1985-03-12."""
        return "-".join(_padded(self.year, self.month, self.day))

    def french(self) -> str:
        """French writing, as short as what is known: 1985, 03/1985 or 12/03/1985."""
        return "/".join(reversed(_padded(self.year, self.month, self.day)))

    def __str__(self) -> str:
        return self.isoformat()


@dataclass(frozen=True, slots=True)
class DateInterval:
    """From a day to a day, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise Invalid(SENTENCE_BACKWARDS)

    @classmethod
    def of(cls, start: PartialDate, end: PartialDate | None = None) -> Self:
        """All the days that one partial date, or two, can mean."""
        return cls(start.first, (end or start).last)

    @classmethod
    def parse(cls, text: str, *, today: date, field: str = "", two_digit_years: bool = False) -> Self:
        """Read one date or "du … au …"; what the first lacks is taken from the second; the end is cut at today."""
        span = _SPAN.match(text.strip()[: 2 * _MAX_LENGTH])
        first, last = (span[1], span[2]) if span else (text, text)
        end = PartialDate.parse(last, today=today, field=field, two_digit_years=two_digit_years)
        start = PartialDate.parse(_completed(first, end), today=today, field=field, two_digit_years=two_digit_years)
        try:
            return cls(start.first, min(end.last, today))
        except Invalid as error:
            raise Invalid(error.sentence, field=field) from error

    def contains(self, day: date) -> bool:
        """The day lies within."""
        return self.start <= day <= self.end

    def overlaps(self, other: "DateInterval") -> bool:
        """At least one day is common."""
        return self.start <= other.end and other.start <= self.end


def _read(text: str, field: str) -> tuple[str, int, int]:
    """The year as written, month and day, 0 where absent."""
    words = _TIME_OF_DAY.sub("", text.strip()) if len(text) <= _MAX_LENGTH else ""
    if iso := _ISO.match(words) or _COMPACT.match(words):
        return iso[1], int(iso[2] or 0), int(iso[3] or 0)
    if numeric := _NUMERIC.match(words):
        return numeric[3], int(numeric[2] or 0), int(numeric[1] or 0)
    named = _WORDS.match(name_key(words))
    if named and named[2] in _MONTH_NUMBER:
        return named[3], _MONTH_NUMBER[named[2]], int(named[1] or 0)
    raise Invalid(SENTENCE_UNREADABLE, field=field)


def _completed(first: str, end: PartialDate) -> str:
    """ "du 3 au 5 mars 2024": give the first date the month and year of the second."""
    words = first.strip()
    if re.fullmatch(r"\d{1,2}(?:er)?", words) and end.month:
        return f"{words.removesuffix('er')}/{end.month:02}/{end.year}"
    if re.fullmatch(r"\d{1,2}/\d{1,2}", words):
        return f"{words}/{end.year}"
    if re.fullmatch(r"(?:\d{1,2}(?:er)? )?[a-z]+", name_key(words)):
        return f"{words} {end.year}"
    return words


def _padded(year: int, month: int | None, day: int | None) -> list[str]:
    return [f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)]
