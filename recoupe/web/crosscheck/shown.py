"""How a hit and a contact are shown: whom one met, how strong, where it stands; nothing here decides who reads what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.access.enums import Purpose
from recoupe.audit.actions import Ref
from recoupe.crosscheck import queries
from recoupe.crosscheck.enums import ContactState, HitState, ReleaseState, Side
from recoupe.crosscheck.models import ContactThread, HitSide, Judgement
from recoupe.crosscheck.named import Named
from recoupe.crosscheck.queries import HitLine
from recoupe.crosscheck.records import Reason
from recoupe.crosscheck.waterfall import Step
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.brief import briefs
from recoupe.intelligence.fields import PersonShown
from recoupe.kernel.selectors import KIND_LABELS, STRENGTH_LABELS, SelectorKind, Strength
from recoupe.operations import queries as events
from recoupe.reference.queries import unit_by_id
from recoupe.targets import queries as targets
from recoupe.web.intelligence import shown as reports

PAIR = 2
STRENGTH_WORDS: Mapping[Strength, Promise] = {
    Strength.CERTAIN: _("Un même identifiant exact, dont la clé de contrôle ou le plan de numérotation est vérifié."),
    Strength.STRONG: _("Un même identifiant exact, sans contrôle possible, ou un recoupement faible confirmé."),
    Strength.WEAK: _("Une ressemblance : elle reste à vérifier avec l'autre service."),
}
HIT_TONES: Mapping[HitState, str] = {
    HitState.MATCHED: "info",
    HitState.ANALYST_REVIEW: "warn",
    HitState.BLIND_NOTIFIED: "info",
    HitState.POSITIVE: "good",
    HitState.FALSE_POSITIVE: "",
    HitState.CLOSED: "",
}
CONTACT_TONES: Mapping[ContactState, str] = {
    ContactState.AVAILABLE: "",
    ContactState.REQUESTED: "warn",
    ContactState.MADE: "info",
    ContactState.ESCALATED_CELL: "law",
    ContactState.ESCALATED_OFFICE: "law",
    ContactState.ESCALATED_PROSECUTOR: "law",
    ContactState.RESOLVED: "good",
    ContactState.CLOSED: "",
}
RELEASE_TONES: Mapping[ReleaseState, str] = {
    ReleaseState.REQUESTED: "warn",
    ReleaseState.AWAITING_MAGISTRATE: "law",
    ReleaseState.GRANTED: "good",
    ReleaseState.REFUSED: "bad",
    ReleaseState.WITHDRAWN: "",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A state as a coloured pill."""

    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class Own:
    """The record of a side: its reference and page for whoever reads it, else the unit that holds it."""

    unit: str
    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class HitRow:
    """One hit in a list."""

    side: HitSide
    url: str
    title: str
    own: Own
    strength: str
    strength_label: str
    state: Word
    contact: Word | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the waterfall: its bar, in hundredths of the whole width."""

    label: str
    sentences: list[str]
    bits: float
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class HitGlance:
    """One hit in a few words."""

    side: HitSide
    url: str
    title: str
    strength: str
    strength_label: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """One weak pair that waits for a judgement, as whoever reads both records tells it from the others."""

    judgement: Judgement
    name: str
    where: str
    refs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact in a list."""

    thread: ContactThread
    url: str
    title: str
    text: str
    state: Word
    overdue: bool


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One value that two readable records share, as each of them wrote it."""

    kind: str
    first: str
    second: str
    strength: str
    strength_label: str


def hit_word(state: str) -> Word:
    """The state of a side; one that goes before an analyst again is withdrawn."""
    if state == HitState.ANALYST_REVIEW:
        return Word(gettext("recoupement retiré"), HIT_TONES[HitState.ANALYST_REVIEW])
    return Word(str(HitState(state).label), HIT_TONES[HitState(state)])


def contact_word(state: str) -> Word:
    """A state of a contact."""
    return Word(str(ContactState(state).label), CONTACT_TONES[ContactState(state)])


def release_word(state: str) -> Word:
    """A state of a communication."""
    return Word(str(ReleaseState(state).label), RELEASE_TONES[ReleaseState(state)])


def strength_label(strength: str) -> str:
    """The one word of a strength; a closed hit has none left."""
    return gettext(STRENGTH_LABELS[Strength(strength)]) if strength else ""


def motive(side: HitSide) -> str:
    """The category of the asker's motive, which the holder alone learns (S-1)."""
    return str(dict(Purpose.choices).get(side.motive_category, ""))


