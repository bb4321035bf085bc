"""From a draft to a deposit on the real base: reference, readers, journal, queue, budget, corrections."""

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from recoupe.access.context import service
from recoupe.access.enums import Capacity, Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import actions, queries
from recoupe.intelligence.actions.common import audience_of
from recoupe.intelligence.entry import SelectorEntry
from recoupe.intelligence.enums import Lane, ReportState
from recoupe.intelligence.models import Outbox, Report, Selector
from recoupe.intelligence.reading import EntryRefused
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.notices import queries as notices
from recoupe.reference import queries as reference
from recoupe.reference.queries import forget
from tests.intelligence.made import entry, person
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def cell_head(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "DED59")


def deposited(world: World, who: TestAgent, **changes: object) -> Report:
    """A report deposited by this agent, committed."""
    with world.acting(who) as by:
        return actions.deposit(by=by, entry=entry(**changes))


def seen_by(world: World, who: TestAgent, report_id: UUID) -> bool:
    """Whether this agent may read the report."""
    with world.acting(who) as by:
        try:
            queries.report(by, report_id)
        except Absent:
            return False
    return True


def test_a_deposit_has_a_reference_readers_a_line_in_the_queue_and_a_notice(
    world: World, author: TestAgent, analyst: TestAgent, stranger: TestAgent
) -> None:
    made = deposited(world, author)
    assert made.ref is not None
    assert made.ref.startswith("PJ13-26-")
    assert made.state == ReportState.SUBMITTED
    assert [seen_by(world, who, made.id) for who in (author, analyst, stranger)] == [True, True, False]
    assert world.sql("SELECT lane FROM intelligence_outbox WHERE report_id = %s", [made.id]) == [(Lane.EXPRESS,)]
    with world.acting(analyst) as by:
        waiting = [line for line in notices.waiting(by) if line.record_id == made.id]
    assert [line.kind for line in waiting] == ["report_to_triage"]
    assert waiting[0].due_at is not None


def test_the_journal_names_the_report_and_never_its_words(world: World, author: TestAgent) -> None:
    made = deposited(world, author, fact_text="Canari indigo devant le portail.")
    entries = [row for row in world.journal("collect") if f"report:{made.id}" in row[2]]
    assert len(entries) == 1
    assert entries[0][1] == author.id
    assert world.sql("SELECT count(*) FROM audit_entry e WHERE to_jsonb(e)::text ILIKE '%%indigo%%'") == [(0,)]


def test_nothing_is_written_without_a_journal_entry(world: World, author: TestAgent) -> None:
    made = deposited(world, author)
    with pytest.raises(DatabaseError, match="journal"), world.acting(author):
        Report.objects.filter(id=made.id).update(fact_text="réécrit")
    with pytest.raises(DatabaseError, match="journal"), world.acting(author):
        Selector.objects.filter(report_id=made.id).delete()


def test_without_a_context_there_are_no_rows(world: World, author: TestAgent) -> None:
    made = deposited(world, author)
    with transaction.atomic():
        assert not Report.objects.filter(id=made.id).exists()
    assert world.sql("SELECT count(*) FROM intelligence_report", role="recoupe_worker") == [(0,)]


def test_another_unit_reads_neither_the_report_nor_what_hangs_on_it(
    world: World, author: TestAgent, stranger: TestAgent
) -> None:
    made = deposited(world, author, persons=(person(),))
    tables = ["report", "person", "selector", "reporthistory"]
    with world.acting(stranger), transaction.atomic():
        counts = [Model.objects.count() for Model in (Report, Selector)]
    assert counts == [0, 0]
    for table in tables:
        column = "id" if table == "report" else "report_id"
        assert world.sql(f"SELECT count(*) > 0 FROM intelligence_{table} WHERE {column} = %s", [made.id]) == [(True,)]
    with world.acting(stranger), pytest.raises(DatabaseError), transaction.atomic():
        record(Operation.MODIFY, refs=[("report", made.id)])
        Selector.objects.create(report_id=made.id, kind="phone", raw="1", value="1")


