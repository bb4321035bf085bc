"""In what capacity a person appears (R-CAT-1), and the rule on minors (R-MIN-1)."""

from datetime import date
from enum import StrEnum

from recoupe.kernel.dates import PartialDate
from recoupe.kernel.refusal import Invalid, gettext_noop


class SubjectCategory(StrEnum):
    """The closed list; informants are not in it, they exist in the vault only."""

    SUSPECT = "suspect"
    CONVICTED = "convicted"
    VICTIM = "victim"
    AT_RISK = "at_risk"
    WITNESS = "witness"
    ASSOCIATE = "associate"
    STAFF = "staff"
    UNKNOWN = "unknown"


class Minority(StrEnum):
    """What the age at the event asks for."""

    CHILD = "child"
    MINOR = "minor"
    ADULT = "adult"
    UNKNOWN = "unknown"


CATEGORY_LABELS: dict[SubjectCategory, str] = {
    SubjectCategory.SUSPECT: gettext_noop("Personne mise en cause"),
    SubjectCategory.CONVICTED: gettext_noop("Personne condamnée"),
    SubjectCategory.VICTIM: gettext_noop("Victime"),
    SubjectCategory.AT_RISK: gettext_noop("Mineur en danger"),
    SubjectCategory.WITNESS: gettext_noop("Témoin ou contact"),
    SubjectCategory.ASSOCIATE: gettext_noop("Entourage"),
    SubjectCategory.STAFF: gettext_noop("Agent ou professionnel"),
    SubjectCategory.UNKNOWN: gettext_noop("À déterminer (90 jours au plus)"),
}

# Whose name is told only to the holder's unit and in the department of the report, minors beside (R-CAT-1). Somebody
# whose part is not known yet may be any of them.
NAME_PROTECTED = frozenset(
    {SubjectCategory.VICTIM, SubjectCategory.AT_RISK, SubjectCategory.WITNESS, SubjectCategory.UNKNOWN}
)

CHILD_BELOW = 13
ADULT_FROM = 18
ALLOWED_FOR_A_CHILD = frozenset({SubjectCategory.VICTIM, SubjectCategory.AT_RISK})

SENTENCE_UNKNOWN = gettext_noop("Cette qualité de personne n'existe pas : choisissez-en une dans la liste.")
SENTENCE_NOT_BORN = gettext_noop("Cette personne n'était pas née à la date des faits : vérifiez les deux dates.")
SENTENCE_CHILD = gettext_noop(
    "Une personne de moins de 13 ans à la date des faits ne peut figurer que comme victime ou mineur en danger. "
    "Si elle a 13 ans ou plus, précisez sa date de naissance."
)


def category(raw: str, field: str = "category") -> SubjectCategory:
    """The category that this word names; mandatory, so blank is refused like any unknown word."""
    try:
        return SubjectCategory(raw.strip().lower())
    except ValueError as error:
        raise Invalid(SENTENCE_UNKNOWN, field=field) from error


def age_on(birth: PartialDate, on: date) -> int:
    """Completed years on that day; the youngest age possible of a partial birth date (doubt protects the child)."""
    born = birth.last
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def minority_on(birth: PartialDate | None, on: date) -> Minority:
    """Child below 13, minor below 18, adult; unknown without a birth date."""
    if birth is None:
        return Minority.UNKNOWN
    age = age_on(birth, on)
    if age < CHILD_BELOW:
        return Minority.CHILD
    return Minority.MINOR if age < ADULT_FROM else Minority.ADULT


def check_minor(kind: SubjectCategory, birth: PartialDate | None, on: date, field: str = "category") -> Minority:
    """The mark to store; refuse a child in any other capacity than victim or at risk, and an event before the birth."""
    if birth is not None and birth.first > on:
        raise Invalid(SENTENCE_NOT_BORN, field=field)
    mark = minority_on(birth, on)
    if mark is Minority.CHILD and kind not in ALLOWED_FOR_A_CHILD:
        raise Invalid(SENTENCE_CHILD, field=field)
    return mark
