"""Many things of one kind as one line that leads to their list: nine reports must not hide the one pair to judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recoupe.web.notices.lines import About, Line
from recoupe.web.shell import url_or_empty

# Up to this many of a kind are told apart.
APART = 3


@dataclass(frozen=True, slots=True)
class Several:
    """The words of a kind when there are many, and the list where they are dealt with, narrowed to them."""

    label: Promise
    page: str
    within: str


SEVERAL: Mapping[str, Several] = {
    "report_to_triage": Several(_("Fiches à trier"), "report-list", "?state=SUBMITTED"),
    "report_to_review": Several(_("Fiches à réexaminer"), "report-list", "?state=REVIEW_DUE"),
    "person_category": Several(_("Qualités à déterminer"), "report-list", "?undetermined=on"),
    "judgement": Several(_("Recoupements à juger"), "hit-list", "#a-juger"),
    "dealpoint_reported": Several(_("Points de deal à vérifier"), "dealpoint-list", "?state=REPORTED"),
    "dealpoint_duplicate": Several(_("Doublons présumés à trancher"), "dealpoint-list", "?state=DUPLICATE"),
    "objective_proposed": Several(_("Objectifs à examiner"), "objective-list", "?group=instruction"),
    "objective_to_prosecutor": Several(_("Objectifs à décider"), "objective-list", "?group=parquet"),
    "objective_validated": Several(_("Objectifs validés, à attribuer"), "objective-list", "?group=attribution"),
    "objective_reopened": Several(_("Objectifs rouverts"), "objective-list", "?group=instruction"),
}


@dataclass(frozen=True, slots=True)
class Many:
    """All that waits of one kind, counted among what the agent reads."""

    kind: str
    label: str
    about: About
    at: datetime
    due_at: datetime | None
    overdue: bool


def fold(tasks: Sequence[Line], beyond: frozenset[str]) -> list[Line | Many]:
    """The lines in their order, many of a kind as one in the place of the first; lives at risk are always told apart.

    `beyond` names the kinds of which more wait than were read.
    """
    alike: dict[str, list[Line]] = {}
    for line in tasks:
        if line.kind in SEVERAL and not line.about.urgent:
            alike.setdefault(line.kind, []).append(line)
    many = {kind: found for kind, found in alike.items() if len(found) > APART}
    kept: list[Line | Many] = []
    for line in tasks:
        if line.about.urgent or line.kind not in many:
            kept.append(line)
        elif line is many[line.kind][0]:
            kept.append(_many(many[line.kind], more=line.kind in beyond))
    return kept


def counted(number: int, *, more: bool) -> str:
    """A count among what was read, which says so when more may wait."""
    return gettext("%(n)s et plus") % {"n": number} if more else str(number)


def _many(found: Sequence[Line], *, more: bool) -> Many:
    several = SEVERAL[found[0].kind]
    late = sum(line.overdue for line in found)
    oldest = timezone.localtime(min(line.at for line in found))
    said = [gettext("Depuis le %(day)s") % {"day": date_format(oldest, "SHORT_DATE_FORMAT")}]
    if late:
        said.append(ngettext("%(n)s en retard", "%(n)s en retard", late) % {"n": late})
    words = {"what": several.label, "n": counted(len(found), more=more)}
    return Many(
        kind=found[0].kind,
        label=gettext("%(what)s : %(n)s") % words,
        about=About(" · ".join(said), url_or_empty(several.page) + several.within),
        at=max(line.at for line in found),
        due_at=min((line.due_at for line in found if line.due_at), default=None),
        overdue=bool(late),
    )
