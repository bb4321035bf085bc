"""Every write of the room: check, journal, change, in one transaction; keyword-only, `by=` the acting agent."""

from recoupe.intelligence.actions.attaching import attach
from recoupe.intelligence.actions.correcting import correct, end_silences, mark_silent, review
from recoupe.intelligence.actions.depositing import create_draft, deposit, discard_draft, edit_draft, submit
from recoupe.intelligence.actions.determining import determine, tell_undetermined
from recoupe.intelligence.actions.importing import (
    check_import,
    fail_import,
    finish_import,
    import_block,
    open_import,
    refuse_import,
    upload_import,
)
from recoupe.intelligence.actions.many import grade_many, index_many, settle
from recoupe.intelligence.actions.working import (
    confirm_selectors,
    disseminate,
    file_report,
    grade,
    keep,
    link,
    reject,
    triage,
)

__all__ = [
    "attach",
    "check_import",
    "confirm_selectors",
    "correct",
    "create_draft",
    "deposit",
    "determine",
    "discard_draft",
    "disseminate",
    "edit_draft",
    "end_silences",
    "fail_import",
    "file_report",
    "finish_import",
    "grade",
    "grade_many",
    "import_block",
    "index_many",
    "keep",
    "link",
    "mark_silent",
    "open_import",
    "refuse_import",
    "reject",
    "review",
    "settle",
    "submit",
    "tell_undetermined",
    "triage",
    "upload_import",
]
