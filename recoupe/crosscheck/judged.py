"""What was said of a pair and of the records around it, as the agent reads it: history, group, what follows.

A line is read by whoever reads its question, hence both records: what he may not read is neither counted nor hinted at.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from recoupe.access.agent import Agent
from recoupe.access.written import Written
from recoupe.crosscheck import permissions
from recoupe.crosscheck.enums import Answer, JudgementState
from recoupe.crosscheck.groups import Groups, Said
from recoupe.crosscheck.models import Finding, Judgement

# A group of more records than this is shown in part: nobody compares a hundred reports on one page.
MOST_RECORDS = 100
# The newest answers among which a contradiction is looked for; the page of each pair says it too.
LOOKED_AT = 50
_SAID = Written(lambda i: Finding.objects.filter(judgement_id=i).order_by("at", "id"), UUID(int=1))


@dataclass(frozen=True, slots=True)
class Group:
    """The group of two records at a moment: its members, what follows for the two, what contradicts."""

    members: Sequence[UUID]
    follows: Answer
    # The questions whose answer contradicts what was said before it, oldest first: they are to be asked again.
    contradictions: Sequence[UUID]


def history(agent: Agent, judgement: Judgement) -> list[Finding]:
    """All that was said of a pair and taken back, oldest first."""
    return _SAID.rows(judgement.id)


def standing(lines: Sequence[Finding]) -> Finding | None:
    """What stands of a pair after all that was said of it (`history`), if anything does."""
    back = {line.retracts_id for line in lines}
    return next((line for line in lines if line.retracts_id is None and line.id not in back), None)


def group(agent: Agent, judgement: Judgement, on: datetime, known: datetime | None = None) -> Group:
    """The group as it stood at a moment, by what was known then, or by what is known since (`known`).

    The first tells why a service acted as it did; the second leaves out what was taken back later.
    """
    said, asked = _around(agent, (judgement.first_id, judgement.second_id))
    kept = [one for one in said if known is None or one.stands(known)]
    groups = Groups.of(kept, on)
    members = groups.members(judgement.first_id) | groups.members(judgement.second_id)
    return Group(
        members=sorted(members, key=lambda record: (record not in (judgement.first_id, judgement.second_id), record)),
        follows=groups.answer(judgement.first_id, judgement.second_id),
        contradictions=[asked[one.id] for one in groups.contradictions],
    )


def said_around(agent: Agent, judgement: Judgement) -> list[Said]:
    """Whatever was ever said of the two records and of those that were ever one with them, as the agent reads it."""
    return _around(agent, (judgement.first_id, judgement.second_id))[0]


def to_ask_again(agent: Agent, on: datetime, limit: int = LOOKED_AT) -> list[Judgement]:
    """Of the pairs that were judged last, those whose answer contradicts an earlier one: their judges look again."""
    rows = Judgement.objects.filter(state=JudgementState.ANSWERED).order_by("-answered_at", "-id")[:limit]
    mine = {row.id: row for row in rows if permissions.can_judge(agent, row)}
    if not mine:
        return []
    said, asked = _around(agent, {record for row in mine.values() for record in (row.first_id, row.second_id)})
    against = (asked[one.id] for one in Groups.of(said, on).contradictions)
    return [mine[question] for question in against if question in mine]


def _around(agent: Agent, records: Collection[UUID]) -> tuple[list[Said], dict[UUID, UUID]]:
    """Whatever was ever said of these records and of those that were ever the same; by line, its question."""
    found: dict[UUID, Said] = {}
    asked: dict[UUID, UUID] = {}
    seen: set[UUID] = set()
    fresh = set(records)
    while fresh and len(seen) < MOST_RECORDS:
        seen |= fresh
        touching = Q(judgement__first_id__in=fresh) | Q(judgement__second_id__in=fresh)
        rows = Finding.objects.filter(touching, retracts__isnull=True).values_list(
            "id", "judgement_id", "judgement__first_id", "judgement__second_id", "answer", "at", "retracted_by__at"
        )
        fresh = set()
        for line, question, first, second, answer, at, withdrawn_at in rows:
            found[line] = Said(line, first, second, Answer(answer), at, withdrawn_at)
            asked[line] = question
            if answer == Answer.SAME:
                fresh |= {first, second} - seen
    return list(found.values()), asked
