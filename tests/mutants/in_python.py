"""Mutants of the Python: policies of views, permissions, reader keys, field guards, entries of the journal."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants import in_rules
from tests.mutants.mutant import OUTSIDE, PACKAGE, PROJECT, Mutant

_WEB_POLICY = "__import__('recoupe.web.policy', fromlist=['policy'])"
_CHECK = re.compile(r"^_?(check|demand)_")
_KEYED = re.compile(r"set\[tuple\[UUID, Capacity\]\]")
# What decides on a field says so in its words: a mask, or a reading of the object that the field names.
_FIELD = re.compile(r"\b(masked|named_to|name_is_shown|name_of|names_of|in_reach|readable|may_read|reads)\b")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Source:
    """One file, with what is needed to cut in it."""

    path: Path
    text: str = ""
    tree: ast.Module = field(default_factory=lambda: ast.Module([], []))
    starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.lines = self.text.splitlines(keepends=True)
        at = 0
        for line in self.lines:
            self.starts.append(at)
            at += len(line)

    @property
    def relative(self) -> str:
        return self.path.relative_to(PROJECT).as_posix()

    def offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def change(self, kind: str, name: str, how: str, node: ast.expr | ast.stmt, after: str) -> Mutant:
        start, end = self.span(node)
        if isinstance(node, ast.stmt):
            # The functions below keep their lines.
            after += "\n" * self.text.count("\n", start, end)
        return Mutant(kind, self.relative, name, how, start, end, after, self.text)

    def without(self, kind: str, name: str, node: ast.expr | ast.stmt, elements: list[ast.expr], nth: int) -> Mutant:
        """A list, set or call of which one element goes, with its comma."""
        start, end = self.span(elements[nth])
        if nth + 1 < len(elements):
            end = self.span(elements[nth + 1])[0]
        elif nth:
            start = self.span(elements[nth - 1])[1]
        return Mutant(kind, self.relative, name, f"without its part {nth + 1}", start, end, "", self.text)


def mutants() -> Iterator[Mutant]:
    """Of every module of every room, in the order of their paths."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        deciding = parts[0] not in OUTSIDE or path.relative_to(PROJECT).as_posix() in in_rules.KERNEL_DECIDES
        if len(parts) > 1 and deciding and "migrations" not in parts:
            yield from of_module(Source(path))


def of_module(source: Source) -> Iterator[Mutant]:
    """What one module decides."""
    deciding = source.path.name == "permissions.py"
    keyed = _names_of_keyed(source)
    for name, function in functions(source.tree):
        short = name.rpartition(".")[2]
        for decorator in function.decorator_list:
            yield from _decorator(source, name, decorator)
        if deciding or _CHECK.match(short):
            yield from _deciding(source, "permission", name, function)
        elif short in keyed or source.relative == "recoupe/access/keys.py":
            yield from _deciding(source, "reader keys", name, function)
            yield from _adding(source, name, function)
        elif source.path.name == "fields.py" and "web" not in source.relative:
            yield from _deciding(source, "field guard", name, function)
        elif in_rules.is_of_rules(source.relative):
            yield from _deciding(source, "rule", name, function)
            yield from in_rules.memberships(source, name, within(function))
        else:
            yield from _fields(source, name, function)
        yield from in_rules.held_back(source, name, within(function))
        yield from _calls(source, name, function)
    yield from in_rules.statements(source, lambda node: _named(source, node))
    if in_rules.is_of_rules(source.relative):
        yield from in_rules.constants(source)
    if deciding:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Lambda):
                yield source.change("permission", "lambda", "always yes", node.body, "True")
                yield source.change("permission", "lambda", "always no", node.body, "False")


def functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Every function of a module and of its classes; what it defines within itself is part of it."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    yield f"{node.name}.{inner.name}", inner


def _named(source: Source, node: ast.expr) -> str:
    """The function or the constant that a text stands in."""
    for name, function in functions(source.tree):
        if function.lineno <= node.lineno <= (function.end_lineno or 0):
            return name
    for statement in source.tree.body:
        if isinstance(statement, ast.Assign) and statement.lineno <= node.lineno <= (statement.end_lineno or 0):
            return ast.unparse(statement.targets[0])
    return ""


def _names_of_keyed(source: Source) -> set[str]:
    """Functions that answer readers, and the questions of the same module that they ask."""
    known = {name.rpartition(".")[2]: function for name, function in functions(source.tree)}
    keyed = {n for n, f in known.items() if f.returns is not None and _KEYED.search(ast.unparse(f.returns))}
    asked = {
        call.func.id
        for name in keyed
        for call in ast.walk(known[name])
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in known
    }
    return keyed | asked


