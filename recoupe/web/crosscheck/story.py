"""The thread of a contact as a page tells it: messages and events in order, stages, communications, consequences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.access.queries import names_of
from recoupe.crosscheck.enums import AgreementState, ContactState, ReleaseState, Side
from recoupe.crosscheck.models import ContactThread, Release
from recoupe.crosscheck.rules import ESCALATION_ORDER
from recoupe.intelligence import queries as intelligence
from recoupe.kernel.handling import HandlingCode
from recoupe.reference.organisation import Contact
from recoupe.reference.queries import duty_contact, unit_by_id
from recoupe.web.crosscheck.shown import Word, overdue, release_word
from recoupe.web.crosscheck.standing import Standing

S = ContactState
# Given without having been asked for: one event, not two.
AT_ONCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, or one event (its text alone), of the thread."""

    at: datetime
    text: str
    speaker: str = ""
    author: str = ""
    mine: bool = False
    tone: str = ""
    icon: str = ""

    @property
    def is_message(self) -> bool:
        """Whether somebody wrote it."""
        return bool(self.speaker)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a contact."""

    label: str
    done: bool
    current: bool


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One communication: who gives to whom, where it stands, the record for whoever reads it."""

    release: Release
    giver: str
    taker: str
    state: Word
    ref: str
    url: str
    note: str


_WAY: Sequence[tuple[Promise, frozenset[ContactState]]] = (
    (_("Services avertis"), frozenset({S.AVAILABLE})),
    (_("Contact demandé"), frozenset({S.REQUESTED})),
    (_("Contact établi"), frozenset({S.MADE})),
    (_("Autorité saisie"), frozenset(ESCALATION_ORDER)),
    (_("Réglé"), frozenset({S.RESOLVED})),
)


def stages(thread: ContactThread) -> list[Stage]:
    """The straight way; the authority is shown only where it was seized."""
    state = ContactState(thread.state)
    way = [(label, states) for label, states in _WAY if state in ESCALATION_ORDER or S.ESCALATED_CELL not in states]
    place = next((i for i, (_label, states) in enumerate(way) if state in states), None)
    if place is None:
        return []
    return [Stage(str(label), i < place or state == S.RESOLVED, i == place) for i, (label, _s) in enumerate(way)]


def entries(agent: Agent, here: Standing) -> list[Entry]:
    """Messages and events, oldest first."""
    thread, page = here.thread, here.page
    people = names_of({line.author_id for line in page.messages if line.author_id})
    found = [
        Entry(
            line.at,
            line.text,
            speaker=line.speaker,
            author=people.get(line.author_id, "") if line.author_id else "",
            mine=line.mine,
        )
        for line in page.messages
    ]
    found += _moves(thread)
    for release in page.releases:
        found += _told(here, release)
    return sorted(found, key=lambda entry: (entry.at, entry.is_message))


def _moves(thread: ContactThread) -> list[Entry]:
    moves = []
    if thread.requested_at:
        name = thread.name_of(Side(thread.requested_side))
        moves.append(Entry(thread.requested_at, gettext("Contact demandé par %(unit)s") % {"unit": name}, tone="warn"))
    if thread.made_at:
        moves.append(Entry(thread.made_at, gettext("Contact établi"), tone="info", icon="check"))
    if thread.resolved_at:
        said = gettext("Réglé : %(what)s") % {"what": thread.get_resolution_display()}
        moves.append(Entry(thread.resolved_at, said, tone="good", icon="check"))
    return moves


_DECIDED: Mapping[ReleaseState, tuple[Promise, str, str]] = {
    ReleaseState.GRANTED: (_("Fiche communiquée par %(giver)s"), "good", "check"),
    ReleaseState.REFUSED: (_("Communication refusée par %(giver)s"), "bad", ""),
    ReleaseState.WITHDRAWN: (_("Demande de communication retirée"), "", ""),
}


