"""« Ce qui m'attend »: what each role finds when it arrives, the most urgent first, without totals of hidden things."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.access.enums import OPERATIONAL_ROLES, Role
from recoupe.audit.actions import Ref
from recoupe.crosscheck import queries as crosscheck
from recoupe.deconfliction.actions import EVENT_SOON
from recoupe.deconfliction.dangers import NOTICE as DANGER
from recoupe.intelligence import permissions as intelligence_permissions
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.enums import ReportState
from recoupe.notices import queries
from recoupe.notices.queries import Glance, Waiting
from recoupe.web.crosscheck.shown import HitGlance, glances
from recoupe.web.intelligence import shown as reports
from recoupe.web.notices.folding import Many, counted, fold
from recoupe.web.notices.kinds import FOR_THE_SERVICES, KINDS
from recoupe.web.notices.lines import Line, late_contacts, lines, objectives_to_advance
from recoupe.web.shell import MAGISTRATES, opens, url_or_empty

CELLS = frozenset({Role.CROSS_ANALYST, Role.CROSS_HEAD})
WATCHERS = CELLS | {Role.OFAST_ANALYST}
SERVICES = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD, Role.DUTY_OFFICER})
READ, SHOWN, TOLD, HITS = 100, 12, 8, 6
# Of kinds that have no list of their own, so many are shown at once.
OF_A_KIND = 4
# What the line of an object that is late says better.
SAID_LATE = frozenset({"contact_requested"})
# How much waits by kind, as crosscheck.queries.waiting tells it.
Numbers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that one tile counts, the page where they are dealt with, and who always sees the tile."""

    name: str
    label: Promise
    kinds: frozenset[str]
    page: str
    always: frozenset[Role] = frozenset()
    tone: str = ""
    anchor: str = ""


def _of(prefix: str) -> frozenset[str]:
    return frozenset(name for name, kind in KINDS.items() if kind.act and name.startswith(prefix))


