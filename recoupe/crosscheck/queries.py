"""Reads for the screens: what one side may know of its hits, where its contacts stand, what waits for its answer."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from recoupe.access import feed
from recoupe.access.agent import Agent
from recoupe.access.feed import Cursor, FeedRow
from recoupe.access.models import listed
from recoupe.access.written import Written
from recoupe.audit import reading
from recoupe.audit.reading import Opening, Wanted
from recoupe.crosscheck import permissions, records, waterfall
from recoupe.crosscheck.actions.contact import voices
from recoupe.crosscheck.enums import AgreementState, ContactState, JudgementState, Side, Voice
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Judgement, Message, Release, WeakAnswer
from recoupe.crosscheck.records import Reason
from recoupe.crosscheck.waterfall import Step
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.notices.queries import COUNTED_AT_MOST, OBJECTS

PAGE = 25
# Of what is told of a hit, the sides that the agent still reads (P-82), each looked for by its key.
_WAITING = f"""
    SELECT n.kind, count(*) FROM ({OBJECTS}) AS n
      LEFT JOIN LATERAL (SELECT true AS read FROM crosscheck_hitside s WHERE s.id = n.record_id LIMIT 1) AS s
             ON n.kind = ANY (%s::text[])
     WHERE s.read OR NOT n.kind = ANY (%s::text[]) GROUP BY n.kind
"""  # noqa: S608 - our own texts
_LATE = """
    SELECT t.id FROM crosscheck_contactthread t WHERE t.state = 'REQUESTED' AND t.due_at < %s
     ORDER BY t.due_at, t.id LIMIT %s
"""
# Each side, then each hit, by its key: the planner would else read the whole table, and ask its policy of every row.
_COLUMNS = ", ".join(f"t.{field.column}" for field in HitSide._meta.concrete_fields if field.name != "readers")
_BOTH = f"""
    SELECT whole.* FROM unnest(%s::uuid[]) AS named (id)
     CROSS JOIN LATERAL (SELECT s.hit_id FROM crosscheck_hitside s WHERE s.id = named.id LIMIT 1) AS own
     CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM crosscheck_hitside t WHERE t.hit_id = own.hit_id LIMIT 2) AS whole
"""  # noqa: S608 - our own columns
# A file's reports are of its unit: the sides of that unit alone are looked through.
_OF_IMPORT = """
    SELECT s.id FROM intelligence_importfile f JOIN crosscheck_hitside s ON s.owner_unit_id = f.owner_unit_id
      JOIN intelligence_report r ON r.id = s.record_id AND s.record_kind = 'report' AND r.import_id = f.id
     WHERE f.id = %s::uuid AND (s.at, s.id) < (coalesce(%s::timestamptz, 'infinity'), coalesce(%s::uuid, s.id))
     ORDER BY s.at DESC, s.id DESC LIMIT %s
