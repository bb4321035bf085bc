"""R-CAT-1: a person whose category was left open is given one; those who may say it are told when it waits too long."""

from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions, rules
from recoupe.intelligence.actions.common import KIND, former_version, locked, moment, moved
from recoupe.intelligence.actions.correcting import motive
from recoupe.intelligence.enums import PersonCategory, ReportState
from recoupe.intelligence.models import Person, Report
from recoupe.kernel.category import SubjectCategory, category
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.reference import queries as reference

# As many as one line of the journal names.
TOLD_AT_ONCE = 100
# Before every identifier.
_START = UUID(int=0)

SENTENCE_NONE_LEFT = gettext_noop("La qualité de cette personne n'est plus à déterminer : relisez la fiche.")
SENTENCE_WHO = gettext_noop("Choisissez la personne dont vous dites la qualité.")
SENTENCE_STILL_OPEN = gettext_noop("Choisissez une qualité : « à déterminer » est ce qu'il faut remplacer.")


@transaction.atomic
def determine(*, by: Agent, report: Report, person: UUID | None, wanted: str, reason: str) -> Report:
    """Say what a person is: the former version stays, and neither the text nor its grade is touched."""
    report = locked(report)
    permissions.check_determine(by, report)
    waiting = set(report.persons.filter(category=PersonCategory.UNKNOWN).values_list("id", flat=True))
    if not waiting or (person is not None and person not in waiting):
        raise Conflict(SENTENCE_NONE_LEFT)
    if person is None:
        raise Invalid(SENTENCE_WHO, field="person")
    kind = category(wanted)
    if kind is SubjectCategory.UNKNOWN:
        raise Invalid(SENTENCE_STILL_OPEN, field="category")
    why, at = motive(reason), moment()
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=["category"])
    former_version(report, by, at.now, why).save(force_insert=True)
    Person.objects.filter(id=person).update(category=kind)
    report.version += 1
    report.save(update_fields=["version"])
    moved(report, ReportState(report.state), by, at.now, why).save(force_insert=True)
    return report


def tell_undetermined(*, today: date) -> int:
    """The worker's daily task, in its service context: take back the notices that are over, then leave those due."""
    last = today - timedelta(days=reference.whole_parameter(rules.CATEGORY_RULE, today))
    with connection.cursor() as cursor:
        ended = TOLD_AT_ONCE
        while ended:
            cursor.execute("SELECT intelligence.end_categories(%s::integer)", [TOLD_AT_ONCE])
            ended = int(cursor.fetchone()[0])
        told, after = 0, _START
        while True:
            cursor.execute(
                "SELECT * FROM intelligence.tell_categories(%s::date, %s::uuid, %s::integer)",
                [last, after, TOLD_AT_ONCE],
            )
            reached, some = cursor.fetchone()
            if reached is None:
                return told
            told, after = told + some, reached
