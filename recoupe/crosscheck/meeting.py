"""Whether a registration has met another one of which its own side was told: what the registry says of it (W3)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.crosscheck import rules
from recoupe.crosscheck.bulk import array
from recoupe.crosscheck.enums import ContactState
from recoupe.targets import matching as registry

_IN_CONFLICT = """
    SELECT DISTINCT s.record_id
      FROM crosscheck_hitside s JOIN crosscheck_hit h ON h.id = s.hit_id
      JOIN crosscheck_indexrecord l ON l.record_id = h.low JOIN crosscheck_indexrecord r ON r.record_id = h.high
     WHERE s.record_id = ANY (%(ids)s::uuid[]) AND s.state <> ALL (%(dead)s::text[])
       AND s.record_kind = %(kind)s AND l.record_kind = %(kind)s AND r.record_kind = %(kind)s
       AND NOT EXISTS (SELECT 1 FROM crosscheck_contactthread t WHERE t.hit_id = s.hit_id AND t.state = %(settled)s)
"""


def settle(ids: Collection[UUID]) -> None:
    """Each of these registrations is in conflict with another one, or is not."""
    if not ids:
        return
    meeting = in_conflict(ids)
    if meeting:
        registry.settle(sorted(meeting), conflict=True)
    if alone := set(ids) - meeting:
        registry.settle(sorted(alone), conflict=False)


def in_conflict(ids: Collection[UUID]) -> set[UUID]:
    """Those that met another registration, were told of it, and of which the two services have not settled it yet."""
    known: dict[str, Any] = {"ids": array(list(ids)), "dead": list(rules.DEAD_HIT), "kind": registry.KIND}
    with connection.cursor() as cursor:
        cursor.execute(_IN_CONFLICT, known | {"settled": ContactState.RESOLVED.value})
        return {record for (record,) in cursor.fetchall()}
