"""A notice as a line of the home page: its words, what it is about as the reader may know it, and where it leads."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext

from recoupe.access.agent import Agent
from recoupe.access.queries import names_of
from recoupe.cases import queries as cases
from recoupe.coordination import queries as coordination
from recoupe.coordination.enums import ObjectiveState
from recoupe.coordination.followup import queries as followup
from recoupe.coordination.followup.enums import AWAITED
from recoupe.coordination.followup.rules import WATCHED
from recoupe.crosscheck import named
from recoupe.crosscheck import queries as crosscheck
from recoupe.dealpoints import queries as dealpoints
from recoupe.dealpoints.enums import DealPointState
from recoupe.deconfliction import danger_queries as deconfliction
from recoupe.deconfliction.settling import queries as settling
from recoupe.deconfliction.settling.enums import OpinionState, SettlementState
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.brief import Brief, briefs
from recoupe.intelligence.enums import ImportState, ReportState
from recoupe.intelligence.importing import queries as imported
from recoupe.intelligence.importing.queries import Left
from recoupe.intelligence.models import Report
from recoupe.intelligence.rules import OPEN
from recoupe.kernel.refusal import Absent
from recoupe.notices.actions import Ref
from recoupe.notices.queries import Waiting
from recoupe.reference import queries as reference
from recoupe.targets import queries as targets
from recoupe.targets.enums import HELD, TargetState
from recoupe.web.coordination import shown as objectives
from recoupe.web.crosscheck import shown as hits
from recoupe.web.intelligence.shown import address
from recoupe.web.notices.kinds import KINDS
from recoupe.web.shell import pages_of
from recoupe.web.targets.shown import name_of as shown_target

# What stands of a danger that has closed meanwhile.
OVER = "over"
# In which state the step is still awaited: somebody else may have taken it while the notice waited.
STILL: Mapping[tuple[str, str], frozenset[str]] = {
    ("report_to_triage", "report"): frozenset({ReportState.SUBMITTED}),
    ("report_to_triage", "import"): frozenset({ReportState.SUBMITTED}),
    ("report_to_review", "report"): frozenset({ReportState.REVIEW_DUE}),
    ("person_category", "report"): OPEN,
    ("import_to_open", "import"): frozenset({ImportState.CHECKED}),
    ("dealpoint_reported", "dealpoint"): frozenset({DealPointState.REPORTED}),
    ("dealpoint_duplicate", "dealpoint"): frozenset({DealPointState.DUPLICATE}),
    ("check_resold", "dealpoint"): WATCHED,
    ("check_moved", "dealpoint"): WATCHED,
    ("check_closable", "dealpoint"): frozenset({DealPointState.WATCH}),
    ("target_requested", "target"): frozenset({TargetState.REQUESTED, TargetState.CHECKED}),
    ("target_expires", "target"): HELD,
    ("settlement_to_propose", "settlement"): frozenset({SettlementState.ARBITRATION}),
    ("opinion_asked", "opinion"): frozenset({OpinionState.ASKED}),
    ("danger", "danger_side"): frozenset({""}),
    ("objective_proposed", "objective"): frozenset({ObjectiveState.PROPOSED}),
    ("objective_to_prosecutor", "objective"): frozenset({ObjectiveState.TO_PROSECUTOR}),
    ("objective_validated", "objective"): frozenset({ObjectiveState.VALIDATED}),
    ("objective_allocated", "objective"): frozenset({ObjectiveState.ALLOCATED}),
    ("objective_reopened", "objective"): frozenset({ObjectiveState.REOPENED}),
}
# The notice that says of an objective in this state what has to be done; the others say only that something has.
OF_STATE: Mapping[ObjectiveState, str] = {
    ObjectiveState.PROPOSED: "objective_proposed",
    ObjectiveState.TO_PROSECUTOR: "objective_to_prosecutor",
    ObjectiveState.VALIDATED: "objective_validated",
    ObjectiveState.ALLOCATED: "objective_allocated",
    ObjectiveState.REOPENED: "objective_reopened",
}
LATE_OBJECTIVES = {
    "objective_late": gettext_lazy("Objectif : échéance passée"),
    "objective_unallocated": gettext_lazy("Toujours sans service"),
}
# How a file is told to whoever triages what it brought.
TO_TRIAGE, MET = "import reports", "procedures_met"
# A point of which a check waits; once it is answered, it is told no longer.
CHECKS = "dealpoint checks"
# And a report of which a person has no category yet.
LACKING = "report category"
# What has no term of its own is expected within a day: the longest waiting comes first.
UNWRITTEN_TERM = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class About:
    """An object in a few words, and its page."""

    text: str
    url: str
    strength: str = ""
    strength_label: str = ""
    urgent: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits."""

    kind: str
    label: Promise | str
    ref: Ref
    about: About
    at: datetime
    due_at: datetime | None = None
    overdue: bool = False

    @property
    def pressing(self) -> tuple[bool, bool, datetime]:
        """The order of the page: late first, then lives at risk, then whatever is due soonest."""
        return (not self.overdue, not self.about.urgent, self.due_at or self.at + UNWRITTEN_TERM)