def _told(here: Standing, release: Release) -> list[Entry]:
    names = _names(here.thread, release)
    said = [
        Entry(release.asked_at, gettext("Communication demandée, fiche détenue par %(giver)s") % names, tone="info")
    ]
    decided = _DECIDED.get(ReleaseState(release.state))
    if decided and release.decided_at:
        sentence, tone, icon = decided
        told = Entry(release.decided_at, str(sentence) % names, tone=tone, icon=icon)
        given_at_once = release.decided_at - release.asked_at < AT_ONCE
        return [told] if given_at_once else [*said, told]
    return said


def _names(thread: ContactThread, release: Release) -> dict[str, str]:
    giving = Side(release.giving_side)
    return {"giver": thread.name_of(giving), "taker": thread.name_of(giving.other)}


def releases(agent: Agent, here: Standing) -> list[ReleaseRow]:
    """Each communication; a link for whoever reads the record since."""
    given = [release.record_id for release in here.page.releases if release.record_id]
    readable = intelligence.reports(agent, given)
    rows = []
    for release in here.page.releases:
        report = readable.get(release.record_id) if release.record_id else None
        names = _names(here.thread, release)
        rows.append(
            ReleaseRow(
                release=release,
                giver=names["giver"],
                taker=names["taker"],
                state=release_word(release.state),
                ref=(report.ref or "") if report else "",
                url=reverse("report-page", args=[report.id]) if report else "",
                note=_note(here, release),
            )
        )
    return rows


def _note(here: Standing, release: Release) -> str:
    agreement = here.page.agreements.get(release.id)
    if release.state == ReleaseState.GRANTED and release.not_in_proceedings:
        return gettext("Hors procédure : elle ne peut être versée à une procédure sans l'accord de ce service.")
    if release.state != ReleaseState.AWAITING_MAGISTRATE:
        return ""
    if agreement and agreement.state == AgreementState.AGREED:
        return gettext("Le magistrat a donné son accord : la fiche peut partir.")
    return gettext("Le magistrat en charge de la procédure doit d'abord donner son accord.")


def consequences(here: Standing) -> list[str]:
    """What giving one's record entails, code by code, before one decides."""
    if here.held is None or not here.may_release:
        return []
    said = [str(_OF_CODE[code]) for code in here.held.handling if code in _OF_CODE]
    if here.asks_magistrate:
        said.append(
            gettext(
                "Fiche judiciaire : votre demande va d'abord au magistrat en charge de la procédure. "
                "La fiche ne part qu'après son accord, quand vous la communiquez de nouveau."
            )
        )
    return said


_OF_CODE: Mapping[str, Promise] = {
    HandlingCode.H0: _("H0 : sans restriction particulière ; le destinataire la lira en entier."),
    HandlingCode.H1: _("H1 : elle part marquée « hors procédure » ; la verser à une procédure demandera votre accord."),
    HandlingCode.H2: _(
        "H2 : elle va au seul service que vous nommez ; tout autre destinataire demande un nouvel accord."
    ),
}


@dataclass(frozen=True, slots=True)
class Late:
    """A contact past its term: who has not answered, whom the reader calls about it, and the steps open to him."""

    asking: str
    awaited: str
    caller: Contact
    is_mine: bool
    steps: list[tuple[str, str]]


def late(here: Standing, now: datetime, offered: Sequence[tuple[str, str]]) -> Late | None:
    """What duty asks for when nobody answered within the term (W2); None while there is time."""
    thread = here.thread
    if not overdue(thread, now):
        return None
    asking = Side(thread.requested_side)
    is_mine = any(voice.value == asking.other for voice in here.sides)
    called = asking if is_mine else asking.other
    return Late(
        asking=thread.name_of(asking),
        awaited=thread.name_of(asking.other),
        caller=duty_contact(unit_by_id(thread.unit_of(called)), timezone.localdate(now)),
        is_mine=is_mine,
        steps=list(offered),
    )
