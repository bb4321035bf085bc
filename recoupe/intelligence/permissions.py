"""Who may do what to a report: check_x raises a sentence, can_x asks. A role is never enough, the report counts."""

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.intelligence import rules
from recoupe.intelligence.enums import Doer, ImportState, ReportState
from recoupe.intelligence.models import ImportFile, Report
from recoupe.kernel.handling import H3Line, Handling, HandlingCode
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop
from recoupe.reference.enums import UnitKind
from recoupe.reference.snapshot import snapshot

AUTHORS = (Role.INVESTIGATOR, Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD)
# A draft without a code is handled as strictly as it can be.
STRICTEST = Handling(frozenset({HandlingCode.H3}), H3Line.NOBODY, "-")

SENTENCE_AUTHORS = gettext_noop("Votre habilitation ne permet pas de saisir une fiche.")
SENTENCE_DOERS: dict[frozenset[Doer], str] = {
    frozenset({Doer.AUTHOR}): gettext_noop("Seul l'auteur de la fiche, dans son unité, peut le faire."),
    frozenset({Doer.HANDLER}): gettext_noop("Seul un analyste de la CROSS du lieu, autre que l'auteur, peut le faire."),
    frozenset({Doer.VALIDATOR}): gettext_noop("Seul le chef de la CROSS du lieu, autre que l'auteur, peut le faire."),
    frozenset({Doer.AUTHOR, Doer.OWNER_HEAD}): gettext_noop(
        "Seuls l'auteur de la fiche et son chef d'unité peuvent le faire."
    ),
    frozenset({Doer.AUTHOR, Doer.OWNER_HEAD, Doer.HANDLER}): gettext_noop(
        "Seuls l'auteur de la fiche, son chef d'unité et un analyste de la CROSS du lieu peuvent le faire."
    ),
    frozenset({Doer.OWNER_HEAD}): gettext_noop("Seul le chef de l'unité qui détient la fiche peut le faire."),
    frozenset({Doer.VALIDATOR, Doer.OWNER_HEAD}): gettext_noop(
        "Seuls le chef de la CROSS et celui de l'unité, autres que l'auteur, peuvent le faire."
    ),
    frozenset({Doer.MATCHER}): gettext_noop("Seul le recoupement peut le faire."),
    frozenset({Doer.RETENTION}): gettext_noop("Seule la règle de conservation peut le faire."),
}
SENTENCE_STATE = gettext_noop("Cette fiche est dans l'état « %(state)s » : elle ne peut pas passer à « %(to)s ».")
SENTENCE_NOT_NOW = gettext_noop(
    "Cette fiche est dans l'état « %(state)s » : cela ne peut plus, ou pas encore, se faire."
)
SENTENCE_NOBODY = gettext_noop("Personne ne peut mettre une fiche dans cet état.")
SENTENCE_READING = gettext_noop(
    "Cette fiche contient des mots sensibles : une seconde personne doit la relire avant toute diffusion."
)
SENTENCE_FILE_AUTHORS = gettext_noop("Votre habilitation ne permet pas de remettre un fichier.")
SENTENCE_FILE_HEAD = gettext_noop("Seul le chef de l'unité peut ouvrir ce fichier ou le refuser.")
SENTENCE_FILE_STATE = gettext_noop(
    "Ce fichier est dans l'état « %(state)s » : cela ne peut plus, ou pas encore, se faire."
)


def handling_of(report: Report) -> Handling:
    """The coherent codes of a report; none at all is the strictest."""
    if not report.handling:
        return STRICTEST
    return Handling.parse(report.handling, report.h3_line, report.handling_conditions)


def wrote(agent: Agent, report: Report) -> bool:
    """Whether the agent wrote the report or its assessment: somebody else then works on it (P-84)."""
    return agent.id in (report.author_id, report.assessment_author_id)


def is_author(agent: Agent, report: Report) -> bool:
    """Whether the agent wrote it, and is today where it belongs (P-31)."""
    return report.author_id == agent.id and report.owner_unit_id == agent.unit_id


