"""Reports: a file for each unit, opened by its head; the few that their authors typed; then the work of the cells."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from recoupe.demo import files
from recoupe.demo.loading.stage import MOTIVE, Stage
from recoupe.demo.names import Person
from recoupe.demo.records import ReportDraft
from recoupe.intelligence import actions
from recoupe.intelligence.actions.common import known_for
from recoupe.intelligence.actions.importing import BLOCK
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.importing.checking import Checked, FileReader, PreparedRow, RowRefusal
from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.models import Report
from recoupe.intelligence.places import PlaceTable

AT_ONCE = 100
PREFIX = "DEMO-"
SILENT_DAYS = 90
AUTHORS = ("investigator", "cross_analyst")
HEADS = ("unit_head", "cross_head")
MAPPING = FileMapping.from_json(files.MAPPING)


def load_files(stage: Stage) -> None:
    """Each unit hands in its file, its head opens it, it is written in blocks."""
    by_unit: dict[str, list[ReportDraft]] = {}
    for report in stage.world.reports:
        if not report.by_hand:
            by_unit.setdefault(report.unit, []).append(report)
    pairs = {unit: (stage.holder(unit, *AUTHORS), stage.holder(unit, *HEADS)) for unit in by_unit}
    stage.open_sessions(login for pair in pairs.values() for login in pair)
    with stage.process("web"):
        for unit, reports in by_unit.items():
            if not stage.ledger.has(f"file:{unit}"):
                _load_file(stage, unit, reports, *pairs[unit])
            _find(stage, pairs[unit][0])


def _load_file(stage: Stage, unit: str, reports: list[ReportDraft], author: str, head: str) -> None:
    """Hand in, check, open, write: the file is read once, for its check and for its blocks."""
    content = files.unit_file(reports)
    with stage.acting(author) as agent:
        handed = actions.upload_import(by=agent, name=f"fiches-{unit}.csv", content=content, mapping=files.MAPPING)
        today = stage.world.plan.today
        known = known_for(agent, today, PlaceTable(today))
        read = list(FileReader(content, MAPPING, known, handed.owner_unit_id).rows(0, len(reports)))
        rows = [row for row in read if isinstance(row, PreparedRow)]
        refused = [row for row in read if isinstance(row, RowRefusal)]
        if refused:
            raise ValueError(f"{unit}: line {refused[0].line}, {refused[0].field}: {refused[0].sentence}")
        handed = actions.check_import(by=agent, import_file=handed, checked=Checked(len(reports), refused))
    with stage.acting(head) as agent:
        handed = actions.open_import(by=agent, import_file=handed)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        with stage.acting(author) as agent:
            handed = actions.import_block(by=agent, import_file=handed, rows=block, position=start, passed=len(block))
    with stage.acting(author) as agent:
        actions.finish_import(by=agent, import_file=handed)
    stage.ledger.add(f"file:{unit}")


def _find(stage: Stage, author: str) -> None:
    """The identifiers and references that the notes of this author's unit were given."""
    with stage.acting(author):
        rows = Report.objects.filter(external_ref__startswith=PREFIX).values_list("external_ref", "id", "ref")
        stage.reports |= {key: (i, ref or "") for key, i, ref in rows}


def _person(someone: Person) -> PersonEntry:
    return PersonEntry(
        family=someone.family,
        given=someone.given,
        aliases=someone.aliases,
        birth=someone.birth,
        birth_commune=someone.birth_commune,
        category=someone.category,
    )


def entry(report: ReportDraft, case_id: UUID | None) -> ReportEntry:
    """A note as its author types it."""
    row = files.cells(report)
    plain = ("fact_text", "assessment_text", "place_kind", "lon", "lat", "uncertainty_m", "commune", "place_text")
    more = ("source_kind", "handling", "h3_line", "handling_conditions")
    return ReportEntry(
        **{name: row[name] for name in (*plain, *more)},
        event_from=report.event.typed,
        source_grade=report.grade[:1],
        info_grade=report.grade[1:],
        frame="judicial" if case_id else "administrative",
        case_id=case_id,
        seen_by_reporter=report.seen_by_reporter,
        products=report.products,
        means=report.means,
        violence=report.violence,
        urgency=report.urgency,
        persons=tuple(_person(p) for p in report.persons),
        selectors=tuple(SelectorEntry(s.kind, s.raw) for s in report.selectors),
    )


