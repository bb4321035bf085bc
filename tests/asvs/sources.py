"""Our sources, read as trees: what is imported where, what is called, how texts are put together."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.asvs.book import PROJECT

PACKAGE = PROJECT / "recoupe"
# The made world, its benches and proofs, and what an administrator types: no request reaches them.
ASIDE = ("demo", "cli")
# Whole holdings on DuckDB, in memory: only those commands import them, which test_code.py holds.
BATCHES = ("matching/batch.py", "matching/blocking_sql.py", "matching/ceiling.py", "matching/training.py")


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the house by its path below recoupe/, migrations left out."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text()) for path in paths}


def served() -> dict[str, ast.Module]:
    """Those that a request, or a job that it asked for, may reach."""
    return {name: tree for name, tree in trees().items() if name.partition("/")[0] not in ASIDE and name not in BATCHES}


@cache
def imported(module: ast.Module) -> tuple[str, ...]:
    """The dotted names that a module imports."""
    found: list[str] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(found)


def importers(of: dict[str, ast.Module], *packages: str) -> dict[str, set[str]]:
    """Who imports one of these packages, or something of it: module by module, what."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, tree in of.items():
        for what in imported(tree):
            if any(what == package or what.startswith(package + ".") for package in packages):
                found[name].add(what)
    return dict(found)


@cache
def calls(module: ast.Module) -> tuple[tuple[str, ast.Call], ...]:
    """Every call with the name that is called."""
    return tuple((ast.unparse(node.func), node) for node in ast.walk(module) if isinstance(node, ast.Call))


def filled(module: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Every text with holes: what is written, and the expressions that fill it."""
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            text = "{}".join(str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values)
            yield text, [ast.unparse(part.value) for part in node.values if isinstance(part, ast.FormattedValue)]


def in_functions(module: ast.Module) -> Iterator[ast.AST]:
    """What is met only when a function runs."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (inner for inner in ast.walk(node) if inner is not node)


def scripts() -> dict[str, str]:
    """Our own scripts, without their comments."""
    found = sorted((PACKAGE / "web" / "static" / "js").glob("*.js"))
    return {path.name: without_comments(path) for path in found}


def without_comments(path: Path) -> str:
    """A script whose block comments are gone; ours have no others."""
    text, kept = path.read_text(), []
    while text:
        code, _, rest = text.partition("/* ")
        kept.append(code)
        text = rest.partition("*/")[2]
    return "".join(kept)
