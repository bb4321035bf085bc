"""What every staff page carries around its content: demo band, agent, purpose, navigation, languages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, get_resolver, get_script_prefix, resolve, reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.access.enums import OPERATIONAL_ROLES, OVERSEERS, Role
from recoupe.web.markup import icon, text
from recoupe.web.policy import AUTHORITY, EVERYONE, HEADS, policy_of
from recoupe.web.stepup import signin_origin

WRITERS = frozenset(
    {Role.INVESTIGATOR, Role.UNIT_HEAD, Role.DUTY_OFFICER, Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST}
)
IMPORTERS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST})
CASE_HOLDERS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD, Role.PROSECUTOR, Role.EXAMINING_JUDGE})
REGISTRY = CASE_HOLDERS | {Role.REGISTRY_MANAGER}
UNITS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD, Role.DUTY_OFFICER})
PLANNERS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD})
MEASURERS = frozenset({Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST})
# Who answers the telephone of a unit, of a cell, of the office.
DESKS = WRITERS - {Role.INVESTIGATOR}
DECIDERS = WRITERS | {Role.PROSECUTOR}
MAGISTRATES = frozenset({Role.PROSECUTOR, Role.EXAMINING_JUDGE})
_NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Entry:
    """One door of the house: its page, its label, the letter typed after `g`, and who sees it."""

    name: str
    label: Promise
    icon: str
    letter: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Group:
    """A titled part of the navigation; the first one has no title."""

    label: Promise | str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one agent sees it on one page."""

    url: str
    label: Promise
    icon: str
    letter: str
    current: bool


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """A part of the navigation that has at least one link for this agent."""

    label: Promise | str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Doors:
    """The navigation as it is written, and its letters."""

    links: SafeString
    shortcuts: SafeString


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything that base.html needs; pages read it as `shell`."""

    demo: bool
    agent: Agent | None
    links: SafeString
    shortcuts: SafeString
    # What the page shows twice, once it is written.
    written: dict[str, SafeString]
    search_url: str
    new_report_url: str
    purpose_url: str
    keys_url: str
    reminders_url: str
    sign_out_url: str
    language_url: str
    language: str
    languages: tuple[tuple[str, str], ...]


NAVIGATION: tuple[Group, ...] = (
    Group(
        "",
        (
            Entry("home", _("Accueil"), "home", "a", EVERYONE),
            Entry("search", _("Recherche"), "search", "f", OPERATIONAL_ROLES),
        ),
    ),
    Group(
        _("Renseignement"),
        (
            Entry("report-new", _("Nouveau renseignement"), "plus", "n", WRITERS),
            Entry("report-list", _("Renseignements"), "report", "s", OPERATIONAL_ROLES),
            Entry("hit-list", _("Recoupements"), "hit", "r", WRITERS),
            Entry("contact-list", _("Contacts"), "contact", "c", DECIDERS),
            Entry("agreement-list", _("Accords demandés"), "check", "v", MAGISTRATES),
            Entry("case-list", _("Procédures"), "scale", "d", CASE_HOLDERS),
            Entry("target-list", _("Fichier des objectifs"), "target", "b", REGISTRY),
            Entry("registry-desk", _("Bureau du fichier"), "plan", "g", frozenset({Role.REGISTRY_MANAGER})),
            Entry("conflict-list", _("Mes conflits"), "warning", "z", UNITS),
            Entry("import-list", _("Imports"), "import", "i", IMPORTERS),
            Entry("reads", _("Qui a lu nos fiches"), "journal", "q", HEADS),
        ),
    ),
    Group(
        _("Terrain"),
        (
            Entry("dealpoint-map", _("Carte"), "map", "m", DECIDERS),
            Entry("dealpoint-list", _("Points de deal"), "pin", "p", DECIDERS),
            Entry("presence-list", _("Présence"), "clock", "3", PLANNERS),
            Entry("presence-figures", _("Effort et faits"), "plan", "4", MEASURERS),
            Entry("followup-board", _("Suivi après opération"), "clock", "5", DECIDERS),
        ),
    ),
    Group(
        _("Action"),
        (
            Entry("event-list", _("Événements"), "pin", "x", PLANNERS),
            Entry("watch-desk", _("Veille"), "phone", "2", frozenset({Role.WATCH_DESK})),
            Entry("danger-list", _("Dangers"), "warning", "1", DESKS),
            Entry("objective-list", _("Objectifs"), "target", "o", DECIDERS),
            Entry("plan-board", _("Tableau du plan"), "plan", "l", OPERATIONAL_ROLES | {Role.DPO, Role.PLAN_MANAGER}),
            Entry("plan-committee", _("Comité des ministres"), "plan", "6", frozenset({Role.PLAN_MANAGER})),
        ),
    ),
    Group(
        _("Contrôle"),
        (
            Entry("journal", _("Journal"), "journal", "j", OVERSEERS),
            Entry("retractions", _("Jugements repris"), "hit", "y", OVERSEERS),
            Entry("habilitation-list", _("Habilitations"), "key", "h", frozenset({Role.DESIGNATING_AUTHORITY})),
            Entry("cell-list", _("Services des cellules"), "building", "u", frozenset({Role.DESIGNATING_AUTHORITY})),
            Entry("key-list", _("Clés d'outils"), "key", "k", HEADS | AUTHORITY),
            Entry("recovery-list", _("Accès à confirmer"), "user", "w", HEADS | AUTHORITY),
            Entry("review-list", _("Revue des habilitations"), "check", "e", frozenset({Role.DESIGNATING_AUTHORITY})),
            Entry("technical", _("État technique"), "gear", "t", frozenset({Role.SYSADMIN})),
        ),
    ),
)


def url_or_empty(name: str) -> str:
    """The address of a page, or nothing while this process does not serve it."""
    return _address(name, get_resolver(), get_script_prefix())


@lru_cache(maxsize=256)
def _address(name: str, _addresses: object, _prefix: str) -> str:
    """Found once a process, as it is the same for every reader; the other arguments are what it depends on."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def page_of(name: str, identity: UUID) -> str:
    """The page of one record, or nothing while this process does not serve it."""
    return pages_of(name)(identity)


