"""W3 as tables, what the registry takes, and its terms: pure functions; today is an argument."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import SelectorKind, normalise
from recoupe.kernel.text import clean_line
from recoupe.targets.enums import HELD, Article, Doer, NoticeKind, TargetState

S = TargetState
LISTED_MAX = 20
SHORTEST_MOTIVE = 10
ADULT_FROM = 18

_ENDS = {S.PROCEDURE_ENDED}
# W3: ERASED follows whatever has ended, and a refusal once its author has had time to read why.
TRANSITIONS: Mapping[TargetState, frozenset[TargetState]] = {
    S.REQUESTED: frozenset({S.CHECKED, S.REFUSED} | _ENDS),
    S.CHECKED: frozenset({S.REGISTERED, S.REFUSED} | _ENDS),
    S.REGISTERED: frozenset({S.CONFLICT, S.ACTIVE, S.EXPIRED} | _ENDS),
    S.CONFLICT: frozenset({S.ACTIVE, S.EXPIRED} | _ENDS),
    S.ACTIVE: frozenset({S.CONFLICT, S.EXPIRED} | _ENDS),
    S.REFUSED: frozenset({S.ERASED}),
    S.PROCEDURE_ENDED: frozenset({S.ERASED}),
    S.EXPIRED: frozenset({S.ERASED}),
    S.ERASED: frozenset(),
}
# Who brings a registration to each state.
DECIDED_BY: Mapping[TargetState, Doer] = {
    S.REQUESTED: Doer.UNIT,
    S.CHECKED: Doer.MANAGER,
    S.REFUSED: Doer.MANAGER,
    S.REGISTERED: Doer.MANAGER,
    S.CONFLICT: Doer.MATCHER,
    S.ACTIVE: Doer.MATCHER,
    S.PROCEDURE_ENDED: Doer.UNIT,
    S.EXPIRED: Doer.RETENTION,
    S.ERASED: Doer.RETENTION,
}
OPERATION: Mapping[TargetState, Operation] = {
    S.REQUESTED: Operation.COLLECT,
    S.CHECKED: Operation.MODIFY,
    S.REFUSED: Operation.MODIFY,
    S.REGISTERED: Operation.MODIFY,
    S.CONFLICT: Operation.COMBINE,
    S.ACTIVE: Operation.COMBINE,
    S.PROCEDURE_ENDED: Operation.MODIFY,
    S.EXPIRED: Operation.MODIFY,
    S.ERASED: Operation.ERASE,
}
# Who is told that somebody has to act, or has acted; None: nobody, it concerns who did it or nothing is left to read.
TELLS: Mapping[TargetState, tuple[Doer, NoticeKind] | None] = {
    S.REQUESTED: (Doer.MANAGER, NoticeKind.REQUESTED),
    S.CHECKED: None,
    S.REFUSED: (Doer.UNIT, NoticeKind.REFUSED),
    S.REGISTERED: (Doer.UNIT, NoticeKind.REGISTERED),
    S.CONFLICT: None,
    S.ACTIVE: None,
    S.PROCEDURE_ENDED: None,
    S.EXPIRED: None,
    S.ERASED: None,
}
NEEDS_MOTIVE = frozenset({S.REFUSED, S.PROCEDURE_ENDED})

SENTENCE_NAME = gettext_noop("Le nom de la personne est nécessaire.")
SENTENCE_ARTICLES = gettext_noop("Choisissez au moins un article de la liste : le fichier n'en admet aucun autre.")
SENTENCE_MANY = gettext_noop("Vingt lignes au plus.")
SENTENCE_VEHICLE = gettext_noop("Écrivez chaque véhicule sur une ligne : la marque, une virgule, l'immatriculation.")
SENTENCE_BORN = gettext_noop("Cette date de naissance n'est pas possible.")
SENTENCE_CHILD = gettext_noop(
    "Une personne de moins de 13 ans ne s'inscrit pas au fichier : elle relève de la protection de l'enfance."
)
SENTENCE_MOTIVE = gettext_noop("Écrivez le motif en une phrase au moins (dix caractères).")
SENTENCE_CHECKS = gettext_noop(
    "Une inscription n'est vérifiée que si la procédure, l'article et la désignation du demandeur le sont."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A person as typed for the registry: exactly the attributes of article 2, and the articles of the procedure."""

    surname: str
    articles: tuple[str, ...]
    first_names: str = ""
    nickname: str = ""
    alias: str = ""
    sex: str = "X"
    birth_date: date | None = None
    birth_place: str = ""
    addresses: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    imeis: tuple[str, ...] = ()
    vehicles: tuple[tuple[str, str], ...] = ()
    investigator_name: str = ""
    investigator_contact: str = ""
    magistrate_name: str = ""
    magistrate_contact: str = ""


def age(born: date, on: date) -> int:
    """Whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def is_minor(born: date | None, on: date) -> bool:
    """Whether the name is told to the holder's unit and its magistrates alone (R-MIN-1)."""
    return born is not None and age(born, on) < ADULT_FROM


def check_birth(born: date | None, today: date, youngest: int) -> None:
    """R-MIN-1: nobody below `youngest` years is a target; nobody is born tomorrow."""
    if born is None:
        return
    if born > today or age(born, today) > 120:
        raise Invalid(SENTENCE_BORN, field="birth_date")
    if age(born, today) < youngest:
        raise Invalid(SENTENCE_CHILD, field="birth_date")


def articles(typed: Iterable[str]) -> list[str]:
    """The articles, each once, in the order of the text; Invalid for none, or for one that the text does not list."""
    chosen = set(typed)
    if not chosen or not chosen <= set(Article.values):
        raise Invalid(SENTENCE_ARTICLES, field="articles")
    return [article.value for article in Article if article.value in chosen]


def selectors(kind: SelectorKind, typed: Iterable[str], field: str) -> list[str]:
    """Identifiers as written, each readable as what it claims to be; Invalid otherwise."""
    found = list(dict.fromkeys(line for raw in typed if (line := clean_line(raw, 40, field))))
    return [_readable(kind, line, field) for line in bounded(found, field)]


def _readable(kind: SelectorKind, line: str, field: str) -> str:
    try:
        normalise(kind, line)
    except Invalid as refusal:
        raise Invalid(refusal.sentence, field=field, **refusal.params) from refusal
    return line


def bounded(lines: list[str], field: str) -> list[str]:
    """Twenty of a kind are more than anybody has."""
    if len(lines) > LISTED_MAX:
        raise Invalid(SENTENCE_MANY, field=field)
    return lines


def motive(typed: str, *, required: bool) -> str:
    """The words of a decision that needs some."""
    line = clean_line(typed, 500, "reason")
    if required and len(line) < SHORTEST_MOTIVE:
        raise Invalid(SENTENCE_MOTIVE, field="reason")
    return line


def expiry(registered_on: date, years: int) -> date:
    """The day on which a registration ends: two years at most, whatever anybody asks."""
    try:
        return registered_on.replace(year=registered_on.year + years)
    except ValueError:
        return registered_on.replace(year=registered_on.year + years, day=28)


def is_held(state: str) -> bool:
    """Whether the registry holds the person."""
    return TargetState(state) in HELD
