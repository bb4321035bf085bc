"""What the tests teach without any mutant: which pass, what they cost, which functions and tables they use."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutants.house import Workshop, shared_out
from tests.mutants.in_python import Source, functions
from tests.mutants.mutant import PROJECT, Mutant

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
BUDGET_S = 75.0


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
    red: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def modules(self) -> dict[str, list[str]]:
        """The green tests of each module, in the order in which they ran."""
        found: dict[str, list[str]] = {}
        for test in self.costs:
            found.setdefault(test.partition("::")[0], []).append(test)
        return found

    def cost(self, tests: Iterable[str]) -> float:
        """The seconds of these tests of one module, with what the module sets up."""
        module = next(iter(tests), "").partition("::")[0]
        first = max((seconds for test, seconds in self.setups.items() if test.startswith(module + "::")), default=0.0)
        return first + sum(self.costs[test] for test in tests)

    def chosen(self, mutant: Mutant, hot: Callable[[str], int]) -> list[str]:
        """The tests that may notice it: what killed its neighbours first, then the cheapest, within the budget."""
        modules = self.modules
        users = self._users(mutant)
        said = {m: [t for t in tests if t in users or m in users] for m, tests in modules.items()}
        own: tuple[str, ...] = (f"tests/{mutant.room}/", f"tests/web/{mutant.room}", f"tests/web/test_{mutant.room}")
        if mutant.path.endswith(".sql"):
            # What the database refuses whatever the application asks is tried there.
            own = ("tests/attacks/", f"tests/{mutant.room}/")
        static = [m for m in _static(mutant) if m in modules]
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
        if mutant.path.endswith(".py"):
            module = mutant.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            users = {test for test, names in self.touched.items() if f"{module}:{mutant.name}" in names}
            # A constant is used by whoever runs a function of its module.
            beside = {test for test, names in self.touched.items() if any(n.startswith(f"{module}:") for n in names)}
            return users or beside or self._room(mutant)
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

    def _room(self, mutant: Mutant) -> set[str]:
        near = (f"tests/{mutant.room}/", f"tests/web/{mutant.room}", f"tests/web/test_{mutant.room}", "tests/policy/")
        return {module for module in self.modules if module.startswith(near)}


def _static(mutant: Mutant) -> tuple[str, ...]:
    if mutant.path.endswith(".sql"):
        return CATALOGUE
    return {"decorator": ROUTES, "permission": PERMISSIONS, "reader keys": ("tests/policy/test_readers.py",)}.get(
        mutant.kind, ("tests/policy/test_shown.py",)
    )


def learn(shops: Sequence[Workshop], mutants: Iterable[Mutant], say: Callable[[str], None]) -> Learned:
    """Run everything once without a mutant, its functions telling when they run; the workshops share it out."""
    names: dict[str, set[str]] = {}
    for mutant in mutants:
        if mutant.path.endswith(".py"):
            names.setdefault(mutant.path, set()).add(mutant.name)
    for path, wanted in names.items():
        of_module = {name for name, _ in functions(Source(PROJECT / path).tree)}
        if wanted - of_module:
            wanted |= of_module
    kept = os.environ.get("RECOUPE_LEARNED", "")
    if kept and Path(kept).is_file():
        return Learned(**json.loads(Path(kept).read_text()))
    found = Learned()
    asked = ("-m", "not browser", f"--deselect={POOLED}")

    def taught(shop: Workshop, part: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
        ran = shop.run([*part, *asked], instrumented=names, first=False, seconds=PATIENCE_S)
        return " ".join(part), ran

    for suite, answer in shared_out(shops, parts(), taught):
        green, red = answer.get("passed", {}), set(answer.get("failed", []))
        say(f"{suite}: {len(green)} green, {len(red)} red, {answer['seconds']} s")
        if "passed" not in answer:
            found.red.append(suite)
            continue
        found.costs |= {test: seconds for test, seconds in green.items() if test not in red}
        found.setups |= answer["setups"]
        found.touched |= answer["touched"]
        found.used |= answer["used"]
        found.red += answer["failed"]
        found.skipped += answer["skipped"]
    if kept:
        Path(kept).write_text(json.dumps(vars(found)))
    return found
