"""What the tests teach without any mutant: which pass, what they cost, which functions and tables they use."""

import ast
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.mutants.house import Workshop, probed, shared_out
from tests.mutants.in_python import Source, functions
from tests.mutants.in_sql import is_probed
from tests.mutants.infect import Instrumented, Spec
from tests.mutants.mutant import PACKAGE, PROJECT, Mutant

# Folders whose tests say nothing of who reads what, or start processes of their own that no mutant reaches.
ELSEWHERE = {
    "cli": "commands and folders",
    "data": "files, no tests",
    "demo": "the made world",
    "faults": "processes that are killed",
    "fuzz": "processes of its own",
    "mutants": "these tests",
    "portal": "a site without records",
    "thread": "processes of its own",
    "timing": "durations",
    "twins": "two worlds crawled: too long for each mutant",
    "vendor": "files, no tests",
}
POOLED = "tests/attacks/test_pooling.py"
# What holds the tables of the policy to the catalogue, in seconds.
CATALOGUE = ("tests/policy/test_tables.py", "tests/attacks/test_catalogue.py", "tests/policy/test_readers.py")
ROUTES = ("tests/policy/test_routes.py",)
PERMISSIONS = ("tests/policy/test_permissions.py",)
PATIENCE_S = 900.0
# The tests chosen for one mutant together cost about this much without it.
BUDGET_S = 30.0
# A database with one clause less, or all modules read anew because a constant changed.
APART_S = 5.0


def parts() -> list[tuple[str, ...]]:
    """The suites, that of the screens in four, so that two workshops end together."""
    folder = PROJECT / "tests" / "web"
    rooms = tuple(f"tests/web/{path.name}" for path in sorted(folder.iterdir()) if (path / "__init__.py").is_file())
    loose = [f"tests/web/{path.name}" for path in sorted(folder.glob("test_*.py"))]
    screens = [rooms, *(tuple(loose[n::3]) for n in range(3))]
    return [*screens, *((suite,) for suite in suites() if suite != "tests/web")]


def suites() -> list[str]:
    """The folders of tests that may kill; a room that comes later is one of them."""
    return [
        f"tests/{path.name}"
        for path in sorted((PROJECT / "tests").iterdir())
        if path.is_dir() and path.name not in ELSEWHERE and not path.name.startswith((".", "_"))
    ]


