"""Life of a measure, which check waits, when a closing is proposed, what became of a place: pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from recoupe.coordination.followup.enums import CheckState, Fate, Keeper, MeasureKind, MeasureState, Seen
from recoupe.dealpoints.enums import DealPointState
from recoupe.kernel.rates import Share, share
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import propose
from recoupe.kernel.text import clean_line

M = MeasureState

# A step that keeps its state says another due date, or what was granted or used meanwhile.
TRANSITIONS: Mapping[MeasureState, frozenset[MeasureState]] = {
    M.TO_DO: frozenset({M.TO_DO, M.UNDER_WAY, M.DONE, M.ABANDONED}),
    M.UNDER_WAY: frozenset({M.UNDER_WAY, M.DONE, M.ABANDONED}),
    M.DONE: frozenset(),
    M.ABANDONED: frozenset(),
}
# Who brings it to a state; what changes the plan itself (a due date, what was granted) is its opener's.
KEPT_BY: Mapping[MeasureState, Keeper] = {
    M.TO_DO: Keeper.OPENER,
    M.UNDER_WAY: Keeper.OWNER,
    M.DONE: Keeper.OWNER,
    M.ABANDONED: Keeper.CELL_HEAD,
}
NEEDS_MOTIVE: Mapping[MeasureState, bool] = {M.TO_DO: False, M.UNDER_WAY: False, M.DONE: False, M.ABANDONED: True}

SHORTEST_MOTIVE = 10
LONGEST_TERM_DAYS = 730
MOST_AGENT_DAYS = 100_000
# Of four looks, each of these says that the place itself was free of sales that day.
FREE = frozenset({Seen.CLEAN, Seen.MOVED})
# A point in these states waits for its checks; in the others somebody has already said what became of it.
WATCHED = frozenset({DealPointState.DISMANTLED, DealPointState.WATCH})
# An operation has disturbed the sales: a plan of return has its place.
PLANNABLE = WATCHED | {DealPointState.DISRUPTED, DealPointState.CLOSED, DealPointState.REOCCUPIED}
_PERSON = re.compile(
    r"\b(?:m|mr|mme|mlle|monsieur|madame|mademoiselle|maître|me|docteur|dr)\b[.\s]+[^\W\d_]", re.IGNORECASE
)
SENTENCE_MOTIVE = gettext_noop("Dites pourquoi en au moins %(n)s caractères : le prochain lecteur en aura besoin.")


# -- measures ---------------------------------------------------------------------------------------------------------
def checked_reason(needed: bool, motive: str) -> str:
    """Why, cleaned; refused when it must be said and is not."""
    said = clean_line(motive, 500, "motive")
    if needed and len(said) < SHORTEST_MOTIVE:
        raise Invalid(SENTENCE_MOTIVE, field="motive", n=SHORTEST_MOTIVE)
    return said


def checked_partner(raw: str) -> str:
    """The office of a partner: neither a private person, nor anything that identifies one."""
    name = clean_line(raw, 120, "partner", required=True)
    if propose(name) or _PERSON.search(name):
        raise Invalid(
            gettext_noop("Nommez un bureau ou un service du partenaire, jamais une personne ni ses coordonnées."),
            field="partner",
        )
    return name


def checked_due(due_on: date, operation_on: date, today: date) -> date:
    """A due date never lies before the operation, and within two years from today."""
    if due_on < operation_on:
        raise Invalid(
            gettext_noop("L'échéance ne peut pas précéder l'opération, menée le %(on)s."),
            field="due_on",
            on=operation_on.strftime("%d/%m/%Y"),
        )
    if (due_on - today).days > LONGEST_TERM_DAYS:
        raise Invalid(gettext_noop("L'échéance ne peut pas dépasser deux ans."), field="due_on")
    return due_on


@dataclass(frozen=True, slots=True)
class Forces:
    """Mobile forces of one measure, in days of agents: asked for, granted, used; None: not said yet."""

    requested: int | None = None
    granted: int | None = None
    used: int | None = None


def checked_forces(kind: MeasureKind, forces: Forces) -> Forces:
    """Numbers belong to mobile forces, each after the one before it, and no more is used than was granted."""
    told = {name: n for name in ("requested", "granted", "used") if (n := getattr(forces, name)) is not None}
    if kind is not MeasureKind.FORCES:
        if told:
            raise Invalid(gettext_noop("Seules les forces mobiles se comptent en jours d'agents."), field=min(told))
        return forces
    for name, number in told.items():
        if not 0 <= number <= MOST_AGENT_DAYS:
            raise Invalid(gettext_noop("Ce nombre de jours d'agents n'est pas plausible."), field=name)
    if forces.requested is None:
        raise Invalid(gettext_noop("Indiquez le nombre de jours d'agents demandés."), field="requested")
    if forces.used is not None and (forces.granted is None or forces.used > forces.granted):
        raise Invalid(gettext_noop("On n'emploie pas plus de forces qu'il n'en a été accordé."), field="used")
    return forces


# -- checks -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Window:
    """One check of a dismantling: on which days it is made, and what was found (None: no answer yet)."""

    days: int
    due_on: date
    # The day of the next check, before which this one is made; None for the last.
    until: date | None
    seen: Seen | None = None


def windows(checks: Iterable[tuple[int, date, Seen | None]]) -> list[Window]:
    """The checks of one dismantling in their order, each lasting until the next one."""
    rows = sorted(checks)
    nexts = [due for _, due, _ in rows[1:]]
    return [Window(days, due, until, seen) for (days, due, seen), until in zip(rows, [*nexts, None], strict=True)]


def check_state(due_on: date, grace_days: int, today: date, *, answered: bool, moot: bool) -> CheckState:
    """Where a check stands: an answer stays one, whatever became of the point."""
    if answered:
        return CheckState.ANSWERED
    if moot:
        return CheckState.MOOT
    if today < due_on:
        return CheckState.COMING
    return CheckState.DUE if today <= due_on + timedelta(days=grace_days) else CheckState.LATE


def checked_look(window: Window, seen: Seen, seen_on: date | None, today: date) -> date | None:
    """The day of the look: none where nobody went; else one of the check's own days that has come."""
    if seen is Seen.NOT_LOOKED:
        if today < window.due_on:
            raise Invalid(gettext_noop("Ce contrôle n'est pas encore échu : il peut encore être fait."), field="seen")
        return None
    if seen_on is None:
        raise Invalid(gettext_noop("Indiquez le jour du passage."), field="seen_on")
    if seen_on > today:
        raise Invalid(gettext_noop("Ce jour n'est pas encore venu."), field="seen_on")
    if seen_on < window.due_on:
        raise Invalid(
            gettext_noop("Ce contrôle se fait à partir du %(on)s : un passage plus tôt ne dit rien de ce jour-là."),
            field="seen_on",
            on=window.due_on.strftime("%d/%m/%Y"),
        )
    if window.until and seen_on >= window.until:
        raise Invalid(
            gettext_noop("À partir du %(on)s, c'est le contrôle suivant qui répond de ce passage."),
            field="seen_on",
            on=window.until.strftime("%d/%m/%Y"),
        )
    return seen_on


