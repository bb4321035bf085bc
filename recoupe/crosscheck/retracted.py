"""Judgements that were taken back, and what this room made of their two records while they stood."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.audit.reading import Ground, Touch
from recoupe.crosscheck.enums import Answer
from recoupe.crosscheck.groups import Said


@dataclass(frozen=True, slots=True)
class Retraction:
    """One judgement taken back: by which unit, of which records, from when to when it stood; no reason, no name."""

    id: UUID
    judgement: UUID
    unit: UUID
    records: tuple[UUID, UUID]
    at: datetime
    retracted_at: datetime


def listed(only: UUID | None, limit: int) -> list[Retraction]:
    """Newest first; the function itself tells them to those who oversee."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM crosscheck.retracted(%s::uuid, %s::integer)", [only, limit])
        return [
            Retraction(i, question, unit, (low, high), at, back) for i, question, unit, low, high, at, back in cursor
        ]


def around(retraction: UUID) -> tuple[list[Said], Said | None]:
    """All that was said around a judgement that was taken back, and the judgement itself; for those who oversee."""
    found, taken_back = [], None
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM crosscheck.said_around(%s::uuid)", [retraction])
        for line, first, second, answer, at, back, back_at in cursor:
            found.append(Said(line, first, second, Answer(answer), at, back_at))
            taken_back = found[-1] if back == retraction else taken_back
    return found, taken_back


def touched_by(agent: Agent, ground: Ground) -> list[Touch]:
    """Sides that were told, contacts that were asked for, records that were given, between the two records."""
    query = "SELECT * FROM crosscheck.touched_by(%s::uuid[], %s::timestamptz, %s::timestamptz)"
    with connection.cursor() as cursor:
        cursor.execute(query, [list(ground.records), ground.since, ground.until])
        return [Touch(what, f"{what}:{identifier}", unit, at) for what, identifier, unit, at in cursor]
