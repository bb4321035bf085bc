"""R-LOG-2: who searched more than so many times in one day, for those who read the whole journal."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

_MANY = """
    SELECT c.seeker, c.day, sum(c.entries)::bigint FROM audit.tallied(%s::date, %s::date, 'search', true) AS c
     WHERE c.seeker IS NOT NULL AND (%s::uuid IS NULL OR c.seeker = %s::uuid)
     GROUP BY c.seeker, c.day HAVING sum(c.entries) > %s ORDER BY 3 DESC, c.day DESC, c.seeker LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """How often one agent searched on one day: a count to ask about, no judgement of him."""

    actor: UUID
    day: date
    count: int


def searched_more_than(most: int, first: date, past: date, actor: UUID | None = None) -> list[Searched]:
    """The days, and agents, with more searches than that, the most numerous first; `past` is counted no longer."""
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [first, past, actor, actor, most])
        return [Searched(*row) for row in cursor.fetchall()]
