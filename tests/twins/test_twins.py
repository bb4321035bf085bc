"""Two worlds, one object apart: whoever may not read it is answered the same bytes (R-26, non-interference)."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape

import pytest
from django.db import connections
from django.utils.timezone import localtime

from recoupe.demo import discovery
from recoupe.kernel.selectors import STRENGTH_LABELS, Strength
from recoupe.reference.snapshot import forget
from tests.discovery.test_discovery import OWN_RULE
from tests.furnished import furnish
from tests.proof import falls_short, full, say, seed, size
from tests.twins import crawl as c
from tests.twins import remains, stories
from tests.twins.still import Still, clone, drop
from tests.world import TestAgent, World

pytestmark = pytest.mark.slow

LEARNING = ("police", "analyst", "prosecutor", "authority", "customs head")
# Minutes between what was there, the object, what follows it, and the crawl.
LATER = 10
MET_PHONES = [stories.PHONES["silent"], stories.PHONES["open"]]
WORDS = (stories.CANARY, stories.COMMON, stories.NAME[0], stories.LYON_CODE, "Les Cygnes", *MET_PHONES,
         *map(stories.later, MET_PHONES))  # fmt: skip
# What a hit never says of the other record.
SECRETS = tuple(word.encode() for word in (stories.CANARY, stories.NAME[0], stories.NAME[1], "Lyon", "PJ69-26-"))
# Where a hit shows to those whom it tells: its pages, the list and page of their own record, and the first page.
OF_A_HIT = frozenset({
    "", "recoupements/", "recoupements/<uuid:id>/", "contacts/", "contacts/<uuid:id>/", "renseignements/",
    "renseignements/<uuid:id>/", "renseignements/<uuid:id>/recoupements/", "renseignements/<uuid:id>/imprimer/",
    "evenements/<uuid:id>/", "evenements/<uuid:id>/conflits/", "conflits/", "recherche/", "journal/",
    "journal/repartition/",
})  # fmt: skip
# What comes with a side of a hit that one is told of: it has a page or a line of its own.
OF_A_SIDE = ("crosscheck_hitside", "crosscheck_contactthread", "notices_notice")
# Who of them may read a row of what is added, by the policy: the office H0 reports, points, objectives (P-19,
# P-27, P-28); whoever manages the registry, registrations (P-120); whoever designates, and the dpo, the services of a
# cell (P-80); of a hit, who reads the deposit's side (P-24), and where it is an event's, its whole unit (P-110);
# dangers, the watch desk (P-130). Anybody else who reads one is a leak, not an excuse.
COLLEAGUES = frozenset({"customs", "second customs"})
MAY_READ = {
    "hidden": {"office", "authority", "dpo", "registry manager", "watch desk"},
    "met": {"dpo", "registry manager", "watch desk", "bureau"},
    "open": {"dpo", "depositor", "customs head", "duty of customs", "analyst", "cell head", "office",
             "registry manager", *COLLEAGUES},
}  # fmt: skip
OF_A_REGISTRATION = {"targets_registeredtarget", "targets_targetstep", "notices_notice"}
OF_A_DANGER = {f"deconfliction_{name}" for name in ("danger", "dangerside", "watchline", "watchshift")}
# These ask every window of the map and every later page of a list, whatever chance draws.
ALWAYS = ("neighbour", "analyst next door", "analyst")
# Behind the scenes, those who made or read what was added.
OWNERS = ("officer", "near", "authority", "quiet", "analyst")
_BOARD = "SELECT day, code, department, numerator, denominator, withheld FROM plan_dailyfigure ORDER BY 1, 2, 3"
_LINE = re.compile(r'<li class="line">.*?</li>', re.DOTALL)
_OLDER = re.compile(r'<a class="button[^"]*" href="([^"]+)" rel="next">')
STRENGTHS = (Strength.CERTAIN, Strength.STRONG, Strength.WEAK)
# Of a record that meets something, its room, its table, and the pages that say so.
OWN_PAGES = {"report": ("renseignements", "intelligence_report", ("", "recoupements/", "imprimer/")),
             "event": ("evenements", "operations_event", ("", "conflits/"))}  # fmt: skip
# Kinds with a rule of their own that no story adds, and what holds them instead.
NO_STORY = {
    "access_agent": "an account hangs on no case data; who reads it (P-29) is compared row by row by tests/oracle",
    "access_habilitation": "as its account: its own agent and the authority read it; compared by tests/oracle",
    "access_mandate": "no page shows one, its own agent alone reads it (P-29); compared by SQL by tests/oracle",
    "access_disclosure": "comes with a release alone, of a record that is open; compared by tests/oracle",
} | {
    f"plan_{name}": "told of a measure to all who read figures, and of no case; compared by tests/oracle"
    for name in ("card", "decision", "evidence", "session", "snapshot", "value")
}
# What nobody of them but the dpo may read, by its code, its draft or its people: the office and the authority are
# held to it too, in the world of the met objects.
APART = ("near report", "draft", "attachment", "message", "case", "import", "events", "presence")
Story = Callable[[stories.Stage], None]


@dataclass
class Twin:
    """A second world: which family, what it has more, and what was found."""

    family: str
    names: tuple[str, ...]
    # The first world as nobody has asked it yet: to look at a notice marks it as seen.
    first: World
    world: World
    added: dict[str, frozenset[str]]
    wanted: dict[str, list[c.Asked]] = field(default_factory=dict)
    parted: list[c.Parted] = field(default_factory=list)
    # By identity, the tables of which it reads added rows.
    reading: dict[str, set[str]] = field(default_factory=dict)

    @property
    def compared(self) -> int:
        return sum(map(len, self.wanted.values()))


@dataclass
class Twins:
    """The first world, the second ones, and who asked."""

    first: World
    people: dict[str, TestAgent]
    stage: stories.Stage
    questions: c.Questions
    second: list[Twin]
    shift: Still
    # Tables that the application's role reads at all.
    readable: frozenset[str]

    def family(self, name: str) -> list[Twin]:
        return [twin for twin in self.second if twin.family == name]


FAMILIES: dict[str, dict[str, Story]] = {"hidden": stories.HIDDEN, "met": stories.MET, "open": stories.OPEN}
# Shares of the pages of `make test`: the most to the kinds that nothing may betray.
SHARES = {"hidden": 270, "met": 240, "open": 120}


def _lived(shift: Still, stage: stories.Stage, telling: dict[str, Story]) -> None:
    """What happens in a world: the objects, each drawn from a stream of its own, then what both worlds know."""
    for name, add in telling.items():
        with shift.act(stage.world, name, minutes=1):
            add(stage)
    with shift.act(stage.world, "afterwards", minutes=2):
        stories.afterwards(stage)


@pytest.fixture(scope="module")
def twins(world: World) -> Iterator[Twins]:
    house = furnish(world)
    stage = stories.set_stage(world)
    people = c.askers(house, stage.people["depositor"])
    stories.night(stage)
    tables = [name for name in house.tables() if name in c.MODELS]
    readable = frozenset(name for name in tables if house.tables()[name].may("recoupe_app", "SELECT"))
    connections["default"].close()
    shift = Still(seed())
    made: list[World] = []
    try:
        first = clone(world, f"{world.name}_one")
        made.append(first)
        _lived(shift, stage.in_(first), {})
        second = []
        for family, name, telling in _worlds():
            twin = clone(world, f"{world.name}_{len(made)}")
            made.append(twin)
            _lived(shift, stage.in_(twin), telling)
            connections["default"].close()
            alone = clone(first, f"{twin.name}_first")
            made.append(alone)
            second.append(Twin(family, name, alone, twin, c.rows_added(first, twin, tables)))
        with world.process("web"):
            ids = discovery.ids(lambda query, params: first.sql(query), house.tables())
            for added in (one.added for one in second):
                ids |= {table: sorted({*ids[table], *rows}) for table, rows in added.items() if table in ids}
            questions = c.Questions(house, ids, WORDS, LEARNING)
        yield _asked(Twins(first, people, stage, questions, second, shift, readable))
    finally:
        connections["default"].close()
        for clone_ in made:
            drop(clone_)
        # The next module's units are not silent.
        forget()


def _worlds() -> Iterator[tuple[str, tuple[str, ...], dict[str, Story]]]:
    """One second world a family in `make test`; in the proof one for each kind of object."""
    for family, all_of_it in FAMILIES.items():
        if full():
            yield from ((family, (name,), {name: add}) for name, add in all_of_it.items())
        else:
            together = all_of_it | ({name: stories.HIDDEN[name] for name in APART} if family == "met" else {})
            yield family, tuple(together), together


def _asked(twins: Twins) -> Twins:
    chance = random.Random(seed())
    twins.shift.at = twins.shift.at + timedelta(minutes=LATER)
    for twin in twins.second:
        pages = size(ci=SHARES[twin.family], full=10_500 // len(twins.second))
        added = frozenset(i for rows in twin.added.values() for i in rows)
        share = -(-pages // len(twins.people))
        twin.wanted = {name: twins.questions.draw(who, share, added, chance) for name, who in twins.people.items()}
        for name in ALWAYS:
            lists = twins.questions.queries(frozenset(str(role) for role in twins.people[name].roles))
            fixed = [asked for asked in lists if asked.path in (*c.WINDOWS, *c.TILES, *c.OLDER)]
            twin.wanted[name] = list(dict.fromkeys([*fixed, *twin.wanted[name]]))
        _every_address(twins, twin, added)
        one, two = c.Crawler(twin.first, twins.shift), c.Crawler(twin.world, twins.shift)
        for crawler in (one, two):
            c.crawl(crawler, twin.wanted, twins.people)
        twin.parted = c.parted(one, two, twin.wanted)
        with twin.world.process("web"):
            rows = {table: keys for table, keys in twin.added.items() if table in twins.readable}
            twin.reading = {name: c.reads(twin.world, who, rows) for name, who in twins.people.items()}
    return twins


def _every_address(twins: Twins, twin: Twin, added: frozenset[str]) -> None:
    """What chance left out is asked once, by the first who may: of an added object where there is one."""
    asked = {q.route for questions in twin.wanted.values() for q in questions}
    for among in (added, None):
        for name, who in twins.people.items():
            roles = frozenset(str(role) for role in who.roles)
            for question in (*twins.questions.lists(roles), *twins.questions.objects(roles, among)):
                if question.route not in asked:
                    asked.add(question.route)
                    twin.wanted[name].append(question)


def test_every_kind_of_object_is_added(twins: Twins) -> None:
    """A kind that discovery finds later and that no story adds turns this red."""
    added = {table for twin in twins.family("hidden") for table in twin.added}
    assert set(discovery.kinds()) - added == set()


def test_what_has_a_rule_of_its_own_is_added_or_says_why_not(twins: Twins) -> None:
    """Accounts, notices, the register: what no story adds has its reason, and a new one needs one or the other."""
    added = {table for twin in twins.second for table in twin.added}
    assert OWN_RULE - added == set(NO_STORY)


def test_the_map_and_later_pages_are_asked_and_answer(twins: Twins) -> None:
    """A list that refuses the question would show nothing, and so tell nothing apart."""
    for twin in twins.second:
        asked = {q.path for questions in twin.wanted.values() for q in questions}
        assert set(c.WINDOWS) | set(c.TILES) <= asked and set(c.OLDER) <= asked, twin.names
    who = {"analyst": [c.Asked(path, "") for path in (*c.WINDOWS, *c.TILES, *c.OLDER)]}
    crawler = c.Crawler(twins.first, twins.shift)
    c.crawl(crawler, who, twins.people)
    said = [(asked.path, answer.status) for (_, asked), answer in crawler.told.items()]
    # A tile where nothing is drawn is no content.
    assert {status for path, status in said if path not in c.TILES} == {200}
    assert 200 in {status for path, status in said if path in c.TILES} <= {200, 204}


def held_to(twin: Twin) -> list[str]:
    """The identities that read nothing of what was added, but the lines of the journal that they are owed."""
    owed = {table for table, _ in c.OWED.values()}
    return [name for name, tables in twin.reading.items() if tables <= owed]


def leaks(twin: Twin, held: list[str]) -> list[c.Parted]:
    """Where one of these sees another world, though nothing of it is his."""
    owed = {route: table for route, (table, _) in c.OWED.items()}
    return [p for p in twin.parted if p.who in held and owed.get(p.asked.route) not in twin.reading[p.who]]


def test_nobody_reads_more_than_the_policy_says(twins: Twins) -> None:
    for twin in twins.second:
        reading = {name for name, tables in twin.reading.items() if tables}
        assert reading <= MAY_READ[twin.family], (twin.names, twin.reading)
        assert twin.family != "met" or twin.reading["dpo"] == {"audit_entry"}
        # Of a silent holder whom somebody is about to meet: a danger, and whom to call (P-113); the bureau
        # reads its own mark, and its own side of what it met (P-112).
        assert twin.family != "met" or twin.reading["watch desk"] <= OF_A_DANGER
        assert twin.family != "met" or twin.reading["bureau"] <= {"operations_event", *OF_A_SIDE, *OF_A_DANGER}
        # A registration by itself, and no more of what it meets.
        assert twin.family != "open" or twin.reading["registry manager"] <= OF_A_REGISTRATION
        read = set().union(*(twin.reading[name] for name in COLLEAGUES))
        assert read <= (set(OF_A_SIDE) if "event both" in twin.names else set()), twin.names


def test_the_office_and_the_authority_are_held_to_what_they_do_not_read(twins: Twins) -> None:
    """In one world with all objects they read some, and would be compared for none."""
    worlds = [twin for twin in twins.second if full() or twin.family == "met"]
    for name in ("office", "authority"):
        held = set().union(*(twin.names for twin in worlds if name in held_to(twin)))
        assert set(APART) | set(stories.MET) <= held, name


def test_a_hidden_object_changes_no_byte(twins: Twins) -> None:
    assert [str(p) for twin in twins.family("hidden") for p in leaks(twin, held_to(twin))] == []


def test_a_hidden_object_that_a_deposit_meets_changes_no_byte(twins: Twins) -> None:
    assert [str(p) for twin in twins.family("met") for p in leaks(twin, held_to(twin))] == []


def test_a_silent_object_moves_no_figure(twins: Twins) -> None:
    """P-78: the board of the next morning counts the same without what is silent or H3; an open object it may count."""
    boards = []
    for world in [twins.first, *(twin.world for twin in twins.family("met"))]:
        with twins.shift.act(world, "night", minutes=LATER):
            stories.night(twins.stage.in_(world))
        boards.append(world.sql(_BOARD))
    assert boards[0]
    assert boards.count(boards[0]) == len(boards)


def test_an_open_object_that_a_deposit_meets_changes_its_hits_alone(twins: Twins) -> None:
    """Who reads no side of it sees nothing; who reads the deposit's side sees no word of the other record."""
    for twin in twins.family("open"):
        assert [str(p) for p in leaks(twin, held_to(twin))] == []
        told = [name for name, tables in twin.reading.items() if "crosscheck_hitside" in tables]
        assert "depositor" in told
        assert [name for name in told if "intelligence_report" in twin.reading[name]] == []
        for page in twin.parted:
            if page.who in told:
                assert [word for word in SECRETS if page.second.count(word) > page.first.count(word)] == [], str(page)
                assert page.asked.route in OF_A_HIT, str(page)


