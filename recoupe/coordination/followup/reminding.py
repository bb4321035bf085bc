"""What the worker tells of the checks in its own service context: each is told on its day, and once it is late."""

from datetime import date

from django.db import connection

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation


def tell_checks(*, today: date) -> int:
    """Leave a notice with the cells of each point of which a check waits, with their heads once it is late.

    Answers the number of points told, so many at a time; what waits unseen already is not told again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT point FROM coordination.checks_to_tell(%s::date)", [today])
        points = [row[0] for row in cursor.fetchall()]
    if points:
        refs = [("dealpoint", point) for point in dict.fromkeys(points)]
        record(Operation.MODIFY, refs=refs, details={"notice": "left"})
        with connection.cursor() as cursor:
            cursor.execute("SELECT coordination.tell_checks(%s::date)", [today])
    return len(points)
