"""Python that tells, while tests run, which of its mutants would have answered otherwise at that moment.

Imports nothing of the house: the workshop uses it before the house is read.
"""

import ast
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

# What a test met: a function that ran, as module:name; a mutant that would have answered otherwise, as its key.
TOUCHED: set[str] = set()
_ASKING: list[bool] = []
_WITHIN = ast.BoolOp | ast.UnaryOp | ast.Compare | ast.Tuple | ast.Set
_UNSAFE = ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom


class Spec(NamedTuple):
    """A mutant: its key, its place in the text, what stands there instead."""

    key: str
    start: int
    end: int
    after: str


def probe(as_truth: bool, original: Callable[[], Any], mutants: Iterable[tuple[str, Callable[[], Any]]]) -> Any:
    """What the house answers; a mutant that would have answered otherwise, or failed, is noted."""
    wanted = [] if _ASKING else [(key, changed) for key, changed in mutants if key not in TOUCHED]
    try:
        value = original()
    except BaseException:
        TOUCHED.update(key for key, _ in wanted)
        raise
    if wanted:
        _ASKING.append(True)
        try:
            TOUCHED.update(key for key, changed in wanted if _differs(as_truth, value, changed))
        finally:
            _ASKING.pop()
    return value


def _differs(as_truth: bool, value: Any, changed: Callable[[], Any]) -> bool:
    try:
        other = changed()
        return bool(value) != bool(other) if as_truth else bool(value != other or type(value) is not type(other))
    except Exception:
        return True


def mark(key: str) -> None:
    """Noted, unless a mutant is only being asked."""
    if not _ASKING:
        TOUCHED.add(key)


class Instrumented:
    """One module with its probes; `probed` are the mutants of which silence means that no test sees them."""

    def __init__(self, text: str, path: str, specs: Iterable[Spec]) -> None:
        self.text, self.probed = text, set[str]()
        self.tree = ast.parse(text, path)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = text.splitlines(keepends=True)
        # What stands in an f-string does not know where it stands.
        inner = {n for f in ast.walk(self.tree) if isinstance(f, ast.JoinedStr) for n in ast.walk(f) if n is not f}
        nodes = [n for n in ast.walk(self.tree) if isinstance(n, ast.expr | ast.stmt) and n not in inner]
        self._spans = [(self._span(node), node) for node in nodes]
        roots: dict[ast.expr, list[tuple[str, ast.expr]]] = {}
        marked: dict[ast.stmt, list[Spec]] = {}
        for spec in specs:
            self._place(spec, roots, marked)
        for statement, told in marked.items():
            self._before(statement, told)
        self.tree = _Wrapped(roots, {root: self._is_truth(root) for root in roots}).visit(self.tree)

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def _place(
        self, spec: Spec, roots: dict[ast.expr, list[tuple[str, ast.expr]]], marked: dict[ast.stmt, list[Spec]]
    ) -> None:
        holding = [
            (end - start, n)
            for n, ((start, end), _) in enumerate(self._spans)
            if start <= spec.start and spec.end <= end
        ]
        if not holding:
            return
        node = self._spans[min(holding)[1]][1]
        if not self._runs_when_called(node):
            return
        if isinstance(node, ast.expr):
            root, changed = self._changed(spec, node)
            if changed is not None:
                roots.setdefault(root, []).append((spec.key, changed))
                self.probed.add(spec.key)
                return
        statement: ast.AST = node
        while not isinstance(statement, ast.stmt):
            statement = self.parents[statement]
        if self._runs_when_called(statement):
            marked.setdefault(statement, []).append(spec)
            self.probed.add(spec.key)

    def _runs_when_called(self, node: ast.AST) -> bool:
        """Whether it stands in the body of a function, and not in what is read when the module is."""
        while node in self.parents:
            parent = self.parents[node]
            if isinstance(parent, ast.Lambda) and parent.body is node:
                return True
            if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and node in parent.body:
                return True
            node = parent
        return False

    def _changed(self, spec: Spec, node: ast.expr) -> tuple[ast.expr, ast.expr | None]:
        """The whole condition that it is part of, and what it would be with the mutant; None where only a run tells."""
        whole = spec.after in ("True", "False", "None") or isinstance(node, ast.Set | ast.BinOp | ast.Attribute)
        root = node
        while isinstance(self.parents.get(root), _WITHIN):
            root = self.parents[root]  # type: ignore[assignment]
        start, end = self._span(root)
        said = f"({self.text[start : spec.start]}{spec.after}{self.text[spec.end : end]}\n)"
        if not whole or any(isinstance(n, _UNSAFE) for n in ast.walk(root)) or "super()" in said or "next(" in said:
            return root, None
        try:
            return root, ast.parse(said, mode="eval").body
        except SyntaxError:
            return root, None

    def _is_truth(self, root: ast.expr) -> bool:
        parent = self.parents[root]
        if isinstance(parent, ast.comprehension):
            return root in parent.ifs
        return isinstance(parent, ast.If | ast.IfExp | ast.While | ast.Assert) and parent.test is root

    def _before(self, statement: ast.stmt, specs: list[Spec]) -> None:
        """Noted when the statement is reached; a check that would not be called, when it refuses."""
        fields = [value for _, value in ast.iter_fields(self.parents[statement]) if isinstance(value, list)]
        body = next(value for value in fields if statement in value)
        start, end = self._span(statement)
        refusing = [s for s in specs if _is_check(statement) and (s.start, s.end) == (start, end)]
        at = body.index(statement)
        if refusing:
            handler = ast.ExceptHandler(ast.Name("BaseException", ast.Load()), None, [*_told(refusing), ast.Raise()])
            body[at] = _placed(ast.Try([statement], [handler], [], []), statement)
        body[at:at] = [_placed(told, statement) for told in _told([s for s in specs if s not in refusing])]


def _told(specs: Iterable[Spec]) -> list[ast.stmt]:
    return [ast.parse(f"mutants_mark({spec.key!r})").body[0] for spec in specs]


def _is_check(statement: ast.stmt) -> bool:
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return False
    return ast.unparse(statement.value.func).rpartition(".")[2].lstrip("_").startswith(("check_", "demand_"))


def _placed(made: ast.stmt, where: ast.stmt) -> ast.stmt:
    """At the line of what it stands before: its parts that come from the source keep their own."""
    for node in ast.walk(made):
        if isinstance(node, ast.expr | ast.stmt) and (not hasattr(node, "lineno") or node.end_lineno == 1):
            ast.copy_location(node, where)
    return ast.fix_missing_locations(made)


class _Wrapped(ast.NodeTransformer):
    def __init__(self, roots: dict[ast.expr, list[tuple[str, ast.expr]]], truths: dict[ast.expr, bool]) -> None:
        self.roots, self.truths = roots, truths

    def visit(self, node: Any) -> Any:
        visited: Any = self.generic_visit(node)
        if node not in self.roots:
            return visited
        changed: list[ast.expr] = [
            ast.Tuple([ast.Constant(key), _lazily(other)], ast.Load()) for key, other in self.roots[node]
        ]
        call = ast.Call(
            ast.Name("mutants_probe", ast.Load()),
            [ast.Constant(self.truths[node]), _lazily(visited), ast.Tuple(changed, ast.Load())], [],
        )  # fmt: skip
        return ast.fix_missing_locations(ast.copy_location(call, node))


def _lazily(value: ast.expr) -> ast.Lambda:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(nothing, value)
