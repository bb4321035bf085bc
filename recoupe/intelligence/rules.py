"""What holds of every report: its moves (W1), its readers (S-3), its grades, its words. Pure; today is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from recoupe.access.enums import Capacity
from recoupe.access.keys import own, own_capacity
from recoupe.audit.enums import Operation
from recoupe.intelligence.enums import Doer, NoticeKind, ReportState
from recoupe.kernel.grading import DEFAULT, Grading, cap
from recoupe.kernel.handling import H3Line, Handling, HandlingCode
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.source import SourceKind

S = ReportState


@dataclass(frozen=True, slots=True)
class Transition:
    """One legal move: who may make it, what the journal calls it, whom it tells, the verb on its button."""

    doers: frozenset[Doer]
    operation: Operation
    notice: NoticeKind | None
    label: str


def _by(*doers: Doer) -> frozenset[Doer]:
    return frozenset(doers)


_TRIAGE = Transition(_by(Doer.HANDLER), Operation.MODIFY, None, gettext_noop("Trier"))
_REJECT = Transition(_by(Doer.HANDLER), Operation.MODIFY, NoticeKind.REJECTED, gettext_noop("Rejeter"))
_FILE = Transition(_by(Doer.HANDLER), Operation.MODIFY, NoticeKind.CLOSED, gettext_noop("Classer"))
_PUBLISH = Transition(_by(Doer.VALIDATOR), Operation.DISCLOSE, NoticeKind.USED, gettext_noop("Diffuser"))
_LINK = Transition(_by(Doer.HANDLER), Operation.COMBINE, NoticeKind.USED, gettext_noop("Lier à un objectif"))
_CORRECT = Transition(_by(Doer.AUTHOR, Doer.OWNER_HEAD), Operation.MODIFY, None, gettext_noop("Corriger"))
_NO_HIT = Transition(_by(Doer.MATCHER), Operation.MODIFY, None, gettext_noop("Constater l'absence de recoupement"))
_HIT = Transition(_by(Doer.MATCHER), Operation.MODIFY, None, gettext_noop("Constater un recoupement"))
_REVIEW = Transition(_by(Doer.RETENTION), Operation.MODIFY, NoticeKind.REVIEW, gettext_noop("Échoir au réexamen"))

TRANSITIONS: dict[tuple[ReportState, ReportState], Transition] = {
    (S.DRAFT, S.SUBMITTED): Transition(
        _by(Doer.AUTHOR), Operation.MODIFY, NoticeKind.TO_TRIAGE, gettext_noop("Déposer")
    ),
    (S.SUBMITTED, S.TRIAGED): _TRIAGE,
    (S.SUBMITTED, S.REJECTED): _REJECT,
    (S.TRIAGED, S.REJECTED): _REJECT,
    (S.TRIAGED, S.GRADED): Transition(_by(Doer.HANDLER), Operation.MODIFY, NoticeKind.RECEIVED, gettext_noop("Coter")),
    (S.GRADED, S.INDEXED): Transition(
        _by(Doer.HANDLER), Operation.MODIFY, None, gettext_noop("Confirmer les identifiants")
    ),
    (S.INDEXED, S.CROSS_CHECKED): Transition(_by(Doer.MATCHER), Operation.MODIFY, None, gettext_noop("Recouper")),
    (S.CROSS_CHECKED, S.HIT): _HIT,
    (S.CROSS_CHECKED, S.NO_HIT): _NO_HIT,
    # What comes in later may still meet it.
    (S.NO_HIT, S.HIT): _HIT,
    # A judgement was taken back, and no other hit is left.
    (S.HIT, S.NO_HIT): _NO_HIT,
    **{(state, S.DISSEMINATED): _PUBLISH for state in (S.CROSS_CHECKED, S.NO_HIT, S.HIT)},
    **{(state, S.LINKED): _LINK for state in (S.CROSS_CHECKED, S.NO_HIT, S.HIT, S.DISSEMINATED)},
    **{
        (state, S.FILED): _FILE
        for state in (S.GRADED, S.INDEXED, S.CROSS_CHECKED, S.NO_HIT, S.HIT, S.DISSEMINATED, S.LINKED)
    },
    # A corrected text is another text: it is read and graded again.
    **{
        (state, S.TRIAGED): _CORRECT
        for state in (S.GRADED, S.INDEXED, S.CROSS_CHECKED, S.NO_HIT, S.HIT, S.DISSEMINATED)
    },
    **{(state, S.REVIEW_DUE): _REVIEW for state in (S.DISSEMINATED, S.LINKED, S.FILED, S.REJECTED)},
    (S.REVIEW_DUE, S.FILED): Transition(
        _by(Doer.VALIDATOR), Operation.MODIFY, None, gettext_noop("Conserver après réexamen")
    ),
    (S.REVIEW_DUE, S.ERASED): Transition(_by(Doer.RETENTION), Operation.ERASE, None, gettext_noop("Effacer")),
}

# Read and possibly graded, but never judged on another text: a correction leaves these states where they are.
CORRECTED_IN_PLACE = frozenset({S.SUBMITTED, S.TRIAGED, S.LINKED, S.FILED})
CORRECTABLE = CORRECTED_IN_PLACE | {source for (source, target), move in TRANSITIONS.items() if move is _CORRECT}
# A grade is given once at GRADED; afterwards a new one is another line of its history, and no move.
REGRADABLE = frozenset({S.GRADED, S.INDEXED, S.CROSS_CHECKED, S.NO_HIT, S.HIT, S.DISSEMINATED, S.LINKED})
# Still worked on: nobody waits for more of what was filed or rejected.
OPEN = CORRECTABLE - {S.FILED}


# To whom each notice goes: "handlers" (who reads it for work), "author", both, "owner_head", "validators".
NOTIFIED: dict[NoticeKind, str] = {
    NoticeKind.TO_TRIAGE: "handlers",
    NoticeKind.RECEIVED: "author",
    NoticeKind.USED: "author",
    NoticeKind.CLOSED: "author",
    NoticeKind.REJECTED: "author",
    NoticeKind.REVIEW: "validators",
    NoticeKind.READING: "validators",
    NoticeKind.CATEGORY: "author_and_handlers",
    NoticeKind.BUDGET: "owner_head",
    NoticeKind.IMPORT_READY: "owner_head",
    NoticeKind.IMPORT_DONE: "author",
}


# --- Readers (S-3) ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Readership:
    """All that decides who reads a report; nothing else does."""

    state: ReportState
    author_id: UUID
    owner_unit_id: UUID
    owner_kind: str
    handling: Handling
    silent: bool
    cells: frozenset[UUID]
    office: UUID


def cells_read(handling: Handling, silent: bool) -> bool:
    """Whether the cells of its departments read a report."""
    return not silent and (HandlingCode.H3 not in handling.codes or handling.h3_line is H3Line.BOTH)


def office_reads(handling: Handling, silent: bool) -> bool:
    """Whether the office's analysts read a report: H0 and H1 only."""
    return not silent and handling.codes <= {HandlingCode.H0, HandlingCode.H1}


