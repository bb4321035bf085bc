"""Each rule of need-to-know, taken out or turned round, turns a test red (R-32)."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from recoupe.cli.deploy import ROOMS
from tests import proof
from tests.conftest import TEMPLATE, another_cluster
from tests.folders import open_folder
from tests.mutants import house, in_rules, in_sql, ledger
from tests.mutants.found import found
from tests.mutants.learned import Learned, learn, learned_once
from tests.mutants.mutant import OUTSIDE, PACKAGE, PROJECT, Mutant
from tests.mutants.trial import KILLED, SETUP, SURVIVED, UNSEEN, Court, Verdict

pytestmark = pytest.mark.slow

LIMIT_S = 52 * 60.0
DRAWN = int(os.environ.get("RECOUPE_DRAWN") or 15)


@pytest.fixture(scope="module")
def courts(court: Court, admin_url: str) -> Iterator[list[Court]]:
    """Two, on a server each, that tell each other what kills: one processor would rest while a single test runs."""
    with (
        open_folder("mutants") as folder,
        another_cluster(folder) as url,
        house.workshop(url, folder) as shop,
    ):
        yield [court, Court(shop, court.green, court.hot)]


@pytest.fixture(scope="module")
def court(admin_url: str, cluster_folder: Path) -> Iterator[Court]:
    """A workshop on the cluster of this session."""
    with house.workshop(admin_url, cluster_folder) as shop:
        yield Court(shop)


def test_every_room_has_its_mutants() -> None:
    """A room that escapes discovery would count as proven."""
    rooms = Counter(mutant.room for mutant in found())
    wanted = {path.parent.name for path in PACKAGE.glob("*/models*") if path.parent.name not in OUTSIDE} | set(ROOMS)
    assert wanted - set(rooms) == set()
    screens = {m.path.split("/")[2] for m in found() if m.kind == "decorator" and m.path.count("/") > 2}
    assert {path.parent.name for path in PACKAGE.glob("web/*/urls.py")} - screens - {"signin"} == set()
    silent = {path.relative_to(PROJECT).as_posix() for path in PACKAGE.glob("*/permissions.py")}
    assert silent - {mutant.path for mutant in found()} == set()
    assert len({mutant.key for mutant in found()}) == len(found())
    kernel = {path.name for path in (PACKAGE / "kernel").iterdir() if path.name[0] not in "_." and path.suffix != ".md"}
    assert kernel == in_rules.KERNEL_SPELLS | {Path(path).name for path in in_rules.KERNEL_DECIDES}


def test_what_decides_beside_permissions_is_found() -> None:
    """The rules of matching and telling, the SQL that Python holds, what a reading leaves out, each right."""
    named = {(mutant.path.removeprefix("recoupe/"), mutant.name) for mutant in found()}
    rules = ("told", "Facts.announces", "Facts.cells_reading", "Facts.read_by_office", "judge_of", "comparable",
             "meetings", "release_terms")  # fmt: skip
    wanted = {("crosscheck/rules.py", name) for name in rules}
    wanted |= {("crosscheck/index.py", name) for name in ("_PAIRS", "_COMMON", "_STANDING", "_MET", "_ENTRIES")}
    wanted |= {("intelligence/queries.py", name) for name in ("_bounded", "_known")}
    wanted |= {("intelligence/fields.py", "named_to"), ("kernel/category.py", "NAME_PROTECTED")}
    wanted |= {("kernel/handling.py", name) for name in ("tells", "Handling.parse", "_TELLS")}
    assert wanted - named == set()
    asking = (PACKAGE / "intelligence" / "queries.py").read_text(encoding="utf-8").count("fields.named_to(")
    assert sum("named_to" in m.before and m.kind == "reading" and "exclude" not in m.before for m in found()) == asking
    granting = {path.relative_to(PROJECT).as_posix() for path in in_sql.files() if "\nGRANT " in path.read_text()}
    assert granting - {mutant.path for mutant in found() if mutant.kind == "right"} == set()


def test_verdicts_add_up_over_runs_while_the_mutant_and_its_test_are_written() -> None:
    one, two, three, four = found()[:4]
    here = f"tests/mutants/test_mutants.py::{test_every_room_has_its_mutants.__name__}"
    said = ledger.Known({one.key: here, two.key: here + "_gone", four.key: SETUP}, {three.key})
    standing = ledger.standing([one, two, three, four], said, {four.key})
    assert (standing.killed, standing.untried, standing.survived) == ((one,), (two,), (three,))
    assert standing.all == 3


def test_equivalent_mutants_still_exist_and_say_why() -> None:
    keys = {mutant.key for mutant in found()}
    reasons = ledger.equivalent()
    assert set(reasons) - keys == set()
    assert [key for key, why in reasons.items() if len(why) < 40] == []


def test_a_rebuilt_house_is_the_house(court: Court) -> None:
    """Without a mutant the rebuilt database has the same policies, rights, triggers and functions as the template."""
    house.rebuild(court.shop.url, None)
    assert house.state(court.shop.url, house.MUTATED) == house.state(court.shop.url, TEMPLATE)


def test_a_mutant_that_changes_nothing_survives(court: Court) -> None:
    one = next(m for m in found() if m.path == "recoupe/intelligence/fields.py")
    same = Mutant(one.kind, one.path, one.name, "nothing", one.start, one.end, f"({one.before})", one.source)
    assert court.judge(same, [], ["tests/policy/test_routes.py"]).what == SURVIVED


def test_a_test_that_is_red_anyway_kills_nothing(court: Court, tmp_path: Path) -> None:
    red = tmp_path / "test_red.py"
    red.write_text("def test_red() -> None:\n    raise AssertionError\n")
    one = next(m for m in found() if m.path == "recoupe/intelligence/fields.py")
    assert court.judge(one, [], [str(red)]).what == SURVIVED


def test_what_a_test_would_see_is_learned_and_what_none_would_survives(court: Court) -> None:
    """Of two files of tests: each mutant of the room that one is known to kill, it met."""
    files = ("tests/intelligence/test_fields.py", "tests/attacks/test_recipients.py")
    room, killers = [m for m in found() if m.room == "intelligence"], ledger.known().killers
    _count_functions(court.shop.url)
    learned = learn([court.shop], room, lambda _line: None, [files])
    for file in files:
        killed = [m for m in room if killers.get(m.key, "").startswith(file) and m.key in learned.probed]
        assert killed
        assert [m.diff() for m in killed if not any(test.startswith(file) for test in learned.met.get(m.key, ()))] == []
    assert any(learned.unseen(m) for m in room)


def test_a_cut_in_the_wrong_place_is_no_mutant(court: Court) -> None:
    one = next(m for m in found() if m.kind == "definer" and "." in m.name)
    wrong = Mutant(one.kind, one.path, one.name, "nonsense", one.start, one.end, "AND AND", one.source)
    assert court.judge(wrong, [], ["tests/policy/test_routes.py"]).what == "unborn"


@pytest.mark.skipif(proof.full(), reason="the proof tries all of them")
def test_mutants_drawn_by_the_commit_die(court: Court) -> None:
    """Of those that a proof has seen die: finding out what kills one that is new takes minutes, and is the proof's."""
    known = ledger.known()
    tried = [m for m in found() if m.key in known.killers]
    assert len(tried) >= 15, "run recoupe prove mutants"
    _say_standing(known)
    drawn = random.Random(proof.drawn_by_commit()).sample(tried, min(DRAWN, len(tried)))
    _all_green(court, sorted({known.killers[m.key] for m in drawn} - {SETUP}))
    left = []
    for mutant in drawn:
        verdict = court.judge(mutant, [known.killers[mutant.key]], [])
        if verdict.what == SURVIVED:
            verdict = court.judge(mutant, [], _near(mutant))
        if verdict.what != KILLED:
            left.append(f"{verdict.what}\n{mutant.diff()}\n{verdict.said}")
    assert left == []