OBJECTIVES = _of("objective_")
SETTLED_BY_SIDES = frozenset({"settlement_proposed", "settlement_declined"})
GROUPS: tuple[Group, ...] = (
    Group("late", _("Contacts en retard"), frozenset({"contact_late"}), "contact-list", WATCHERS, "bad"),
    Group("triage", _("Fiches à trier ou à relire"), _of("report_"), "report-list", CELLS),
    Group(
        "categories", _("Qualités à déterminer"), frozenset({"person_category"}), "report-list",
        anchor="?undetermined=on",
    ),
    Group("judge", _("Recoupements à juger"), frozenset({"judgement"}), "hit-list", WATCHERS, anchor="#a-juger"),
    Group("hits", _("Nouveaux recoupements"), FOR_THE_SERVICES, "hit-list", SERVICES | CELLS),
    Group("withdrawn", _("Recoupements retirés"), frozenset({"hit_withdrawn"}), "hit-list", tone="warn"),
    Group(
        "contacts", _("Contacts qui attendent un mot"),
        _of("contact_") | SETTLED_BY_SIDES
        | {"message", "resolution_proposed", "release_requested", "agreement_answered"},
        "contact-list", SERVICES,
    ),
    Group(
        "agreements", _("Accords demandés"), frozenset({"agreement_asked", "opinion_asked"}), "agreement-list",
        MAGISTRATES,
    ),
    Group(
        "objectives", _("Objectifs à faire avancer"),
        OBJECTIVES | {"objective_late", "objective_unallocated", "objective_next"},
        "objective-list", CELLS | {Role.PROSECUTOR, Role.UNIT_HEAD},
    ),
    Group("settlements", _("Conflits à proposer"), frozenset({"settlement_to_propose"}), "registry-desk"),
    Group("targets", _("Inscriptions au fichier"), _of("target_"), "target-list", frozenset({Role.REGISTRY_MANAGER})),
    Group("dangers", _("Dangers à accuser"), frozenset({DANGER}), "danger-list", tone="bad"),
    Group("events", _("Événements en conflit, bientôt"), frozenset({EVENT_SOON}), "event-list", tone="warn"),
    Group("points", _("Points de deal à vérifier"), _of("dealpoint_"), "dealpoint-list"),
    Group("checks", _("Contrôles de reprise"), _of("check_"), "followup-board", tone="warn"),
    Group("imports", _("Fichiers à ouvrir"), frozenset({"import_to_open"}), "import-list"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tile:
    """One count, and where to go."""

    label: Promise
    value: str
    url: str
    tone: str


@dataclass(frozen=True, slots=True)
class Tool:
    """One door for a role without business content."""

    title: Promise
    text: Promise
    icon: str
    url: str


_TOOLS: tuple[tuple[str, Promise, Promise, str], ...] = (
    ("journal", _("Journal des opérations"), _("Qui a lu, écrit ou cherché quoi, et pourquoi."), "journal"),
    ("plan-board", _("Tableau du plan"), _("Les 55 mesures et ce que les données en disent."), "plan"),
    ("habilitation-list", _("Habilitations"), _("Désigner un agent, retirer un droit, muter un agent."), "key"),
    ("watch-desk", _("Veille"), _("Les dangers en cours sur le terrain, et qui appeler."), "phone"),
    ("technical", _("État technique"), _("Processus, versions et travaux en attente, sans aucun contenu."), "gear"),
)


@dataclass(frozen=True, slots=True)
class Home:
    """Everything that the page shows."""

    tiles: list[Tile] = field(default_factory=list)
    tasks: list[Line | Many] = field(default_factory=list)
    more: bool = False
    told: list[Line] = field(default_factory=list)
    drafts: list[reports.Line] = field(default_factory=list)
    own: list[reports.Line] = field(default_factory=list)
    hits: list[HitGlance] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    writes: bool = False

    @property
    def refs(self) -> list[Ref]:
        """What is shown, for the journal."""
        found: list[Ref] = [line.ref for line in (*self.tasks, *self.told) if isinstance(line, Line)]
        found += [("report", line.report.id) for line in (*self.drafts, *self.own)]
        found += [("hit", row.side.id) for row in self.hits]
        return list(dict.fromkeys(found))

    @property
    def folded(self) -> list[str]:
        """The kinds that are only counted, for the journal."""
        return [line.kind for line in self.tasks if isinstance(line, Many)]


def home(agent: Agent) -> Home:
    """What waits for this agent."""
    if agent.roles.isdisjoint(OPERATIONAL_ROLES):
        return Home(tools=_tools(agent))
    now = timezone.now()
    watches = agent.has(*WATCHERS)
    asked = frozenset(name for name, kind in KINDS.items() if kind.act) - (FOR_THE_SERVICES if watches else set())
    numbers = crosscheck.waiting(agent, FOR_THE_SERVICES) if watches else {}
    glance = queries.glance(agent, now, asked, frozenset(KINDS) - asked - FOR_THE_SERVICES, (READ, TOLD))
    # Both at once: what they are about is asked of each room once.
    noticed = lines(agent, [*_acts(glance, asked), *glance.told], now)
    tasks = _tasks(agent, [line for line in noticed if line.kind in asked], now)
    beyond = _beyond(agent, asked, numbers, glance)
    folded = fold(tasks, beyond)
    shown = _glance(folded)
    writes = intelligence_permissions.can_create(agent)
    own = _own(agent) if writes else []
    return Home(
        tiles=_tiles(agent, tasks, beyond, numbers),
        tasks=shown,
        more=len(folded) > len(shown),
        told=[line for line in noticed if line.kind not in asked],
        drafts=[line for line in own if line.state is ReportState.DRAFT],
        own=[line for line in own if line.state is not ReportState.DRAFT],
        hits=glances(crosscheck.latest(agent, HITS)) if watches else [],
        tools=_tools(agent),
        writes=writes,
    )


def _acts(glance: Glance, asked: frozenset[str]) -> list[Waiting]:
    """The notices that ask for an act, the late ones first."""
    late = [notice for notice in glance.late if notice.kind in asked]
    # An objective is told by where it stands, as its list tells it: a notice of it may be older than its last step.
    return [notice for notice in (*late, *glance.asked) if notice.record_kind != "objective"]


def _tasks(agent: Agent, waiting: list[Line], now: datetime) -> list[Line]:
    """What asks for an act, the most pressing first, one line an object late twice."""
    late_already = {line.ref for line in waiting if line.overdue}
    more = [line for line in late_contacts(agent, now) if line.ref not in late_already]
    doubled = {line.ref for line in more}
    kept = [line for line in waiting if line.kind not in SAID_LATE
            or line.ref not in doubled]  # fmt: skip
    return sorted([*kept, *more, *objectives_to_advance(agent, now)], key=lambda line: line.pressing)


def _beyond(agent: Agent, asked: frozenset[str], numbers: Numbers, glance: Glance) -> frozenset[str]:
    """The kinds of which more wait than were read: their counts are only lower bounds."""
    if len(glance.asked) < READ:
        return frozenset()
    read = [*(notice for notice in glance.late if notice.kind in asked), *glance.asked]
    had = Counter(kind for kind, _ in {(notice.kind, notice.record_id) for notice in read})
    noticed = asked - OBJECTIVES
    waiting = numbers or {kind: len(ids) for kind, ids in queries.named(agent).items()}
    return frozenset(kind for kind, number in waiting.items() if kind in noticed and number > had[kind])


def _glance(tasks: Sequence[Line | Many]) -> list[Line | Many]:
    """All that is late, then a few of each kind, in their order."""
    seen, kept = Counter[str](), list[Line | Many]()
    for line in tasks:
        seen[line.kind] += 1
        if line.overdue or seen[line.kind] <= OF_A_KIND:
            kept.append(line)
    return kept[:SHOWN]


def _tiles(agent: Agent, tasks: Sequence[Line], beyond: frozenset[str], numbers: Numbers) -> list[Tile]:
    met = Counter({kind: number for kind, number in numbers.items() if kind in FOR_THE_SERVICES})
    made = []
    for group in GROUPS:
        # One object that waits for two reasons is one thing to deal with.
        objects = {line.ref for line in tasks if line.kind in group.kinds}
        number = _late(tasks) if group.name == "late" else len(objects) + sum(met[kind] for kind in group.kinds)
        url = url_or_empty(group.page)
        wanted = number > 0 or not agent.roles.isdisjoint(group.always)
        if wanted and url and opens(url, agent.roles):
            value = _value(number, more=not group.kinds.isdisjoint(beyond))
            made.append(Tile(group.label, value, url + group.anchor, group.tone if number else ""))
    return made


def _late(tasks: Iterable[Line]) -> int:
    return sum(1 for line in tasks if line.overdue and line.ref[0] == "contact")


def _value(number: int, *, more: bool) -> str:
    """A count; what is only counted up to some hundreds, or was not read to the end, says so."""
    most = READ if number < queries.COUNTED_AT_MOST else queries.COUNTED_AT_MOST
    return counted(min(number, most), more=more or number >= most)


def _own(agent: Agent) -> list[reports.Line]:
    return reports.lines(intelligence.own(agent))


def _tools(agent: Agent) -> list[Tool]:
    """The doors of roles that hold no case data."""
    made = []
    for name, title, text, icon in _TOOLS:
        url = url_or_empty(name)
        if url and opens(url, agent.roles) and agent.roles.isdisjoint(OPERATIONAL_ROLES):
            made.append(Tool(title, text, icon, url))
    return made
