"""What our code never does: make a query, a command, a pattern or a program of what came, call outside, use chance."""

import ast
import re

import pytest

from tests.asvs import sources
from tests.asvs.book import PROJECT

# A query with a hole: each hole is a name of ours (a table, a column, a condition), told here once. Values go beside.
HOLES = {
    "audit/queries.py": {"CONDITIONS", "source"},
    "crosscheck/actions/contact.py": {"function"},
    "crosscheck/actions/reentry.py": {"table._meta.db_table"},
    "crosscheck/bulk.py": {"table", "names", "over", "key", "fresh", "condition"},
    "crosscheck/index.py": {"_ALL"},
    "crosscheck/queries.py": {"OBJECTS", "_COLUMNS"},
    # The one table of a file that is a database of its own, in memory, quoted, under an authorizer.
    "dealpoints/importing/layers.py": {"table", "MOST_LINES + 1"},
    "intelligence/bulk.py": {"table", "columns"},
    "intelligence/matching.py": {"_COLUMNS", "call"},
    "matching/conditions.py": {"_KM_PER_DEGREE ** 2"},
    "notices/queries.py": {"_WAITING", "_OVERDUE"},
}
QUERY = re.compile(
    r"\b(?:SELECT|INSERT INTO|DELETE FROM|LISTEN|ALTER|CREATE|DROP|GRANT)\b|\bUPDATE\b.*\bSET\b", re.DOTALL
)
# Patterns are made once, when a module is read; these are made of our own lists of words and of sounds.
PATTERNS_MADE_LATER = {"intelligence/vocabulary.py", "kernel/selectors/phone.py", "matching/spelling/sounds.py",
                       "web/intelligence/shown.py"}  # fmt: skip
UNSAFE_READERS = ("pickle", "marshal", "shelve", "yaml", "dill", "xml", "lxml", "ctypes", "jsonpickle")
DANGEROUS = ("eval", "exec", "compile", "__import__", "os.system", "os.popen", "mark_safe", "format_html")
MARKUP = {
    "web/audit/table.py", "web/coordination/rows.py", "web/crosscheck/rows.py", "web/desk/rows.py",
    "web/intelligence/table.py", "web/markup.py", "web/notices/rows.py", "web/oversight/rows.py", "web/shell.py",
    "web/widgets.py",
}  # fmt: skip
# Who opens a line to another process, and to whom (docs: communications).
CALLERS = {
    "access/oidc.py", "audit/listening.py", "audit/witness.py",
    "crosscheck/answering.py", "crosscheck/asking.py", "crosscheck/wire.py",
    "notices/digests.py",
}  # fmt: skip
LINES = ("socket", "socketserver", "httpx", "requests", "urllib.request", "http.client", "http.server", "smtplib",
         "ftplib", "telnetlib", "aiohttp")  # fmt: skip


def test_no_query_is_composed_of_what_came() -> None:
    found: dict[str, set[str]] = {}
    for name, tree in sources.served().items():
        for text, holes in sources.filled(tree):
            if QUERY.search(text) and holes:
                found.setdefault(name, set()).update(holes)
    assert {
        name: holes - HOLES.get(name, set()) for name, holes in found.items() if holes - HOLES.get(name, set())
    } == {}


def test_no_request_reaches_a_batch() -> None:
    """Neither by itself nor by the seam that looks for its machine (`linking`)."""
    batches = [f"recoupe.{name.removesuffix('.py').replace('/', '.')}" for name in sources.BATCHES]
    assert sources.importers(sources.served(), *batches, "recoupe.matching.linking") == {}


def test_a_hole_in_a_query_is_never_filled_from_a_request() -> None:
    """The functions with such a hole take it from constants: no view calls them with what it read."""
    reads = ("request.GET", "request.POST", "request.COOKIES", "request.headers", "request.body", "cleaned_data")
    for name in HOLES:
        tree = sources.trees().get(name)
        written = ast.unparse(tree) if tree else ""
        assert not any(read in written for read in reads), name


# These join what is theirs alone: a catalogue's condition, and names that psycopg quotes.
JOINED = {"config/safety.py", "reference/loader.py"}


def test_no_query_is_joined_from_pieces() -> None:
    assert {module for module, tree in sources.served().items() if joined(tree)} <= JOINED


def joined(module: ast.AST) -> list[int]:
    """Where a query is put together by `+`, `%` or `.format`."""
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.expr):
            continue
        pieces: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            pieces = [node.left, node.right]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            pieces = [node.func.value]
        if any(isinstance(p, ast.Constant) and isinstance(p.value, str) and QUERY.search(p.value) for p in pieces):
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("name", DANGEROUS)
def test_nothing_dangerous_is_called(name: str) -> None:
    guilty = [
        f"{module}:{node.lineno}"
        for module, tree in sources.trees().items()
        for called, node in sources.calls(tree)
        if called == name or (called.endswith(f".{name}") and name not in ("compile", "exec", "eval"))
    ]
    assert guilty == []