def _all_green(court: Court, killers: list[str]) -> None:
    """One run for all of them; whoever is red alone is asked again when his mutant is tried."""
    modules = sorted({killer.partition("::")[0] for killer in killers})
    court.shop.collect([module for module in modules if (PROJECT / module).is_file()])
    answer = court.shop.run(killers, first=False, seconds=300)
    court.green |= {test: True for test in answer.get("passed", {}) if test not in answer["failed"]}
    assert answer.get("failed", []) == [], answer["output"]


def _near(mutant: Mutant) -> list[str]:
    """By its room, when the test that killed it is gone or has changed."""
    near = ["tests/policy", f"tests/{mutant.room}", f"tests/web/{mutant.room}", f"tests/web/test_{mutant.room}.py"]
    return [
        *(path for path in near if (PROJECT / path).exists()),
        "tests/attacks/test_catalogue.py",
        "-m",
        "not browser",
    ]


@pytest.mark.skipif(not proof.full(), reason="recoupe prove mutants")
def test_all_mutants_die(courts: list[Court], say: Callable[[str], None]) -> None:
    started = time.monotonic()
    shops = [court.shop for court in courts]
    for shop in shops:
        _count_functions(shop.url)
    known, reasons = ledger.known(), ledger.equivalent()
    among = os.environ.get("RECOUPE_AMONG", "")
    tried = [m for m in found() if m.key not in reasons and among in m.path]
    if among:
        proof.falls_short(f"only what stands under {among} was tried (RECOUPE_AMONG)")
    random.Random(proof.seed()).shuffle(tried)
    wanted = proof.size(ci=len(tried), full=len(tried))
    if wanted < len(tried):
        proof.falls_short(f"{len(tried) - wanted} mutants were cut off by RECOUPE_SIZE")
    tried = tried[:wanted]
    learned = learned_once(shops, found(), say)
    say(f"learned after {time.monotonic() - started:.0f} s")
    # What no proof has met comes first, then what none has killed, the cheapest first: the time may be over before.
    tried.sort(key=lambda m: (m.key in known.killers, m.key in known.survivors, learned.price(m)))
    for shop in shops:
        shop.collect([*learned.modules])
    for mutant in tried:
        if mutant.key in known.killers:
            courts[0].learn_killer(mutant, known.killers[mutant.key])
    verdicts: list[Verdict] = []
    judged = partial(_tried, learned, dict(known.killers))
    for verdict in house.shared_out(courts, tried, judged, started + LIMIT_S):
        verdicts.append(verdict)
        if verdicts[-1].what != KILLED:
            say(_told(verdicts[-1]))
        known.enter(verdicts[-1])
        if len(verdicts) % 25 == 0:
            known.keep({m.key for m in found()})
            say(f"{len(verdicts)}/{len(tried)}, {_score(verdicts)} %, {time.monotonic() - started:.0f} s")
    known.keep({m.key for m in found()})
    _report(verdicts, tried, reasons, learned, time.monotonic() - started)
    _say_standing(known)
    assert [v.mutant.place for v in verdicts if v.what != KILLED] == []


