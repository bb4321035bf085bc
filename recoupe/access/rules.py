"""Pure rules of access: what a purpose must say, how long a designation lasts, which services join a cell."""

from collections.abc import Collection, Iterable
from datetime import date

from recoupe.access.enums import PURPOSES_BY_ROLE, Purpose, Role
from recoupe.kernel.dates import plausible
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Unit

SHORTEST_MOTIVE = 10
LONGEST_MOTIVE = 300
LONGEST_CASE = 64
OTHER_PURPOSE = gettext_noop("Choisissez une finalité de la liste : votre désignation n'en permet pas d'autre.")


def purposes_for(roles: Iterable[Role]) -> list[Purpose]:
    """The purposes that designations for these roles may name, in the order of the closed list."""
    allowed = {purpose for role in roles for purpose in PURPOSES_BY_ROLE[role]}
    return [purpose for purpose in Purpose if purpose in allowed]


def named_purposes(role: Role, wanted: Collection[str]) -> list[Purpose]:
    """P-98: the purposes that a designation names, all those of its role when nobody chose among them."""
    possible = purposes_for([role])
    if not set(wanted) <= set(possible):
        raise Invalid(
            gettext_noop("Ce rôle ne s'exerce que pour : %(purposes)s."),
            field="purposes",
            purposes=", ".join(str(purpose.label) for purpose in possible),
        )
    return [purpose for purpose in possible if purpose in wanted] or possible


def check_purpose(allowed: Collection[Purpose], purpose: str, motive: str, case_ref: str) -> None:
    """R-PUR-1: a purpose that one's designations name, and a case reference or a motive of at least ten characters."""
    if purpose not in allowed:
        raise Invalid(OTHER_PURPOSE, field="purpose")
    if not case_ref.strip() and len(motive.strip()) < SHORTEST_MOTIVE:
        raise Invalid(
            gettext_noop("Indiquez une référence de procédure, ou un motif d'au moins %(n)d caractères."),
            field="motive",
            n=SHORTEST_MOTIVE,
        )
    if len(motive) > LONGEST_MOTIVE or len(case_ref) > LONGEST_CASE:
        raise Invalid(gettext_noop("Le motif ou la référence est trop long."), field="motive")


def check_period(valid_from: date, valid_to: date | None, today: date) -> None:
    """R-ACC-1: a designation is dated, never backdated, and ends on or after the day on which it starts."""
    if valid_from < today:
        raise Invalid(
            gettext_noop("Une habilitation ne s'antidate pas : choisissez aujourd'hui ou plus tard."),
            field="valid_from",
        )
    if valid_to is not None and plausible(valid_to, "valid_to") < valid_from:
        raise Invalid(gettext_noop("La fin de l'habilitation précède son début."), field="valid_to")


JOINABLE = frozenset({UnitKind.POLICE_UNIT, UnitKind.GENDARMERIE_UNIT, UnitKind.CUSTOMS_UNIT})


def check_joining(cell: Unit, service: Unit, today: date) -> None:
    """A cell at work, and a service of police, gendarmerie or customs at work that is never silent (S-4)."""
    if cell.kind != UnitKind.CROSS or not cell.works_on(today):
        raise Invalid(gettext_noop("Ce n'est pas une cellule CROSS ouverte aujourd'hui."), field="cell")
    if service.kind not in JOINABLE or service.silent or not service.works_on(today):
        raise Invalid(
            gettext_noop("Seul un service de police, de gendarmerie ou des douanes ouvert aujourd'hui s'associe."),
            field="service",
        )


def checked_reason(reason: str) -> str:
    """Why, on one line; it stays with the decision."""
    why = clean_line(reason, LONGEST_MOTIVE, "reason")
    if len(why) < SHORTEST_MOTIVE:
        raise Invalid(
            gettext_noop("Écrivez pourquoi, en %(n)d caractères au moins."), field="reason", n=SHORTEST_MOTIVE
        )
    return why
