"""Pure rules of the desk: how long a tool's key lasts, what it may be for, when a designation is due for a review."""

from collections.abc import Iterable
from datetime import date, timedelta

from recoupe.access.enums import Purpose, Role
from recoupe.access.rules import purposes_for
from recoupe.kernel.refusal import Invalid, gettext_noop

LONGEST_KEY = timedelta(days=366)
REVIEW_EVERY = timedelta(days=92)


def tool_purposes(roles: Iterable[Role]) -> list[Purpose]:
    """What a tool may be for: one of the purposes of the head who asks."""
    return purposes_for(set(roles) & {Role.UNIT_HEAD, Role.CROSS_HEAD})


def check_key(roles: Iterable[Role], purpose: str, period: tuple[date, date], today: date) -> None:
    """One purpose of the head's own, from today on, for a year at most."""
    if purpose not in tool_purposes(roles):
        raise Invalid(gettext_noop("Choisissez une finalité de votre service."), field="purpose")
    first, last = period
    if first < today:
        raise Invalid(
            gettext_noop("Une clé ne s'antidate pas : choisissez aujourd'hui ou plus tard."), field="valid_from"
        )
    if last < first:
        raise Invalid(gettext_noop("La fin de la clé précède son début."), field="valid_to")
    if last - first > LONGEST_KEY:
        raise Invalid(
            gettext_noop("Une clé d'outil dure un an au plus : choisissez une fin plus proche."), field="valid_to"
        )
