"""Birth dates as files hold them: partial, inverted, with one wrong figure; the first of January is a year (S-2)."""

import re
from dataclasses import dataclass
from datetime import date

from recoupe.kernel.dates import FIRST_YEAR, SENTENCE_FUTURE, SENTENCE_TOO_OLD, PartialDate
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import Apart, Crossed, FitsOne, Same, Slips, Value

WARNING_MONTH_DAY = gettext_noop("Le mois et le jour de cette date ont été lus dans l'autre sens.")
WARNING_CUT = gettext_noop("Cette date n'existe pas : seule son année, ou son mois, est comparée.")

_THREE = re.compile(r"\D*(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*|\D*(\d{1,2})\D+(\d{1,2})\D+(\d{4})\D*")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Birth:
    """What can be compared of a birth date, and the sentence that says what was not kept of the writing."""

    known: PartialDate | None
    doubt: str = ""


def read(written: str, today: date, first_year: int = FIRST_YEAR) -> Birth:
    """Never refused: what exists in the calendar is kept, the rest is told."""
    if not written.strip():
        return Birth(None)
    try:
        return Birth(PartialDate.parse(written, today=today, first_year=first_year))
    except Invalid as refusal:
        beyond = refusal.sentence in (SENTENCE_FUTURE, SENTENCE_TOO_OLD)
        return Birth(None, str(refusal)) if beyond else _rescued(written[:_LONGEST], (first_year, today), refusal)


def _rescued(written: str, bounds: tuple[int, date], refusal: Invalid) -> Birth:
    """A day beyond its month (29/02/1900) leaves month and year; a month beyond 12 is a day if the day can be one."""
    first_year, today = bounds
    found = _THREE.fullmatch(written)
    if found is None:
        return Birth(None, str(refusal))
    year, month, day = (int(part) for part in (found[1] or found[6], found[2] or found[5], found[3] or found[4]))
    if not first_year <= year <= today.year:
        return Birth(None, str(refusal))
    for parts, doubt in (
        ((year, day, month), WARNING_MONTH_DAY),
        ((year, month, None), WARNING_CUT),
        ((year, None, None), WARNING_CUT),
    ):
        try:
            known = PartialDate(*parts)
        except Invalid:
            continue
        return Birth(known, doubt) if known.first <= today else Birth(None, SENTENCE_FUTURE)
    return Birth(None, str(refusal))


def columns(known: PartialDate | None) -> dict[str, Value]:
    """Whole date, the same with month and day exchanged, its parts, and a pattern where a part is unknown."""
    if known is not None and (known.month, known.day) == (1, 1):
        known = PartialDate(known.year)
    if known is None:
        return dict.fromkeys(("birth", "birth_turned", "birth_year", "birth_day", "birth_like"))
    whole = known.isoformat() if known.is_full else None
    turned = None
    if known.month and known.day and known.day <= 12:
        turned = f"{known.year:04}-{known.day:02}-{known.month:02}"
    month = "__" if known.month is None else f"{known.month:02}"
    day = "__" if known.day is None else f"{known.day:02}"
    return {
        "birth": whole,
        "birth_turned": turned,
        "birth_year": float(known.year),
        "birth_day": f"{month}-{day}" if whole else None,
        "birth_like": f"{known.year:04}-{month}-{day}",
    }


COMPARISON = compared(
    "birth",
    gettext_noop("Naissance"),
    "birth_year",
    Level("same", Same("birth"), gettext_noop("Même date de naissance.")),
    Level("turned", Crossed("birth", "birth_turned"), gettext_noop("Même date, jour et mois inversés.")),
    Level("partial", FitsOne("birth_like"), gettext_noop("Dates de naissance compatibles, l'une est incomplète.")),
    Level("slip", Slips("birth", 1), gettext_noop("Un seul chiffre de la date de naissance change.")),
    Level("same_day", Same("birth_day"), gettext_noop("Même jour et même mois de naissance, autre année.")),
    Level("same_year", Apart("birth_year", 0), gettext_noop("Même année de naissance.")),
    Level("near_year", Apart("birth_year", 2), gettext_noop("Années de naissance voisines."), apart=True),
    otherwise=gettext_noop("Dates de naissance différentes."),
)
