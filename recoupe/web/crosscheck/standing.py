"""One contact as one agent stands in it: his voices, the record that he holds, what waits for his word."""

from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.crosscheck import permissions, queries, rules
from recoupe.crosscheck.actions.contact import between_procedures
from recoupe.crosscheck.enums import AgreementState, ContactState, NoticeKind, ReleaseState, Side, Voice
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Release
from recoupe.crosscheck.queries import ThreadPage
from recoupe.crosscheck.records import Held
from recoupe.deconfliction.settling.models import Settlement
from recoupe.deconfliction.settling.queries import of_contacts
from recoupe.deconfliction.settling.rules import to_answer
from recoupe.kernel.refusal import Conflict
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Unit

COURTS = frozenset({UnitKind.COURT, UnitKind.SPECIALISED_COURT})


@dataclass(frozen=True)
class Standing:
    """What the page offers is derived here from the rooms' own tables; the actions check it all again."""

    agent: Agent
    page: ThreadPage

    @property
    def thread(self) -> ContactThread:
        """The contact."""
        return self.page.thread

    @property
    def state(self) -> ContactState:
        """Where it stands."""
        return ContactState(self.thread.state)

    @property
    def open(self) -> bool:
        """Whether one writes in it."""
        return self.state in rules.OPEN_CONTACT

    @property
    def sides(self) -> list[Voice]:
        """The sides for which the agent speaks."""
        return [voice for voice in self.page.voices if voice != Voice.ARBITER]

    @property
    def arbitrates(self) -> bool:
        """Whether the contact was carried to the agent's authority, and stands there."""
        return Voice.ARBITER in self.page.voices

    @cached_property
    def for_magistrates(self) -> bool:
        """Whether two procedures meet in it: the authority that has it settles nothing."""
        return self.arbitrates and between_procedures(self.agent, self.thread)

    @cached_property
    def settlement(self) -> Settlement | None:
        """What the two services settle of two registrations, when such meet in it."""
        return of_contacts(self.agent, [self.thread.id]).get(self.thread.id)

    @cached_property
    def own(self) -> HitSide | None:
        """The side whose record the agent may give."""
        return next((side for side in self.page.sides if permissions.can_hold(self.agent, side)), None)

    @cached_property
    def held(self) -> Held | None:
        """That record, when the agent also reads it."""
        return queries.held(self.agent, self.own) if self.own else None

    @cached_property
    def courts(self) -> list[Unit]:
        """The prosecutor's offices that may be seized next, those of the agent's territory first."""
        if self.state != ContactState.ESCALATED_OFFICE:
            return []
        found = [unit for unit in reference.units(timezone.localdate()) if unit.kind in COURTS]
        near = [unit for unit in found if not self.agent.departments.isdisjoint(unit.departments)]
        return near + [unit for unit in found if unit not in near]

    def may(self, wanted: ContactState) -> bool:
        """Whether the table of contacts knows this step from here."""
        return wanted in rules.CONTACT_STEPS[self.state]

    def may_escalate(self) -> bool:
        """Whether there is a higher authority."""
        try:
            rules.next_escalation(self.state)
        except Conflict:
            return False
        return True

    def live(self, giving: str) -> Release | None:
        """The communication of one side's record that still waits."""
        return next((r for r in self._given(giving) if r.state in rules.LIVE_RELEASE), None)

    def granted(self, giving: str) -> bool:
        """Whether one side has already given its record."""
        return any(release.state == ReleaseState.GRANTED for release in self._given(giving))

    def agreement(self, giving: str) -> Agreement | None:
        """The question put to the magistrate about the communication that waits."""
        release = self.live(giving)
        return self.page.agreements.get(release.id) if release else None

    @property
    def may_release(self) -> bool:
        """Whether the agent's own record may be given now, as far as the contact and the magistrate are concerned."""
        if self.own is None or not self.open or not self.thread.content_allowed or self.granted(self.own.side):
            return False
        asked = self.agreement(self.own.side)
        return asked is None or asked.state == AgreementState.AGREED

    @property
    def asks_magistrate(self) -> bool:
        """Whether giving the record first puts the question to the magistrate in charge."""
        if self.own is None or self.held is None or self.held.case_id is None:
            return False
        asked = self.agreement(self.own.side)
        return asked is None or asked.state != AgreementState.AGREED

    @property
    def release_refusal(self) -> str:
        """The sentence that keeps the record from leaving, or nothing."""
        if self.held is None:
            return ""
        try:
            rules.release_terms(self.held.handling, self.held.silent)
        except Conflict as refusal:
            return refusal.sentence
        return ""

    def awaited(self) -> list[str]:
        """The notices that opening the page does not settle: the agent's word is still asked for."""
        thread, kinds = self.thread, list[str]()
        if self.state == ContactState.REQUESTED and any(v != thread.requested_side for v in self.sides):
            kinds.append(NoticeKind.CONTACT_REQUESTED)
        settled = not self.may(ContactState.RESOLVED)
        if thread.proposed_resolution and not settled and any(v != thread.proposed_side for v in self.sides):
            kinds.append(NoticeKind.RESOLUTION_PROPOSED)
        if self.arbitrates and not settled and not self.for_magistrates:
            kinds.append(NoticeKind.ESCALATED)
        if self.own and (asked := self.live(self.own.side)) and asked.state == ReleaseState.REQUESTED:
            kinds.append(NoticeKind.RELEASE_REQUESTED)
        return kinds + [kind.value for kind in (to_answer(self.settlement, self.sides) if self.settlement else ())]

    def _given(self, giving: str) -> list[Release]:
        return [release for release in self.page.releases if release.giving_side == giving]

    def across(self, voice: Voice) -> Side:
        """The other side of a voice."""
        return Side(voice.value).other
