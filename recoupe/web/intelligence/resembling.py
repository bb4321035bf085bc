"""Who is like those typed, among what the agent reads: with the reasons, and how many strangers chance alone gives."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import waterfall
from recoupe.crosscheck.asking import alike
from recoupe.crosscheck.question import MOST_PEOPLE, Answer, Chance, Found, State, named
from recoupe.intelligence import permissions, queries
from recoupe.kernel.matchable import Subject
from recoupe.kernel.person import PersonName
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import SelectorKind, propose
from recoupe.matching.record import COMPARISONS
from recoupe.web.crosscheck.shown import StepRow, step_rows
from recoupe.web.intelligence import shown
from recoupe.web.intelligence.report_forms import PersonRows, Rows, SelectorRows
from recoupe.web.intelligence.shown import Line
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

PERSONS, SELECTORS = "persons", "selectors"
LEAST = 0.001
# A year, or a whole date, beside a name.
_BIRTH = re.compile(r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-])?(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Match:
    """One report in which somebody is alike, and what weighs for and against; `number` tells the waterfalls apart."""

    line: Line
    steps: list[StepRow]
    total: float
    number: int


@dataclass(frozen=True, slots=True)
class Group:
    """Whom one of the people typed is like, and what chance alone gives."""

    title: str
    matches: list[Match]
    chance: str


@dataclass(frozen=True, slots=True)
class Resemblances:
    """What the page says: the matches, or one sentence why there are none."""

    groups: list[Group]
    away: bool = False
    budget: int = 0
    # How many people are asked about at once, where more were typed.
    most: int = 0

    @property
    def matched(self) -> bool:
        """Whether anybody is alike."""
        return any(group.matches for group in self.groups)


@policy(roles=permissions.AUTHORS)
@require_POST
def report_alike(request: StaffRequest) -> HttpResponse:
    """As a fragment, while a report is typed: of its people, whom the reports that the author reads already name."""
    people = people_of(request.POST)
    return render(request, "intelligence/_alike.html", {"alike": resemblances(request, people), "typing": True})


def people_of(data: QueryDict) -> list[tuple[str, Subject]]:
    """Those whom the form names, each with the identifiers that are his; alone, all that the form holds."""
    persons, selectors = PersonRows(data, prefix=PERSONS), SelectorRows(data, prefix=SELECTORS)
    persons.is_valid()
    selectors.is_valid()
    owned, free = _identifiers(selectors, data.getlist("selector"))
    filled = persons.filled
    found = []
    for row in filled:
        typed = persons.forms[row].cleaned_data
        family, given = typed.get("family", ""), typed.get("given", "")
        his = owned.get(row + 1, []) + (free if len(filled) == 1 else [])
        aliases = tuple(part.strip() for part in typed.get("aliases", "").split(",") if part.strip())
        title = f"{given} {family}".strip() or gettext("Personne n° %(number)s") % {"number": row + 1}
        place = typed.get("birth_commune", "")
        found.append((title, Subject(family, given, aliases, typed.get("birth", ""), place, tuple(his))))
    if not found and len(free) > 1:
        # One identifier is told by its own chip; two may be of somebody whom a third record names.
        found.append((gettext("Ces identifiants"), Subject("", "", (), "", "", tuple(free))))
    return found


def _identifiers(
    selectors: Rows, ticked: Iterable[str]
) -> tuple[dict[int, list[tuple[str, str]]], list[tuple[str, str]]]:
    """Those that are said to be of a person, by his row, and all others, the ticked ones first."""
    kinds = {kind.value for kind in SelectorKind if kind is not SelectorKind.PERSON}
    parts = (key.partition(":") for key in ticked)
    free = [(kind, value) for kind, _colon, value in parts if kind in kinds and value]
    owned: dict[int, list[tuple[str, str]]] = {}
    for row in selectors.filled:
        typed = selectors.forms[row].cleaned_data
        kind, raw, owner = typed.get("kind", ""), typed.get("raw", ""), typed.get("person", "").strip()
        if kind not in kinds or not raw:
            continue
        number = int(owner) if owner.isascii() and owner.isdigit() and len(owner) < 4 else 0
        (owned.setdefault(number, []) if number else free).append((kind, raw))
    return owned, free


def looked_for(typed: str, kind: str) -> list[tuple[str, Subject]]:
    """Who is meant by the one field of a search: an identifier, or a name with or without a year of birth."""
    if kind and kind != SelectorKind.PERSON:
        return [(typed, Subject("", "", (), "", "", ((kind, typed),)))]
    if not kind:
        whole = [mention for mention in propose(typed) if mention.end - mention.start >= len(typed.strip())]
        if whole and whole[0].selector.kind is not SelectorKind.PERSON:
            return looked_for(typed, whole[0].selector.kind.value)
    born = _BIRTH.search(typed)
    try:
        name = PersonName.parse(_BIRTH.sub(" ", typed).strip())
    except Invalid:
        return []
    if not (name.family or name.given):
        return []
    return [(typed, Subject(name.family, name.given, (), born[0] if born else "", "", ()))]


def resemblances(
    request: StaffRequest, people: Sequence[tuple[str, Subject]], *, loosely: bool = False, but: Collection[UUID] = ()
) -> Resemblances | None:
    """Ask, show and write down what is shown; None where nobody was typed. `but`: reports shown already."""
    typed = [(title, one) for title, one in people if named(one)]
    asked = typed[:MOST_PEOPLE]
    if not asked:
        return None
    answer = alike(request.session_token, [one for _, one in asked], loosely=loosely)
    if answer.state is not State.ANSWERED:
        return Resemblances([], away=answer.state is State.AWAY, budget=answer.budget)
    found = {one.record_id for each in answer.found for one in each} - set(but)
    # Asked again of the base: what the matcher tells is shown as far as this session reads it now.
    reports = queries.reports(request.agent, found)
    record(
        Operation.SEARCH,
        refs=[("report", one) for one in sorted(reports)],
        details={"what": "likeness"},
        result_count=len(reports),
    )
    lines = {line.report.id: line for line in shown.lines(reports.values())}
    return Resemblances(_groups(asked, answer, lines), most=MOST_PEOPLE if len(typed) > MOST_PEOPLE else 0)


def _groups(people: Sequence[tuple[str, Subject]], answer: Answer, lines: dict[UUID, Line]) -> list[Group]:
    groups, number = [], 0
    for (title, _one), each, chance in zip(people, answer.found, answer.chances, strict=True):
        matches = []
        for one in (one for one in each if one.record_id in lines):
            number += 1
            matches.append(_match(lines[one.record_id], one, number))
        groups.append(Group(title, matches, _chance(chance)))
    return groups


def _match(line: Line, found: Found, number: int) -> Match:
    steps = waterfall.read(found.steps)
    return Match(line, step_rows(steps), sum(step.bits for step in steps), number)


def _chance(chance: Chance) -> str:
    """How many strangers a question of this kind meets: of the kind and the holding, never of one record."""
    if not chance.comparisons:
        return ""
    return gettext(
        "Parmi %(holding)s personnes, %(strangers)s s'accordent par hasard avec tout ce que vous avez écrit (%(what)s)."
    ) % {
        "holding": number_format(chance.holding, force_grouping=True),
        "strangers": _number(chance.strangers),
        "what": ", ".join(_inside(gettext(COMPARISONS[n].label)) for n in chance.comparisons if n in COMPARISONS),
    }


def _inside(label: str) -> str:
    """As it is written in the middle of a sentence; IMEI stays as it is."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _number(strangers: float) -> str:
    if strangers < LEAST:
        return gettext("moins de %(least)s") % {"least": number_format(LEAST)}
    shown = int(strangers) if strangers >= 1 else strangers
    return gettext("environ %(number)s") % {"number": number_format(shown, force_grouping=True)}