def closing_proposed(
    state: DealPointState, dismantled_on: date | None, answers: Sequence[Seen | None], clean_days: int, today: date
) -> bool:
    """Whether the head may be asked to close: every check found no sale, and the days are over. He decides (W5)."""
    return (
        state is DealPointState.WATCH
        and dismantled_on is not None
        and today >= dismantled_on + timedelta(days=clean_days)
        and bool(answers)
        and all(seen is Seen.CLEAN for seen in answers)
    )


# -- the rate ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Dismantling:
    """One dismantling: its day, when the place was first reoccupied since, whether its sales left for another point."""

    on: date
    reoccupied_on: date | None
    left: bool
    answers: tuple[Seen | None, ...]


def fate(of: Dismantling, term_days: int, today: date) -> Fate:
    """What became of the place within the term (W5); a check without an answer says nothing, and never *clean*."""
    end = of.on + timedelta(days=term_days)
    if today <= end:
        return Fate.TOO_SOON
    if of.reoccupied_on is not None and of.reoccupied_on <= end:
        return Fate.REOCCUPIED
    if of.left:
        return Fate.MOVED
    if not of.answers or not all(seen in FREE for seen in of.answers):
        return Fate.UNKNOWN
    return Fate.MOVED if Seen.MOVED in of.answers else Fate.CLEAN


@dataclass(frozen=True, slots=True)
class Reoccupation:
    """Of the dismantlings whose term is over: how many places were reoccupied within it, and what is not known.

    `rate`: reoccupied among those of which it is known; `least` and `most`: among all of them, if none, or each, of
    the unknown ones had been reoccupied. `too_soon` are in none of these numbers.
    """

    dismantled: int
    reoccupied: int
    moved: int
    clean: int
    unknown: int
    too_soon: int
    rate: Share | None

    @property
    def least(self) -> float | None:
        """If no unknown place was reoccupied."""
        return self.reoccupied / self.dismantled if self.dismantled else None

    @property
    def most(self) -> float | None:
        """If every unknown place was."""
        return (self.reoccupied + self.unknown) / self.dismantled if self.dismantled else None


def reoccupation(dismantlings: Iterable[Dismantling], term_days: int, today: date) -> Reoccupation:
    """The rate of W5 over these dismantlings: reoccupied within the term / dismantled, with its interval."""
    fates = [fate(one, term_days, today) for one in dismantlings]
    counted = {kind: fates.count(kind) for kind in Fate}
    known = counted[Fate.REOCCUPIED] + counted[Fate.MOVED] + counted[Fate.CLEAN]
    return Reoccupation(
        dismantled=known + counted[Fate.UNKNOWN],
        reoccupied=counted[Fate.REOCCUPIED],
        moved=counted[Fate.MOVED],
        clean=counted[Fate.CLEAN],
        unknown=counted[Fate.UNKNOWN],
        too_soon=counted[Fate.TOO_SOON],
        rate=share(counted[Fate.REOCCUPIED], known),
    )
