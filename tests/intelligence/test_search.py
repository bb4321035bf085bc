"""Search: no report is lost between two pages, all that is given holds, and what is masked is not found."""

from dataclasses import replace
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.access.feed import Cursor
from recoupe.intelligence import actions, queries
from recoupe.intelligence.entry import SelectorEntry
from recoupe.intelligence.importing import running
from recoupe.intelligence.queries import Search
from tests.intelligence.made import entry, person
from tests.intelligence.test_import import Opening, csv_file, handed_in, opened, row
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def sender(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "SP13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "SP13")


def test_all_that_is_given_must_hold(world: World, sender: TestAgent) -> None:
    plate = (SelectorEntry("plate", "ZZ-985-YY"),)
    named = (person(family="Critère-Inventé", given="Ada"),)
    with world.acting(sender) as by:
        red, blue = (
            actions.deposit(by=by, entry=entry(fact_text=text, selectors=plate, persons=named))
            for text in ("Un cyclomoteur vermillon.", "Un cyclomoteur outremer.")
        )
        ref = str(red.ref)
        wanted = [
            (Search(selector="ZZ985YY", text="cyclomoteur"), {red.id, blue.id}),
            (Search(selector="ZZ985YY", text="vermillon"), {red.id}),
            (Search(selector="ZZ985YY", text="péniche"), set()),
            (Search(selector="ZZ985YY", text="le la"), set()),
            (Search(kind="person", selector="CRITÈRE-INVENTÉ Ada", text="outremer"), {blue.id}),
            (Search(ref=ref, text="vermillon"), {red.id}),
            (Search(ref=ref, text="outremer"), set()),
            (Search(ref=ref, selector="ZZ985YY", text="cyclomoteur"), {red.id}),
            (Search(ref=ref, selector="AA-000-AA"), set()),
            (Search(ref=ref, kind="person", selector="AUTRE Personne"), set()),
            (Search(ref=ref, selector="ZZ985YY", communes=("69123",)), set()),
        ]
        for search, expected in wanted:
            assert {report.id for report in queries.search(by, search)} == expected, search
        page = queries.search(by, Search(selector="ZZ985YY", text="cyclomoteur"), limit=1)
        rest = Search(selector="ZZ985YY", text="cyclomoteur", before=Cursor(page[0].collected_at, page[0].id))
        assert {page[0].id, *(report.id for report in queries.search(by, rest))} == {red.id, blue.id}


def test_pages_of_one_moment_lose_no_report(world: World, sender: TestAgent, head: TestAgent) -> None:
    same = {"Faits": "Un zébulon.", "Tél": "06 39 98 77 66", "Nom": "Momentané", "Prénom": "Ida", "Commune": "13104"}
    # A file gives one moment to all its rows.
    import_id = handed_in(world, sender, csv_file([row(i, Réf=f"moment-{i}", **same) for i in range(5)]))
    opened(world, head, import_id)
    running.run(Opening(world, head), import_id)
    for wanted in (
        Search(text="zébulon"),
        Search(communes=("13104",)),
        Search(selector="0639987766"),
        Search(kind="person", selector="MOMENTANÉ Ida"),
    ):
        seen: list[UUID] = []
        with world.acting(sender) as by:
            while (page := queries.search(by, wanted, limit=2)) and len(seen) < 6:
                seen += [report.id for report in page]
                wanted = replace(wanted, before=Cursor(page[-1].collected_at, page[-1].id))
        assert (len(seen), len(set(seen))) == (5, 5), wanted.what
