"""A report as one request has read it: what hangs on it is asked of the base once, by whoever needs it first."""

from dataclasses import dataclass
from functools import cached_property

from recoupe.access.agent import Agent
from recoupe.intelligence import fields, queries
from recoupe.intelligence.enums import PersonCategory
from recoupe.intelligence.fields import PersonShown
from recoupe.intelligence.models import Report, Selector
from recoupe.web.intelligence import shown
from recoupe.web.intelligence.shown import SelectorLine


@dataclass(frozen=True)
class Opened:
    """One report in the hands of one agent, for one request and no longer."""

    agent: Agent
    report: Report

    @cached_property
    def people(self) -> list[PersonShown]:
        """Its persons, names masked where they must be."""
        return queries.persons(self.agent, self.report)

    @cached_property
    def undetermined(self) -> list[PersonShown]:
        """Those of whom nobody has said what they are to the fact."""
        return [one for one in self.people if one.person.category == PersonCategory.UNKNOWN]

    @cached_property
    def held(self) -> list[Selector]:
        """Its selectors."""
        return queries.selectors(self.agent, self.report)

    @cached_property
    def selectors(self) -> list[SelectorLine]:
        """The same as they are shown, those of a masked person masked."""
        masked = fields.masked_among(self.people)
        return [shown.selector(row, masked) for row in self.held]

    @cached_property
    def attached(self) -> str:
        """The media type of what is joined; "" when nothing is."""
        return queries.attachment_type(self.agent, self.report)
