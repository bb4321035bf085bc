"""A process that runs chosen tests on a mutated house, one child for each: `python -m tests.mutants.workshop`.

It has imported what the house builds on and nothing of the house, so that a child starts in a second and reads every
module anew, one of them changed. Questions come as lines of JSON on its input, answers leave on its output.
"""

import ast
import builtins
import contextlib
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TextIO

import pytest
from _pytest.main import pytest_runtestloop

from tests.mutants import infect
from tests.mutants.infect import TOUCHED

PROJECT = Path(__file__).resolve().parents[2]
# The exit code of a child whose change reaches more than functions: it wants a house that is imported anew.
UNCHANGED = 71
_OWN = {"recoupe", "tests"}
# Modules that the workshop imported before pytest could look into them.
_QUIET = ("--no-header", "--tb=short", "-W", "ignore::pytest.PytestAssertRewriteWarning")


def main() -> None:
    """Answer until the input ends."""
    _import_what_the_house_builds_on()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("collect"):
            _collect(asked)
            break
        print(json.dumps(_run(asked, _live)), flush=True)


def _collect(asked: dict[str, Any]) -> None:
    """Import the house and all these tests; from here on a child starts with all of it, functions changed in place."""
    sys.path.insert(0, str(PROJECT))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        Path(folder).chmod(0o755)
        answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        pytest.main(
            [*_QUIET, "-s", f"--basetemp={Path(folder) / 'basetemp'}", *asked["collect"]], plugins=[Ready(answers)]
        )