def standing(agent: Agent, report: Report) -> frozenset[Doer]:
    """What the agent is to this report. Nobody handles or validates what he wrote himself."""
    found: set[Doer] = set()
    if is_author(agent, report):
        found.add(Doer.AUTHOR)
    heads_it = agent.has(Role.UNIT_HEAD, Role.CROSS_HEAD) and agent.holds(report.owner_unit_id, Capacity.HEAD)
    if heads_it:
        found.add(Doer.OWNER_HEAD)
    if not wrote(agent, report):
        found |= _working(agent, report, heads_it)
    return frozenset(found)


def _working(agent: Agent, report: Report, heads_it: bool) -> set[Doer]:
    """The cell of the territory works on it, else the office; the holder's own head where neither reads it."""
    handling, silent = handling_of(report), is_silent(report)
    if report.departments and rules.cells_read(handling, silent):
        in_cell = _in_cell_at_work(agent) and not agent.departments.isdisjoint(report.departments)
        analyst = in_cell and agent.has(Role.CROSS_ANALYST, Role.CROSS_HEAD)
        head = in_cell and agent.has(Role.CROSS_HEAD)
    elif rules.office_reads(handling, silent):
        analyst = head = agent.has(Role.OFAST_ANALYST)
    else:
        analyst = head = heads_it
    return ({Doer.HANDLER} if analyst else set()) | ({Doer.VALIDATOR} if head else set())


def _in_cell_at_work(agent: Agent) -> bool:
    """A cell that has shut handles nothing any more, though its people still read."""
    unit = snapshot().unit_by_id.get(agent.unit_id)
    return unit is not None and unit.kind == UnitKind.CROSS and unit.works_on(timezone.localdate())


def is_silent(report: Report) -> bool:
    """Silent by its mark, or by its unit, which is then alone to read it (S-4)."""
    if report.silent_until is not None:
        return True
    owner = snapshot().unit_by_id.get(report.owner_unit_id)
    return owner is not None and owner.silent


def _demand(agent: Agent, report: Report, doers: frozenset[Doer]) -> None:
    if doers.isdisjoint(standing(agent, report)):
        raise Refused(SENTENCE_DOERS[doers])


def _demand_state(report: Report, states: frozenset[ReportState]) -> None:
    if report.state not in states:
        raise Conflict(SENTENCE_NOT_NOW, state=ReportState(report.state).label)


def check_create(agent: Agent) -> None:
    """Investigators, heads of unit and analysts of a cell write reports."""
    if not agent.writes_as(*AUTHORS):
        raise Refused(SENTENCE_AUTHORS)


def check_move(agent: Agent, report: Report, to: ReportState) -> None:
    """W1: the move exists from this state, and the agent's standing towards this report allows it."""
    if to is ReportState.SUBMITTED:
        check_create(agent)
    move = rules.TRANSITIONS.get((ReportState(report.state), to))
    if move is None:
        leading = [one.doers for (_, target), one in rules.TRANSITIONS.items() if target is to]
        if not any(standing(agent, report) & doers for doers in leading):
            raise Refused(SENTENCE_DOERS[leading[0]] if leading else SENTENCE_NOBODY)
        raise Conflict(SENTENCE_STATE, state=ReportState(report.state).label, to=to.label)
    _demand(agent, report, move.doers)
    if to is ReportState.DISSEMINATED and report.review_needed and report.reviewed_by is None:
        raise Conflict(SENTENCE_READING)


def check_edit_draft(agent: Agent, report: Report) -> None:
    """A draft is its author's."""
    _demand(agent, report, frozenset({Doer.AUTHOR}))
    _demand_state(report, frozenset({ReportState.DRAFT}))


def check_submit(agent: Agent, report: Report) -> None:
    """Its author deposits a draft; it cannot be withdrawn (S-1)."""
    check_move(agent, report, ReportState.SUBMITTED)