def test_of_a_hit_the_told_see_its_pages_its_lines_and_the_number_of_new_ones_alone(twins: Twins) -> None:
    """Each changed answer is the page of what was added, absent before, or is the same without those lines."""
    for twin in twins.family("open"):
        added = sorted(set().union(*(twin.added.get(table, frozenset()) for table in OF_A_SIDE)))
        told = [name for name, tables in twin.reading.items() if "crosscheck_hitside" in tables]
        wrong = []
        for page in (*twin.parted, *_asked_again(twins, twin, told)):
            if page.who not in told:
                continue
            own = any(f"/{identifier}/" in page.asked.path for identifier in added)
            if own and page.first.startswith(b"404") and page.second.startswith(b"200"):
                continue
            found = remains.other(page.first, page.second, added)
            wrong += [f"{page.who} {page.asked.path}: {said}" for said in found]
        assert wrong == [], twin.names


def _asked_again(twins: Twins, twin: Twin, told: list[str]) -> list[c.Parted]:
    """The first page, the lists, the pages of a record that now meets something: chance may have left them out."""
    found = []
    query = "SELECT DISTINCT record_kind, record_id::text FROM crosscheck_hitside WHERE id::text = ANY (%s)"
    meeting = twin.world.sql(query, [sorted(twin.added["crosscheck_hitside"])])
    own = [c.Asked(f"/{room}/{record}/{more}", f"{room}/<uuid:id>/{more}")
           for kind, (room, table, pages) in OWN_PAGES.items()
           for record in _one_of_each(twins.first, table, {i for of, i in meeting if of == kind})
           for more in pages]  # fmt: skip
    assert own
    lists = [
        c.Asked(f"/{name}", name)
        for name in ("", "recoupements/", "contacts/", "renseignements/", "conflits/", "evenements/")
    ]
    for name in told:
        one, two = (c.Crawler(world, twins.shift) for world in (twins.first, twin.world))
        for crawler in (one, two):
            c.crawl(crawler, {name: [*lists, *own]}, twins.people)
        found += c.parted(one, two, {name: [*lists, *own]})
    return found


