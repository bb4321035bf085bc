"""Reports in quantity: every state, code, line, silence, frame, owner and place, their keys by the product's "
"own function."""

import json
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.utils import timezone

from recoupe.intelligence.enums import ReportState
from recoupe.kernel.text import name_key
from tests.oracle.harness.cast import Person
from tests.oracle.harness.lives import CATEGORIES
from tests.world import World

HANDLING: tuple[tuple[list[str], str], ...] = (
    (["H0"], ""), (["H0"], ""), (["H1"], ""), (["H2"], ""), (["H1", "H2"], ""), (["H3"], "both"),
    (["H3"], "holder_only"),
    (["H3"], "nobody"), (["H1", "H3"], "both"), (["H2", "H3"], "both"), ([], ""), (["H9"], ""), (["H1",
    "H9"], ""), (["H3", "H9"], "both"),
)  # fmt: skip
PLACES: tuple[list[str], ...] = (["13"], ["13"], ["84"], ["69"], ["59"], ["13", "84"], ["13", "69"], ["975"], [])
REPORT = """INSERT INTO intelligence_report (id, owner_unit_id, readers, created_at, ref, author_id, state,
    version, purpose,
    source_kind, frame, case_id, seen_by_reporter, fact_text, assessment_text, assessment_author_id,
    assessment_at, event_from,
    event_to, event_precision, collected_at, submitted_at, place_kind, commune_code, place_text, departments,
    handling, h3_line,
    handling_conditions, silent_until, silent_reason, source_grade, info_grade, grade_original, grade_doubt,
    products, means,
    violence, urgency, review_needed, reviewed_by, external_ref)
  SELECT %(id)s, %(owner)s, intelligence.audience(%(id)s, %(state)s, %(author)s, %(owner)s, %(departments)s::text[],
    %(handling)s::text[], %(line)s, %(silent)s::date IS NOT NULL), now(), %(ref)s, %(author)s, %(state)s, 1, '',
    'partner', %(frame)s,
    %(case)s, false, %(fact)s, %(assessment)s, %(assessor)s, CASE WHEN %(assessor)s::uuid IS NULL THEN NULL ELSE
    now() END,
    '2026-05-01', '2026-05-02', 'day', now(), now(), 'free', '', %(place)s, %(departments)s::varchar[],
    %(handling)s::varchar[],
    %(line)s, %(conditions)s, %(silent)s, %(why_silent)s, 'B', '2', '', false, '{}', '{}', false, false,
    %(review)s, %(reviewer)s,
    %(external)s"""
FEED = """INSERT INTO access_feed (kind, key, at, id)
    SELECT DISTINCT 1, k, r.collected_at, r.id FROM intelligence_report r, unnest(r.readers) AS k ON CONFLICT DO
        NOTHING"""