def check_correct(agent: Agent, report: Report) -> None:
    """Its author or the head of its unit corrects a deposited report."""
    _demand(agent, report, frozenset({Doer.AUTHOR, Doer.OWNER_HEAD}))
    _demand_state(report, rules.CORRECTABLE)


def check_determine(agent: Agent, report: Report) -> None:
    """R-CAT-1: who may correct it, or works on it, says what a person of it is."""
    _demand(agent, report, frozenset({Doer.AUTHOR, Doer.OWNER_HEAD, Doer.HANDLER}))
    _demand_state(report, rules.CORRECTABLE)


def check_grade(agent: Agent, report: Report) -> None:
    """An analyst of the territory grades, then grades again."""
    if report.state == ReportState.TRIAGED:
        check_move(agent, report, ReportState.GRADED)
        return
    _demand(agent, report, frozenset({Doer.HANDLER}))
    _demand_state(report, rules.REGRADABLE)


def check_review(agent: Agent, report: Report) -> None:
    """R-SENS-1: the second signature is another person's than the author."""
    if wrote(agent, report):
        raise Refused(SENTENCE_DOERS[frozenset({Doer.VALIDATOR, Doer.OWNER_HEAD})])
    _demand(agent, report, frozenset({Doer.VALIDATOR, Doer.OWNER_HEAD}))
    if not report.review_needed or report.reviewed_by is not None:
        raise Conflict(SENTENCE_NOT_NOW, state=ReportState(report.state).label)


def check_silence(agent: Agent, report: Report) -> None:
    """S-3: the head of the holder's unit alone makes a report silent, or ends it."""
    _demand(agent, report, frozenset({Doer.OWNER_HEAD}))
    _demand_state(report, frozenset(ReportState) - {ReportState.DRAFT, ReportState.ERASED})


def check_attach(agent: Agent, report: Report) -> None:
    """Its author or the head of its unit joins the one photo or document, until it is graded."""
    _demand(agent, report, frozenset({Doer.AUTHOR, Doer.OWNER_HEAD}))
    _demand_state(report, frozenset({ReportState.DRAFT, ReportState.SUBMITTED, ReportState.TRIAGED}))


def check_upload(agent: Agent) -> None:
    """Whoever writes reports may hand in a file of them; somebody else opens it."""
    if not agent.writes_as(*AUTHORS):
        raise Refused(SENTENCE_FILE_AUTHORS)


def check_open_import(agent: Agent, import_file: ImportFile) -> None:
    """S-1: the head of the unit opens this one file, once it has been checked."""
    if not (agent.has(Role.UNIT_HEAD, Role.CROSS_HEAD) and agent.holds(import_file.owner_unit_id, Capacity.HEAD)):
        raise Refused(SENTENCE_FILE_HEAD)
    _demand_file(import_file, ImportState.CHECKED)


def demand_member(agent: Agent, import_file: ImportFile) -> None:
    """A file is checked and written in the name of a member of its unit, whatever is left to do in it."""
    if agent.unit_id != import_file.owner_unit_id or not agent.writes_as(*AUTHORS):
        raise Refused(SENTENCE_FILE_HEAD)


def check_run_import(agent: Agent, import_file: ImportFile) -> None:
    """An opened file is written in the name of a member of its unit."""
    demand_member(agent, import_file)
    _demand_file(import_file, ImportState.OPENED, ImportState.RUNNING)


def _demand_file(import_file: ImportFile, *states: ImportState) -> None:
    if import_file.state not in states:
        raise Conflict(SENTENCE_FILE_STATE, state=ImportState(import_file.state).label)


can_create = asks(check_create)
can_move = asks(check_move)
can_edit_draft = asks(check_edit_draft)
can_submit = asks(check_submit)
can_correct = asks(check_correct)
can_determine = asks(check_determine)
can_grade = asks(check_grade)
can_review = asks(check_review)
can_silence = asks(check_silence)
can_attach = asks(check_attach)
can_upload = asks(check_upload)
can_open_import = asks(check_open_import)
can_run_import = asks(check_run_import)