def _tried(learned: Learned, killers: dict[str, str], court: Court, mutant: Mutant) -> Verdict:
    if learned.unseen(mutant):
        return Verdict(mutant, UNSEEN)
    killer = [test for test in [killers.get(mutant.key, "")] if test.partition("::")[0] in learned.modules]
    return court.judge(mutant, killer, learned.chosen(mutant, lambda module: court.heat(mutant, module)))


def _told(verdict: Verdict) -> str:
    return f"{verdict.what} after {verdict.seconds:.0f} s\n{verdict.mutant.diff()}\n{verdict.said[-1500:]}"


def _count_functions(url: str) -> None:
    """The server counts calls of functions: which tests use which ones is read from it."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET track_functions = 'all'")
        admin.execute("SELECT pg_reload_conf()")


def _score(verdicts: list[Verdict]) -> float:
    return round(100 * sum(v.what == KILLED for v in verdicts) / max(1, len(verdicts)), 2)


def _report(
    verdicts: list[Verdict], tried: list[Mutant], reasons: dict[str, str], learned: Learned, seconds: float
) -> None:
    how = "tests of its room, of the policy, of the attacks and of the oracle, on one mutant at a time"
    proof.say("mutants killed, this run", _score(verdicts), "%", how, at_least=100)
    setup = sum(v.killer == SETUP for v in verdicts)
    proof.say("of them refused by the set-up", setup, "mutants", "what is left does not deploy: no test was needed")
    proof.say("mutants tried", len(verdicts), "mutants", f"of {len(tried)}; {len(reasons)} change no behaviour")
    proof.say("time", round(seconds), "s", "tests once without a mutant, then each mutant", at_most=3600)
    for title, of in (("kind", lambda m: m.kind), ("room", lambda m: m.room)):
        _by(title, verdicts, of)
    for verdict in verdicts:
        if verdict.what != KILLED:
            proof.falls_short(f"{verdict.what}: {verdict.mutant.diff()}")
    if len(verdicts) < len(tried):
        proof.falls_short(f"{len(tried) - len(verdicts)} mutants were not tried: the time was over")
    if learned.red:
        proof.falls_short(f"tests that were red without any mutant: {', '.join(learned.red)}")


def _say_standing(known: ledger.Known) -> None:
    """What all runs together have shown, beside the score of one: a run of an hour tries a part."""
    standing = ledger.standing(found(), known, ledger.equivalent())
    how = "verdicts of all runs on mutants that are written as they were, by tests that are still there"
    proof.say("mutants killed, all runs", len(standing.killed), "mutants", f"of {standing.all}: {how}")
    named = ", ".join(f"{m.key} {m.place} {m.name}: {m.how}" for m in standing.survived)
    proof.say("mutants that survive, all runs", len(standing.survived), "mutants", named or "none", at_most=0)
    untold = "make test draws none of these: one takes minutes, and may survive"
    proof.say("mutants no run has tried", len(standing.untried), "mutants", untold, at_most=0)


def _by(title: str, verdicts: list[Verdict], of: Callable[[Mutant], str]) -> None:
    for name in sorted({of(v.mutant) for v in verdicts}):
        mine = [v for v in verdicts if of(v.mutant) == name]
        proof.say(f"killed, {title} {name}", _score(mine), "%", f"{len(mine)} mutants")


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Progress, past pytest's capture: the run lasts an hour."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def told(sentence: str) -> None:
        with capture.global_and_fixture_disabled():
            print(sentence, flush=True)

    return told
