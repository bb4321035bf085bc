"""Triage, grades, selectors, dissemination; the matcher's queue; search; what is known while typing."""

from datetime import date
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from recoupe.access.context import service
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import actions, fields, queries
from recoupe.intelligence.entry import SelectorEntry
from recoupe.intelligence.enums import Lane, ReportState
from recoupe.intelligence.models import GradingHistory, Report
from recoupe.intelligence.queries import Filters, Search
from recoupe.kernel.matchable import MatchRecord
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from tests.intelligence.made import entry, person
from tests.world import TestAgent, World

S = ReportState


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def cell_head(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "SR59")


def deposited(world: World, who: TestAgent, **changes: object) -> Report:
    """A report deposited by this agent, committed."""
    with world.acting(who) as by:
        return actions.deposit(by=by, entry=entry(**changes))


def state_of(world: World, report_id: UUID) -> str:
    """The state of a report, as stored."""
    return str(world.sql("SELECT state FROM intelligence_report WHERE id = %s", [report_id])[0][0])


def taken(world: World, lane: Lane = Lane.EXPRESS) -> list[MatchRecord]:
    """All that waits, taken by the matcher, committed."""
    found: list[MatchRecord] = []
    with world.process("matcher"):
        while True:
            with service("matcher", "test"):
                more = queries.selectors_since(lane, 500)
            if not more:
                return found
            found += more


def indexed(world: World, author: TestAgent, analyst: TestAgent, **changes: object) -> Report:
    """A report that went from its deposit to INDEXED."""
    made = deposited(world, author, **changes)
    with world.acting(analyst) as by:
        actions.triage(by=by, report=made)
        actions.grade(by=by, report=made, source="B", info="2")
        return actions.confirm_selectors(by=by, report=made)


def test_from_the_deposit_to_the_dissemination(
    world: World, author: TestAgent, analyst: TestAgent, cell_head: TestAgent
) -> None:
    taken(world)
    made = indexed(world, author, analyst)
    records = [r for r in taken(world) if r.record_id == made.id]
    assert len(records) == 1, "two lines of the queue for one report are one record"
    assert state_of(world, made.id) == S.CROSS_CHECKED
    with world.process("matcher"), service("matcher", "test"):
        assert actions.settle(report_ids=[made.id], hit=False) == 1
    with world.process("matcher"), service("matcher", "test"):
        assert actions.settle(report_ids=[made.id], hit=True) == 1
        assert actions.settle(report_ids=[made.id], hit=False) == 0
    with world.acting(analyst) as by, pytest.raises(Refused):
        actions.disseminate(by=by, report=made)
    with world.acting(cell_head) as by:
        actions.disseminate(by=by, report=made, reason="utile à la réunion")
    with world.acting(analyst) as by:
        actions.link(by=by, report=made, objective_id=uuid4())
        actions.file_report(by=by, report=made)
        states = [line.to_state for line in queries.history(by, made)]
    assert states == [
        S.SUBMITTED, S.TRIAGED, S.GRADED, S.INDEXED, S.CROSS_CHECKED, S.NO_HIT, S.HIT,
        S.DISSEMINATED, S.LINKED, S.FILED,
    ]  # fmt: skip
    operations = {row[0] for row in world.journal() if f"report:{made.id}" in row[2]}
    assert {"collect", "modify", "disclose", "combine"} <= operations


def test_grades_are_kept_and_a_better_one_says_why(world: World, author: TestAgent, analyst: TestAgent) -> None:
    made = deposited(world, author)
    with world.acting(analyst) as by, pytest.raises(Conflict):
        actions.grade(by=by, report=made, source="B", info="2")
    with world.acting(analyst) as by:
        actions.triage(by=by, report=made)
        actions.grade(by=by, report=made, source="C", info="3")
    with world.acting(analyst) as by, pytest.raises(Invalid, match="motif"):
        actions.grade(by=by, report=made, source="B", info="2")
    with world.acting(analyst) as by:
        actions.grade(by=by, report=made, source="B", info="2", reason="recoupé par une surveillance")
        assert [g.source + g.info for g in queries.gradings(by, made)] == ["C3", "B2"]
        assert queries.report(by, made.id).grading == "B2"
    with world.acting(analyst), pytest.raises(DatabaseError), transaction.atomic():
        record(Operation.MODIFY, refs=[("report", made.id)])
        GradingHistory.objects.filter(report_id=made.id).update(source="A")