def load_typed(stage: Stage, cases: dict[str, UUID]) -> None:
    """The notes that their own author types, judicial ones among them."""
    typed = [r for r in stage.world.reports if r.by_hand]
    stage.open_sessions(r.author for r in typed)
    with stage.process("web"):
        for report in typed:
            step = f"typed:{report.key}"
            if not stage.ledger.has(step):
                with stage.acting(report.author) as agent:
                    made = actions.deposit(by=agent, entry=entry(report, cases[report.case] if report.case else None))
                stage.ledger.add(step, [str(made.id), made.ref])
            found, ref = stage.ledger.value(step)
            stage.reports[report.key] = (UUID(found), ref)


def load_silences(stage: Stage) -> None:
    """Heads of units make some of their notes silent."""
    until = stage.world.plan.today + timedelta(days=SILENT_DAYS)
    for report in (r for r in stage.world.reports if r.silent):
        step = f"silent:{report.key}"
        if stage.ledger.has(step):
            continue
        head = stage.holder(report.unit, *HEADS)
        stage.open_sessions([head])
        with stage.process("web"), stage.acting(head) as agent:
            found = Report.objects.get(id=stage.reports[report.key][0])
            actions.mark_silent(by=agent, report=found, until=until, reason="Surveillance en cours sur ce numéro.")
        stage.ledger.add(step)


def _before(stage: Stage, analyst: str) -> list[Report]:
    """What a cell has before it: deposited notes that its analyst may read and did not write."""
    department = stage.agents[analyst].unit.removeprefix("CROSS")
    with stage.acting(analyst) as agent:
        return list(
            Report.objects.filter(state=ReportState.SUBMITTED, departments__contains=[department])
            .exclude(author_id=agent.id)
            .exclude(external_ref="")
            .only("id", "external_ref", "state")
        )


def _batches(items: list[Report]) -> Iterable[list[Report]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def load_work(stage: Stage) -> None:
    """The cells triage, grade, confirm, file and reject what their own state in the world says."""
    if stage.ledger.has("work"):
        return
    cells = sorted({a.unit for a in stage.world.agents if "cross_analyst" in a.roles})
    analysts = [stage.holder(cell, "cross_analyst") for cell in cells]
    stage.open_sessions(analysts)
    drafts = stage.drafts
    with stage.process("web"):
        for analyst in analysts:
            wanted: dict[str, list[Report]] = {}
            # Read again for each cell: near a border its neighbour may have worked on the same note.
            for report in _before(stage, analyst):
                wanted.setdefault(drafts[report.external_ref].state, []).append(report)
            _work(stage, analyst, wanted)
    stage.ledger.add("work")


def _work(stage: Stage, analyst: str, wanted: dict[str, list[Report]]) -> None:
    drafts = stage.drafts
    graded = [r for state in ("GRADED", "INDEXED", "FILED") for r in wanted.get(state, [])]
    for batch in _batches(graded):
        grades = {r.id: (drafts[r.external_ref].grade[:1], drafts[r.external_ref].grade[1:]) for r in batch}
        with stage.acting(analyst) as agent:
            actions.grade_many(by=agent, grades=grades, reason=MOTIVE)
    for batch in _batches(wanted.get("INDEXED", [])):
        with stage.acting(analyst) as agent:
            actions.index_many(by=agent, report_ids=[r.id for r in batch])
    with stage.acting(analyst) as agent:
        for report in wanted.get("FILED", []):
            actions.file_report(by=agent, report=report, reason="Sans suite utile à ce jour.")
        for report in wanted.get("REJECTED", []):
            actions.reject(by=agent, report=report, reason="Hors du champ des stupéfiants.")
        for report in wanted.get("TRIAGED", []):
            actions.triage(by=agent, report=report)
