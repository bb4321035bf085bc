"""The technical page: processes, versions and what waits; no business content, no name, no reference."""

import platform
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata

import django
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.queries import standing
from recoupe.config.processes import PROCESSES
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

# A worker that is silent for longer than this is stalled (its heartbeat is every ten seconds).
SILENCE = timedelta(minutes=1)
LATE = timedelta(minutes=1)
LABELS: dict[str, Promise] = {
    "web": _("Site des services"),
    "signin": _("Identification"),
    "worker": _("Travaux de fond"),
    "matcher": _("Recoupement"),
    "notary": _("Notaire du journal"),
}
LANES: dict[str, Promise] = {
    "express": _("Fiches saisies"),
    "bulk": _("Fiches d'un fichier"),
    "erasure": _("Fiches effacées à retirer"),
}
STATUSES: dict[str, Promise] = {"todo": _("à faire"), "doing": _("en cours"), "failed": _("en échec")}


@dataclass(frozen=True, slots=True)
class Running:
    """One process as the database sees it."""

    label: Promise
    connections: int
    heard: datetime | None = None
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of the cross-check."""

    label: Promise | str
    waiting: int
    oldest: datetime | None
    late: bool


@policy(roles={Role.SYSADMIN})
@require_safe
def technical(request: StaffRequest) -> HttpResponse:
    """Whether the house works, in figures."""
    record(Operation.CONSULT, details={"what": "technical"})
    now = timezone.now()
    context = {
        "processes": _processes(now),
        "queues": _queues(now),
        "parked": [(LANES[str(lane)], *rest) for lane, *rest in _rows("SELECT * FROM intelligence.parked()")],
        "jobs": [(STATUSES.get(str(status), status), jobs) for status, jobs in _rows("SELECT * FROM worker.backlog()")],
        "versions": _versions(),
        "witnesses": standing(),
    }
    return render(request, "access/technical.html", context)


def _rows(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _processes(now: datetime) -> list[Running]:
    """A process that holds no connection to the database does not work; the worker must also be heard."""
    held = _rows("SELECT usename::text, count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1")
    counted = {str(role): int(str(n)) for role, n in held}
    [(heard,)] = _rows("SELECT worker.heard()")
    found = []
    for name, label in LABELS.items():
        last = heard if name == "worker" and isinstance(heard, datetime) else None
        silent = name == "worker" and (last is None or now - last > SILENCE)
        found.append(Running(label, counted.get(PROCESSES[name].role, 0), last, silent))
    return found


def _queues(now: datetime) -> list[Queue]:
    found = {str(lane): (waiting, oldest) for lane, waiting, oldest in _rows("SELECT * FROM intelligence.backlog()")}
    made = []
    for lane, label in LANES.items():
        waiting, oldest = found.get(lane, (0, None))
        since = oldest if isinstance(oldest, datetime) else None
        made.append(Queue(label, int(str(waiting)), since, since is not None and now - since > LATE))
    return made


def _versions() -> list[tuple[str, str]]:
    [(server,)] = _rows("SELECT current_setting('server_version')")
    return [
        ("Recoupe", metadata.version("recoupe")),
        ("PostgreSQL", str(server)),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
    ]
