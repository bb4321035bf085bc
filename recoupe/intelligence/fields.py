"""Which fields of persons and identifiers a reader sees: the one place that pages, paper, search and reasons ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from recoupe.access.agent import Agent
from recoupe.intelligence import rules
from recoupe.intelligence.models import Person, Report
from recoupe.kernel.category import NAME_PROTECTED, SubjectCategory
from recoupe.kernel.dates import PartialDate
from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind

MASKED_MINOR = gettext_noop("nom masqué (mineur)")
MASKED = gettext_noop("nom masqué (personne protégée)")
MASKED_IDENTIFIER = gettext_noop("identifiant masqué (personne protégée)")
# An IBAN no longer than that would be shown whole by its two ends.
SHORTEST_MASKED = 10


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person as this agent may see him: a protected name is masked outside the unit and the department (P-44)."""

    person: Person
    masked: bool

    @property
    def name(self) -> str:
        """The name, or the words that stand for it (a key of the catalogue)."""
        if self.masked:
            return MASKED_MINOR if self.person.minor_at_event else MASKED
        return f"{self.person.given} {self.person.family}".strip()

    @property
    def aliases(self) -> list[str]:
        """The nicknames, none when the name is masked."""
        return [] if self.masked else self.person.aliases

    @property
    def birth(self) -> PartialDate | None:
        """The date of birth as far as it is known, none when the name is masked."""
        row = self.person
        if self.masked or not row.birth_year:
            return None
        return PartialDate(row.birth_year, row.birth_month, row.birth_day)


def person(agent: Agent, of: Report, row: Person) -> PersonShown:
    """One person of a report that the agent reads."""
    shown = rules.name_is_shown(
        protected=row.minor_at_event or SubjectCategory(row.category) in NAME_PROTECTED,
        departments=of.departments,
        own=of.owner_unit_id == agent.unit_id,
        territory=agent.departments,
    )
    return PersonShown(row, masked=not shown)


def masked_among(persons: Iterable[PersonShown]) -> frozenset[UUID]:
    """Those whose name is masked for their reader: their identifiers are as well (P-85)."""
    return frozenset(one.person.id for one in persons if one.masked)


def named_to(agent: Agent) -> Q:
    """The persons whose name the agent may be told: what a search by name may find for him."""
    free = Q(minor_at_event=False) & ~Q(category__in=sorted(NAME_PROTECTED))
    own = Q(report__owner_unit_id=agent.unit_id)
    near = Q(report__departments__overlap=sorted(agent.departments)) if agent.departments else Q(pk__in=[])
    return free | own | near


def identifier(kind: str, written: str, value: str) -> str:
    """An identifier as it was written; an IBAN by its two ends: enough to recognise it, not to use it (P-45)."""
    if kind != SelectorKind.IBAN:
        return written or value
    compact = "".join(value.split())
    return f"{compact[:4]} •••• •••• {compact[-3:]}" if len(compact) > SHORTEST_MASKED else compact