"""
_ONE = UUID(int=1)
_OF_RECORD = Written(
    lambda kind, i: HitSide.objects.filter(
        hit_id__in=HitSide.objects.filter(record_id=i, record_kind=kind).values("hit_id")
    ),
    "kind", _ONE,
)  # fmt: skip
_OF_THREADS = Written(
    lambda ids: HitSide.objects.filter(thread_id__in=listed(ids)).only("thread_id", "side").order_by("side"), [_ONE]
)
_STATES = Written(lambda ids: ContactThread.objects.among(ids).only("state"), [_ONE])
_NAMES = Written(lambda ids: ContactThread.objects.among(ids).only("asker_name", "holder_name"), [_ONE])
_JUDGEMENT = Written(lambda i: Judgement.objects.filter(id=i), _ONE)
ABSENT = gettext_noop("Cette page n'existe pas ou ne vous est pas accessible.")


@dataclass(frozen=True, slots=True)
class HitLine:
    """One hit in a list: the side that the agent sees; `twin` when he sees both, as a cell or the office may."""

    side: HitSide
    twin: HitSide | None
    contact: ContactState | None

    @property
    def cursor(self) -> Cursor:
        """Where the next page starts."""
        return Cursor(self.side.at, self.side.id)


@dataclass(frozen=True, slots=True)
class HitPage:
    """One hit with all that the agent may know of it; reasons only when he reads both records."""

    side: HitSide
    twin: HitSide | None
    thread: ContactThread | None
    answers: list[WeakAnswer]
    reasons: list[Reason]
    may_speak: bool
    may_hold: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """The two records of a weak pair, those that the agent reads; reasons and weights only when he reads both."""

    reports: list[Report]
    named: dict[UUID, records.Mentions]
    reasons: list[Reason]
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message as a party reads it: signed by the name that the sides know, the author only for his own side."""

    id: UUID
    at: datetime
    text: str
    voice: Voice
    speaker: str
    mine: bool
    author_id: UUID | None


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One contact: where it stands for every reader; what is written and released for its parties alone."""

    thread: ContactThread
    voices: list[Voice]
    sides: list[HitSide]
    messages: list[MessageLine]
    releases: list[Release]
    agreements: dict[UUID, Agreement]


@dataclass(frozen=True, slots=True)
class OwnSide:
    """What a tool is told of one hit of what it deposited: whom to call, a strength in one word, a date."""

    id: UUID
    at: datetime
    strength: str
    state: str
    service_code: str
    service: str
    contact: str
    phone: str
    email: str


def hits_of_tool(refs: Collection[str]) -> dict[str, list[OwnSide]]:
    """By the acting tool's own references, its unit's side of the hits of what it deposited itself (P-105)."""
    found: dict[str, list[OwnSide]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM crosscheck.tool_hits(%s::text[])", [list(refs)])
        for ref, *told in cursor.fetchall():
            found.setdefault(ref, []).append(OwnSide(*told))
    return found


def hits(agent: Agent, before: Cursor | None = None, limit: int = PAGE) -> list[HitLine]:
    """The hits that the agent learns of, newest first, one line a hit."""
    rows = feed.page("hit", limit, before)
    return lines_of([row.id for row in rows])


def newest_hits(agent: Agent, before: Cursor | None = None, limit: int = PAGE) -> tuple[list[HitLine], Cursor | None]:
    """One page of hits and where the next one starts (None: this was the last)."""
    rows = feed.page("hit", limit, before)
    return lines_of([row.id for row in rows]), _next(rows, limit)


def latest(agent: Agent, limit: int) -> list[HitLine]:
    """The newest hits for a few lines of another page, without where their contacts stand."""
    ids = [row.id for row in feed.page("hit", limit)]
    return _folded(ids, _both(ids))


def waiting(agent: Agent, told: Collection[str]) -> dict[str, int]:
    """How much waits for the agent by kind, up to some hundreds a key; of the kinds told of a hit, what he reads."""
    kinds = sorted(told)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [COUNTED_AT_MOST, kinds, kinds])
        return dict(cursor.fetchall())


def hits_of_record(agent: Agent, kind: str, record_id: UUID) -> list[HitLine]:
    """The hits of one record, newest first, for its page."""
    every = _OF_RECORD.rows(kind, record_id)
    mine = [side for side in every if side.record_id == record_id and side.record_kind == kind]
    newest = sorted(mine, key=lambda side: (side.at, side.id), reverse=True)
    return _told(_folded([side.id for side in newest], every))


def hits_of_import(agent: Agent, import_id: UUID, limit: int = PAGE, before: Cursor | None = None) -> list[HitLine]:
    """The hits of a file's reports, newest first, as far as the agent learns of their own side."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_IMPORT, [import_id, *((before.at, before.id) if before else (None, None)), limit])
        return lines_of([side for (side,) in cursor.fetchall()])


def hit_side(agent: Agent, side_id: UUID) -> HitPage:
    """One side of a hit; Absent for whoever does not read it."""
    side = HitSide.objects.filter(id=side_id).first()
    if side is None:
        raise Absent(ABSENT)
    twin = HitSide.objects.filter(hit_id=side.hit_id).exclude(id=side.id).first()
    return HitPage(
        side=side,
        twin=twin,
        thread=ContactThread.objects.filter(id=side.thread_id).first() if side.thread_id else None,
        answers=list(WeakAnswer.objects.filter(side=side).order_by("-at")),
        reasons=records.reasons(agent, side.record_id, twin.record_id) if twin else [],
        may_speak=permissions.can_speak(agent, side),
        may_hold=permissions.can_hold(agent, side),
    )


