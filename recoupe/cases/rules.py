"""How procedure numbers are written, and which magistrate directs which framework. Pure; today is an argument."""

import re
from datetime import date

from recoupe.access.enums import Role
from recoupe.cases.enums import JUDGE_FRAMEWORKS, LegalFramework
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line

FIRST_YEAR = 1990
NUMBER_MAX = 40
OFFENCES_MAX = 20
# NATINF is an open list of whole numbers, kept by the ministry of justice: only its bounds are checked here.
NATINF = range(1, 100_000)

# Police: year/number. Gendarmerie: unit/number/year. Customs and others: unit/year/number.
_NUMBERS = (
    re.compile(r"(?P<year>\d{4})/(?P<number>\d{1,7})"),
    re.compile(r"(?P<unit>\d{4,6})/(?P<number>\d{1,6})/(?P<year>\d{4})"),
    re.compile(r"(?P<unit>[A-Z0-9][A-Z0-9-]{1,15})/(?P<year>\d{4})/(?P<number>\d{1,7})"),
)

SENTENCE_NUMBER = gettext_noop(
    "Numéro de procédure illisible : écrivez par exemple 2026/001234, 12345/00678/2026 ou DED13/2026/42."
)
SENTENCE_YEAR = gettext_noop("L'année de ce numéro de procédure n'est pas possible.")
SENTENCE_OFFENCE = gettext_noop("Un code NATINF est un nombre entier de 1 à 99999 ; vingt au plus par procédure.")
SENTENCE_OPENED = gettext_noop("Une procédure ne s'ouvre pas dans le futur.")
SENTENCE_OLD = gettext_noop("Cette date est antérieure à 1990 : vérifiez l'année.")
SENTENCE_CLOSED = gettext_noop("Une procédure ne se clôt ni avant son ouverture ni dans le futur.")


def number(raw: str, today: date) -> str:
    """The number of a procedure in one writing: capitals, slashes, no blank; raises Invalid with a sentence."""
    line = clean_line(raw, 2 * NUMBER_MAX, "number").upper()
    compact = re.sub(r"\s*[/\\]\s*", "/", re.sub(r"^(?:PV|PROCEDURE|PROCÉDURE)\b[ .:]*(?:N[°O.]*)?[ .:]*", "", line))
    compact = compact.replace(" ", "")
    for shape in _NUMBERS:
        if found := shape.fullmatch(compact):
            if not FIRST_YEAR <= int(found["year"]) <= today.year:
                raise Invalid(SENTENCE_YEAR, field="number")
            return compact
    raise Invalid(SENTENCE_NUMBER, field="number")


def offences(codes: list[int]) -> list[int]:
    """NATINF codes, each once, in order."""
    if len(codes) > OFFENCES_MAX or any(code not in NATINF for code in codes):
        raise Invalid(SENTENCE_OFFENCE, field="offences")
    return sorted(set(codes))


def directing_role(framework: LegalFramework) -> Role:
    """Who directs: an examining judge by rogatory commission, the prosecutor's office otherwise (S-6)."""
    return Role.EXAMINING_JUDGE if framework in JUDGE_FRAMEWORKS else Role.PROSECUTOR


def check_opening(opened_on: date, today: date) -> None:
    """Neither in the future nor in another age."""
    if opened_on > today:
        raise Invalid(SENTENCE_OPENED, field="opened_on")
    if opened_on.year < FIRST_YEAR:
        raise Invalid(SENTENCE_OLD, field="opened_on")


def check_closing(opened_on: date, closed_on: date, today: date) -> None:
    """Neither before the opening nor in the future."""
    if not opened_on <= closed_on <= today:
        raise Invalid(SENTENCE_CLOSED, field="closed_on")