def _decorator(source: Source, name: str, node: ast.expr) -> Iterator[Mutant]:
    if not (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "policy"):
        return
    roles = next((word.value for word in node.keywords if word.arg == "roles"), None)
    purpose = next((word.value for word in node.keywords if word.arg == "purpose"), None)
    if roles is not None:
        written = ast.unparse(roles)
        if written.endswith("EVERYONE"):
            yield source.change("decorator", name, "closed to one role", roles, f"sorted({written})[1:]")
        else:
            yield source.change("decorator", name, "open to every role", roles, f"{_WEB_POLICY}.EVERYONE")
    if purpose is not None:
        turned = "True" if ast.unparse(purpose) == "False" else "False"
        yield source.change("decorator", name, "purpose turned round", purpose, turned)
    elif roles is not None:
        yield source.change("decorator", name, "no purpose asked", roles, f"{ast.unparse(roles)}, purpose=False")


def _refuses(statements: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Raise) for statement in statements for node in ast.walk(statement))


def _deciding(source: Source, kind: str, name: str, function: Function) -> Iterator[Mutant]:
    """Each condition of a function that decides: its parts where it has some, else the whole of it.

    Whoever notices that a part is gone notices that the whole is; the other way round he may not.
    """
    answers = ast.unparse(function.returns) if function.returns is not None else ""
    for node in within(function):
        if isinstance(node, ast.If | ast.IfExp) and not _composed(node.test):
            yield source.change(kind, name, "condition never holds", node.test, "False")
            if not (isinstance(node, ast.If) and _refuses(node.body)):
                yield source.change(kind, name, "condition always holds", node.test, "True")
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield source.change(kind, name, "filter always holds", test, "True")
        elif isinstance(node, ast.Return) and node.value is not None and answers == "bool":
            if _composed(node.value):
                continue
            yield source.change(kind, name, "always yes", node.value, "True")
            yield source.change(kind, name, "always no", node.value, "False")
        elif isinstance(node, ast.keyword) and ast.unparse(node.value).startswith("not "):
            yield source.change(kind, name, "never", node.value, "False")
    for node in within(function):
        yield from _operands(source, kind, name, node)


def within(function: Function) -> Iterator[ast.AST]:
    """What a function does, without its annotations and decorators."""
    for statement in function.body:
        yield from ast.walk(statement)


def _composed(test: ast.expr) -> bool:
    return any(isinstance(node, ast.BoolOp) for node in ast.walk(test))


def _operands(source: Source, kind: str, name: str, node: ast.AST) -> Iterator[Mutant]:
    if isinstance(node, ast.BoolOp):
        neutral = "True" if isinstance(node.op, ast.And) else "False"
        for operand in node.values:
            yield source.change(kind, name, f"one part is {neutral}", operand, neutral)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and not isinstance(node.right, ast.Constant):
        if ast.unparse(node).count("Q(") or isinstance(node.left, ast.BinOp | ast.Name):
            yield source.change(kind, name, "one side of | goes", node, ast.unparse(node.left))
            yield source.change(kind, name, "one side of | goes", node, ast.unparse(node.right))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        yield source.change(kind, name, "one side of & goes", node, ast.unparse(node.left))
        yield source.change(kind, name, "one side of & goes", node, ast.unparse(node.right))


def _adding(source: Source, name: str, function: Function) -> Iterator[Mutant]:
    """Each reader that a function adds to those of a row."""
    for node in within(function):
        if isinstance(node, ast.AugAssign):
            yield source.change("reader keys", name, "not added", node, "pass")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            if isinstance(node.value.func, ast.Attribute) and node.value.func.attr in ("add", "update", "discard"):
                yield source.change("reader keys", name, "not added", node, "pass")
        elif isinstance(node, ast.Set) and len(node.elts) > 1:
            for nth in range(len(node.elts)):
                yield source.without("reader keys", name, node, node.elts, nth)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Capacity":
            other = "Capacity.UNIT" if node.attr != "UNIT" else "Capacity.CELL"
            yield source.change("reader keys", name, "another capacity", node, other)


def _fields(source: Source, name: str, function: Function) -> Iterator[Mutant]:
    """Outside the room of fields: a condition that speaks of masks or of what the reader reads."""
    for node in within(function):
        tests: list[ast.expr] = []
        if isinstance(node, ast.If | ast.IfExp):
            tests = [node.test]
        elif isinstance(node, ast.comprehension):
            tests = node.ifs
        for test in tests:
            if _FIELD.search(ast.unparse(test)):
                yield source.change("field guard", name, "condition never holds", test, "False")
                yield source.change("field guard", name, "condition always holds", test, "True")


def _calls(source: Source, name: str, function: Function) -> Iterator[Mutant]:
    """Checks that are called, entries that are written."""
    for node in within(function):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        called = ast.unparse(node.value.func).rpartition(".")[2]
        if _CHECK.match(called):
            yield source.change("permission", name, f"{called} not called", node, "pass")
        elif called == "record" and source.relative != "recoupe/audit/actions.py":
            yield source.change("journal", name, "no entry", node, "pass")
            for word in node.value.keywords:
                if word.arg == "refs" and ast.unparse(word.value) not in ("()", "[]"):
                    yield source.change("journal", name, "an entry that names nothing", word.value, "()")