def test_reader_keys_are_written_and_never_read_back(world: World, author: TestAgent) -> None:
    made = deposited(world, author)
    with world.acting(author), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        list(Report.objects.filter(id=made.id).values_list("readers", flat=True))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql("SELECT readers FROM intelligence_report", role="recoupe_matcher")


@pytest.mark.parametrize(
    ("changes", "cell", "office"),
    [
        ({"handling": "H0"}, True, True),
        ({"handling": "H1"}, True, True),
        ({"handling": "H2"}, True, False),
        ({"handling": "H3", "h3_line": "both", "handling_conditions": "origine à protéger"}, True, False),
        ({"handling": "H3", "h3_line": "holder_only", "handling_conditions": "origine à protéger"}, False, False),
        ({"handling": "H3", "h3_line": "nobody", "handling_conditions": "origine à protéger"}, False, False),
    ],
)
def test_handling_codes_decide_on_the_real_base(
    world: World, author: TestAgent, analyst: TestAgent, changes: dict[str, str], cell: bool, office: bool
) -> None:
    national = world.agent(Role.OFAST_ANALYST, "OFAST")
    made = deposited(world, author, **changes)
    assert (seen_by(world, analyst, made.id), seen_by(world, national, made.id)) == (cell, office)
    assert seen_by(world, author, made.id)


def test_a_draft_is_its_authors_until_it_is_deposited(
    world: World, author: TestAgent, head: TestAgent, analyst: TestAgent
) -> None:
    with world.acting(author) as by:
        draft = actions.create_draft(by=by, entry=entry(fact_text=""))
    assert (draft.ref, draft.state) == (None, ReportState.DRAFT)
    assert not seen_by(world, head, draft.id)
    assert world.sql("SELECT count(*) FROM intelligence_outbox WHERE report_id = %s", [draft.id]) == [(0,)]
    with world.acting(author) as by, pytest.raises(EntryRefused, match="fait"):
        actions.submit(by=by, report=draft)
    with world.acting(author) as by:
        assert [d.id for d in queries.drafts(by)] == [draft.id]
        actions.edit_draft(by=by, report=draft, entry=entry(persons=(person(),)))
    with world.acting(author) as by:
        made = actions.submit(by=by, report=draft)
    assert made.ref
    assert seen_by(world, head, draft.id)
    assert seen_by(world, analyst, draft.id)
    with world.acting(author) as by:
        assert [line.to_state for line in queries.history(by, made)] == [ReportState.SUBMITTED]
        assert [p.name for p in queries.persons(by, made)] == ["Élie Durand-Test"]
        with pytest.raises(Conflict):
            actions.submit(by=by, report=made)
        with pytest.raises(Conflict):
            actions.edit_draft(by=by, report=made, entry=entry())


def test_ones_own_reports_are_found_behind_any_number_of_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "SCANNED", 1)
    monkeypatch.setattr(queries, "MOST", 1)
    writer, other = (world.agent(Role.INVESTIGATOR, "PJ13") for _ in range(2))
    with world.acting(writer) as by:
        draft = actions.create_draft(by=by, entry=entry())
    mine = [deposited(world, writer).id for _ in range(3)]
    for _ in range(2):
        deposited(world, other)
    with world.acting(writer) as by:
        assert [d.id for d in queries.drafts(by)] == [draft.id]
        first = queries.recent(by, limit=2, filters=queries.Filters(mine=True))
        rest = queries.recent(by, first.next, limit=2, filters=queries.Filters(mine=True))
    assert [r.id for r in (*first.reports, *rest.reports)] == [*reversed(mine), draft.id]


