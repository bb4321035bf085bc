"""What the guide and the front page say of names, keys and fields is what the programme knows."""

import re
import tomllib
from pathlib import Path

import pytest

from recoupe.cli.commands import OWN
from recoupe.cli.demo import MAPPING
from recoupe.cli.verbs import others
from recoupe.config.paths import PROJECT
from recoupe.intelligence.importing import mapping
from recoupe.kernel.selectors import SelectorKind
from recoupe.web.shell import NAVIGATION

GUIDE = PROJECT / "docs" / "fr"
PAGES = [*sorted(GUIDE.glob("*.md")), *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
WORDS = re.compile(r"`([^`]+)`")


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def test_every_page_of_the_guide_is_reached_from_its_first_one() -> None:
    first = (GUIDE / "guide.md").read_text(encoding="utf-8")
    assert {page.name for page in GUIDE.glob("*.md")} - {"guide.md"} <= set(LINK.findall(first))


def test_the_guide_gives_the_letters_of_the_navigation() -> None:
    text = (GUIDE / "guide.md").read_text(encoding="utf-8").split("## Clavier")[1].split("\n## ")[0]
    told = {letter: label.strip() for letter, label in re.findall(r"\| `(\w)` ([^|\n]+)", text)}
    known = {entry.letter: str(entry.label).lower() for group in NAVIGATION for entry in group.entries}
    assert told == known


def test_the_example_of_a_mapping_is_one() -> None:
    text = (GUIDE / "importer.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    read = mapping.FileMapping.parse(example)
    assert len(read.columns) == len(tomllib.loads(example)["columns"])
    assert read.delimiter == ";"


def test_the_guide_names_every_field_that_a_mapping_may_use() -> None:
    text = (GUIDE / "importer.md").read_text(encoding="utf-8").split("| champs |")[1]
    told = set(WORDS.findall(text))
    fields = (
        mapping.TEXT_FIELDS
        | mapping.CASE_FIELDS
        | mapping.BOOLEAN_FIELDS
        | mapping.LIST_FIELDS
        | mapping.PERSON_FIELDS
        | {"grade"}
    )
    kinds = {str(kind) for kind in SelectorKind if kind is not SelectorKind.PERSON}
    assert fields | kinds <= told
    assert told - fields - kinds <= {"commune.insee", "commune.postal", "selector.", "person.", ";", r"\|"}


def test_the_printed_command_names_a_mapping_of_ours() -> None:
    assert mapping.FileMapping.parse((PROJECT / MAPPING).read_text(encoding="utf-8")).columns


def test_the_front_page_names_every_verb() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8").split("## The command line")[1].split("\n## ")[0]
    told = {word.split()[0] for word in WORDS.findall(text)}
    assert set(OWN | others()) <= told


def test_every_dependency_stands_in_the_decision_on_the_stack() -> None:
    decision = (PROJECT / "docs" / "adr" / "0001-stack.md").read_text(encoding="utf-8").lower()
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = [re.split(r"[^\w-]", line, maxsplit=1)[0] for line in wanted]
    assert [name for name in names if name not in decision] == []