def met(side: HitSide | Named) -> str:
    """The service across: the holder learns who asks, the asker learns who answers; of a closed hit nobody does."""
    return (side.asker_name if side.side == Side.HOLDER else "") or side.other_name or gettext("un autre service")


def owns(agent: Agent, sides: Iterable[HitSide]) -> dict[UUID, Own]:
    """By record: how the agent may call it."""
    listed = list(sides)
    read = {i: (brief.ref or "", "report-page") for i, brief in briefs(agent, {s.record_id for s in listed}).items()}
    if registered := {s.record_id for s in listed if s.record_kind == "target"}:
        read |= {i: (target.ref, "target-page") for i, target in targets.targets(agent, registered).items()}
    if planned := {s.record_id for s in listed if s.record_kind == "event"}:
        read |= {i: (event.ref, "event-page") for i, event in events.events_by_id(agent, planned).items()}
    return {
        side.record_id: Own(
            unit=unit_by_id(side.owner_unit_id).name,
            ref=read[side.record_id][0] if side.record_id in read else "",
            url=reverse(read[side.record_id][1], args=[side.record_id]) if side.record_id in read else "",
        )
        for side in listed
    }


def glances(lines: Iterable[HitLine]) -> list[HitGlance]:
    """Hits in few words, for the home page."""
    return [
        HitGlance(
            side=line.side,
            url=reverse("hit-page", args=[line.side.id]),
            title=between(line.side, line.twin),
            strength=line.side.strength,
            strength_label=strength_label(line.side.strength),
        )
        for line in lines
    ]


def hit_rows(agent: Agent, lines: Sequence[HitLine]) -> list[HitRow]:
    """The rows of a list of hits."""
    named = owns(agent, [line.side for line in lines])
    return [
        HitRow(
            side=line.side,
            url=reverse("hit-page", args=[line.side.id]),
            title=between(line.side, line.twin),
            own=named[line.side.record_id],
            strength=line.side.strength,
            strength_label=strength_label(line.side.strength),
            state=hit_word(line.side.state),
            contact=contact_word(line.contact) if line.contact and line.contact != ContactState.AVAILABLE else None,
        )
        for line in lines
    ]


def pair_rows(agent: Agent, questions: Sequence[Judgement]) -> list[PairRow]:
    """The rows of what is to be judged: the person of both records, their services and communes, as the agent reads."""
    readable = intelligence.reports(agent, {i for one in questions for i in (one.first_id, one.second_id)})
    people = intelligence.persons_of(agent, readable.values())
    rows = []
    for one in questions:
        both = [readable[i] for i in (one.first_id, one.second_id) if i in readable]
        parts = [", ".join(part for part in (reports.unit_name(r.owner_unit_id), reports.commune_name(r.commune_code))
                           if part) for r in both]  # fmt: skip
        name = _common(*(people[r.id] for r in both)) if len(both) == PAIR else ""
        rows.append(PairRow(one, name, " · ".join(parts), tuple(("report", r.id) for r in both)))
    return rows


def _common(first: Sequence[PersonShown], second: Sequence[PersonShown]) -> str:
    """The person whom both records name; masked when either of them masks him."""
    other = {found.person.key: found for found in second if found.person.key}
    for found in first:
        twin = other.get(found.person.key)
        if twin is None:
            continue
        shown = found if found.masked else twin
        line = reports.person(shown)
        born = gettext("né(e) le %(day)s") % {"day": line.birth} if line.birth else ""
        return ", ".join(part for part in (line.name, born) if part)
    return ""