@dataclass
class Learned:
    """The green tests, their cost, and what each uses."""

    costs: dict[str, float] = field(default_factory=dict)
    setups: dict[str, float] = field(default_factory=dict)
    touched: dict[str, list[str]] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    probed: list[str] = field(default_factory=list)
    red: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def forget(self, of: Callable[[str], bool]) -> None:
        """These tests are other ones today."""
        for kept in (self.costs, self.setups, self.touched, self.used):
            for test in [test for test in kept if of(test)]:
                del kept[test]

    def add(self, more: "Learned") -> None:
        """What other tests teach."""
        imported = {*self.touched.get("import", ()), *more.touched.get("import", ())}
        self.costs |= more.costs
        self.setups |= more.setups
        self.touched |= more.touched | {"import": sorted(imported)}
        self.used |= more.used
        self.red += more.red
        self.skipped += more.skipped

    @cached_property
    def met(self) -> dict[str, set[str]]:
        """For each mutant that some test would see, the tests, or the modules, that would."""
        found: dict[str, set[str]] = {}
        for test, names in [*self.touched.items(), *self.used.items()]:
            for name in names:
                if ":" not in name:
                    found.setdefault(name.removeprefix("probe.met_"), set()).add(test)
        return found

    def unseen(self, mutant: Mutant) -> bool:
        """Whether no test makes what it changes come out otherwise: it survives, whatever is tried."""
        return mutant.key in self._certain and mutant.key not in self.met

    @cached_property
    def _certain(self) -> set[str]:
        return set(self.probed)

    @cached_property
    def modules(self) -> dict[str, list[str]]:
        """The green tests of each module, in the order in which they ran."""
        found: dict[str, list[str]] = {}
        for test in self.costs:
            found.setdefault(test.partition("::")[0], []).append(test)
        return found

    def cost(self, tests: Iterable[str]) -> float:
        """The seconds of these tests of one module, with what the module sets up."""
        module = next(iter(tests), "").partition("::")[0]
        return self._set_up.get(module, 0.0) + sum(self.costs[test] for test in tests)

    @cached_property
    def _set_up(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for test, seconds in self.setups.items():
            module = test.partition("::")[0]
            found[module] = max(seconds, found.get(module, 0.0))
        return found

    def price(self, mutant: Mutant) -> float:
        """About how many seconds the first tests of a mutant take; some need a database or a house of their own."""
        tests = self.chosen(mutant, lambda _module: 0)
        first = [test for test in tests if test.partition("::")[0] == tests[0].partition("::")[0]]
        if not first:
            return 0.0
        apart = mutant.path.endswith(".sql") or mutant.key not in self._certain
        return self.cost(first) + (APART_S if apart else 0.0)

    def chosen(self, mutant: Mutant, hot: Callable[[str], int]) -> list[str]:
        """The tests that may notice it: what killed its neighbours first, then the cheapest, within the budget."""
        modules = self.modules
        users = self._users(mutant)
        using = {test.partition("::")[0] for test in users}
        said = {m: [t for t in modules[m] if t in users or m in users] if m in using else [] for m in modules}
        own: tuple[str, ...] = (f"tests/{mutant.room}/", f"tests/web/{mutant.room}", f"tests/web/test_{mutant.room}")
        if mutant.path.endswith(".sql"):
            # What the database refuses whatever the application asks is tried there.
            own = ("tests/attacks/", f"tests/{mutant.room}/")
        # Whoever meets it is known, or whoever names it: those that hold a table to the code are among them.
        known = mutant.key in self._certain or mutant.kind == "rule"
        static = [] if known else [m for m in _static(mutant) if m in modules]
        ranked = sorted(
            (module for module, tests in said.items() if tests and module not in static),
            key=lambda module: (-hot(module), not module.startswith(own), self.cost(said[module])),
        )
        tests, spent = [], 0.0
        ordered = sorted(static, key=lambda module: -hot(module)) if not any(map(hot, ranked)) else [
            *ranked[:2], *static, *ranked[2:]
        ]  # fmt: skip
        for module in dict.fromkeys([*ordered, *ranked]):
            wanted = said[module] or modules[module]
            price = self.cost(wanted)
            if spent and spent + price > BUDGET_S:
                continue
            spent += price
            tests += wanted
        return tests

    def _users(self, mutant: Mutant) -> set[str]:
        """Tests, or modules, in which the changed function ran or the changed table was written."""
        met = self.met.get(mutant.key, set())
        if mutant.key in self._certain and "import" not in met:
            return met
        if mutant.path.endswith(".py"):
            module = mutant.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            users = self.ran.get(f"{module}:{mutant.name}", set())
            # A constant is used by whoever names it, or runs a function of its module.
            return users or self._speaking(mutant.name) or self._beside(module) or self._room(mutant)
        table = mutant.name.rpartition(".")[0]
        target = mutant.name.partition("(")[2].rstrip(")")
        wanted = {mutant.name, table, target} - {""}
        prefix = table.partition("%")[0] if "%" in table else ""
        users = {
            module
            for module, names in self.used.items()
            if wanted & set(names) or (prefix and any(name.startswith(prefix) for name in names))
        }
        return users or self._room(mutant)

    @cached_property
    def ran(self) -> dict[str, set[str]]:
        """For each function, as module:name, the tests and the modules in which it ran."""
        found: dict[str, set[str]] = {}
        for test, names in self.touched.items():
            for name in names:
                if ":" in name:
                    found.setdefault(name, set()).add(test)
        return found

    def _speaking(self, name: str) -> set[str]:
        """The tests of a constant: those in which a function ran that uses it, the files that name it themselves."""
        named = {path for path in self.modules if name in _text(path)}
        return named | {test for function in _saying(name) for test in self.ran.get(function, ())} & self.costs.keys()

    def _beside(self, module: str) -> set[str]:
        return {test for name, tests in self.ran.items() if name.startswith(f"{module}:") for test in tests}

    def _room(self, mutant: Mutant) -> set[str]:
        near = (f"tests/{mutant.room}/", f"tests/web/{mutant.room}", f"tests/web/test_{mutant.room}", "tests/policy/")
        return {module for module in self.modules if module.startswith(near)}


def _static(mutant: Mutant) -> tuple[str, ...]:
    if mutant.path.endswith(".sql"):
        return CATALOGUE
    return {
        "decorator": ROUTES,
        "permission": PERMISSIONS,
        "rule": PERMISSIONS,
        "reader keys": ("tests/policy/test_readers.py",),
    }.get(mutant.kind, ("tests/policy/test_shown.py",))


@cache
def _text(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


@cache
def _saying(name: str) -> frozenset[str]:
    """The functions of the house, as module:name, that use this name."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not name.isidentifier() or name not in text:
            continue
        module = path.relative_to(PROJECT).as_posix().removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for function, node in functions(ast.parse(text)):
            if any(name in (getattr(n, "id", ""), getattr(n, "attr", "")) for n in ast.walk(node)):
                found.add(f"{module}:{function}")
    return frozenset(found)


def learn(
    shops: Sequence[Workshop], mutants: Sequence[Mutant], say: Callable[[str], None], suites: Sequence[tuple[str, ...]]
) -> Learned:
    """Run everything once without a mutant, where each would show noted as it runs; the workshops share it out."""
    told, certain = _instruments(mutants)
    templates = {shop.url: probed(shop.url, mutants) for shop in shops}
    found = Learned(probed=sorted(certain))
    asked = ("-m", "not browser", f"--deselect={POOLED}")

    def taught(shop: Workshop, part: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
        template = templates[shop.url]
        ran = shop.run([*part, *asked], instrumented=told, template=template, first=False, seconds=PATIENCE_S)
        if ran.get("failed"):
            # Some tests look at the sources, or at the whole catalogue: without what was added they are asked again.
            again = shop.run(ran["failed"], first=False, seconds=PATIENCE_S)
            ran["failed"] = again.get("failed", ran["failed"])
            ran["passed"] = ran["passed"] | again.get("passed", {})
        return " ".join(part), ran

    for suite, answer in shared_out(shops, suites, taught):
        green, red = answer.get("passed", {}), set(answer.get("failed", []))
        say(f"{suite}: {len(green)} green, {len(red)} red, {answer['seconds']} s")
        if "passed" not in answer:
            found.red.append(suite)
            continue
        costs = {test: seconds for test, seconds in green.items() if test not in red}
        told_more = {name: answer[name] for name in ("setups", "touched", "used", "skipped")}
        found.add(Learned(costs, red=answer["failed"], **told_more))
    return found


def learned_once(shops: Sequence[Workshop], mutants: Sequence[Mutant], say: Callable[[str], None]) -> Learned:
    """All suites; where RECOUPE_LEARNED names a file, what it keeps, and what was written since."""
    kept = os.environ.get("RECOUPE_LEARNED", "")
    files = {path: sha256((PROJECT / path).read_bytes()).hexdigest()[:12] for path in _files()}
    if kept and Path(kept).is_file():
        found = Learned(**json.loads(Path(kept).read_text()))
        since = [path for path in files if found.files.get(path) != files[path]]
        found.forget(lambda test: test.partition("::")[0] in since)
        if since:
            found.add(learn(shops, mutants, say, [(path,) for path in since]))
    else:
        found = learn(shops, mutants, say, parts())
    found.files = files
    if kept:
        names = {name: value for name, value in vars(found).items() if name in Learned.__dataclass_fields__}
        Path(kept).write_text(json.dumps(names))
    return found


def _files() -> list[str]:
    """The files of tests of all suites."""
    found = (path for suite in suites() for path in (PROJECT / suite).rglob("test_*.py"))
    return sorted(path.relative_to(PROJECT).as_posix() for path in found)


def _instruments(mutants: Sequence[Mutant]) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """What each module is to tell, by path; the mutants of which silence is certain."""
    told: dict[str, dict[str, Any]] = {}
    certain = {mutant.key for mutant in mutants if is_probed(mutant)}
    by_path: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        if mutant.path.endswith(".py"):
            by_path.setdefault(mutant.path, []).append(mutant)
    for path, mine in by_path.items():
        specs = [Spec(m.key, m.start, m.end, m.after) for m in mine]
        made = Instrumented(mine[0].source, path, specs)
        certain |= made.probed
        names = {name for name, _ in functions(Source(PROJECT / path).tree)}
        told[path] = {"names": sorted(names), "specs": specs}
    return told, certain
