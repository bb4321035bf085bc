"""R-LOG-2: who searched more than so many times in one day, for those who read the whole journal."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

# What the form asks by itself while somebody types is no search of his.
_MANY = """
    SELECT e.actor, d.day, count(*)
      FROM audit_entry e CROSS JOIN LATERAL (SELECT (e.at AT TIME ZONE 'Europe/Paris')::date AS day) d
     WHERE e.at >= %s AND e.at < %s AND e.operation = 'search' AND e.actor IS NOT NULL
       AND (e.details ->> 'what') IS DISTINCT FROM 'known' AND (%s::uuid IS NULL OR e.actor = %s::uuid)
     GROUP BY e.actor, d.day HAVING count(*) > %s ORDER BY count(*) DESC, d.day DESC, e.actor LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """How often one agent searched on one day: a count to ask about, no judgement of him."""

    actor: UUID
    day: date
    count: int


def searched_more_than(most: int, since: datetime, until: datetime, actor: UUID | None = None) -> list[Searched]:
    """The days, and agents, with more searches than that, the most numerous first."""
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [since, until, actor, actor, most])
        return [Searched(*row) for row in cursor.fetchall()]
