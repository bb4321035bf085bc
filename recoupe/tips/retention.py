"""What the worker does every night in its own service context: letters, answers and proofs over their term go."""

from django.db import connection

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation

KIND = "letter"
BLOCK = 100


def erase() -> int:
    """One block of letters over their term, with one entry; how many went, 0 when none is left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM tips.over_term(%s) AS id", [BLOCK])
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        record(Operation.ERASE, refs=[(KIND, i) for i in ids])
        cursor.execute("SELECT tips.erase(%s::uuid[])", [ids])
        [(went,)] = cursor.fetchall()
    return int(went)


def forget_proofs() -> None:
    """Proofs of work that nobody would believe any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tips.forget_proofs()")
