"""Mutants of what decides beside permissions: the rules of matching and telling, readings, SQL that Python holds."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Protocol

from tests.mutants.in_sql import Sql, conditions
from tests.mutants.mutant import Mutant

# Values of the kernel that decide who is told, and whose name is shown; what else stands there only spells.
KERNEL_DECIDES = ("recoupe/kernel/handling.py", "recoupe/kernel/category.py")
KERNEL_SPELLS = {
    "dates.py", "grading.py", "matchable.py", "person.py", "place.py", "quantity.py", "rates.py", "reference.py",
    "refusal.py", "source.py", "sphere.py", "text.py", "selectors",
}  # fmt: skip
# What a reading holds back beyond row security says so in these words.
_HELD_BACK = re.compile(r"named_to|in_reach|ReportState\.DRAFT|readable")
_STATEMENT = re.compile(r"\s*(?:SELECT|WITH|UPDATE|DELETE|INSERT)\b")
_SEAM = re.compile(r'(?:"""|"\s*f?")')
_TOLD = re.compile(r"([\w.]+)\s+AND\s+((?:NOT\s+)?[\w.]+)(?=\s+AS\s+\w)", re.I)
_PARTITION = re.compile(r"PARTITION\s+BY\s+([\w., ]+?)\s+ORDER", re.I)


class Written(Protocol):
    """A module that is read: its text, its tree, where a node stands in it."""

    text: str
    tree: ast.Module

    @property
    def relative(self) -> str:
        """Its path from the root of the project."""

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """From where to where."""

    def change(self, kind: str, name: str, how: str, node: ast.expr | ast.stmt, after: str) -> Mutant:
        """The mutant that writes something else there."""

    def without(self, kind: str, name: str, node: ast.expr | ast.stmt, elements: list[ast.expr], nth: int) -> Mutant:
        """The mutant of which one element goes."""


def is_of_rules(relative: str) -> bool:
    """Whether each condition of the module is a rule: the rules of a room, the kernel's values that decide."""
    return (relative.endswith("/rules.py") and "/models/" not in relative) or relative in KERNEL_DECIDES


def constants(source: Written) -> Iterator[Mutant]:
    """Closed sets and tables of yes and no: each member goes, each answer turns round."""
    for statement in source.tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        name = ast.unparse(target)
        if name.startswith("SENTENCE"):
            continue
        for node in ast.walk(statement.value):
            if isinstance(node, ast.Set) and len(node.elts) > 1:
                for nth in range(len(node.elts)):
                    yield source.without("rule", name, node, node.elts, nth)
            elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
                yield source.change("rule", name, "turned round", node, str(not node.value))


def memberships(source: Written, name: str, nodes: Iterator[ast.AST]) -> Iterator[Mutant]:
    """`x in (A, B)`: each of them goes."""
    for node in nodes:
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            among = node.comparators[0]
            if isinstance(among, ast.Tuple) and len(among.elts) > 1:
                for element in among.elts:
                    yield source.change("rule", name, f"without {ast.unparse(element)}", element, "None")


def held_back(source: Written, name: str, nodes: Iterator[ast.AST]) -> Iterator[Mutant]:
    """What a reading leaves out beyond row security: a filter, an exclusion, one side of a conjunction."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            said = node.func.attr
            words = " ".join(ast.unparse(word) for word in [*node.args, *node.keywords])
            if said == "exclude" and _HELD_BACK.search(words):
                yield source.change("reading", name, "nothing left out", node, ast.unparse(node.func.value))
            elif said == "filter":
                for nth, argument in enumerate(node.args):
                    yield from _argument(source, name, node, argument, nth)


def _argument(source: Written, name: str, call: ast.Call, argument: ast.expr, nth: int) -> Iterator[Mutant]:
    if not _HELD_BACK.search(ast.unparse(argument)):
        return
    if isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.BitAnd):
        for kept, gone in ((argument.left, argument.right), (argument.right, argument.left)):
            if _HELD_BACK.search(ast.unparse(gone)):
                yield source.change("reading", name, "one side of & goes", argument, ast.unparse(kept))
    elif len(call.args) + len(call.keywords) > 1:
        start, _ = source.span(argument)
        following = [*call.args[nth + 1 :], *(word.value for word in call.keywords)][0]
        end = source.span(following)[0]
        end = source.text.rindex(",", start, end) + 1
        yield Mutant("reading", source.relative, name, "not asked", start, end, "", source.text)


def statements(source: Written, named: Callable[[ast.expr], str]) -> Iterator[Mutant]:
    """The conditions of the SQL that a module holds as text."""
    inner = {id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(source.tree):
        if id(node) in inner or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        start, end = source.span(node)
        written = source.text[start:end].removeprefix("f").lstrip('"')
        if not _STATEMENT.match(written):
            continue
        # Quotes are no part of a condition; the braces of an f-string stay as they are.
        blank = _SEAM.sub(lambda found: " " * len(found[0]), source.text[start:end])
        bare = " " * start + re.sub(r"^f?\"|\"$", lambda found: " " * len(found[0]), blank) + source.text[end:]
        sql = Sql(source.relative, source.text, bare)
        name = named(node)
        for mutant in conditions(sql, "matching", name, start, end):
            yield _with_its_parameters(mutant)
        yield from _beside_conditions(sql, name, start, end)


def _with_its_parameters(mutant: Mutant) -> Mutant:
    """A part that takes a parameter stays where it is, without effect: one too many would be refused for itself."""
    if "%s" not in mutant.before and "%(" not in mutant.before:
        return mutant
    said = "OR TRUE" if mutant.after == "true" else "AND FALSE"
    after = f"(({mutant.before}) {said})"
    return Mutant(mutant.kind, mutant.path, mutant.name, mutant.how, mutant.start, mutant.end, after, mutant.source)


def _beside_conditions(sql: Sql, name: str, start: int, end: int) -> Iterator[Mutant]:
    """A rule that is computed, and what a rank counts within."""
    for found in _TOLD.finditer(sql.bare, start, end):
        for part in (1, 2):
            yield sql.change("matching", name, "one part is true", *found.span(part), "true")
    for found in _PARTITION.finditer(sql.bare, start, end):
        columns = found[1].split(",")
        for nth in range(len(columns)):
            left = ", ".join(column.strip() for column in columns[:nth] + columns[nth + 1 :])
            how = f"ranked over {columns[nth].strip()}"
            yield sql.change("matching", name, how, *found.span(1), left)