def recipients_read(handling: Handling, silent: bool) -> bool:
    """Whether those to whom a report was released still read it: silence and H3 suspend what was given."""
    return not silent and HandlingCode.H3 not in handling.codes


def audience(of: Readership) -> set[tuple[UUID, Capacity]]:
    """Who may read, as (unit or agent, capacity): the author alone while a draft, then S-3; once erased nobody."""
    if of.state is ReportState.DRAFT:
        return {own(of.author_id, of.owner_unit_id)}
    if of.state is ReportState.ERASED:
        return set()
    readers = {(of.owner_unit_id, own_capacity(of.owner_kind))}
    if cells_read(of.handling, of.silent):
        readers |= {(cell, Capacity.CELL) for cell in of.cells}
    if office_reads(of.handling, of.silent):
        readers.add((of.office, Capacity.OFFICE))
    return readers


# --- Grades -------------------------------------------------------------------------------------------------------


def regraded(
    former: Grading, wanted: Grading, source: SourceKind, *, verified: bool = False, motive: str = ""
) -> Grading:
    """The grade that a source of this kind can bear; one better than a grade that somebody gave needs its motive."""
    grade = cap(wanted, source, verified=verified)
    somebody_graded = former != DEFAULT
    if somebody_graded and grade.improves_on(former) and not motive.strip():
        raise Invalid(gettext_noop("Une meilleure cotation que la précédente demande un motif."), field="motive")
    return grade