class Grid:
    """Rows written by the owner, without triggers; who reads a report is what the database's own rule answers."""

    def __init__(self, house: World, people: Sequence[Person], random: Random, cases: Sequence[Any]) -> None:
        self.house, self.random, self.cases = house, random, cases
        self.people = [person for person in people if person.unit not in ("TJ13", "TJ69", "TJ13A", "JIRS13", "TJ975")]
        self.count, self.key = 0, ""

    def token(self) -> str:
        """A word that stands nowhere else."""
        self.count += 1
        return f"zq{self.random.getrandbits(20):05x}{self.count:06x}"

    def lay(self, number: int) -> None:
        """So many reports with what hangs on them."""
        with psycopg.connect(self.house.admin_url) as owner:
            owner.execute("SET session_replication_role = replica")
            cursor = owner.cursor()
            rows = [self._report() for _ in range(number)]
            cursor.executemany(
                "INSERT INTO access_disclosure (id, record_kind, record_id, from_unit_id, to_unit_id, at, "
                "ground, handling, grading)"
                " VALUES (%s, 'report', %s, %s, %s, now(), 'contact:none', '{}', '')",
                [(uuid4(), row["id"], *self._ends(row)) for row in rows if self.random.random() < 0.2],
            )
            cursor.executemany(REPORT, rows)
            for query, made in self._children(rows).items():
                cursor.executemany(query, made)
            owner.execute(FEED)

    def _ends(self, row: dict[str, Any]) -> tuple[UUID, UUID]:
        """From its owner mostly; a line that another unit wrote opens nothing."""
        giver = row["owner"] if self.random.random() < 0.8 else self.random.choice(self.people).unit_id
        return giver, self.random.choice(self.people).unit_id

    def _report(self) -> dict[str, Any]:
        draw = self.random
        author, state, (codes, line) = draw.choice(self.people), draw.choice(ReportState.values), draw.choice(HANDLING)
        own = author.unit_id if draw.random() < 0.85 else draw.choice(self.people).unit_id
        judicial = draw.random() < 0.2 and self.cases
        silent = timezone.localdate() + timedelta(days=draw.choice((-1, 0, 1, 20))) if draw.random() < 0.15 else None
        return {
            "id": uuid4(), "owner": own, "author": author.id, "state": state, "departments": draw.choice(PLACES),
            "handling": codes, "line": line, "silent": silent, "why_silent": self.token() if silent else "",
            "ref": f"ZQ-{self.token().upper()}-26-{self.count:06d}",
            "frame": "judicial" if judicial else "administrative",
            "case": draw.choice(self.cases).id if judicial else None, "fact": f"Fait {self.token()}.",
            "assessment": f"Avis {self.token()}" if (assessed := draw.random() < 0.3) else "",
            "assessor": draw.choice(self.people).id if assessed else None, "place": self.token(),
            "conditions": self.token() if "H3" in codes else "", "review": (review := draw.random() < 0.2),
            "reviewer": draw.choice(self.people).id if review and draw.random() < 0.5 else None,
            "external": self.token(),
        }  # fmt: skip

    def _children(self, rows: Sequence[dict[str, Any]]) -> dict[str, list[tuple[Any, ...]]]:
        draw = self.random
        out: dict[str, list[tuple[Any, ...]]] = {}
        some = [row for row in rows if draw.random() < 0.4]
        persons: dict[UUID, list[UUID]] = {}
        out["INSERT INTO intelligence_person (id, report_id, rank, family, given, aliases, birth_year, "
        "birth_commune, category,"
            " minor_at_event, name_key, key) VALUES (%s, %s, %s, %s, %s, %s, 1980, '', %s, %s, %s, '')"] = [
            (self._person(persons, row["id"]), row["id"], rank, *self._name(), [self.token()], draw.choice(CATEGORIES),
            draw.random() < 0.2, self.key)
            for row in rows for rank in range(draw.choice((0, 1, 1, 2)))
        ]  # fmt: skip
        out["INSERT INTO intelligence_selector (id, report_id, kind, raw, value, person_id, valid, confirmed) VALUES"
            " (%s, %s, %s, %s, %s, %s, true, true)"] = [
            # Half of them under a person of the report, whose mask is theirs too (P-85).
            (uuid4(), row["id"], kind, value, value, draw.choice([*persons.get(row["id"], []), None]))
            for row in rows for kind, value in self._selectors()
        ]  # fmt: skip
        out["INSERT INTO intelligence_reporthistory (id, report_id, at, actor_id, from_state, to_state, motive) VALUES"
            " (%s, %s, now(), %s, 'DRAFT', %s, %s)"] = [
            (uuid4(), row["id"], draw.choice(self.people).id, row["state"], self.token())
            for row in rows if row["state"] != "DRAFT"
        ]  # fmt: skip
        out["INSERT INTO intelligence_gradinghistory (id, report_id, at, author_id, source, info, original, "
        "doubt, motive)"
            " VALUES (%s, %s, now(), %s, 'B', '2', '', false, %s)"] = [
            (uuid4(), row["id"], draw.choice(self.people).id, self.token()) for row in some
        ]  # fmt: skip
        out["INSERT INTO intelligence_reportversion (id, report_id, version, at, author_id, motive, content) VALUES"
            " (%s, %s, 1, now(), %s, %s, %s::jsonb)"] = [
            (uuid4(), row["id"], draw.choice(self.people).id, self.token(),
            json.dumps({"fact_text": self.token()})) for row in some
        ]  # fmt: skip
        out["INSERT INTO intelligence_attachment (id, report_id, media_type, sha256, content, pages, at, "
        "author_id) VALUES"
            " (%s, %s, 'image/png', %s, %s, 1, now(), %s)"] = [
            (uuid4(), row["id"], self.token(), self.token().encode(), row["author"]) for row in some[::2]
        ]  # fmt: skip
        return out

    def _person(self, persons: dict[UUID, list[UUID]], report: UUID) -> UUID:
        """A new person of a report, kept by it."""
        made = uuid4()
        persons.setdefault(report, []).append(made)
        return made

    def _name(self) -> tuple[str, str]:
        """A name of nobody else, and in `key` what a search compares it with."""
        family, given = f"Zqf{self.token()}", f"Zqg{self.token()}"
        self.key = f"{name_key(family)}|{name_key(given)}"
        return family, given

    def _selectors(self) -> list[tuple[str, str]]:
        chance = self.random.random()
        if chance < 0.3:
            return [("email", f"{self.token()}@exemple.invalid")]
        # Its middle stands nowhere else: no surface shows it (P-45).
        return [("iban", f"FR76{self.random.randrange(10**8):08d}{self.token()}xyz")] if chance < 0.5 else []
