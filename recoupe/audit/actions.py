"""The one way to write the journal: in the transaction of what it describes, before the change."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.audit.enums import Operation

REFS_PER_ENTRY = 100

Ref = tuple[str, UUID]


def record(
    operation: Operation,
    *,
    refs: Sequence[Ref] = (),
    fields: Iterable[str] = (),
    details: Mapping[str, Any] | None = None,
    recipient: UUID | None = None,
    result_count: int | None = None,
) -> None:
    """Write one entry (one for each hundred references); raises when the transaction has no acting context.

    `refs` are (kind, id) pairs and `fields` names of fields: never what they contain.
    """
    blocks = [refs[i : i + REFS_PER_ENTRY] for i in range(0, len(refs), REFS_PER_ENTRY)] or [()]
    with connection.cursor() as cursor:
        for block in blocks:
            cursor.execute(
                "SELECT audit.record(%s::text, %s::text[], %s::text[], %s::jsonb, %s::uuid, %s::integer)",
                [
                    Operation(operation).value,
                    [f"{kind}:{object_id}" for kind, object_id in block],
                    list(fields),
                    json.dumps(dict(details or {})),
                    recipient,
                    result_count,
                ],
            )
