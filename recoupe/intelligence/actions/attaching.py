"""The one photo or document of a report."""

from django.db import transaction

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions
from recoupe.intelligence.actions.common import KIND, locked, moment
from recoupe.intelligence.attachments import clean
from recoupe.intelligence.models import Attachment, Report
from recoupe.kernel.refusal import Conflict, gettext_noop


@transaction.atomic
def attach(*, by: Agent, report: Report, content: bytes) -> Attachment:
    """Join a photo or a PDF: it is made anew from its pixels or pages, under no name, and what came in is dropped."""
    report = locked(report)
    permissions.check_attach(by, report)
    if Attachment.objects.filter(report=report).exists():
        raise Conflict(gettext_noop("Cette fiche a déjà une pièce jointe : elle n'en porte qu'une."))
    kept = clean(content)
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=["attachment"])
    attachment = Attachment(
        report=report,
        media_type=kept.media_type,
        sha256=kept.sha256,
        content=kept.content,
        pages=kept.pages,
        at=moment().now,
        author_id=by.id,
    )
    attachment.save(force_insert=True)
    return attachment
