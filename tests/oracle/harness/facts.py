"""The facts of the world as its owner reads them, in the oracle's own terms; never a column of reader keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone

from recoupe.access.keys import own_key, reader_key
from tests.oracle import policy, terms
from tests.oracle.terms import Key, Keys
from tests.world import World as House

T = TypeVar("T")
Rows = list[tuple[Any, ...]]

CHILDREN = {
    "intelligence_attachment": "SELECT id, report_id, author_id FROM intelligence_attachment",
    "intelligence_gradinghistory": "SELECT id, report_id, author_id FROM intelligence_gradinghistory",
    "intelligence_reporthistory": "SELECT id, report_id, actor_id FROM intelligence_reporthistory",
    "intelligence_reportversion": "SELECT id, report_id, author_id FROM intelligence_reportversion",
    "intelligence_importrefusal": "SELECT id, import_file_id, NULL FROM intelligence_importrefusal",
    "coordination_step": "SELECT id, objective_id, actor_id, number FROM coordination_step",
    "coordination_answer": "SELECT id, check_id, actor_id FROM coordination_answer",
    "coordination_check": "SELECT id, point_id, NULL FROM coordination_check",
    "coordination_measurestep": "SELECT id, measure_id, actor_id FROM coordination_measurestep",
    "dealpoints_statechange": "SELECT id, point_id, actor_id, step FROM dealpoints_statechange",
    "dealpoints_price": "SELECT id, point_id, actor_id FROM dealpoints_price",
    "targets_targetstep": "SELECT id, target_id, actor_id, step FROM targets_targetstep",
    "deconfliction_settlementstep": "SELECT id, settlement_id, actor_id, step FROM deconfliction_settlementstep",
    "crosscheck_finding": "SELECT id, judgement_id, author_id FROM crosscheck_finding",
    "crosscheck_weakanswer": "SELECT id, side_id, author_id FROM crosscheck_weakanswer",
}
# The desk that a unit chose to answer for it, and the courts of a commune: facts of the organisation (P-50, P-27).
RELAY = """CASE u.contact_choice WHEN 'self' THEN NULL WHEN 'cell' THEN coalesce((SELECT c.id FROM reference_unit c
        WHERE c.id = u.cell_id AND coalesce(c.opens_on, c.valid_from, '-infinity') <= current_date
          AND coalesce(c.valid_to, 'infinity') >= current_date), o.id) ELSE o.id END"""
COURTS = """SELECT p.id, array_agg(DISTINCT a.court_id) || array_agg(DISTINCT s.id) FROM dealpoints_dealpoint p
    JOIN reference_courtarea a ON a.commune_id = p.commune_code
     AND coalesce(a.valid_from, '-infinity') <= current_date AND coalesce(a.valid_to, 'infinity') >= current_date
    JOIN reference_unit l ON l.id = a.court_id
     AND coalesce(l.opens_on, l.valid_from, '-infinity') <= current_date AND coalesce(l.valid_to, 'infinity') >=
     current_date
    LEFT JOIN reference_unit s ON s.kind = 'specialised_court' AND s.departments && l.departments
     AND coalesce(s.opens_on, s.valid_from, '-infinity') <= current_date AND coalesce(s.valid_to, 'infinity') >=
     current_date
   GROUP BY p.id"""


@dataclass
class Ledger:
    """What no table keeps: who attached what, and the keys of an earlier day by the oracle's own count (P-13)."""

    attached: dict[str, tuple[str, str]] = field(default_factory=dict)
    stamps: dict[str, Keys] = field(default_factory=dict)

    def stamp(self, world: terms.World, *kinds: str) -> None:
        """Keep the keys that the oracle gives today to the rows of these kinds that have none yet."""
        for kind in kinds:
            for identifier, obj in KINDS[kind](world).items():
                if identifier not in self.stamps:
                    found = policy.row_keys(world, kind, obj)
                    self.stamps[identifier] = frozenset(key for key in found if key.holder_kind != "association")

    def forget(self, *ids: object) -> None:
        """These rows were written anew: their keys follow from the facts of today."""
        for identifier in ids:
            self.stamps.pop(str(identifier), None)