def test_an_anonymous_report_stays_x4(world: World, author: TestAgent, analyst: TestAgent) -> None:
    made = deposited(world, author, source_kind="anonymous")
    with world.acting(analyst) as by:
        actions.triage(by=by, report=made)
        assert actions.grade(by=by, report=made, source="A", info="1", reason="sûr").grading == "X4"


def test_the_author_and_other_cells_do_not_grade(world: World, author: TestAgent) -> None:
    made = deposited(world, author)
    with world.acting(author) as by, pytest.raises(Refused):
        actions.triage(by=by, report=made)
    other = world.agent(Role.CROSS_ANALYST, "CROSS59")
    with world.acting(other) as by, pytest.raises(Exception, match="n'existe pas"):
        actions.triage(by=by, report=made)


def test_sensitive_words_wait_for_a_second_reader(
    world: World, author: TestAgent, analyst: TestAgent, cell_head: TestAgent
) -> None:
    made = indexed(world, author, analyst, fact_text="Il dit être séropositif et vend devant le collège.")
    taken(world)
    with world.acting(cell_head) as by, pytest.raises(Conflict, match="sensibles"):
        actions.disseminate(by=by, report=made)
    with world.acting(analyst) as by, pytest.raises(Refused):
        actions.review(by=by, report=made, reason="nécessaire")
    with world.acting(cell_head) as by:
        actions.review(by=by, report=made, reason="risque pour les intervenants")
        actions.disseminate(by=by, report=made)
    assert state_of(world, made.id) == S.DISSEMINATED


def test_a_correction_of_a_graded_report_is_graded_again(world: World, author: TestAgent, analyst: TestAgent) -> None:
    made = indexed(world, author, analyst)
    with world.acting(author) as by:
        corrected = actions.correct(by=by, report=made, entry=entry(fact_text="Autre texte."), reason="erreur de lieu")
        assert corrected.state == S.TRIAGED
        assert corrected.grading == "B2", "the grade stays on the page until it is given again"
        assert [s.confirmed for s in queries.selectors(by, corrected)] == [True]


def test_an_analyst_adds_the_selector_that_the_author_missed(
    world: World, author: TestAgent, analyst: TestAgent
) -> None:
    made = deposited(world, author)
    with world.acting(analyst) as by:
        actions.triage(by=by, report=made)
        actions.grade(by=by, report=made, source="B", info="3")
        more = (SelectorEntry("plate", "AB-123-CD"), SelectorEntry("phone", "06 39 98 12 34"))
        actions.confirm_selectors(by=by, report=made, confirmed=[], added=more)
        held = {(s.kind, s.value): s.confirmed for s in queries.selectors(by, made)}
    assert held == {("phone", "+33639981234"): False, ("plate", "AB123CD"): True}


def test_many_are_graded_and_indexed_at_once(world: World, author: TestAgent, analyst: TestAgent) -> None:
    made = [deposited(world, author) for _ in range(5)]
    ids = [r.id for r in made]
    with world.acting(analyst) as by:
        actions.grade_many(by=by, grades=dict.fromkeys(ids, ("B", "3")), reason="lot du jour")
        actions.index_many(by=by, report_ids=ids)
    assert {state_of(world, i) for i in ids} == {S.INDEXED}
    entries = [row for row in world.journal("modify") if f"report:{ids[0]}" in row[2] and len(row[2]) == 5]
    assert len(entries) == 2
    assert {r.record_id for r in taken(world, Lane.BULK)} == set(ids)
    with world.acting(analyst) as by, pytest.raises(Conflict):
        actions.index_many(by=by, report_ids=ids)


