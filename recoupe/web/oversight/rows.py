"""The rows of judgements taken back, and of whom they reached, written by functions; whatever they hold is escaped."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recoupe.audit.reading import Touch
from recoupe.crosscheck.retracted import Retraction
from recoupe.web.intelligence.shown import unit_name
from recoupe.web.markup import door, list_line, moment, text

# What a room made on the wrong ground, or what somebody did with it.
WHAT: Mapping[str, Promise] = {
    "hit": _("a su le recoupement"),
    "contact": _("a pris contact"),
    "release": _("a reçu une fiche"),
    "disclosure": _("figure au registre des communications"),
    "objective": _("a fondé un objectif"),
    "consult": _("a ouvert"),
    "print": _("a imprimé"),
    "export": _("a exporté"),
}


def rows(found: Iterable[Retraction], units: Mapping[UUID, str]) -> SafeString:
    """The list: which unit took a judgement back, from when to when it stood."""
    return SafeString("\n".join(_retraction(one, units[one.unit]) for one in found))


def _retraction(one: Retraction, unit: str) -> str:
    said = gettext("jugement %(judgement)s") % {"judgement": str(one.judgement)[:8]}
    span = f'<span>{moment(one.at)}</span><span aria-hidden="true">→</span><span>{moment(one.retracted_at)}</span>'
    return list_line(door(f"{reverse('retractions')}?reprise={one.id}", unit), text(said), span)


def touch_rows(touches: Iterable[Touch], people: Mapping[UUID, str]) -> SafeString:
    """Whom it reached: service, agent where the journal names one, what he did, when first and how often."""
    return SafeString("\n".join(_touch(touch, people) for touch in touches))


def _touch(touch: Touch, people: Mapping[UUID, str]) -> str:
    who = people.get(touch.agent, "") if touch.agent else ""
    what = str(WHAT.get(touch.what, touch.what))
    often = ngettext("%(n)s fois", "%(n)s fois", touch.times) % {"n": touch.times} if touch.agent else ""
    cells = (
        (gettext("Service"), text(unit_name(touch.unit))),
        (gettext("Agent"), text(who)),
        (gettext("Ce qui s'est passé"), f'{text(what)} <span class="muted small">{text(often)}</span>'),
    )
    told = "".join(f'<td data-label="{text(label)}"><span>{cell}</span></td>' for label, cell in cells)
    return f'<tr><th scope="row">{moment(touch.at, True)}</th>{told}</tr>'