def pages_of(name: str, *more: str) -> Callable[[UUID], str]:
    """The same for many records of a kind, `more` behind each: where their pages stand is asked once."""
    before, found, after = _frame(name, more, get_resolver(), get_script_prefix()).partition(_NOBODY)
    return lambda identity: f"{before}{identity}{after}" if found else ""


@lru_cache(maxsize=256)
def _frame(name: str, more: tuple[str, ...], _addresses: object, _prefix: str) -> str:
    """The page of no record: a list resolves its address once, and puts its identifiers in by itself."""
    try:
        return reverse(name, args=[UUID(_NOBODY), *more])
    except NoReverseMatch:
        return ""


def opens(url: str, roles: frozenset[Role]) -> bool:
    """Whether the page's own policy lets one of these roles in: a door that would refuse is not shown."""
    view = _view(url, get_resolver())
    if view is None:
        return False
    demanded = policy_of(view)
    return demanded is None or not demanded.roles.isdisjoint(roles)


@lru_cache(maxsize=256)
def _view(url: str, _addresses: object) -> Callable[..., Any] | None:
    """The view of an address, None where nothing is served; the other argument is what it depends on."""
    try:
        return resolve(url).func
    except Resolver404:
        return None


def _current(path: str, urls: Iterable[str]) -> str:
    """The most precise entry that contains this path, so that /reports/new/ does not light up /reports/."""
    inside = [u for u in urls if path == u or (u != "/" and u.endswith("/") and path.startswith(u))]
    return max(inside, key=len, default="")


def navigation(roles: frozenset[Role], path: str, groups: Sequence[Group] = NAVIGATION) -> tuple[LinkGroup, ...]:
    """The entries that one of these roles opens and that this process serves."""
    named = {e.name: url_or_empty(e.name) for g in groups for e in g.entries if not roles.isdisjoint(e.roles)}
    urls = {name: url for name, url in named.items() if url and opens(url, roles)}
    current = _current(path, urls.values())
    shown = (
        LinkGroup(
            group.label,
            tuple(
                Link(urls[e.name], e.label, e.icon, e.letter, urls[e.name] == current)
                for e in group.entries
                if e.name in urls
            ),
        )
        for group in groups
    )
    return tuple(group for group in shown if group.links)


def links(groups: Iterable[LinkGroup]) -> SafeString:
    """The lists of the navigation, which a page carries twice: beside the content and in the small screen's menu."""
    return SafeString("\n".join(_group(group) for group in groups))


def _group(group: LinkGroup) -> str:
    title = f'<p class="nav__title">{text(group.label)}</p>' if group.label else ""
    return f'<div>\n{title}\n<ul class="nav__list">\n{"".join(map(_item, group.links))}</ul>\n</div>'


def shortcuts(groups: Iterable[LinkGroup]) -> SafeString:
    """The letters of the doors, for the help of the keyboard."""
    return SafeString(
        "".join(
            f"<dt><kbd>g</kbd> <kbd>{text(link.letter)}</kbd></dt><dd>{text(link.label)}</dd>"
            for group in groups
            for link in group.links
        )
    )


def _item(link: Link) -> str:
    here = ' aria-current="page"' if link.current else ""
    door = f'<a class="nav__link" href="{text(link.url)}" data-key="{text(link.letter)}"{here}>'
    return f"<li>{door}{icon(link.icon)}<span>{text(link.label)}</span></a></li>\n"


@lru_cache(maxsize=512)
def _urls(roles: frozenset[Role], _addresses: object, _prefix: str) -> tuple[str, ...]:
    """The pages behind the doors of these roles."""
    return tuple(link.url for group in navigation(roles, "") for link in group.links)


@lru_cache(maxsize=512)
def _doors(roles: frozenset[Role], current: str, _language: str, _addresses: object, _prefix: str) -> Doors:
    """The navigation of these roles on the pages of one entry, written once a language."""
    groups = navigation(roles, current)
    return Doors(links(groups), shortcuts(groups))


def shell(request: HttpRequest) -> Shell:
    """The surroundings of one request; works without an agent, for pages shown before or without sign-in."""
    agent: Agent | None = getattr(request, "agent", None)
    roles = agent.roles if agent else frozenset[Role]()
    new_report, reminders = url_or_empty("report-new"), url_or_empty("reminders")
    served = (get_resolver(), get_script_prefix())
    language = get_language() or settings.LANGUAGE_CODE
    doors = _doors(roles, _current(request.path, _urls(roles, *served)), language, *served)
    return Shell(
        demo=settings.DEMO,
        agent=agent,
        links=doors.links,
        shortcuts=doors.shortcuts,
        written={},
        search_url=url_or_empty("search") if not roles.isdisjoint(OPERATIONAL_ROLES) else "",
        new_report_url=new_report if new_report and opens(new_report, roles) else "",
        purpose_url=url_or_empty("purpose"),
        keys_url=signin_origin(request) + "/cles/" if agent else "",
        reminders_url=reminders if reminders and opens(reminders, roles) else "",
        sign_out_url=url_or_empty("sign-out"),
        language_url=url_or_empty("set_language"),
        language=language,
        languages=tuple(settings.LANGUAGES),
    )


def context(request: HttpRequest) -> dict[str, Any]:
    """Template context processor of the staff site."""
    made = shell(request)
    return {"shell": made, "agent": made.agent}