def lines(agent: Agent, found: Iterable[Waiting], now: datetime) -> list[Line]:
    """The lines of these notices, in their order; what the agent no longer reads is left out."""
    by_key = {(w.kind, w.record_kind, w.record_id): w for w in found}
    wanted: dict[str, set[UUID]] = {}
    for kind, record_kind, record_id in by_key:
        wanted.setdefault(_told_as(kind, record_kind), set()).add(record_id)
    known = {told: ABOUT[told](agent, ids) for told, ids in wanted.items() if told in ABOUT}
    made = []
    for (kind, record_kind, record_id), notice in by_key.items():
        about = known.get(_told_as(kind, record_kind), {}).get(record_id)
        if about is None or kind not in KINDS or about.state not in STILL.get((kind, record_kind), {about.state}):
            continue
        late = notice.overdue(now)
        made.append(Line(kind, KINDS[kind].label, (record_kind, record_id), about, notice.at, notice.due_at, late))
    return made


def _told_as(kind: str, record_kind: str) -> str:
    """A file of which the reports are to be triaged is told as its reports: whoever triages did not hand it in."""
    if (kind, record_kind) == (MET, "case"):
        return MET
    if kind == "person_category":
        return LACKING
    if kind in AWAITED and record_kind == "dealpoint":
        return CHECKS
    return TO_TRIAGE if (kind, record_kind) == ("report_to_triage", "import") else record_kind