def threads(agent: Agent, before: Cursor | None = None, limit: int = PAGE) -> list[ContactThread]:
    """The contacts that were opened, newest first."""
    rows = feed.page("contact", limit, before)
    found = ContactThread.objects.by_id([row.id for row in rows])
    return [found[row.id] for row in rows if row.id in found]


def newest_threads(
    agent: Agent, before: Cursor | None = None, limit: int = PAGE
) -> tuple[list[ContactThread], Cursor | None]:
    """One page of opened contacts and where the next one starts (None: this was the last)."""
    rows = feed.page("contact", limit, before)
    found = contacts(agent, [row.id for row in rows])
    return [found[row.id] for row in rows if row.id in found], _next(rows, limit)


def opposed(agent: Agent, case_id: UUID) -> list[UUID]:
    """To the magistrate in charge: the courts whose procedures a contact sets against his."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT crosscheck.opposed(%s::uuid)", [case_id])
        return [court for (court,) in cursor.fetchall()]


def contacts(agent: Agent, thread_ids: Iterable[UUID]) -> dict[UUID, ContactThread]:
    """Those of these contacts of which the agent sees where they stand."""
    return ContactThread.objects.by_id(list(thread_ids))


def named_contacts(agent: Agent, thread_ids: Collection[UUID]) -> dict[UUID, ContactThread]:
    """The same, as far as a line names them: between whom they are."""
    return {thread.id: thread for thread in _NAMES.rows(list(thread_ids))} if thread_ids else {}


def own_sides(agent: Agent, thread_ids: Collection[UUID]) -> dict[UUID, list[HitSide]]:
    """By contact, the sides of it that the agent reads, the asker's first, as far as they name it."""
    found: dict[UUID, list[HitSide]] = {}
    for side in _OF_THREADS.rows(list(thread_ids)) if thread_ids else ():
        found.setdefault(side.thread_id, []).append(side)
    return found


def thread(agent: Agent, thread_id: UUID) -> ThreadPage:
    """One contact; Absent for whoever reads neither side."""
    found = ContactThread.objects.filter(id=thread_id).first()
    if found is None:
        raise Absent(ABSENT)
    mine = voices(agent, found)
    releases = list(Release.objects.filter(thread=found).order_by("asked_at"))
    agreements = Agreement.objects.filter(release_id__in=[release.id for release in releases])
    return ThreadPage(
        thread=found,
        voices=mine,
        sides=list(HitSide.objects.filter(thread_id=found.id).order_by("side")),
        messages=[_message(found, row, mine) for row in Message.objects.filter(thread=found).order_by("at", "id")],
        releases=releases,
        agreements={agreement.release_id: agreement for agreement in agreements},
    )


def overdue(agent: Agent, now: datetime, limit: int = PAGE) -> list[ContactThread]:
    """Contacts that were asked for and not made within their term, the oldest first (W2)."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE, [now, limit])
        ids = [row[0] for row in cursor.fetchall()]
    # Mostly none: nobody waits for a question about nothing.
    found = contacts(agent, ids)
    return [found[i] for i in ids if i in found]


def judgements(agent: Agent, limit: int = PAGE) -> list[Judgement]:
    """Weak pairs that wait for the agent's cell or office, the oldest first."""
    units = permissions.judges_for(agent)
    # Narrowed before it is cut: questions that are put to others take no place.
    asked = Judgement.objects.filter(state=JudgementState.ASKED, owner_unit_id__in=units)
    return list(asked.order_by("at", "id")[:limit])


def judgements_of(agent: Agent, judgement_ids: Collection[UUID]) -> set[UUID]:
    """Those of these pairs that the agent reads."""
    return set(Judgement.objects.among(judgement_ids).values_list("id", flat=True)) if judgement_ids else set()


def judgement(agent: Agent, judgement_id: UUID) -> Judgement:
    """One weak pair, for the cell or the office to which it was put."""
    found: Judgement | None = _JUDGEMENT.first(judgement_id)
    if found is None:
        raise Absent(ABSENT)
    return found


