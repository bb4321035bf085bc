"""The repository checks itself: budgets, floors, relations, words, documents."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "recoupe"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "migrations" not in p.parts)
CONTRACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LINES_PER_MODULE = 400
LINES_PER_FUNCTION = 60
LINES_AT_P90 = 30
POSITIONAL = 5


def floors() -> dict[str, int]:
    """Each room and its height, from the contract; rooms in brackets are not open yet."""
    layers = CONTRACTS[0]["layers"]
    return {name.strip(" ()"): height for height, layer in enumerate(reversed(layers)) for name in layer.split("|")}


@dataclass(frozen=True, slots=True)
class Function:
    """What is asked of a function: where it stands, its lines, how much it takes by place, whether it imports."""

    where: str
    lines: int
    positional: int
    imports: bool


@cache
def functions() -> tuple[Function, ...]:
    """Each module is read once; its tree, ten times as large, is not kept."""
    return tuple(found for path in MODULES for found in _functions(path))


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            taken = [a for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
            imports = any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(f"{path.relative_to(PROJECT)}:{node.lineno} {node.name}", lines, len(taken), imports)


def test_the_page_of_the_architecture_draws_the_open_floors_as_the_contract_has_them() -> None:
    page = (PROJECT / "docs" / "ARCHITECTURE.md").read_text()
    block = page.partition("## Floors")[2].partition("```")[2].partition("```")[0]
    drawn = [{name.strip() for name in re.split(r" {2,}", line)[0].split("|")} for line in block.strip().splitlines()]
    layers = ([name.strip() for name in layer.split("|")] for layer in CONTRACTS[0]["layers"])
    opened = [{name for name in layer if not name.startswith("(")} for layer in layers]
    assert drawn == [layer for layer in opened if layer]


def test_no_module_is_longer_than_its_budget() -> None:
    long = {
        str(p.relative_to(PROJECT)): n for p in MODULES if (n := len(p.read_text().splitlines())) > LINES_PER_MODULE
    }
    assert long == {}


def test_functions_stay_short() -> None:
    lengths = sorted(one.lines for one in functions())
    assert lengths[int(len(lengths) * 0.9)] <= LINES_AT_P90
    assert [one.where for one in functions() if one.lines > LINES_PER_FUNCTION] == []


def test_functions_take_few_positional_parameters() -> None:
    assert [one.where for one in functions() if one.positional > POSITIONAL] == []


def test_nothing_is_imported_inside_a_function() -> None:
    inside = [one.where for one in functions() if one.imports]
    assert inside == []


def test_no_package_is_a_drawer() -> None:
    assert [str(p) for p in PACKAGE.rglob("*") if p.stem in {"utils", "util", "helpers", "common_utils"}] == []


def test_no_signals() -> None:
    pattern = re.compile(r"django\.(db\.models|core|dispatch)[\w.]*\s+import\s+.*(signals|receiver)|@receiver")
    assert [str(p) for p in MODULES if pattern.search(p.read_text())] == []


def test_every_relation_goes_down_or_stays() -> None:
    height = floors()
    upward = []
    for model in apps.get_models():
        if not model.__module__.startswith("recoupe."):
            continue
        room = model.__module__.split(".")[1]
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | ManyToManyField):
                target = field.related_model.__module__.split(".")[1]
                if target != room and height[target] >= height[room]:
                    upward.append(f"{model.__name__}.{field.name} → {target}")
    assert upward == []


def test_every_room_stands_in_the_contract_and_has_the_same_name_everywhere() -> None:
    rooms = {p.parent.name for p in PACKAGE.glob("*/__init__.py")} - {"config"}
    assert rooms <= set(floors())
    for room in rooms:
        assert (PROJECT / "tests" / room).is_dir(), room


def test_every_room_introduces_itself_in_fifteen_lines() -> None:
    for init in PACKAGE.glob("*/__init__.py"):
        if init.parent.name == "config":
            continue
        readme = init.parent / "README.md"
        assert readme.is_file(), readme
        assert len(readme.read_text().splitlines()) <= 15, readme


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(PROJECT / ".venv/bin/lint-imports"), "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_glossary_knows_every_room() -> None:
    glossary = (PROJECT / "docs/GLOSSARY.md").read_text()
    missing = [p.parent.name for p in PACKAGE.glob("*/__init__.py") if f"`{p.parent.name}`" not in glossary]
    assert [m for m in missing if m != "config"] == []


def test_decisions_are_short() -> None:
    decisions = sorted((PROJECT / "docs/adr").glob("*.md"))
    assert len(decisions) >= 4
    assert {p.name: n for p in decisions if (n := len(p.read_text().splitlines())) > 25} == {}


def templates() -> list[Path]:
    return sorted(PACKAGE.rglob("templates/**/*.html"))


def test_every_template_is_used() -> None:
    sources = "\n".join(p.read_text() for p in [*MODULES, *templates()])
    unused = []
    for path in templates():
        name = str(path).split("/templates/", 1)[1]
        if (
            f'"{name}"' not in sources
            and f"'{name}'" not in sources
            and f'{name}"' not in sources
            and name not in sources
        ):
            unused.append(name)
    assert unused == []


def test_every_class_of_a_sheet_is_used() -> None:
    scripts = [p for p in PACKAGE.rglob("static/**/*.*js") if p.suffix in (".js", ".mjs") and "vendor" not in p.parts]
    sources = "\n".join(p.read_text() for p in [*MODULES, *templates(), *scripts])
    words = set(re.findall(r"[\w-]+", sources))
    sheets = [p for p in PACKAGE.rglob("static/**/*.css") if "vendor" not in p.parts]
    rules = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", "\n".join(p.read_text() for p in sheets), flags=re.DOTALL)
    styled = {name for name in re.findall(r"\.([a-z][\w-]*)", rules) if not name.startswith("maplibregl-")}
    # A modifier may be put together: `badge--{tone}`.
    unused = {name for name in styled - words if not re.search(rf"{name.rpartition('--')[0] or name}--\{{", sources)}
    assert unused == set()


@pytest.mark.parametrize(
    "forbidden", [r"\sstyle=", r"\son[a-z]+=", r"<script(?![^>]*\bsrc=)", r"javascript:", r"hx-on"]
)
def test_templates_carry_nothing_inline(forbidden: str) -> None:
    guilty = [str(p.relative_to(PROJECT)) for p in templates() if re.search(forbidden, p.read_text())]
    assert guilty == []


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=False)
    if done.returncode != 0:
        return [p for p in PROJECT.rglob("*") if p.is_file() and ".venv" not in p.parts and ".git" not in p.parts]
    return [PROJECT / name for name in done.stdout.decode().split("\0") if name]


def test_no_lock_file_names_an_index() -> None:
    for path in PROJECT.glob("requirements*.lock"):
        assert "://" not in path.read_text(), path


def test_no_file_names_the_folder_it_was_made_in() -> None:
    here = str(PROJECT) + "/"
    named = []
    for path in tracked():
        if path.is_file() and path.stat().st_size < 2_000_000 and here.encode() in path.read_bytes():
            named.append(str(path.relative_to(PROJECT)))
    assert named == []


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [str(p.relative_to(PROJECT)) for p in MODULES if left.search(p.read_text())] == []


def test_no_browser_test_looks_at_one_instant_only() -> None:
    """A page comes after the click: `expect` waits for what a single look may miss on a busy machine."""
    glances = re.compile(r"\.is_(visible|hidden)\(\)")
    assert [p.name for p in sorted((PROJECT / "tests").rglob("*.py")) if glances.search(p.read_text())] == []