# Whatever is told of a measure: its row, its table, the measure, who signed it, on what it hangs, whether it is a file.
OF_PLAN = """SELECT c.id::text, 'plan_card', c.id, '', '', false FROM plan_card c
    UNION ALL SELECT id::text, 'plan_evidence', measure, by_id::text, '', kind = 'file' FROM plan_evidence
    UNION ALL SELECT id::text, 'plan_value', measure, by_id::text, evidence_id::text, false FROM plan_value
    UNION ALL SELECT id::text, 'plan_session', 0, by_id::text, '', false FROM plan_session
    UNION ALL SELECT id::text, 'plan_decision', measure, by_id::text, session_id::text, false FROM plan_decision
    UNION ALL SELECT id::text, 'plan_snapshot', 0, by_id::text, session_id::text, false FROM plan_snapshot"""


KINDS: dict[str, Callable[[terms.World], Mapping[str, Any]]] = {
    "report": lambda w: w.reports,
    "import": lambda w: w.imports,
    "case": lambda w: w.cases,
    "target": lambda w: w.targets,
    "event": lambda w: w.events,
    "presence": lambda w: w.presences,
    "hit": lambda w: w.sides,
    "judgement": lambda w: w.judgements,
    "contact": lambda w: w.contacts,
    "agreement": lambda w: w.agreements,
    "dealpoint": lambda w: w.points,
    "evidence": lambda w: w.evidence,
    "objective": lambda w: w.objectives,
    "figure": lambda w: w.figures,
    "settlement": lambda w: w.settlements,
    "opinion": lambda w: w.opinions,
    "danger": lambda w: {i: one for i, one in w.dangers.items() if one.table == "deconfliction_danger"},
    "danger_side": lambda w: w.danger_sides,
}


def _str(value: object) -> str | None:
    return None if value is None else str(value)


def _set(values: Iterable[object] | None) -> frozenset[str]:
    return frozenset(str(value) for value in values or () if value is not None)


def _by_id(made: Iterable[T]) -> dict[str, T]:
    return {one.id: one for one in made}  # type: ignore[attr-defined]