def _one_of_each(first: World, table: str, meeting: set[str]) -> list[str]:
    """Of these records one that both worlds hold, and one that came with the object where it is of this table."""
    if not meeting:
        return []
    stand = {i for (i,) in first.sql(f"SELECT id::text FROM {table} WHERE id::text = ANY (%s)", [sorted(meeting)])}
    assert stand
    return [min(stand), *sorted(meeting - stand)[:1]]


def test_the_hit_is_one_line_with_contact_and_day(twins: Twins) -> None:
    """On the depositor's list, each meeting is one more line: whom to call, his own record, the strength, the day."""
    question = c.Asked("/recoupements/", "recoupements/")
    first = _lines_of(twins, twins.first, question)
    for twin in twins.family("open"):
        come = [line for line in _lines_of(twins, twin.world, question) if line not in first]
        # One deposit that came after the object, one that was there before it; an event meets both by its vehicle.
        event = "event both" in twin.names
        assert len(come) == len(set(come)) == 2 * len(twin.names) + event
        for line in come:
            assert "Service de police judiciaire du Rhône" in line
            assert f'datetime="{localtime(twins.shift.at):%Y-%m-%d}T' in line
            assert "DED13-" in line
            assert "PJ69-" not in line
        weak = 2 * ("weak and open" in twin.names)
        told = [sum(str(STRENGTH_LABELS[word]) in line for line in come) for word in STRENGTHS]
        # The other one of the two is met by its place alone.
        assert told == [len(come) - weak - event, event, weak]