def test_a_draft_can_be_thrown_away_and_a_deposit_cannot(world: World, author: TestAgent) -> None:
    with world.acting(author) as by:
        draft = actions.create_draft(by=by, entry=entry())
        actions.discard_draft(by=by, report=draft)
        assert queries.drafts(by) == []
    made = deposited(world, author)
    with world.acting(author) as by, pytest.raises(Conflict):
        actions.discard_draft(by=by, report=made)
    with world.acting(author), pytest.raises(DatabaseError), transaction.atomic():
        record(Operation.ERASE, refs=[("report", made.id)])
        Report.objects.filter(id=made.id).delete()


def test_two_editors_of_one_draft_do_not_overwrite_each_other(world: World, author: TestAgent) -> None:
    with world.acting(author) as by:
        draft = actions.create_draft(by=by, entry=entry())
    with world.acting(author) as by:
        actions.edit_draft(by=by, report=draft, entry=entry(fact_text="Premier."), version=1)
    with world.acting(author) as by, pytest.raises(Conflict, match="entre-temps"):
        actions.edit_draft(by=by, report=draft, entry=entry(fact_text="Second."), version=1)


def test_a_refused_deposit_leaves_nothing_half_written(world: World, author: TestAgent) -> None:
    before = world.sql("SELECT count(*) FROM intelligence_report"), world.sql("SELECT count(*) FROM audit_entry")
    with world.acting(author) as by, pytest.raises(EntryRefused):
        actions.deposit(by=by, entry=entry(event_from="2090"))
    after = world.sql("SELECT count(*) FROM intelligence_report"), world.sql("SELECT count(*) FROM audit_entry")
    assert before == after


def test_a_correction_keeps_what_was_said(
    world: World, author: TestAgent, analyst: TestAgent, stranger: TestAgent
) -> None:
    made = deposited(world, author, fact_text="Vu deux guetteurs.")
    with world.acting(author) as by, pytest.raises(Invalid, match="pourquoi"):
        actions.correct(by=by, report=made, entry=entry(), reason=" ")
    with world.acting(author) as by:
        corrected = actions.correct(by=by, report=made, entry=entry(fact_text="Vu trois guetteurs."), reason="recompté")
        assert corrected.version == 2
        former = queries.versions(by, corrected)
        assert [(v.version, v.content["fact_text"], v.motive) for v in former] == [
            (1, "Vu deux guetteurs.", "recompté")
        ]
        assert queries.report(by, made.id).fact_text == "Vu trois guetteurs."
        assert queries.report(by, made.id).state == ReportState.SUBMITTED
    for who in (analyst, stranger):
        with world.acting(who) as by, pytest.raises((Refused, Absent)):
            actions.correct(by=by, report=made, entry=entry(), reason="sans droit")


def test_a_correction_of_handling_changes_the_readers_at_once(
    world: World, author: TestAgent, analyst: TestAgent
) -> None:
    made = deposited(world, author)
    assert seen_by(world, analyst, made.id)
    closed = entry(handling="H3", h3_line="nobody", handling_conditions="source menacée")
    with world.acting(author) as by:
        actions.correct(by=by, report=made, entry=closed, reason="source menacée")
    assert not seen_by(world, analyst, made.id)
    with world.acting(analyst) as by:
        assert made.id not in [r.id for r in queries.recent(by).reports]


def test_silence_hides_at_once_and_ends_by_hand(
    world: World, author: TestAgent, head: TestAgent, analyst: TestAgent
) -> None:
    made = deposited(world, author)
    until = timezone.localdate() + timedelta(days=30)
    with world.acting(author) as by, pytest.raises(Refused):
        actions.mark_silent(by=by, report=made, until=until, reason="opération en cours")
    with world.acting(head) as by, pytest.raises(Invalid):
        actions.mark_silent(by=by, report=made, until=until + timedelta(days=300), reason="trop long")
    with world.acting(head) as by:
        actions.mark_silent(by=by, report=made, until=until, reason="opération en cours")
    assert not seen_by(world, analyst, made.id)
    assert seen_by(world, author, made.id)
    with world.acting(head) as by:
        actions.mark_silent(by=by, report=made, until=None, reason="opération faite")
    assert seen_by(world, analyst, made.id)


