"""The table of R-41 finds what it is for: a journal call left out, a line without its act, the same said twice."""

import pytest

from tests.faults.explained import Entry, Statement, Transaction, judged

READ: Statement = ("SELECT", "intelligence_report")
OPENED = Entry("consult", ("report:1",), {})
SEEN = Entry("modify", ("report:1",), {"notice": "seen"})
GIVEN = Entry("disclose", ("report:1",), {})


@pytest.mark.parametrize(
    ("statements", "entries", "inserts", "unlogged", "phantom"),
    [
        ({READ}, [OPENED], 1, 0, 0),
        ({READ, ("SELECT", "crosscheck_hitside"), ("SELECT", "notices_notice")}, [OPENED], 1, 0, 0),
        # The call is left out, or another object is read beside what the line names.
        ({READ}, [], 0, 1, 0),
        ({READ, ("SELECT", "coordination_objective")}, [OPENED], 1, 1, 0),
        # A line that reads answers for no write; the mark of a notice answers for no report.
        ({READ, ("UPDATE", "intelligence_report")}, [OPENED], 1, 1, 0),
        ({READ, ("UPDATE", "notices_notice")}, [SEEN], 1, 1, 0),
        # A line without its act, of an unknown kind, twice the same, or that pgaudit did not see written.
        (set(), [OPENED], 1, 0, 1),
        ({READ}, [OPENED, GIVEN], 2, 0, 1),
        ({READ}, [OPENED, Entry("consult", ("weather:1",), {})], 2, 0, 1),
        ({READ}, [OPENED, OPENED], 2, 0, 1),
        ({READ}, [OPENED], 0, 0, 1),
        # A failed attempt is a line alone.
        (set(), [Entry("refused", ("object:1",), {"view": "report-page"})], 1, 0, 0),
    ],
)
def test_what_is_missing_and_what_is_too_much(
    statements: set[Statement], entries: list[Entry], inserts: int, unlogged: int, phantom: int
) -> None:
    missing, false = judged(Transaction(statements, entries, inserts))
    assert (len(missing), len(false)) == (unlogged, phantom)