def pair(agent: Agent, judgement: Judgement) -> Pair:
    """What the agent reads of a weak pair today; why the two are alike, as long as he reads both."""
    ids = (judgement.first_id, judgement.second_id)
    readable = Report.objects.by_id(ids)
    reports = [readable[i] for i in ids if i in readable]
    if len(reports) != len(ids):
        return Pair(reports, {}, [], [])
    named = records.mentions(agent, reports)
    reasons = records.shared(*(named[i] for i in ids))
    return Pair(reports, named, reasons, waterfall.read(judgement.steps))


def agreements(agent: Agent, limit: int = PAGE) -> list[Agreement]:
    """What waits for the agent as magistrate in charge, the oldest first."""
    rows = Agreement.objects.filter(state=AgreementState.ASKED, magistrate_id=agent.id)
    return list(rows.order_by("asked_at", "id")[:limit])


def agreement(agent: Agent, agreement_id: UUID) -> Agreement:
    """One question put to a magistrate, for him and for the holder."""
    found: Agreement | None = Agreement.objects.filter(id=agreement_id).first()
    if found is None:
        raise Absent(ABSENT)
    return found


def agreements_of(agent: Agent, agreement_ids: Iterable[UUID]) -> dict[UUID, Agreement]:
    """Those of these questions that the agent reads, as magistrate or as holder."""
    return Agreement.objects.by_id(list(agreement_ids))


def release_of(agent: Agent, agreement: Agreement) -> Release | None:
    """The communication that waits for an agreement; None for the magistrate, who takes no part in the contact."""
    return Release.objects.filter(id=agreement.release_id).first()


def held(agent: Agent, side: HitSide) -> records.Held | None:
    """The record of a side as its own unit reads it; None for a duty desk that speaks without reading."""
    try:
        return records.held(agent, side.record_kind, side.record_id)
    except Absent:
        return None


def _next(rows: list[FeedRow], limit: int) -> Cursor | None:
    return Cursor(rows[-1].at, rows[-1].id) if len(rows) == limit else None


def lines_of(ids: list[UUID]) -> list[HitLine]:
    """The lines of `ids`, each with where its contact stands."""
    return _told(_folded(ids, _both(ids)))


def _told(lines: list[HitLine]) -> list[HitLine]:
    """The same with where their contacts stand."""
    opened = {line.side.thread_id for line in lines if line.side.thread_id}
    states = {row.id: row.state for row in _STATES.rows(list(opened))} if opened else {}
    return [
        replace(line, contact=ContactState(states[line.side.thread_id])) if line.side.thread_id in states else line
        for line in lines
    ]


def _both(ids: list[UUID]) -> list[HitSide]:
    """These sides, and the other ones of their hits that the agent reads."""
    return list(HitSide.objects.raw(_BOTH, [ids])) if ids else []


def _folded(ids: Iterable[UUID], both: Iterable[HitSide]) -> list[HitLine]:
    """Lines in the order of `ids`, the second side of a hit folded into the first one."""
    every = {side.id: side for side in both}
    of_hit: dict[UUID, list[HitSide]] = {}
    for side in every.values():
        of_hit.setdefault(side.hit_id, []).append(side)
    lines: dict[UUID, HitLine] = {}
    for side in (every[i] for i in ids if i in every):
        twin = next((other for other in of_hit[side.hit_id] if other.id != side.id), None)
        lines.setdefault(side.hit_id, HitLine(side, twin, None))
    return list(lines.values())


def _message(found: ContactThread, row: Message, mine: list[Voice]) -> MessageLine:
    own = row.voice in mine
    speaker = Voice.ARBITER.label if row.voice == Voice.ARBITER else found.name_of(Side(row.voice))
    return MessageLine(row.id, row.at, row.text, Voice(row.voice), str(speaker), own, row.author_id if own else None)


def openings(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Who of other services opened the side of a hit that the agent's unit holds: heads of unit alone are answered."""
    query = "SELECT * FROM crosscheck.reads_of_own(%s::timestamptz, %s::timestamptz, %s::uuid, %s::integer)"
    return reading.openings(query, "hit", wanted)