def test_silence_that_is_not_renewed_ends(world: World, author: TestAgent, head: TestAgent, analyst: TestAgent) -> None:
    made = deposited(world, author)
    until = timezone.localdate() + timedelta(days=1)
    with world.acting(head) as by:
        actions.mark_silent(by=by, report=made, until=until, reason="opération en cours")
    world.sql("DELETE FROM intelligence_outbox")
    with world.process("worker"), service("worker", "silences"):
        assert actions.end_silences(today=until) == 0
    assert not seen_by(world, analyst, made.id)
    with world.process("worker"), service("worker", "silences"):
        assert actions.end_silences(today=until + timedelta(days=1)) == 1
    assert seen_by(world, analyst, made.id)
    with world.acting(analyst) as by:
        assert made.id in [r.id for r in queries.recent(by).reports]
    assert world.sql("SELECT report_id FROM intelligence_outbox") == [(made.id,)]


def test_a_spent_budget_refuses_and_tells_the_head_of_the_unit(world: World, head: TestAgent) -> None:
    busy = world.agent(Role.INVESTIGATOR, "PJ13")
    world.sql("UPDATE reference_legalparameter SET value = 3 WHERE rule_code = 'deposit.daily_budget'")
    try:
        forget()
        for _ in range(3):
            deposited(world, busy)
        with world.acting(busy) as by, pytest.raises(Invalid, match="plafond"):
            actions.deposit(by=by, entry=entry())
        assert world.sql("SELECT count FROM intelligence_depositcount WHERE agent_id = %s", [busy.id]) == [(3,)]
        with world.acting(head) as by:
            told = [line for line in notices.waiting(by) if line.kind == "deposit_budget"]
        assert [(line.record_kind, line.record_id) for line in told] == [("agent", busy.id)]
        with world.acting(busy) as by:
            last = queries.recent(by, limit=1).reports[0]
        with world.acting(busy) as by, pytest.raises(Invalid, match="plafond"):
            asked = entry(selectors=(*entry().selectors, SelectorEntry("phone", "0639981299")))
            actions.correct(by=by, report=last, entry=asked, reason="un numéro de plus")
    finally:
        world.sql("UPDATE reference_legalparameter SET value = 50 WHERE rule_code = 'deposit.daily_budget'")
        forget()


def test_a_judicial_report_names_its_procedure(world: World, author: TestAgent) -> None:
    with world.acting(author) as by, pytest.raises(EntryRefused, match="procédure"):
        actions.deposit(by=by, entry=entry(frame="judicial"))
    case = uuid4()
    made = deposited(world, author, frame="judicial", case_id=case)
    with world.acting(author) as by:
        assert [r.id for r in queries.of_case(by, case)] == [made.id]


def test_a_point_near_a_border_concerns_both_cells(world: World, author: TestAgent) -> None:
    # On the Durance, between Bouches-du-Rhône and Vaucluse.
    other = world.agent(Role.CROSS_ANALYST, "CROSS84")
    made = deposited(world, author, commune="", lon="4,8206", lat="43,9143", uncertainty_m="200")
    assert set(made.departments) == {"13", "84"}
    assert seen_by(world, other, made.id)


def test_the_queue_refuses_nobody_who_writes_and_shows_itself_to_nobody(world: World, author: TestAgent) -> None:
    with world.acting(author), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Outbox.objects.count()


def test_a_department_without_a_cell_adds_no_reader(world: World) -> None:
    """S-3: the cells of its departments, where there are some; Saint-Pierre-et-Miquelon has none."""
    report = Report(
        state=ReportState.SUBMITTED, author_id=uuid4(), owner_unit_id=reference.unit("PJ13").id,
        departments=["13", "975"], handling=["H0"],
    )  # fmt: skip
    readers = audience_of(report, timezone.localdate())
    assert {unit for unit, capacity in readers if capacity is Capacity.CELL} == {reference.unit("CROSS13").id}