# --- The queue ----------------------------------------------------------------------------------------------------


def test_a_record_tells_what_may_be_told_and_nothing_else(world: World, author: TestAgent) -> None:
    taken(world)
    made = deposited(world, author, handling="H2", persons=(person(),))
    (found,) = [r for r in taken(world) if r.record_id == made.id]
    assert (found.tells_self, found.tells_other) == (True, True)
    assert (found.readers_cell, found.readers_office) == (frozenset({"13"}), False)
    assert (found.unit_id, found.author_id, found.batch_import) == (made.owner_unit_id, author.id, None)
    assert found.purpose == "judicial_inquiry"
    assert sorted((kind, value, str(strength)) for kind, value, strength in found.selectors) == [
        ("person", "durand test|elie|1990-04-03", "weak"),
        ("phone", "+33639981234", "certain"),
    ]
    closed = deposited(
        world,
        author,
        handling="H3",
        h3_line="nobody",
        handling_conditions="x",
        selectors=(SelectorEntry("imei", "490154203237519"),),
    )
    (found,) = [r for r in taken(world) if r.record_id == closed.id]
    assert (found.tells_self, found.tells_other, found.readers_cell) == (False, False, frozenset())
    assert [str(strength) for _, _, strength in found.selectors] == ["strong"]


def test_inspection_is_silent_whatever_it_wrote(world: World) -> None:
    inspector = world.agent(Role.INVESTIGATOR, "IGPN")
    taken(world)
    made = deposited(world, inspector)
    (found,) = [r for r in taken(world) if r.record_id == made.id]
    assert (found.tells_other, found.readers_cell, found.readers_office) == (False, frozenset(), False)


def test_what_a_failed_transaction_took_waits_again(world: World, author: TestAgent) -> None:
    def waits() -> bool:
        with world.acting(author):
            return queries.pending(made.id)

    taken(world)
    made = deposited(world, author)
    assert waits()
    with world.process("matcher"), pytest.raises(ZeroDivisionError), service("matcher", "test"):
        assert [r.record_id for r in queries.selectors_since(Lane.EXPRESS)] == [made.id]
        raise ZeroDivisionError
    assert waits()
    assert [r.record_id for r in taken(world)] == [made.id]
    assert not waits()


def test_a_silent_mark_comes_back_through_the_queue(world: World, author: TestAgent) -> None:
    head = world.agent(Role.UNIT_HEAD, "PJ13")
    made = deposited(world, author)
    taken(world)
    with world.acting(head) as by:
        actions.mark_silent(
            by=by, report=made, until=date.fromordinal(date.today().toordinal() + 20), reason="opération"
        )
    (found,) = [r for r in taken(world) if r.record_id == made.id]
    assert (found.tells_self, found.tells_other) == (True, False)


# --- Search -------------------------------------------------------------------------------------------------------


def test_search_finds_by_every_key_among_what_may_be_read(
    world: World, author: TestAgent, analyst: TestAgent, stranger: TestAgent
) -> None:
    made = deposited(
        world,
        author,
        fact_text="Des ouetteurs signalent un énorme scooter bleuté près du métro.",
        event_from="02/03/2025",
        selectors=(SelectorEntry("plate", "ZZ-987-YY"),),
    )
    looked_for = [
        Search(ref=str(made.ref).lower()),
        Search(selector="zz 987 yy"),
        Search(kind="plate", selector="ZZ987YY"),
        Search(text="ouetteur BLEUTÉS"),
        Search(text="enorme scooter", communes=("13055",)),
        Search(communes=("13055",), since=date(2025, 3, 1), until=date(2025, 3, 3)),
        Search(since=date(2025, 3, 2), until=date(2025, 3, 2)),
        Search(selector="ZZ987YY", communes=("13055",), since=date(2025, 1, 1)),
    ]
    for who, expected in ((author, [made.id]), (analyst, [made.id]), (stranger, [])):
        with world.acting(who) as by:
            for wanted in looked_for:
                assert [r.id for r in queries.search(by, wanted)] == expected, wanted
    misses = [
        Search(text="péniche"),
        Search(communes=("69123",), text="scooter"),
        Search(since=date(2025, 3, 3), until=date(2025, 3, 4)),
        Search(selector="AA-000-AA"),
        Search(),
        Search(text="!!! ((("),
        Search(text="le la les"),
        Search(text="\x00"),
    ]
    with world.acting(author) as by:
        for wanted in misses:
            assert queries.search(by, wanted) == [], wanted