def _reports(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    found = briefs(agent, ids)
    # A hundred of them lie in few communes: each is named once.
    communes = {code: _commune(code) for code in {one.commune_code for one in found.values()}}
    page = pages_of("report-page")
    return {i: _report(one, communes[one.commune_code], page(i)) for i, one in found.items()}


def _report(found: Brief, commune: str, url: str) -> About:
    ref = found.ref or ""
    words = f"{ref} · {commune}" if ref and commune else ref or commune
    return About(words, url, urgent=found.urgency, state=found.state)


def _lacking(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    """Since when a person has waited for a category; once he has one the report is told no longer."""
    today = timezone.localdate()
    return {i: _since(found, today) for i, found in intelligence.undetermined(agent, ids).items()}


def _since(found: Report, today: date) -> About:
    days = (today - timezone.localdate(found.submitted_at)).days
    waited = ngettext("depuis %(n)s jour", "depuis %(n)s jours", days) % {"n": days}
    words = " · ".join([_named(found.ref or "", found.commune_code), waited])
    return About(words, address("report-page", found.id), state=found.state)


def _named(ref: str, commune_code: str) -> str:
    return " · ".join(part for part in (ref, _commune(commune_code)) if part)


def _to_triage(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    """What is left to triage of each file: its one report, or the list of many."""
    return {i: _left(found) for i, found in imported.to_triage(agent, ids).items()}


def _left(found: Left) -> About:
    if found.number == 1:
        words = _named(found.ref, found.commune_code)
        url = address("report-page", found.report_id)
    else:
        words = gettext("%(n)s fiches d'un fichier importé") % {"n": found.number}
        url = address("report-list") + "?state=SUBMITTED"
    return About(words, url, urgent=found.urgent, state=ReportState.SUBMITTED)


def _commune(code: str) -> str:
    try:
        return reference.commune(code).name if code else ""
    except Absent:
        return ""


def _imports(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    own = imported.imports_by_id(agent, ids)
    return {i: About(f.name, address("import-page", i), state=f.state) for i, f in own.items()}


def _agents(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    return {i: About(name, address("report-list") + "?whose=unit") for i, name in names_of(ids).items()}


def _hits(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    found, said, page = named.sides(agent, ids), gettext("avec %(unit)s"), pages_of("hit-page")
    # A hundred of them say few words: each is translated once.
    labels = {strength: hits.strength_label(strength) for strength in {side.strength for side in found.values()}}
    return {
        i: About(said % {"unit": hits.met(side)}, page(i), side.strength, labels[side.strength])
        for i, side in found.items()
    }


def _judgements(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    text, weak = (
        gettext("Deux personnes qui se ressemblent, dans deux fiches que vous lisez"),
        hits.strength_label("weak"),
    )
    # A pair is no longer theirs when one of its records is not (P-26): the question leaves with it.
    read = crosscheck.judgements_of(agent, ids)
    page = pages_of("judgement-page")
    return {i: About(text, page(i), "weak", weak) for i in read}


def _contacts(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    sides, page = crosscheck.own_sides(agent, ids), pages_of("contact-page")
    return {
        i: About(hits.contact_title(thread, sides.get(i, [])), page(i))
        for i, thread in crosscheck.named_contacts(agent, ids).items()
    }


def _agreements(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    said = gettext("Procédure %(number)s, vers %(unit)s")
    return {
        i: About(said % {"number": asked.case_number, "unit": asked.recipient_name}, address("agreement-page", i))
        for i, asked in crosscheck.agreements_of(agent, ids).items()
    }


def _cases(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    # The former magistrate is told that it left him, and no longer reads what it has become.
    gone = About(gettext("Une procédure que vous ne dirigez plus"), address("case-list"))
    known = cases.cases_by_id(agent, ids)
    return {i: About(known[i].number, address("case-page", i)) if i in known else gone for i in ids}


def _met_cases(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    """That there is another procedure, and at which court it is followed: nothing else of it (S-6)."""
    made = {}
    for i, case in cases.cases_by_id(agent, ids).items():
        courts = [reference.unit_by_id(court).name for court in crosscheck.opposed(agent, i)]
        made[i] = About(" · ".join([case.number, *sorted(courts)]), address("case-page", i))
    return made


def _points(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    return {
        i: About(f"{point.name} ({point.ref})", address("dealpoint-page", i), state=point.state)
        for i, point in dealpoints.names(agent, ids).items()
    }


def _checks(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    waiting = followup.waiting_points(agent, ids, timezone.localdate())
    page = pages_of("followup-page")
    return {
        i: About(f"{point.name} ({point.ref})", page(i), state=point.state)
        for i, point in dealpoints.names(agent, waiting).items()
    }


def _objectives(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    return {
        i: About(f"{objective.title} ({objective.ref})", address("objective-page", i), state=objective.state)
        for i, objective in coordination.objectives(agent, ids).items()
    }


def _settlements(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    """To the manager, and to a side by its contact: the page of the conflict says the rest."""
    text, page = gettext("Deux inscriptions de deux services"), pages_of("settlement-page")
    return {i: About(text, page(i), state=of.state) for i, of in settling.settlements(agent, ids).items()}


def _opinions(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    """That there is another procedure, and its court: nothing else of it (S-6)."""
    page = pages_of("opinion-page")
    return {
        i: About(reference.unit_by_id(asked.other_court_id).name, page(i), state=asked.state)
        for i, asked in settling.opinions_by_id(agent, ids).items()
    }


def _targets(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    today = timezone.localdate()
    return {
        i: About(f"{shown_target(agent, target, today)} ({target.ref})", address("target-page", i), state=target.state)
        for i, target in targets.targets(agent, ids).items()
    }


def _dangers(agent: Agent, ids: set[UUID]) -> dict[UUID, About]:
    said = gettext("appelez %(unit)s")
    return {
        i: About(
            said % {"unit": side.other_name}, address("danger-page", i), urgent=True, state="" if side.live else OVER
        )
        for i, side in deconfliction.sides_by_id(agent, ids).items()
    }


ABOUT: Mapping[str, Callable[[Agent, set[UUID]], dict[UUID, About]]] = {
    "report": _reports,
    "import": _imports,
    TO_TRIAGE: _to_triage,
    LACKING: _lacking,
    "agent": _agents,
    "case": _cases,
    MET: _met_cases,
    "hit": _hits,
    "judgement": _judgements,
    "contact": _contacts,
    "agreement": _agreements,
    "dealpoint": _points,
    CHECKS: _checks,
    "objective": _objectives,
    "target": _targets,
    "settlement": _settlements,
    "opinion": _opinions,
    "danger_side": _dangers,
}


def late_contacts(agent: Agent, now: datetime) -> list[Line]:
    """Contacts of the agent's territory or unit that nobody answered within their term."""
    rows = hits.contact_rows(agent, crosscheck.overdue(agent, now), now)
    return [
        Line(
            kind="contact_late",
            label=gettext("Contact sans réponse"),
            ref=("contact", row.thread.id),
            about=About(row.title, row.url),
            at=row.thread.requested_at or row.thread.at,
            due_at=row.thread.due_at,
            overdue=True,
        )
        for row in rows
    ]


def objectives_to_advance(agent: Agent, now: datetime) -> list[Line]:
    """The objectives that the list shows first (shown.to_advance), so that the two never count differently."""
    return [_objective(line) for line in objectives.to_advance(agent, timezone.localdate(now))]


def _objective(line: objectives.Line) -> Line:
    row = line.objective
    about = About(f"{row.title} ({row.ref})", address("objective-page", row.id))
    kind = "objective_late" if line.late else "objective_unallocated" if line.passed_over else OF_STATE.get(line.state)
    label = LATE_OBJECTIVES.get(kind or "") or (KINDS[kind].label if kind else gettext("Objectif à faire avancer"))
    late = line.late or line.passed_over
    return Line(kind or "objective_next", label, ("objective", row.id), about, row.state_since, overdue=late)