def _lines_of(twins: Twins, world: World, question: c.Asked) -> list[str]:
    """Of the whole list: what comes on the first page pushes lines to the next."""
    crawler, found, asked = c.Crawler(world, twins.shift), list[str](), [question]
    while asked:
        page = asked.pop()
        c.crawl(crawler, {"depositor": [page]}, twins.people)
        body = crawler.told["depositor", page].body.decode()
        found += _LINE.findall(body)
        asked = [c.Asked(question.path + unescape(older), question.route) for older in _OLDER.findall(body)]
    return found


def test_who_made_the_object_sees_it(twins: Twins) -> None:
    """The comparison can fail: in each second world somebody behind the scenes is answered otherwise."""
    for twin in twins.second:
        known = {str(identifier) for identifier in twins.stage.known.values()}
        added = known.union(*twin.added.values())
        assert any(_differs(twins, twin, name, added) for name in OWNERS), twin.names


def _differs(twins: Twins, twin: Twin, name: str, added: set[str]) -> bool:
    who = twins.stage.people[name]
    roles = frozenset(str(role) for role in who.roles)
    questions = [*twins.questions.objects(roles, frozenset(added)), *twins.questions.lists(roles)]
    for asked in sorted(questions, key=lambda q: "uuid" not in q.route)[:40]:
        one, two = (c.Crawler(world, twins.shift) for world in (twins.first, twin.world))
        for crawler in (one, two):
            c.crawl(crawler, {name: [asked]}, {name: who})
        if c.parted(one, two, {name: [asked]}):
            return True
    return False


