"""What a line of the ledger may say: hours by the clock of the place, counts, a place of the unit's territory. Pure."""

import re
from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.operations.presence.enums import Allocation
from recoupe.operations.rules import moment

LONGEST = timedelta(hours=16)
OLDEST = timedelta(days=366)
STAFF_MAX = 500
COUNT_MAX = 9_999

SENTENCE_HOUR = gettext_noop("Heure illisible : écrivez-la comme 22:30, de 00:00 à 23:59 ; la fin peut être 24:00.")
SENTENCE_SAME = gettext_noop("Le début et la fin sont la même heure.")
SENTENCE_LONG = gettext_noop(
    "De %(since)s à %(until)s il y aurait %(hours)s heures : une présence en dure au plus %(max)s. Vérifiez les heures"
    " ; une relève est une autre ligne."
)
SENTENCE_FUTURE = gettext_noop("Cette présence n'est pas encore finie : elle se saisit une fois faite.")
SENTENCE_OLD = gettext_noop("Cette présence date de plus d'un an : vérifiez le jour.")
SENTENCE_COUNT = gettext_noop("Écrivez un nombre entier, de %(least)s à %(most)s.")
SENTENCE_ALLOCATION = gettext_noop("Choisissez dans la liste ce qui a envoyé la patrouille là.")
SENTENCE_TERRITORY = gettext_noop(
    "%(commune)s est dans le département %(department)s, hors du ressort de votre service (%(own)s)."
)
SENTENCE_OVERLAP = gettext_noop(
    "La patrouille « %(patrol)s » est déjà inscrite de %(since)s à %(until)s : elle ne peut être à deux endroits."
)
_HOUR = re.compile(r"([0-9]{1,2})\s*(?:[:hH]\s*([0-9]{2})?|([0-9]{2}))?")


def hour(typed: str, field: str, *, last: bool = False) -> time:
    """An hour as it is typed at night: 22:30, 22h30, 22h, 2230; 24:00 ends a day."""
    found = _HOUR.fullmatch(typed.strip())
    if not found:
        raise Invalid(SENTENCE_HOUR, field=field)
    hours, minutes = int(found[1]), int(found[2] or found[3] or 0)
    if last and (hours, minutes) == (24, 0):
        return time()
    if hours > 23 or minutes > 59:
        raise Invalid(SENTENCE_HOUR, field=field)
    return time(hours, minutes)


def window(day: date, since: time, until: time, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """The moments of a patrol that began that day by that clock; an end before the beginning is of the next day."""
    if since == until:
        raise Invalid(SENTENCE_SAME, field="until")
    over = day + timedelta(days=until < since)
    begins = moment(datetime.combine(day, since), zone, "since")
    ends = moment(datetime.combine(over, until), zone, "until", last=True)
    if ends - begins > LONGEST:
        hours = round((ends - begins).total_seconds() / 3600)
        said = {"since": f"{since:%H:%M}", "until": f"{until:%H:%M}", "hours": hours}
        raise Invalid(SENTENCE_LONG, field="until", **said, max=LONGEST // timedelta(hours=1))
    if ends > now:
        raise Invalid(SENTENCE_FUTURE, field="day")
    if begins < now - OLDEST:
        raise Invalid(SENTENCE_OLD, field="day")
    return begins, ends


def count(number: int, field: str, least: int = 0, most: int = COUNT_MAX) -> int:
    """A number of people or of facts."""
    if not least <= number <= most:
        raise Invalid(SENTENCE_COUNT, field=field, least=least, most=most)
    return number


def whole(typed: str, field: str, least: int = 0, most: int = COUNT_MAX) -> int:
    """The same, as it stands in a file: nothing written is none."""
    text = typed.strip() or "0"
    if not re.fullmatch(r"-?[0-9]{1,6}", text):
        raise Invalid(SENTENCE_COUNT, field=field, least=least, most=most)
    return count(int(text), field, least, most)


def allocation(word: str) -> Allocation:
    """What sent the patrol there, by its word or by its label."""
    text = word.strip().lower()
    for one in Allocation:
        if text in (one.value, str(one.label).lower()):
            return one
    raise Invalid(SENTENCE_ALLOCATION, field="allocation")


def check_territory(name: str, department: str, own: Collection[str]) -> None:
    """A unit patrols where it is competent; one without departments is so everywhere."""
    if own and department not in own:
        said = {"commune": name, "department": department, "own": ", ".join(sorted(own))}
        raise Invalid(SENTENCE_TERRITORY, field="commune", **said)
