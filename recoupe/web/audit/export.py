"""The journal taken out with its proofs: what an inspector verifies without us (docs/JOURNAL.md)."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from recoupe.access.enums import OVERSEERS
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.exporting import NothingSignedError, Selection, export, written
from recoupe.audit.queries import JournalFilter, standing
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.web.audit.forms import JournalForm
from recoupe.web.audit.views import asked
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import EVERY, policy

# This many entries, a head, the earlier checkpoints and an end: twenty megabytes; the command has no bound.
MOST = 20_000
TOO_MANY = gettext_noop("Plus de %(most)s entrées : choisissez une période plus courte, ou un agent, ou un objet.")
NOTHING = gettext_noop("Le notaire n'a encore rien signé : attendez une minute, puis recommencez.")


@policy(roles=OVERSEERS, step_up=EVERY)
@require_http_methods(["GET", "HEAD", "POST"])
def journal_export(request: StaffRequest) -> HttpResponse:
    """What to take out and how it is verified; then the file, once the export is an entry itself."""
    form = JournalForm(request.POST if request.method == "POST" else request.GET)
    wanted = asked(request.agent, form)
    if request.method == "POST" and wanted is not None:
        try:
            return _file(wanted, form)
        except Invalid as refusal:
            refuse(form, refusal)
    if request.method != "POST":
        record(Operation.CONSULT, details={"what": "journal_proofs"})
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "audit/export.html", {"form": form, "witnesses": standing()}, status=status)


def _file(wanted: JournalFilter, form: JournalForm) -> HttpResponse:
    chosen = Selection(wanted.since, wanted.until, wanted.actor, wanted.ref, wanted.operation)
    lines: list[dict[str, Any]] = []
    count = 0
    try:
        for line in export(chosen):
            lines.append(line)
            count += "index" in line
            if count > MOST:
                raise Invalid(TOO_MANY, most=f"{MOST:_}".replace("_", " "))
    except NothingSignedError as error:
        raise Conflict(NOTHING) from error
    filled = sorted(name for name, value in form.cleaned_data.items() if value)
    record(Operation.EXPORT, details={"what": "journal_export", "filters": filled}, result_count=count)
    answer = HttpResponse("".join(written(iter(lines))), content_type="application/x-ndjson; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="journal-{timezone.localdate():%Y-%m-%d}.jsonl"'
    return answer