def _import_what_the_house_builds_on() -> None:
    wanted = set()
    for path in [*PROJECT.glob("recoupe/**/*.py"), *PROJECT.glob("tests/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                wanted |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                wanted.add(node.module)
    for name in sorted(wanted):
        if name.partition(".")[0] not in _OWN:
            # What asks for settings at once is imported by each child.
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    if any(name.partition(".")[0] == "recoupe" for name in sys.modules):
        raise RuntimeError("a part of the house was imported before it could be changed")


def _run(asked: dict[str, Any], live: Callable[[dict[str, Any], Path, Path], None]) -> dict[str, Any]:
    """Fork, wait at most as long as asked, tell what happened."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        # A session that takes pytest's common folder closes it to the accounts of running clusters.
        asked["basetemp"] = str(Path(folder) / "basetemp")
        Path(folder).chmod(0o755)
        said, told = Path(folder) / "output", Path(folder) / "told.json"
        child = os.fork()
        if child == 0:
            live(asked, said, told)
        code = _wait(child, started + asked["seconds"])
        answer = json.loads(told.read_text()) if told.is_file() else {}
        answer["output"] = said.read_text(errors="replace")[-6000:] if said.is_file() else ""
    return answer | {"code": code, "seconds": round(time.monotonic() - started, 2)}


def _wait(child: int, until: float) -> int | None:
    """The child's exit code, or None when it had to be stopped."""
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _detach(said: Path) -> None:
    """A session of one's own, the output in a file."""
    os.setsid()
    output = os.open(said, os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _live(asked: dict[str, Any], said: Path, told: Path) -> None:
    """The child: pytest from its start; it never returns."""
    _detach(said)
    code = 70
    try:
        house = House(asked, told)
        sys.meta_path.insert(0, Changed(asked.get("sources") or {}, asked.get("instrumented") or {}))
        first = ["-x"] if asked.get("first", True) else []
        code = int(pytest.main([*_QUIET, f"--basetemp={asked['basetemp']}", *first, *asked["tests"]], plugins=[house]))
        house.write()
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Ready:
    """pytest that has collected everything and runs what it is asked, each time in a child."""

    def __init__(self, answers: TextIO) -> None:
        self.answers = answers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Answer until the input ends."""
        if session.testsfailed:
            self._answer({"collected": 0})
            return True
        everything = list(session.items)
        self._answer({"collected": len(everything)})
        gc.freeze()
        for line in sys.stdin:
            asked = json.loads(line)
            session.items = chosen(everything, asked["tests"])
            self._answer(_run(asked, lambda *paths: self._live(session, *paths)))
        return True

    def _answer(self, said: dict[str, Any]) -> None:
        self.answers.write(json.dumps(said) + "\n")
        self.answers.flush()

    @staticmethod
    def _live(session: Any, asked: dict[str, Any], said: Path, told: Path) -> None:
        """The child: some functions get other code, then the tests that were asked for; it never returns."""
        code = 70
        try:
            _detach(said)
            house = House(asked, told)
            session.config.pluginmanager.register(house, "house")
            session.config.option.maxfail = 1 if asked.get("first", True) else 0
            changed = all(swapped(PROJECT / path, text) for path, text in asked["sources"].items())
            if not changed:
                code = UNCHANGED
            elif not session.items:
                code = 5
            else:
                with contextlib.suppress(session.Failed):
                    pytest_runtestloop(session)
                code = 1 if session.testsfailed else 0
                house.write()
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def chosen(items: list[Any], asked: list[str]) -> list[Any]:
    """The collected tests in the order asked for: by name, by module, by folder; without the deselected."""
    without = tuple(word.partition("=")[2] for word in asked if word.startswith("--deselect="))
    kept = []
    by_name = {item.nodeid: item for item in items}
    for word in asked:
        if word.startswith("--"):
            continue
        kept += (
            [by_name[word]] if word in by_name else [i for i in items if i.nodeid.startswith((word + "::", word + "/"))]
        )
    return [item for item in dict.fromkeys(kept) if not (without and item.nodeid.startswith(without))]


def swapped(path: Path, text: str) -> bool:
    """Give every function whose text changed its new code; False when the change is not within functions alone."""
    old, new = (_codes(compile(source, str(path), "exec")) for source in (path.read_text(encoding="utf-8"), text))
    if old.keys() != new.keys():
        return False
    different = {place for place in old if place[0] != "<module>" and _core(old[place]) != _core(new[place])}
    if not different or _core(old[("<module>", 1)]) != _core(new[("<module>", 1)]):
        return False
    done = set()
    gc.unfreeze()
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename == str(path):
            place = (function.__code__.co_qualname, function.__code__.co_firstlineno)
            if place in different:
                function.__code__ = new[place]
                done.add(place)
    return different <= done


def _codes(module: CodeType) -> dict[tuple[str, int], CodeType]:
    """The functions of a module and of its classes, by name and first line; what they hold within is theirs."""
    found = {("<module>", 1): module}
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            place = (constant.co_qualname, constant.co_firstlineno)
            if constant.co_flags & inspect.CO_OPTIMIZED:
                found[place] = constant
            else:
                found |= {p: c for p, c in _codes(constant).items() if p[0] != "<module>"}
    return found


def _core(code: CodeType) -> tuple[Any, ...]:
    """What a code object does, without that of the functions of a module or class."""
    outer = not code.co_flags & inspect.CO_OPTIMIZED
    constants = tuple(
        (_core(c) if not outer or not c.co_flags & inspect.CO_OPTIMIZED else c.co_name)
        if isinstance(c, CodeType)
        else repr(c)
        for c in code.co_consts
    )
    return (code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars)


class House:
    """What children share: the running cluster and its template, and what each test said."""

    def __init__(self, asked: dict[str, Any], told: Path) -> None:
        self.asked, self.told = asked, told
        self.failed: list[str] = []
        self.passed: dict[str, float] = {}
        self.skipped: list[str] = []
        self.setups: dict[str, float] = {}
        self.touched: dict[str, list[str]] = {}
        self.used: dict[str, list[str]] = {}
        self.module = ""
        self.begun: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        """The cluster of the process that asks, in the place of one of one's own."""
        name = fixturedef.argname
        if name not in ("cluster_folder", "admin_url", "translations") or fixturedef.baseid != "tests":
            return None
        value: Any = None
        if name == "cluster_folder":
            os.environ["DATA"] = self.asked["folder"]
            value = Path(self.asked["folder"])
        elif name == "admin_url":
            request.getfixturevalue("cluster_folder")
            request.getfixturevalue("django_db_blocker").unblock()
            value = self.asked["url"]
            self._take(importlib.import_module("tests.conftest"))
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
        return value if value is not None else True

    def _take(self, conftest: ModuleType) -> None:
        """Tests clone the database of this mutant; before one is dropped its counters are read."""
        conftest.TEMPLATE = self.asked["template"]  # type: ignore[attr-defined]
        importlib.import_module("tests.furnished").COPIES = False  # type: ignore[attr-defined]
        drop = conftest._drop

        def drop_told(url: str, name: str) -> None:
            if self.asked.get("instrumented") is not None:
                self._count(url, name)
            drop(url, name)

        conftest._drop = drop_told  # type: ignore[attr-defined]

    def _count(self, url: str, name: str) -> None:
        psycopg = importlib.import_module("psycopg")
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(f"{url.rpartition('/')[0]}/{name}") as base:
            # A connection tells what it counted when it ends.
            base.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            rows = base.execute(
                "SELECT schemaname || '.' || funcname FROM pg_stat_user_functions WHERE calls > 0 UNION"
                " SELECT relname FROM pg_stat_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
            ).fetchall()
            self.used.setdefault(self.module, []).extend(row[0] for row in rows)

    def pytest_runtest_setup(self, item: Any) -> None:
        if not self.begun:
            self.touched["import"] = sorted(TOUCHED)
        TOUCHED.clear()
        self.module = item.nodeid.partition("::")[0]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: Any) -> None:
        """What the first test of a module sets up, it sets up for all of them."""
        if self.module not in self.begun:
            self.begun.add(self.module)
            self.touched[self.module] = sorted(TOUCHED)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the first failure, the durations, the functions that were run."""
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.skipped:
            self.skipped.append(report.nodeid)
        elif report.when == "call":
            self.passed[report.nodeid] = round(report.duration, 3)
        if report.when == "setup":
            self.setups[report.nodeid] = round(report.duration, 3)
        if report.when == "teardown" and TOUCHED:
            self.touched[report.nodeid] = sorted(TOUCHED)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def write(self) -> None:
        """For the process that asks."""
        answer = {
            "failed": self.failed, "passed": self.passed, "skipped": self.skipped, "setups": self.setups,
            "touched": self.touched, "used": {module: sorted(set(names)) for module, names in self.used.items()},
        }  # fmt: skip
        self.told.write_text(json.dumps(answer))


class Changed(importlib.abc.MetaPathFinder):
    """Modules whose text is another one than on the disk, and modules that say which of their functions run."""

    def __init__(self, sources: dict[str, str], instrumented: dict[str, dict[str, Any]]) -> None:
        self.sources = {_module(path): text for path, text in sources.items()}
        self.instrumented = {_module(path): told for path, told in instrumented.items()}
        builtins.mutants_mark = infect.mark  # type: ignore[attr-defined]
        builtins.mutants_probe = infect.probe  # type: ignore[attr-defined]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.sources and name not in self.instrumented:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        if found is None or found.origin is None:
            return None
        loader = _Loader(name, found.origin, self.sources.get(name), self.instrumented.get(name, {}))
        return importlib.util.spec_from_file_location(
            name, found.origin, loader=loader, submodule_search_locations=found.submodule_search_locations
        )


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, text: str | None, told: dict[str, Any]) -> None:
        super().__init__(name, path)
        self.text, self.told = text, told

    def get_code(self, fullname: str) -> CodeType:
        """Compiled here and kept nowhere."""
        text = self.text if self.text is not None else Path(self.path).read_text(encoding="utf-8")
        specs = [infect.Spec(*spec) for spec in self.told.get("specs", ())]
        tree = infect.Instrumented(text, self.path, specs).tree
        for name, function in _functions(tree):
            if name in self.told.get("names", ()):
                call = ast.parse(f"mutants_mark({fullname + ':' + name!r})").body[0]
                ast.copy_location(call, function.body[0])
                for node in ast.walk(call):
                    ast.copy_location(node, function.body[0])
                function.body.insert(0, call)
        return compile(tree, self.path, "exec", dont_inherit=True)


def _functions(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for node in tree.body:
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (f"{node.name}.{inner.name}" if isinstance(node, ast.ClassDef) else inner.name), inner


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


if __name__ == "__main__":
    main()
