"""How a conflict is shown to each of those who settle it, and what is to be done next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.crosscheck import queries as crosscheck
from recoupe.crosscheck.enums import ContactState, Side
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.deconfliction.settling import queries, rules
from recoupe.deconfliction.settling.enums import Lead, OpinionState, SettlementState
from recoupe.deconfliction.settling.models import Settlement
from recoupe.targets import queries as targets
from recoupe.targets.models import RegisteredTarget
from recoupe.web.crosscheck import shown as hits
from recoupe.web.crosscheck.shown import Own, Word

S = SettlementState
TONES: Mapping[SettlementState, str] = {
    S.OPEN: "warn",
    S.PROPOSED: "info",
    S.AGREED: "good",
    S.ARBITRATION: "law",
    S.SUBMITTED: "law",
    S.DECIDED: "good",
    S.ENDED: "",
}
OPINION_TONES: Mapping[OpinionState, str] = {
    OpinionState.ASKED: "law",
    OpinionState.ACCEPTED: "good",
    OpinionState.REFUSED: "bad",
    OpinionState.WITHDRAWN: "",
}
# What a magistrate reads of a proposal: his procedure, the other one, or both.
MAGISTRATE_LEADS: Mapping[str, Promise] = {
    "own": _("Le service de votre procédure mène."),
    "other": _("Le service de l'autre procédure mène."),
    "joint": _("Les deux services travaillent ensemble."),
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a settlement's life."""

    label: str
    who: str
    lead: str
    reason: str
    at: datetime
    now: bool


@dataclass(frozen=True, slots=True)
class SettledRow:
    """Where one conflict stands, and who leads if anybody was named."""

    id: UUID
    state: Word
    lead: str


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One conflict of the reader's unit: with whom, whom to call, where it stands, what is to be done next."""

    side: HitSide
    own: Own
    unit: str
    state: Word
    next: str
    url: str
    since: datetime


def word(state: str) -> Word:
    """The state of a settlement."""
    return Word(str(S(state).label).capitalize(), TONES[S(state)])


def opinion_word(state: str) -> Word:
    """What a magistrate answered."""
    return Word(str(OpinionState(state).label).capitalize(), OPINION_TONES[OpinionState(state)])


def leader(chosen: str, names: Mapping[Side, str]) -> str:
    """Who leads, by the names under which this reader knows the two sides."""
    if not chosen:
        return ""
    if chosen == Lead.JOINT:
        return gettext("Travail commun")
    return gettext("%(unit)s mène") % {"unit": names[Side(chosen)]}


def steps(agent: Agent, of: Settlement, names: Mapping[Side, str]) -> list[StepRow]:
    """The life of a settlement, the latest step first."""
    return [
        StepRow(
            label=str(S(step.to_state).label).capitalize(),
            who=names[Side(step.side)] if step.side else str(step.get_doer_display()),
            lead=leader(step.lead, names),
            reason=step.reason,
            at=step.at,
            now=step.step == of.steps,
        )
        for step in reversed(queries.steps(agent, of))
    ]


def of_sides(agent: Agent, sides: Iterable[HitSide]) -> list[SettledRow]:
    """What is settled, or to be settled, of the conflicts of which the agent reads a side."""
    thread_ids = [side.thread_id for side in sides if side.thread_id]
    found, threads = queries.of_contacts(agent, thread_ids), crosscheck.contacts(agent, thread_ids)
    return [
        SettledRow(of.id, word(of.state), leader(of.lead, {side: threads[i].name_of(side) for side in Side}))
        for i, of in found.items()
        if i in threads
    ]


def conflict_rows(
    agent: Agent,
    sides: Sequence[HitSide],
    threads: Mapping[UUID, ContactThread],
    settled: Mapping[UUID, Settlement],
) -> list[ConflictRow]:
    """The rows of « Mes conflits »; what the two have settled is no conflict any more."""
    named = hits.owns(agent, sides)
    rows = []
    for side in sides:
        thread = threads.get(side.thread_id) if side.thread_id else None
        settlement = settled.get(side.thread_id) if side.thread_id else None
        over = thread is not None and thread.state in (ContactState.RESOLVED, ContactState.CLOSED)
        if over or (settlement and settlement.state in rules.SETTLED):
            continue
        rows.append(_row(side, named[side.record_id], thread, settlement))
    return rows


def _row(side: HitSide, own: Own, thread: ContactThread | None, settlement: Settlement | None) -> ConflictRow:
    mine = Side(side.side)
    speaking = thread is None or thread.state in (ContactState.AVAILABLE, ContactState.REQUESTED)
    if settlement is None or (speaking and settlement.state == S.OPEN):
        said, page = _contact(mine, thread)
        state = hits.contact_word(thread.state) if thread else hits.hit_word(side.state)
        url = reverse(page, args=[thread.id if thread and page == "contact-page" else side.id])
    else:
        said, state = settle_next(mine, settlement), word(settlement.state)
        url = reverse("settlement-page", args=[settlement.id])
    return ConflictRow(side, own, hits.met(side), state, said, url, side.at)


def _contact(mine: Side, thread: ContactThread | None) -> tuple[str, str]:
    """What is to be done while the two have not spoken, and on which page."""
    if thread is None:
        return gettext("L'autre service n'a pas été averti : votre fiche est silencieuse."), "hit-page"
    if thread.state == ContactState.AVAILABLE:
        return gettext("Appelez l'autre service, ou demandez-lui un contact."), "hit-page"
    if thread.state == ContactState.REQUESTED:
        asked = thread.requested_side == mine
        said = (
            gettext("L'autre service doit répondre ; appelez-le.")
            if asked
            else gettext("Répondez : l'autre service attend.")
        )
        return said, "contact-page"
    return gettext("Vous êtes en contact : réglez avec l'autre service qui fait quoi."), "contact-page"


def settle_next(mine: Side, of: Settlement) -> str:
    """What is to be done of two registrations, said to one side."""
    if of.state == S.PROPOSED:
        return gettext("L'autre service doit répondre à votre proposition.") if of.proposed_by == mine else gettext(
            "L'autre service propose un accord : répondez."
        )  # fmt: skip
    return {
        S.OPEN: gettext("Proposez qui mène, ou portez le conflit au gestionnaire du fichier."),
        S.AGREED: gettext("Les deux services sont d'accord."),
        S.ARBITRATION: gettext("Le gestionnaire du fichier prépare une solution."),
        S.SUBMITTED: gettext("Les deux magistrats en charge décident."),
        S.DECIDED: gettext("Les deux magistrats ont décidé."),
        S.ENDED: gettext("Il n'y a plus de conflit."),
    }[S(of.state)]


def registrations(agent: Agent, of: Settlement) -> dict[Side, RegisteredTarget]:
    """To the manager: the two registrations, as he reads them."""
    found = queries.pair(agent, of)
    if found is None:
        return {}
    read = targets.targets(agent, found)
    return {side: read[i] for side, i in zip((Side.ASKER, Side.HOLDER), found, strict=True) if i in read}


def first_come(rows: Iterable[ConflictRow]) -> list[ConflictRow]:
    """Events first, for they come at their hour; then the oldest conflict."""
    return sorted(rows, key=lambda row: (row.side.record_kind != "event", row.since, row.side.id))
