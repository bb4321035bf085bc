"""Which entry of the journal answers for which statement on which table: the table that R-41 is held against.

Written from what each operation is said to do, kind by kind; whatever stands in no row is unlogged, or phantom.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Statement = tuple[str, str]

# The tables of each kind of object.
KINDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(tables.split())
    for kind, tables in {
        "report": "intelligence_report intelligence_person intelligence_selector intelligence_attachment"
        " intelligence_gradinghistory intelligence_reporthistory intelligence_reportversion",
        "import": "intelligence_importfile intelligence_importrefusal",
        "case": "cases_case cases_magistratechange",
        "hit": "crosscheck_hitside crosscheck_weakanswer",
        "judgement": "crosscheck_judgement crosscheck_finding",
        "index": "crosscheck_indexrecord crosscheck_indexentry",
        "pair": "crosscheck_hit",
        "contact": "crosscheck_contactthread crosscheck_party crosscheck_message crosscheck_release",
        "agreement": "crosscheck_agreement",
        "dealpoint": "dealpoints_dealpoint dealpoints_evidence dealpoints_statechange dealpoints_price"
        " coordination_check coordination_answer coordination_measure coordination_measurestep",
        "objective": "coordination_objective coordination_step coordination_decision",
        "event": "operations_event",
        "presence": "operations_presence",
        "target": "targets_registeredtarget targets_targetstep targets_casereminder",
        "settlement": "deconfliction_settlement deconfliction_settlementstep",
        "opinion": "deconfliction_opinion",
        "danger": "deconfliction_danger deconfliction_watchline",
        "danger_side": "deconfliction_dangerside",
        "watch_shift": "deconfliction_watchshift",
        "figure": "plan_dailyfigure plan_card plan_evidence plan_value plan_session plan_decision plan_snapshot",
        "notice": "notices_notice",
        "disclosure": "access_disclosure",
        "entry": "audit_entry",
        # Which rows a page of a list holds: identifiers by reader key.
        "list": "access_feed",
    }.items()
}
# What row security itself reads when a statement is made: the file that a line of it names, whatever a notice is about.
RULES: Mapping[Statement, frozenset[str]] = {
    ("INSERT", "intelligence_report"): KINDS["import"],
    ("INSERT", "notices_notice"): KINDS["report"] | KINDS["dealpoint"] | KINDS["objective"] | KINDS["agreement"]
    | KINDS["contact"] | KINDS["hit"] | KINDS["judgement"] | KINDS["import"] | KINDS["event"] | KINDS["target"]
    | KINDS["danger_side"],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one entry says that was done: one of `needs` at least was; `shows` was read; `changes` was written."""

    needs: frozenset[Statement]
    shows: frozenset[str]
    changes: frozenset[str]


def _meaning(needs: str, shows: str, changes: str = "") -> Meaning:
    """`needs` as "INSERT table|UPDATE table"; `shows` and `changes` by kinds."""
    demanded = [one.split(" ") for one in needs.split("|") if one]
    return Meaning(
        frozenset((verb, table) for verb, table in demanded),
        frozenset[str]().union(*(KINDS[kind] for kind in shows.split())),
        frozenset[str]().union(*(KINDS[kind] for kind in changes.split())),
    )