def test_the_kind_of_a_search_never_holds_its_words() -> None:
    assert Search(text="Dupont", since=date(2025, 1, 1)).what == "text+period"
    assert Search(selector="0639981234").what == "selector"
    assert Search(selector="Dupont", kind="person", communes=("13055",)).what == "name+commune"


def test_known_while_typing_only_over_what_may_be_read(world: World, author: TestAgent, stranger: TestAgent) -> None:
    made = deposited(world, author, selectors=(SelectorEntry("handle", "@canari_1234"),))
    with world.acting(author) as by:
        draft = actions.create_draft(by=by, entry=entry(selectors=(SelectorEntry("handle", "@canari_1234"),)))
    pairs = [
        ("handle", v) for (v,) in world.sql("SELECT value FROM intelligence_selector WHERE report_id = %s", [made.id])
    ]
    assert draft.id != made.id
    with world.acting(author) as by:
        assert [h.report_id for h in queries.known(by, pairs)] == [made.id]
    with world.acting(stranger) as by:
        assert queries.known(by, pairs) == []


def test_no_hand_writes_who_reads_a_mention(world: World, author: TestAgent, stranger: TestAgent) -> None:
    made = deposited(world, author, selectors=(SelectorEntry("handle", "@fauvette_77"),))
    [(value,)] = world.sql("SELECT value FROM intelligence_selector WHERE report_id = %s", [made.id])
    pairs = [("handle", value)]
    with world.acting(stranger):
        keys = access_keys()
    with world.acting(author) as by:
        record(Operation.MODIFY, refs=[("report", made.id)])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE intelligence_selector SET read_by = %s WHERE report_id = %s", [keys, made.id])
            assert cursor.rowcount == 1
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("SELECT read_by FROM intelligence_selector")
        assert [h.report_id for h in queries.known(by, pairs)] == [made.id]
    with world.acting(stranger) as by:
        assert queries.known(by, pairs) == []