def _never_asked(twins: Twins, family: str) -> set[tuple[str, str]]:
    """The addresses open to a role that nobody of that role asked in the worlds of this family."""
    due, asked = set[tuple[str, str]](), set[tuple[str, str]]()
    for name, who in twins.people.items():
        roles = frozenset(str(role) for role in who.roles)
        questions = [q for twin in twins.family(family) for q in twin.wanted[name]]
        asked |= {(role, q.route) for role in roles for q in questions}
        possible = (*twins.questions.lists(roles), *twins.questions.objects(roles))
        due |= {(role, q.route) for role in roles for q in possible}
    return due - asked


def test_figures(twins: Twins) -> None:
    """What was compared, and what could not be."""
    total, wanted = sum(twin.compared for twin in twins.second), size(ci=600, full=10_000)
    say("pages compared", total, "pages", "of all families; each asked in both worlds", at_least=wanted)
    assert total >= wanted
    for family in FAMILIES:
        found = twins.family(family)
        wrong = [p for twin in found for p in leaks(twin, held_to(twin))]
        say(f"{family}: pages compared", sum(t.compared for t in found), "pages", "each asked in both worlds")
        say(f"{family}: differing bytes", sum(p.size for p in wrong), "bytes",
            "of identities that read nothing of what was added", at_most=0)  # fmt: skip
        least = min(len(held_to(twin)) for twin in found)
        assert least >= 20, family
        say(f"{family}: identities held to zero", least, "identities", "of 35, in each world", at_least=20)
    unexpected = {p.asked.path for t in twins.family("open") for p in t.parted
                  if p.who not in held_to(t) and p.asked.route not in OF_A_HIT}  # fmt: skip
    say("unexpected addresses", len(unexpected), "addresses", "that tell of a hit and are no page of a hit", at_most=0)
    for family in FAMILIES:
        never = _never_asked(twins, family)
        routes = sorted({route for _role, route in never})
        say(f"{family}: addresses not asked by a role", len(never), "(role, address)", ", ".join(routes)[:300])
        # An address that nobody of a family asked would not be compared at all.
        asked = {q.route for twin in twins.family(family) for questions in twin.wanted.values() for q in questions}
        assert set(routes) - asked == set(), family
    for place in twins.questions.book.unfilled():
        falls_short(f"aucune adresse n'a été trouvée pour {place}")