def test_no_text_becomes_a_template_or_markup_outside_the_writers() -> None:
    wanted = ("Template", "from_string", "SafeString", "SafeText")
    found = {
        module
        for module, tree in sources.served().items()
        for called, _ in sources.calls(tree)
        if called.rpartition(".")[2] in wanted
    }
    assert found <= MARKUP


def test_no_command_is_run_by_a_request_and_none_by_a_shell() -> None:
    assert sources.importers(sources.served(), "subprocess", "pty", "commands") == {}
    shells = [
        f"{module}:{node.lineno}"
        for module, tree in sources.trees().items()
        for _, node in sources.calls(tree)
        if any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords)
    ]
    assert shells == []


def test_nothing_that_came_is_unpacked_into_objects() -> None:
    # One number told to the C library's allocator, before the first request: nothing that came goes near it.
    assert sources.importers(sources.served(), *UNSAFE_READERS) == {"config/warm.py": {"ctypes"}}


def test_no_pattern_is_composed_of_what_came() -> None:
    made = set()
    for module, tree in sources.served().items():
        for node in sources.in_functions(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
                pattern = node.args[0]
                constant = isinstance(pattern, ast.Constant) or ast.unparse(pattern).isupper()
                if not constant and ast.unparse(node.func) != "re.escape":
                    made.add(module)
    assert made <= PATTERNS_MADE_LATER


def test_nobody_else_opens_a_line_to_the_outside() -> None:
    assert set(sources.importers(sources.served(), *LINES)) <= CALLERS


def test_chance_is_the_kernels() -> None:
    """`random` is drawn in the made world alone: a seed gives it back, which is what it is there for."""
    drawn = {module for module in sources.importers(sources.trees(), "random") if not module.startswith("demo/")}
    assert drawn == set()
    numbered = [
        m for m, tree in sources.trees().items() if {"uuid.uuid1", "uuid1"} & {c for c, _ in sources.calls(tree)}
    ]
    assert numbered == []


def test_types_are_checked_strictly_before_the_tests() -> None:
    assert re.search(r"^\[tool\.mypy\]\nstrict = true$", (PROJECT / "pyproject.toml").read_text(), re.MULTILINE)
    makefile = (PROJECT / "Makefile").read_text()
    assert "$(MAKE) .check" in makefile.partition("\ntest:")[2].partition("\n\n")[0]
    assert "mypy recoupe tests" in makefile.partition("\n.check:")[2].partition("\n\n")[0]


# --- Our scripts --------------------------------------------------------------------------------------------------

FORBIDDEN = {
    "text rendered as markup": r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment",
    "a string run as a program": r"\beval\(|new Function|setTimeout\(\s*[\"'`]|setInterval\(\s*[\"'`]",
    "messages of other windows": r"postMessage|addEventListener\(\s*[\"']message|onmessage",
    "loose equality": r"[^=!]==[^=]|!=[^=]",
    "keys taken for prototypes": r"__proto__|\.prototype\b|\.constructor\b|setPrototypeOf",
    "cookies and stores": r"document\.cookie|localStorage|indexedDB|sessionStorage\.(?!removeItem\()",
    "names left on the window or the document": r"\b(?:window|document)\.[A-Za-z_$][\w$]*\s*=[^=]",
    "objects merged from what came": r"Object\.assign\((?!new Error\()|\$\.extend|structuredClone",
}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_our_scripts_have_none_of(what: str) -> None:
    found = {
        name: re.findall(FORBIDDEN[what], text) for name, text in sources.scripts().items()
        # The policy itself reads the markup that it judges.
        if name != "trusted-types.js" or what not in ("text rendered as markup", "loose equality")
    }  # fmt: skip
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_our_scripts_keep_to_themselves_and_declare_what_they_use() -> None:
    """Strict, or a module (which is): an undeclared name is an error; a function around all of it leaves no global."""
    for name, text in sources.scripts().items():
        module = re.search(r"^(?:import|export) ", text, re.MULTILINE)
        assert module or text.lstrip().startswith(('"use strict";', "'use strict';")), name
        assert module or re.search(r"^\(function \(\) \{$|^\(\(\) => \{$", text, re.MULTILINE), name


def test_a_key_that_came_is_never_written_into_an_object() -> None:
    """The one computed key is a number of ours, behind a word."""
    keys = {name: re.findall(r"[\w)]\[([^\]]+)\]\s*=[^=>]", text) for name, text in sources.scripts().items()}
    assert {name: found for name, found in keys.items() if found} == {"map.js": ["`base${i}`"]}


def test_the_checks_above_see() -> None:
    """Each can fail: the guilty line is found."""
    tree = ast.parse('import pickle\nname = 1\nq = f"SELECT {name}"\neval("1")')
    assert [holes for text, holes in sources.filled(tree) if QUERY.search(text)] == [["name"]]
    assert sources.importers({"x.py": tree}, "pickle") == {"x.py": {"pickle"}}
    assert "eval" in [called for called, _ in sources.calls(tree)]
    assert joined(ast.parse('a = "SELECT 1 FROM " + name\nb = "SELECT {}".format(name)')) == [1, 2]
    assert re.search(FORBIDDEN["loose equality"], "if (a == b) {}")
    assert re.search(FORBIDDEN["names left on the window or the document"], "window.found = 1")