def access_keys() -> list[int]:
    """The reader keys of whoever acts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.keys()")
        return list(cursor.fetchone()[0])


def test_persons_are_found_by_name_in_either_order_and_masked_minors_are_not(
    world: World, author: TestAgent, analyst: TestAgent, stranger: TestAgent
) -> None:
    adult = person(family="Le Goff-Inventé", given="Anaïs")
    minor = person(family="Petit-Inventé", given="Noé", birth="03/04/2011")
    made = deposited(world, author, persons=(adult, minor))
    national = world.agent(Role.OFAST_ANALYST, "OFAST")
    typed = ["LE GOFF INVENTE Anais", "Anaïs LE GOFF-INVENTÉ", "le goff-inventé, anaïs", "LE GOFF-INVENTÉ, "]
    for who, expected in ((author, [made.id]), (national, [made.id]), (stranger, [])):
        with world.acting(who) as by:
            for words in typed:
                assert [r.id for r in queries.search(by, Search(kind="person", selector=words))] == expected, words
    for who, expected in ((author, [made.id]), (analyst, [made.id]), (national, [])):
        with world.acting(who) as by:
            assert [r.id for r in queries.search(by, Search(kind="person", selector="Noé PETIT-INVENTÉ"))] == expected
    with world.acting(author) as by:
        assert [h.report_id for h in queries.known(by, [("person", "le goff invente|anais|1990-04-03")])] == [made.id]
        assert queries.search(by, Search(kind="person", selector="Le")) == []
        with pytest.raises(Invalid):
            queries.search(by, Search(kind="person", selector="---"))


def test_lists_are_paged_by_key_and_filtered(world: World, author: TestAgent) -> None:
    made = [deposited(world, author, urgency=i % 2 == 0).id for i in range(5)]
    with world.acting(author) as by:
        first = queries.recent(by, limit=3)
        second = queries.recent(by, before=first.next, limit=2)
        assert [r.id for r in first.reports + second.reports] == made[::-1]
        urgent = queries.recent(by, limit=2, filters=Filters(urgent=True, mine=True))
        assert [r.id for r in urgent.reports] == [made[4], made[2]]


def test_a_minors_name_is_masked_for_the_office_and_shown_in_the_department(
    world: World, author: TestAgent, analyst: TestAgent
) -> None:
    national = world.agent(Role.OFAST_ANALYST, "OFAST")
    made = deposited(world, author, persons=(person(birth="03/04/2011", aliases=("Titi",)),))
    shown = {}
    for name, who in (("office", national), ("cell", analyst), ("unit", author)):
        with world.acting(who) as by:
            (one,) = queries.persons(by, queries.report(by, made.id))
            shown[name] = (one.name, one.aliases)
    assert shown["office"] == (fields.MASKED_MINOR, [])
    assert shown["cell"] == shown["unit"] == ("Élie Durand-Test", ["Titi"])


def test_a_report_due_for_review_is_kept_with_a_motive(world: World, author: TestAgent, cell_head: TestAgent) -> None:
    """Nothing brings a report there before retention exists: the row is laid."""
    made = deposited(world, author)
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE intelligence_report SET state = 'REVIEW_DUE' WHERE id = %s", [made.id])
    with world.acting(author) as by, pytest.raises(Refused):
        actions.keep(by=by, report=made, reason="toujours utile")
    with world.acting(cell_head) as by, pytest.raises(Invalid):
        actions.keep(by=by, report=made, reason=" ")
    with world.acting(cell_head) as by:
        assert actions.keep(by=by, report=made, reason="toujours utile à l'objectif").state == S.FILED
    assert state_of(world, made.id) == S.FILED
    moves = world.sql(
        "SELECT from_state, to_state, motive FROM intelligence_reporthistory WHERE report_id = %s"
        " ORDER BY at DESC LIMIT 1",
        [made.id],
    )
    assert moves == [("REVIEW_DUE", "FILED", "toujours utile à l'objectif")]


def test_nobody_grades_his_own_among_many(world: World, author: TestAgent, analyst: TestAgent) -> None:
    """P-84: an analyst's own report stops the whole lot, whether it has just been deposited or another triaged it."""
    other = world.agent(Role.CROSS_ANALYST, "CROSS13")
    own, triaged, theirs = (deposited(world, who) for who in (analyst, analyst, author))
    with world.acting(other) as by:
        actions.triage(by=by, report=triaged)
    for mine in (own, triaged):
        with world.acting(analyst) as by, pytest.raises(Refused):
            actions.grade_many(by=by, grades=dict.fromkeys((mine.id, theirs.id), ("B", "3")), reason="lot du jour")
    assert [state_of(world, one.id) for one in (own, triaged, theirs)] == [S.SUBMITTED, S.TRIAGED, S.SUBMITTED]
    with world.acting(other) as by:
        actions.grade_many(by=by, grades=dict.fromkeys((own.id, triaged.id), ("B", "3")), reason="lot du jour")


def test_a_process_moves_what_still_stands_where_it_read_it(world: World, author: TestAgent) -> None:
    """The state is asked again while the row is held: what somebody moved meanwhile stays where he put it."""
    made = deposited(world, author)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SELECT access.open_service('matcher', 'essai')")
        call = "SELECT intelligence.move(ARRAY[%s]::uuid[], ARRAY['CROSS_CHECKED'], 'HIT')"
        assert admin.execute(call, [made.id]).fetchone() == (0,)
    assert state_of(world, made.id) == S.SUBMITTED
