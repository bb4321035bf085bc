"""When an agent may be reminded, and where to: pure rules."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time

from recoupe.kernel.refusal import Invalid, gettext_noop

ELSEWHERE = gettext_noop("Seule une adresse professionnelle est admise (%(domains)s).")
NO_ADDRESS = gettext_noop("Cette adresse électronique est illisible.")
WHOLE_DAY = gettext_noop("Les heures de silence couvrent toute la journée : laissez une heure au moins pour l'avis.")
# What an address may hold beside its domain: no blank, no second sign, nothing that a header would obey.
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day, in Paris, when nothing is sent; from and to the same hour: none."""

    start: time
    end: time

    def covers(self, moment: time) -> bool:
        """Whether nothing is sent at this time of the day; the hours may run over midnight."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


# Evenings and nights.
USUAL = Quiet(time(19), time(7))


def checked_quiet(quiet: Quiet) -> Quiet:
    """These hours, when they leave one hour of the day at least."""
    asleep = (_minutes(quiet.end) - _minutes(quiet.start)) % (24 * 60)
    if asleep > 23 * 60:
        raise Invalid(WHOLE_DAY, field="quiet_to")
    return quiet


def checked_address(typed: str, domains: Collection[str]) -> str:
    """An address of one of these domains or of what they hold, or "" for none."""
    address = typed.strip().lower()
    if not address:
        return ""
    name, at, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(' <>,;:"()[]\\') & set(address)
    if not (name and at and domain and plain and "@" not in name and len(address) <= _LONGEST):
        raise Invalid(NO_ADDRESS, field="address")
    if not any(domain == one or domain.endswith(f".{one}") for one in domains):
        raise Invalid(ELSEWHERE, field="address", domains=", ".join(sorted(domains)))
    return address


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
