"""What waits for a magistrate, a cell or a team: a procedure and who is registered under it, a pair, events to come."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from django.urls import resolve, reverse

from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases import queries as cases_of
from recoupe.cases.actions import CaseEntry
from recoupe.cases.enums import LegalFramework
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import Side
from recoupe.crosscheck.models import HitSide, Judgement
from recoupe.demo import crew
from recoupe.demo.benches.processes import Site
from recoupe.demo.benches.typed import fields
from recoupe.demo.benches.visitor import Visitor
from recoupe.operations import actions as operations
from recoupe.operations.actions import EventEntry
from recoupe.operations.enums import EventShape
from recoupe.operations.placing import Stop
from recoupe.targets import actions as targets
from recoupe.targets.rules import Entry

HOLDER, OTHER, CELL = "PJ13", "SR13", "CROSS13"
WAIT_S = 30.0
EVENTS, BY_ONE = 60, 20
ROUTE = (Stop("13055"), Stop("13103"), Stop("84007"))
# A number, a person and plates of their own: no other report of the bench bears them.
NUMBER, RANK = "06 39 98 99 98", 700
SOMEBODY = {
    "persons-TOTAL_FORMS": "1",
    "persons-0-family": "Banc-Fictif",
    "persons-0-given": "Alix",
    "persons-0-birth": "12/05/1991",
    "persons-0-category": "suspect",
}
Found = TypeVar("Found")


def lay(site: Site, prosecutor: str) -> None:
    """One of each, through the forms and the actions of those whose work it is."""
    holder, other = (crew.session(f"dossier.{unit.lower()}", unit, Role.INVESTIGATOR) for unit in (HOLDER, OTHER))
    head = crew.session("dossier.chef", HOLDER, Role.UNIT_HEAD)
    cell = crew.session("dossier.cross", CELL, Role.CROSS_ANALYST)
    _deposited(Visitor(other, site.port), RANK, NUMBER, SOMEBODY)
    _deposited(Visitor(holder, site.port), RANK + 1, "", SOMEBODY)
    _awaited(cell, Judgement.objects.first)
    case = _opened(holder, prosecutor)
    _registered(holder, case)
    _planned()
    judicial = {"frame": "judicial", "case_id": str(case)}
    _to_release(head, _deposited(Visitor(holder, site.port), RANK + 2, NUMBER, judicial))


def _deposited(author: Visitor, rank: int, number: str, more: dict[str, str]) -> UUID:
    address = reverse("report-new")
    author.get(address)
    answer = author.post(address, fields(rank, number) | more)
    author.close()
    if answer.status != HTTPStatus.FOUND:
        raise RuntimeError(f"the form answered {answer.status}")
    return UUID(str(resolve(answer.location).kwargs["id"]))


def _opened(holder: str, prosecutor: str) -> UUID:
    with crew.acting(prosecutor) as agent:
        magistrate, court = agent.id, agent.unit_id
    day = date.today() - timedelta(days=9)
    with crew.acting(holder) as agent:
        entry = CaseEntry(f"{day.year}/000001", court, magistrate, LegalFramework.PRELIMINARY, day)
        return UUID(str(cases.open_case(by=agent, entry=entry).id))


def _registered(holder: str, case_id: UUID) -> None:
    entry = Entry(surname="Banc-Fictif", first_names="Alix", articles=("CP 222-37",), investigator_name="Un enquêteur")
    with crew.acting(holder) as agent:
        targets.request_target(by=agent, case=cases_of.case(agent, case_id), entry=entry)


def _planned() -> None:
    """More than a page of them, two a day, every fifth a route."""
    midnight = datetime.combine(date.today(), time_of_day())
    for rank in range(EVENTS):
        if rank % BY_ONE == 0:
            planner = crew.session(f"terrain{rank // BY_ONE}", HOLDER, Role.INVESTIGATOR)
        route = rank % 5 == 0
        start = midnight + timedelta(days=rank // 2, hours=18 + rank % 2)
        entry = EventEntry(
            kind="surveillance",
            shape=EventShape.CORRIDOR if route else EventShape.POINT,
            stops=ROUTE if route else (Stop("13055", 5.2 + rank / 100, 43.3),),
            windows=((start, start + timedelta(hours=3)),) * (2 if route else 1),
            armed=True,
            label=f"Surveillance {rank}",
        )
        with crew.acting(planner) as agent:
            operations.enter(by=agent, entry=entry)


def _to_release(head: str, report: UUID) -> None:
    """The head would give it; the magistrate in charge is asked."""
    side = _awaited(head, HitSide.objects.filter(record_id=report, thread_id__isnull=False).first)
    with crew.acting(head) as agent:
        thread = crosscheck.open_contact(by=agent, side=side)
        recipient = thread.unit_of(Side(side.side).other)
        crosscheck.release_record(by=agent, side=side, recipient=recipient, reason=crew.MOTIVE)


def _awaited(reader: str, find: Callable[[], Found | None]) -> Found:
    """What the matcher makes, once the reader sees it."""
    limit = time.monotonic() + WAIT_S
    while time.monotonic() < limit:
        with crew.acting(reader):
            found = find()
        if found is not None:
            return found
        time.sleep(0.1)
    raise RuntimeError("the cross-check did not give what the bench reads")
