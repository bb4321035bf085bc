"""Pure rules of the desk: how long a tool's key lasts, what it may be for, when a designation is due for a review."""

from datetime import date, timedelta

from recoupe.access.agent import Agent
from recoupe.access.enums import Purpose, Role
from recoupe.access.rules import purposes_for
from recoupe.kernel.refusal import Invalid, gettext_noop

LONGEST_KEY = timedelta(days=366)
REVIEW_EVERY = timedelta(days=92)


def tool_purposes(by: Agent) -> list[Purpose]:
    """What a tool may be for: one of the purposes that the head who asks may declare as one."""
    return [one for one in purposes_for(by.roles & {Role.UNIT_HEAD, Role.CROSS_HEAD}) if one in by.purposes]


def check_key(by: Agent, purpose: str, period: tuple[date, date], today: date) -> None:
    """One purpose of the head's own, from today on, for a year at most."""
    if purpose not in tool_purposes(by):
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