def between(side: HitSide, twin: HitSide | None) -> str:
    """Who met whom, as the reader may know it: one side sees the other, who reads both sees the two."""
    if twin is None:
        over = {HitState.CLOSED: gettext("Recoupement clos"), HitState.ANALYST_REVIEW: gettext("Recoupement retiré")}
        return over.get(HitState(side.state)) or met(side)
    first, second = (side, twin) if side.side == Side.ASKER else (twin, side)
    names = {"asker": unit_by_id(first.owner_unit_id).name, "holder": unit_by_id(second.owner_unit_id).name}
    return gettext("%(asker)s et %(holder)s") % names


def contact_rows(agent: Agent, threads: Sequence[ContactThread], now: datetime) -> list[ContactRow]:
    """The rows of a list of contacts, each named after the service across."""
    mine = queries.own_sides(agent, [thread.id for thread in threads])
    return [
        ContactRow(
            thread=thread,
            url=reverse("contact-page", args=[thread.id]),
            title=contact_title(thread, mine.get(thread.id, [])),
            text=_where(thread, now),
            state=contact_word(thread.state),
            overdue=overdue(thread, now),
        )
        for thread in threads
    ]


def contact_title(thread: ContactThread, mine: Sequence[HitSide]) -> str:
    """The other service for one side, both for whoever reads both or arbitrates."""
    if len(mine) == 1:
        return thread.name_of(Side(mine[0].side).other)
    return gettext("%(asker)s et %(holder)s") % {"asker": thread.asker_name, "holder": thread.holder_name}


def overdue(thread: ContactThread, now: datetime) -> bool:
    """Whether it was asked for, and is not made within its term."""
    return thread.state == ContactState.REQUESTED and thread.due_at is not None and thread.due_at < now


def _where(thread: ContactThread, now: datetime) -> str:
    if thread.state == ContactState.REQUESTED:
        asker = thread.name_of(Side(thread.requested_side))
        said = gettext("Demandé par %(unit)s") if not overdue(thread, now) else gettext(
            "Demandé par %(unit)s, sans réponse dans le délai"
        )  # fmt: skip
        return said % {"unit": asker}
    if thread.resolution:
        return str(thread.get_resolution_display())
    if thread.proposed_resolution:
        return gettext("Règlement proposé : %(what)s") % {"what": thread.get_proposed_resolution_display()}
    return ""


def callers(sides: Iterable[HitSide]) -> list[dict[str, str]]:
    """Whom to call, for each side that the agent reads."""
    return [
        {
            "unit_name": side.other_name,
            "name": side.other_contact,
            "phone": side.other_phone,
            "email": side.other_email,
        }
        for side in sides
        if side.other_name
    ]


def step_rows(steps: Sequence[Step]) -> list[StepRow]:
    """The waterfall of two records that are alike: each bar begins where the one before it ended."""
    sums = [0.0]
    for step in steps:
        sums.append(sums[-1] + step.bits)
    least, span = min(sums), (max(sums) - min(sums)) or 1
    return [
        StepRow(
            label=gettext(step.label),
            sentences=[gettext(sentence) for sentence in step.sentences],
            bits=step.bits,
            start=round(100 * (min(before, after) - least) / span),
            length=round(100 * abs(step.bits) / span),
        )
        for step, before, after in zip(steps, sums, sums[1:], strict=False)
    ]


def reason_rows(reasons: Iterable[Reason]) -> list[ReasonRow]:
    """Why two records match, for somebody who reads both."""
    return [
        ReasonRow(
            kind=gettext(KIND_LABELS[SelectorKind(reason.kind)]),
            first=reason.first,
            second=reason.second,
            strength=reason.strength.value,
            strength_label=strength_label(reason.strength),
        )
        for reason in reasons
    ]