# --- Silence ------------------------------------------------------------------------------------------------------

SILENT_RULE = "silent.max_months"


def months_after(day: date, months: int) -> date:
    """The same day that many months later, or the last of the month where there is none."""
    years, month = divmod(day.month - 1 + months, 12)
    last = 31
    while last > 28:
        try:
            return date(day.year + years, month + 1, min(day.day, last))
        except ValueError:
            last -= 1
    return date(day.year + years, month + 1, last)


def check_silence(until: date, today: date, reason: str, months: int) -> None:
    """S-3: dated, bounded (six months), renewed with a reason."""
    if until <= today:
        raise Invalid(
            gettext_noop("Le silence prend fin après aujourd'hui : choisissez une date à venir."), field="until"
        )
    if until > months_after(today, months):
        raise Invalid(
            gettext_noop("Le silence dure %(months)s mois au plus ; il se renouvelle avec un nouveau motif."),
            field="until",
            months=months,
        )
    if not reason.strip():
        raise Invalid(gettext_noop("Le silence demande un motif écrit."), field="reason")


# --- Deposits -----------------------------------------------------------------------------------------------------

BUDGET_RULE = "deposit.daily_budget"
# A tool deposits in bulk: its budget is its own, and the head of its unit is told once a day that it is spent.
TOOL_BUDGET_RULE = "deposit.tool_daily_budget"
LEFT_RULE = "draft.left_days"
TRIAGE_RULE = "triage.hours"
CATEGORY_RULE = "person.unknown_category_days"


# So many identifiers or aliases are one question of the other services, as a person is.
IDENTIFIERS_OF_A_QUESTION = 5


class Spent(Invalid):
    """The budget of the day is spent: what was asked is refused, and the head of the unit is told of it."""


def questions(persons: int, identifiers: int) -> int:
    """S-1: what a deposit counts for: a list of guessed names in one report is as many questions as in many reports."""
    return max(1, persons, -(-identifiers // IDENTIFIERS_OF_A_QUESTION))


def check_budget(count: int, budget: int) -> None:
    """S-1: what one agent asks by hand for one case in a day is bounded, hit or not."""
    if count > budget:
        raise Spent(
            gettext_noop(
                "Votre plafond du jour pour cette affaire est de %(budget)s questions aux autres services : chaque "
                "fiche en pose une, et une par personne qu'elle nomme. Cette fiche le dépasse ; votre chef d'unité en "
                "est averti. Il peut ouvrir l'import d'un fichier."
            ),
            budget=budget,
        )


def case_mark(case_id: UUID | None) -> UUID:
    """S-1: under what the questions of one procedure are counted; all that are of none share one count."""
    return uuid5(NAMESPACE_URL, f"recoupe:case:{case_id or ''}")


def names_alone(persons: int, selectors: Iterable[tuple[int | None, bool | None]]) -> int:
    """S-1: how many are named without a valid identifier of their own, as whoever guesses at names would.

    `selectors`: of each identifier the rank of its person among so many, and whether it is valid, None where unknown.
    """
    held = {person for person, valid in selectors if valid is not False}
    return sum(rank not in held for rank in range(persons))


def name_is_shown(*, protected: bool, departments: Iterable[str], own: bool, territory: Iterable[str]) -> bool:
    """R-MIN-1, R-CAT-1: a protected name is read by the holder's unit and in the report's department alone."""
    return not protected or own or not frozenset(departments).isdisjoint(territory)
