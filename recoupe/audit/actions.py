"""The one way to write the journal: in the transaction of what it describes, before the change."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.audit.enums import Operation

REFS_PER_ENTRY = 100
# What an entry without references may be about: a whole page or part of the installation, and nobody's record.
WHOLES = frozenset(
    {
        "api_me", "dealpoint_arrivals", "dealpoint_stock", "followup_board", "form", "journal", "journal_chart",
        "journal_export", "journal_proofs", "journal_verified", "notary_key", "plan", "presence_figures",
        "presence_shares", "reads", "rules", "secrets", "technical",
        "tool_check", "witness", "witness_retired",
    }
)  # fmt: skip
# Or a refused address, a layer of the map, a round of the cross-check.
PLACES = frozenset({"view", "layer", "lane"})

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

    `refs` are (kind, id) pairs and `fields` names of fields: never what they contain. An entry that names nothing,
    although something was found, is a ValueError: nobody could tell what it speaks of.
    """
    if not refs and result_count != 0:
        about = dict(details or {})
        if about.get("what") not in WHOLES and not PLACES & set(about):
            raise ValueError(f"an entry of the journal must name what it is about: {operation}")
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