class Reader:
    """One reading of the whole world."""

    def __init__(self, house: House, ledger: Ledger) -> None:
        self.house, self.ledger = house, ledger

    def rows(self, query: str) -> Rows:
        """As the administrator, who sees every row."""
        return self.house.sql(query.replace("%", "%%"))

    def world(self, now: datetime | None = None) -> terms.World:
        """Everything, at this moment."""
        return terms.World(
            now or timezone.now(),
            units=self.units(), agents=self.agents(), habilitations=self.habilitations(), sessions=self.sessions(),
            associations=self.associations(), reports=self.reports(), persons=self.persons(),
            selectors=self.selectors(),
            children=self.children(), imports=self.imports(), cases=self.cases(), targets=self.targets(),
            events=self.events(), presences=self.presences(), sides=self.sides(),
            judgements=self.judgements(), contacts=self.contacts(), messages=self.messages(), releases=self.releases(),
            agreements=self.agreements(), disclosures=self.disclosures(), points=self.points(),
            evidence=self.evidence(), objectives=self.objectives(), figures=self.figures(),
            notices=self.notices(),
            settlements=self.settlements(), opinions=self.opinions(),
            dangers=self.dangers(), danger_sides=self.danger_sides(),
        )  # fmt: skip

    def units(self) -> dict[str, terms.Unit]:
        query = "SELECT id, kind, departments, opens_on, valid_from, valid_to, silent, cell_id FROM reference_unit"
        return _by_id(
            terms.Unit(str(r[0]), r[1], _set(r[2]), r[3], r[4], r[5], r[6], _str(r[7])) for r in self.rows(query)
        )

    def agents(self) -> dict[str, terms.Agent]:
        return _by_id(
            terms.Agent(str(r[0]), _str(r[1]), r[2]) for r in self.rows("SELECT id, unit_id, active FROM access_agent")
        )

    def habilitations(self) -> dict[str, terms.Habilitation]:
        query = (
            "SELECT id, agent_id, unit_id, role, valid_from, valid_to, revoked_at IS NOT NULL, purposes"
            " FROM access_habilitation"
        )
        return _by_id(
            terms.Habilitation(str(r[0]), str(r[1]), str(r[2]), r[3], r[4], r[5], r[6], _set(r[7]))
            for r in self.rows(query)
        )

    def sessions(self) -> dict[str, terms.Session]:
        """One that the set-up opened does not tire (P-5); a key shown for ever is shown just now."""
        query = (
            "SELECT encode(token_hash, 'hex'), agent_id, unit_id, expires_at, revoked_at IS NOT NULL, opened_at,"
            " CASE WHEN how <> 'set-up' THEN seen_at END, least(proven_at, now()) FROM access_session"
        )
        return _by_id(terms.Session(r[0], str(r[1]), str(r[2]), *r[3:]) for r in self.rows(query))

    def associations(self) -> dict[str, terms.Association]:
        query = (
            "SELECT id, cell_id, service_id, valid_from, valid_to, spread_at IS NOT NULL, ended_at IS NOT NULL"
            " FROM access_cellservice"
        )
        return _by_id(terms.Association(str(r[0]), str(r[1]), str(r[2]), *r[3:]) for r in self.rows(query))

    def stamped(self, made: Iterable[T]) -> dict[str, T]:
        """The rows by id, each with the keys that an earlier day gave it, if that was noted."""
        stamps = self.ledger.stamps
        return {
            one.id: replace(one, stamped=stamps[one.id]) if one.id in stamps else one  # type: ignore
            for one in made
        }

    def reports(self) -> dict[str, terms.Report]:
        query = (
            "SELECT r.id, r.author_id, r.owner_unit_id, r.state, r.departments, r.handling, r.h3_line, "
            "r.silent_until, r.frame,"
            " r.case_id, r.review_needed, r.reviewed_by, r.source_kind, r.import_id, r.assessment_author_id,"
            " r.ref, r.submitted_at"
            " FROM intelligence_report r"
        )
        return self.stamped(
            terms.Report(
                str(r[0]), str(r[1]), str(r[2]), r[3], _set(r[4]), handling=_set(r[5]), h3_line=r[6], silent_until=r[7],
                frame=r[8], case=_str(r[9]), review_needed=r[10], reviewed_by=_str(r[11]), source_kind=r[12],
                import_file=_str(r[13]), assessment_author=_str(r[14]), ref=r[15], submitted=r[16],
            )
            for r in self.rows(query)
        )  # fmt: skip

    def persons(self) -> dict[str, terms.Person]:
        rows = self.rows("SELECT id, report_id, category, minor_at_event FROM intelligence_person")
        return _by_id(terms.Person(str(r[0]), str(r[1]), r[2], r[3]) for r in rows)

    def selectors(self) -> dict[str, terms.Selector]:
        return _by_id(
            terms.Selector(str(r[0]), str(r[1]), r[2], _str(r[3]))
            for r in self.rows("SELECT id, report_id, kind, person_id FROM intelligence_selector")
        )

    def children(self) -> dict[str, terms.Child]:
        made = [
            terms.Child(str(r[0]), table, str(r[1]), _str(r[2]), *r[3:])
            for table, query in CHILDREN.items()
            for r in self.rows(query)
        ]
        for r in self.rows("SELECT id, case_id, actor_id, former_id, magistrate_id FROM cases_magistratechange"):
            made.append(terms.Child(str(r[0]), "cases_magistratechange", str(r[1]), str(r[2]), 0, str(r[3]), str(r[4])))
        for r in self.rows(
            "SELECT id, objective_id, decided_by_id, court_id, verdict = 'validated' FROM coordination_decision"
        ):
            made.append(
                terms.Child(str(r[0]), "coordination_decision", str(r[1]), str(r[2]), court=str(r[3]), validates=r[4])
            )
        for r in self.rows("SELECT id, point_id, owner_id FROM coordination_measure"):
            made.append(terms.Child(str(r[0]), "coordination_measure", str(r[1]), owner=_str(r[2])))
        return _by_id(made)

    def imports(self) -> dict[str, terms.ImportFile]:
        rows = self.rows("SELECT id, uploaded_by, owner_unit_id, state FROM intelligence_importfile")
        return _by_id(terms.ImportFile(str(r[0]), str(r[1]), str(r[2]), r[3]) for r in rows)

    def cases(self) -> dict[str, terms.Case]:
        rows = self.rows("SELECT id, owner_unit_id, court_id, magistrate_id, state FROM cases_case")
        return _by_id(terms.Case(str(r[0]), str(r[1]), str(r[2]), str(r[3]), r[4]) for r in rows)

    def targets(self) -> dict[str, terms.Target]:
        query = "SELECT id, owner_unit_id, case_id, requested_by_id, state, birth_date FROM targets_registeredtarget"
        return _by_id(
            terms.Target(str(r[0]), str(r[1]), str(r[2]), str(r[3]), str(r[4]), r[5]) for r in self.rows(query)
        )

    def settlements(self) -> dict[str, terms.Settlement]:
        rows = self.rows(
            "SELECT id, thread_id, carried_at IS NOT NULL, state, nullif(proposed_by, '') FROM deconfliction_settlement"
        )
        return _by_id(terms.Settlement(str(r[0]), str(r[1]), *r[2:]) for r in rows)

    def opinions(self) -> dict[str, terms.Opinion]:
        rows = self.rows("SELECT id, magistrate_id, court_id, state FROM deconfliction_opinion")
        return _by_id(terms.Opinion(*map(str, r)) for r in rows)

    def dangers(self) -> dict[str, terms.Danger]:
        rows = self.rows("SELECT id, state FROM deconfliction_danger")
        found = [terms.Danger(str(r[0]), "deconfliction_danger", r[1]) for r in rows]
        for table in ("deconfliction_watchline", "deconfliction_watchshift"):
            found += [terms.Danger(str(r[0]), table) for r in self.rows(f"SELECT id FROM {table}")]
        return _by_id(found)

    def danger_sides(self) -> dict[str, terms.DangerSide]:
        query = (
            f"SELECT s.id, s.owner_unit_id, {RELAY}, s.live, s.acknowledged_at IS NOT NULL"
            " FROM deconfliction_dangerside s"
            " JOIN reference_unit u ON u.id = s.owner_unit_id"
            " CROSS JOIN (SELECT id FROM reference_unit WHERE code = 'OFAST') o"
        )
        return _by_id(terms.DangerSide(str(r[0]), str(r[1]), _str(r[2]), r[3], r[4]) for r in self.rows(query))

    def events(self) -> dict[str, terms.Event]:
        rows = self.rows("SELECT id, owner_unit_id, author_id, state, kind FROM operations_event")
        return _by_id(terms.Event(str(r[0]), str(r[1]), str(r[2]), str(r[3]), str(r[4])) for r in rows)

    def presences(self) -> dict[str, terms.Presence]:
        rows = self.rows(
            "SELECT p.id, p.owner_unit_id, p.author_id, (SELECT l.state FROM operations_presence l"
            " WHERE l.line = p.line ORDER BY l.step DESC LIMIT 1) FROM operations_presence p"
        )
        return _by_id(terms.Presence(str(r[0]), str(r[1]), str(r[2]), str(r[3])) for r in rows)

    def sides(self) -> dict[str, terms.HitSide]:
        query = (
            f"SELECT s.id, s.hit_id, s.side, s.owner_unit_id, s.record_id, {RELAY}, h.state, s.strength, s.thread_id"
            " FROM crosscheck_hitside s JOIN crosscheck_hit h ON h.id = s.hit_id JOIN reference_unit u ON u.id "
            "= s.owner_unit_id"
            " CROSS JOIN (SELECT id FROM reference_unit WHERE code = 'OFAST') o"
        )
        return self.stamped(
            terms.HitSide(
                str(r[0]), str(r[1]), r[2], str(r[3]), _str(r[4]), _str(r[5]), r[6], r[7], thread=_str(r[8])
            )
            for r in self.rows(query)
        )  # fmt: skip

    def judgements(self) -> dict[str, terms.Judgement]:
        rows = self.rows("SELECT id, owner_unit_id, first_id, second_id, state FROM crosscheck_judgement")
        return self.stamped(terms.Judgement(str(r[0]), str(r[1]), str(r[2]), str(r[3]), r[4]) for r in rows)

    def contacts(self) -> dict[str, terms.Contact]:
        query = (
            "SELECT t.id, t.hit_id, t.state, t.requested_side, t.proposed_side, t.content_allowed,"
            + ", ".join(
                "(SELECT p.unit_id FROM crosscheck_party p JOIN reference_unit u ON u.id = p.unit_id"
                f" WHERE p.thread_id = t.id AND p.role = 'arbiter' AND u.kind IN ({kinds}) LIMIT 1)"
                for kinds in ("'cross'", "'office'", "'court', 'specialised_court'")
            )
            + " FROM crosscheck_contactthread t"
        )
        return _by_id(
            terms.Contact(
                str(r[0]), str(r[1]), r[2], r[3] or None, r[4] or None, None, r[5], _str(r[6]), _str(r[7]), _str(r[8])
            )
            for r in self.rows(query)
        )  # fmt: skip

    def messages(self) -> dict[str, terms.Message]:
        rows = self.rows("SELECT id, thread_id, author_id FROM crosscheck_message")
        return _by_id(terms.Message(*map(str, r)) for r in rows)

    def releases(self) -> dict[str, terms.Release]:
        query = (
            "SELECT r.id, r.thread_id, r.giving_side, s.record_id, r.recipient_id, r.state FROM crosscheck_release r"
            " JOIN crosscheck_contactthread t ON t.id = r.thread_id"
            " LEFT JOIN crosscheck_hitside s ON s.hit_id = t.hit_id AND s.side = r.giving_side"
        )
        return _by_id(terms.Release(*map(str, r)) for r in self.rows(query))

    def agreements(self) -> dict[str, terms.Agreement]:
        query = (
            "SELECT id, release_id, record_id, case_id, magistrate_id, owner_unit_id, asked_by, state, state = 'AGREED'"
            " FROM crosscheck_agreement"
        )
        return _by_id(
            terms.Agreement(
                str(r[0]), str(r[1]), str(r[2]), str(r[3]), str(r[4]), str(r[5]), str(r[6]), r[7], agreed=r[8]
            )
            for r in self.rows(query)
        )

    def disclosures(self) -> dict[str, terms.Disclosure]:
        rows = self.rows("SELECT id, record_id, from_unit_id, to_unit_id, record_kind FROM access_disclosure")
        return _by_id(terms.Disclosure(*map(str, r)) for r in rows)

    def points(self) -> dict[str, terms.DealPoint]:
        courts = {str(r[0]): _set(r[1]) for r in self.rows(COURTS)}
        query = "SELECT id, owner_unit_id, proposed_by_id, cells, state, merged_into_id FROM dealpoints_dealpoint"
        return self.stamped(
            terms.DealPoint(
                str(r[0]), str(r[1]), str(r[2]), _set(r[3]), courts.get(str(r[0]), frozenset()), r[4],
                merged_into=_str(r[5])
            )
            for r in self.rows(query)
        )  # fmt: skip

    def evidence(self) -> dict[str, terms.Evidence]:
        rows = self.rows("SELECT id, point_id, record_id, owner_unit_id FROM dealpoints_evidence")
        nobody = ("", "")
        return self.stamped(
            terms.Evidence(str(r[0]), str(r[1]), str(r[2]), *self.ledger.attached.get(str(r[0]), nobody)) for r in rows
        )

    def objectives(self) -> dict[str, terms.Objective]:
        query = (
            "SELECT id, owner_unit_id, proposed_by_id, cells, court_id, state, sent_at IS NOT NULL, lead_id, "
            "joint_lead_id, co_services,"
            " origin_kind, origin_id FROM coordination_objective"
        )
        return self.stamped(
            terms.Objective(
                str(r[0]), str(r[1]), str(r[2]), _set(r[3]), _str(r[4]), r[5], r[6], _str(r[7]),
                _str(r[8]), _set(r[9]), r[10], str(r[11])
            )
            for r in self.rows(query)
        )  # fmt: skip

    def figures(self) -> dict[str, terms.Figure]:
        answers: dict[int, str] = dict(self.rows("SELECT id, owner_id::text FROM plan_card"))
        return _by_id(
            terms.Figure(r[0], answers.get(r[2], ""), r[1], r[2], r[3], r[4], r[5]) for r in self.rows(OF_PLAN)
        )

    def notices(self) -> dict[str, terms.Notice]:
        """A notice names its key by a number: which one is asked of every key that there could be."""
        capacities = self.rows("SELECT DISTINCT capacity FROM access_rolecapacity")
        keys: dict[int, Key] = {}
        for (unit,) in self.rows("SELECT id FROM reference_unit"):
            keys |= {reader_key(unit, c): Key("unit", str(unit), c) for (c,) in capacities}
        for agent, unit in self.rows("SELECT DISTINCT agent_id, unit_id FROM access_habilitation"):
            keys[own_key(agent, unit)] = Key("agent", str(agent), "agent", str(unit))
        rows = self.rows("SELECT id, key, record_kind, record_id FROM notices_notice")
        return _by_id(terms.Notice(str(r[0]), keys[r[1]], r[2], str(r[3])) for r in rows)
