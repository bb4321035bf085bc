"""What the walk counts in the journal: openings of a report, over all pages, as the page itself writes its rows."""

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from recoupe.audit.models import Entry
from recoupe.cli.selftest import Walk, opened, openings
from recoupe.cli.visitor import Page, Visitor
from recoupe.web.audit.table import Line, rows

REPORT, OTHER = str(UUID(int=1)), str(UUID(int=2))


def line(*refs: str, **told: str) -> Line:
    named = [(f"report:{ref}", "fiche") for ref in refs]
    entry = Entry(id=1, refs=[ref for ref, _ in named])
    return Line(entry, "Consultation", "", "a", "PJ13", "Enquête", "", named, list(told.items()))


def test_openings_are_counted_on_every_page_and_lists_are_none() -> None:
    older = "?before=7"
    pages = {
        f"journal/?ref=report:{REPORT}&login=a&operation=consult": (
            [line(REPORT), line(REPORT, OTHER), line(REPORT, page="accueil"), line(OTHER, REPORT)],
            [(older, "Plus anciens")],
        ),
        f"journal/{older}": ([line(REPORT)], []),
    }

    def get(address: str) -> Page:
        lines, links = pages[address]
        return Page("", 200, f"<main><tbody>{rows(lines)}</tbody></main>", (), tuple(links))

    officer: Any = SimpleNamespace(get=get)
    walk = Walk("http://localhost", visitors={"dpo": cast(Visitor, officer)})
    assert opened(walk, REPORT, "a") == 3
    read = Counter({f"renseignements/{REPORT}/": 2, f"points/nouveau/?report={REPORT}": 1, "contacts/": 4})
    who: Any = SimpleNamespace(read=read)
    assert openings(who, f"renseignements/{REPORT}/") == 3
