"""What hangs on a report, for screens: persons, selectors, moves, grades, former texts, what is joined.

Row security decides what exists for the agent; the page that shows it records it.
"""

from collections.abc import Iterable
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.models import listed
from recoupe.access.written import Written
from recoupe.intelligence import fields
from recoupe.intelligence.fields import PersonShown
from recoupe.intelligence.models import (
    Attachment,
    GradingHistory,
    Person,
    Report,
    ReportHistory,
    ReportVersion,
    Selector,
)
from recoupe.kernel.refusal import Absent, gettext_noop

SENTENCE_NO_ATTACHMENT = gettext_noop("Cette fiche n'a pas de pièce jointe.")
_ONE = UUID(int=1)
_PERSONS = Written(lambda i: Person.objects.filter(report_id=i).order_by("rank"), _ONE)
_PERSONS_OF = Written(lambda ids: Person.objects.filter(report_id__in=listed(ids)).order_by("rank"), [_ONE])
_SELECTORS = Written(lambda i: Selector.objects.filter(report_id=i).order_by("kind", "value"), _ONE)
_SELECTORS_OF = Written(lambda ids: Selector.objects.filter(report_id__in=listed(ids)), [_ONE])
_HISTORY = Written(lambda i: ReportHistory.objects.filter(report_id=i).order_by("at"), _ONE)
_GRADINGS = Written(lambda i: GradingHistory.objects.filter(report_id=i).order_by("at"), _ONE)
_VERSIONS = Written(lambda i: ReportVersion.objects.filter(report_id=i).order_by("version"), _ONE)
_ATTACHED = Written(lambda i: Attachment.objects.filter(report_id=i).only("media_type"), _ONE)


def persons(agent: Agent, of: Report) -> list[PersonShown]:
    """The persons of a report, names masked where they must be."""
    return [fields.person(agent, of, row) for row in _PERSONS.rows(of.id)]


def persons_of(agent: Agent, of: Iterable[Report]) -> dict[UUID, list[PersonShown]]:
    """The persons of several reports that the agent reads, by report."""
    by_id = {report.id: report for report in of}
    found: dict[UUID, list[PersonShown]] = {report: [] for report in by_id}
    for row in _PERSONS_OF.rows(list(by_id)) if by_id else ():
        found[row.report_id].append(fields.person(agent, by_id[row.report_id], row))
    return found


def selectors(agent: Agent, of: Report) -> list[Selector]:
    """The selectors of a report, as typed and as compared."""
    return _SELECTORS.rows(of.id)


def selectors_of(agent: Agent, of: Iterable[Report]) -> list[Selector]:
    """The selectors of several reports that the agent reads, in no order."""
    ids = [report.id for report in of]
    return _SELECTORS_OF.rows(ids) if ids else []


def history(agent: Agent, of: Report) -> list[ReportHistory]:
    """The moves of a report, oldest first."""
    return _HISTORY.rows(of.id)


def gradings(agent: Agent, of: Report) -> list[GradingHistory]:
    """The grades that a report was given, oldest first."""
    return _GRADINGS.rows(of.id)


def versions(agent: Agent, of: Report) -> list[ReportVersion]:
    """What a report said before each correction, oldest first; one that is in its first version was never corrected."""
    return _VERSIONS.rows(of.id) if of.version > 1 else []


def attachment(agent: Agent, of: Report) -> Attachment:
    """The photo or document of a report, with its bytes."""
    try:
        return Attachment.objects.get(report=of)
    except Attachment.DoesNotExist as error:
        raise Absent(SENTENCE_NO_ATTACHMENT) from error


def attachment_type(agent: Agent, of: Report) -> str:
    """The media type of what is joined, without its bytes; "" when nothing is."""
    found = _ATTACHED.first(of.id)
    return str(found.media_type) if found else ""


def has_attachment(agent: Agent, of: Report) -> bool:
    """Whether there is one, without its bytes."""
    return Attachment.objects.filter(report=of).exists()