# By operation and by what the entry says that it is about.
MEANINGS: Mapping[tuple[str, str], Meaning] = {
    ("collect", "report"): _meaning("INSERT intelligence_report", "report case", "report notice"),
    ("collect", "case"): _meaning("INSERT cases_case", "case", "case"),
    ("collect", "dealpoint"): _meaning("INSERT dealpoints_dealpoint", "dealpoint report", "dealpoint notice"),
    # The form of an event reads which procedures and registrations it may concern.
    ("collect", "event"): _meaning("INSERT operations_event", "event case target", "event"),
    ("modify", "report"): _meaning(
        "UPDATE intelligence_report", "report case disclosure", "report notice"
    ),
    ("modify", "contact"): _meaning("UPDATE crosscheck_contactthread", "contact hit", "contact notice"),
    ("modify", "settlement"): _meaning(
        "INSERT deconfliction_settlementstep", "settlement opinion contact hit target case notice",
        "settlement opinion contact notice",
    ),
    ("modify", "opinion"): _meaning(
        "UPDATE deconfliction_opinion", "settlement opinion contact case notice", "settlement opinion contact notice"
    ),
    ("modify", "release"): _meaning("INSERT crosscheck_release", "contact hit", "contact notice"),
    ("modify", "notice"): _meaning("UPDATE notices_notice", "notice", "notice"),
    ("erase", "report"): _meaning("DELETE intelligence_report", "report", "report"),
    ("disclose", "contact"): _meaning("INSERT crosscheck_message", "contact hit", "contact notice"),
    ("disclose", "report"): _meaning(
        "INSERT access_disclosure", "report contact hit agreement", "disclosure report contact notice"
    ),
    ("combine", "report"): _meaning("INSERT crosscheck_indexrecord", "report index pair hit", "index"),
    ("combine", "pair"): _meaning(
        "INSERT crosscheck_hit|UPDATE crosscheck_hit|SELECT crosscheck_hit", "pair hit report target settlement",
        "pair hit contact judgement notice settlement opinion",
    ),
    ("print", "report"): _meaning("SELECT intelligence_report", "report case"),
    ("export", "refusals"): _meaning("SELECT intelligence_importrefusal", "import"),
    ("search", "text"): _meaning("SELECT intelligence_report", "report list"),
    ("search", "ref"): _meaning("SELECT intelligence_report", "report"),
    ("search", "selector"): _meaning("SELECT intelligence_selector", "report"),
    ("consult", "report"): _meaning("SELECT intelligence_report", "report case hit contact notice"),
    # A form that is sent asks for the report that the same form may have made a moment ago.
    ("consult", "form"): _meaning("SELECT cases_case", "case report"),
    ("consult", "draft"): _meaning("SELECT intelligence_report", "report case"),
    ("consult", "drafts"): _meaning("SELECT intelligence_report", "report"),
    ("consult", "reports"): _meaning("SELECT access_feed", "report list"),
    ("consult", "hits"): _meaning("SELECT access_feed|SELECT crosscheck_hitside", "hit contact judgement report list"),
    ("consult", "hit"): _meaning("SELECT crosscheck_hitside", "hit contact report notice"),
    ("consult", "contacts"): _meaning("SELECT access_feed", "contact hit list"),
    ("consult", "contact"): _meaning(
        "SELECT crosscheck_contactthread", "contact hit report notice agreement settlement"
    ),
    ("consult", "conflicts"): _meaning("SELECT crosscheck_hitside", "hit contact settlement target event report"),
    ("consult", "settlement"): _meaning(
        "SELECT deconfliction_settlement", "settlement opinion contact hit target pair notice"
    ),
    ("consult", "opinion"): _meaning("SELECT deconfliction_opinion", "opinion case notice"),
    ("consult", "dangers"): _meaning("SELECT deconfliction_dangerside", "danger_side"),
    ("consult", "danger_side"): _meaning("SELECT deconfliction_dangerside", "danger_side notice"),
    ("consult", "watch"): _meaning("SELECT deconfliction_danger", "danger danger_side watch_shift notice"),
    ("modify", "danger_side"): _meaning("UPDATE deconfliction_dangerside", "danger_side notice", "danger_side notice"),
    ("combine", "danger"): _meaning(
        "INSERT deconfliction_danger|UPDATE deconfliction_danger", "danger danger_side", "danger danger_side notice"
    ),
    ("consult", "registry_desk"): _meaning(
        "SELECT targets_registeredtarget", "target settlement opinion contact pair case"
    ),
    ("consult", "cases"): _meaning("SELECT cases_case", "case"),
    ("consult", "dealpoint"): _meaning("SELECT dealpoints_dealpoint", "dealpoint objective report notice"),
    ("consult", "dealpoints"): _meaning("SELECT dealpoints_dealpoint|SELECT access_feed", "dealpoint list"),
    # The window that the map opens on: its page holds no point, which are asked for, and journaled, by another address.
    ("consult", "window"): _meaning("", ""),
    ("consult", "objectives"): _meaning("SELECT access_feed", "objective list"),
    ("consult", "events"): _meaning("SELECT operations_event", "event case"),
    ("consult", "event"): _meaning("SELECT operations_event", "event hit notice"),
    ("consult", "targets"): _meaning("SELECT access_feed", "target case list"),
    ("consult", "imports"): _meaning("SELECT intelligence_importfile", "import"),
    ("consult", "home"): _meaning(
        "SELECT notices_notice",
        "notice hit contact judgement agreement dealpoint objective report import list event target case",
    ),
    ("consult", "journal"): _meaning("SELECT audit_entry", "entry"),
    ("consult", "reads"): _meaning("SELECT audit_entry", " ".join(KINDS)),
    # A failed attempt: what it read was undone with it, this line alone stays.
    ("refused", ""): _meaning("", ""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal, as far as it says what was done."""

    operation: str
    refs: tuple[str, ...]
    details: Mapping[str, Any]
    result_count: int | None = None

    @property
    def about(self) -> str:
        """What it names: a notice, a page, a layer of the map, or the kind of its first object."""
        if self.operation == "refused":
            return ""
        if self.details.get("notice"):
            return "notice"
        if self.details.get("layer") == "dealpoints" and self.result_count is None:
            return "window"
        named = self.details.get("what") or self.details.get("layer")
        return str(named or (self.refs[0].partition(":")[0] if self.refs else ""))


@dataclass
class Transaction:
    """What pgaudit saw of one committed transaction, and the entries that were written in it."""

    statements: set[Statement] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)
    # How often pgaudit saw the journal written.
    inserts: int = 0


def judged(seen: Transaction) -> tuple[list[str], list[str]]:
    """(what no entry explains, the entries that nothing explains)."""
    meanings = [MEANINGS.get((entry.operation, entry.about)) for entry in seen.entries]
    known = [meaning for meaning in meanings if meaning]
    shown = frozenset[str]().union(*(m.shows | m.changes for m in known), *(RULES.get(s, ()) for s in seen.statements))
    changed = frozenset[str]().union(*(m.changes for m in known))
    beside = ", ".join(sorted(f"{entry.operation} {entry.about}" for entry in seen.entries)) or "no entry"
    unlogged = [
        f"{verb} {table} beside {beside}"
        for verb, table in sorted(seen.statements)
        if table not in (shown if verb == "SELECT" else changed)
    ]
    phantom = [
        f"{entry.operation} {entry.about}"
        for entry, meaning in zip(seen.entries, meanings, strict=True)
        if meaning is None or (meaning.needs and meaning.needs.isdisjoint(seen.statements))
    ]
    return unlogged, phantom + _twice(seen.entries) + ["written unseen"] * (len(seen.entries) - seen.inserts)


def _twice(entries: Iterable[Entry]) -> list[str]:
    """The same said again in one transaction: one operation has one entry."""
    counted = Counter((e.operation, e.about, e.refs) for e in entries)
    return [f"{operation} {about} twice" for (operation, about, _), n in counted.items() for _again in range(n - 1)]
