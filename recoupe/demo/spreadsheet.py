"""The test spreadsheet: 3,000 rows as a unit would keep them, and 40 bad ones, each bad in a known way.

LibreOffice makes the files from these rows (docs of the recipe stand beside the files); nothing here writes one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from textwrap import shorten
from typing import Any

from recoupe.demo import names
from recoupe.demo.agents import build_agents
from recoupe.demo.pools import Pool
from recoupe.demo.records import Plan, ReportDraft
from recoupe.demo.reports import Desk, Wish
from recoupe.demo.setting import Setting

ROWS = 3_000
BAD = 40
UNIT = "SP13"
# The files made from these rows are kept for years: what is to come must stay so.
FUTURE = "14/07/2099"
# A unit keeps the facts in few words in its own list; in full they would make the kept files heavy.
TERSE = 160

# Column of the file, as its unit names it -> field of a report entry.
COLUMNS: dict[str, str] = {
    "N° de fiche": "external_ref",
    "Date des faits": "event_from",
    "Fin des faits": "event_to",
    "Recueilli le": "collected_at",
    "Origine": "source_kind",
    "Cadre": "frame",
    "Faits": "fact_text",
    "Commentaire": "assessment_text",
    "Commune": "commune",
    "Lieu": "place_text",
    "Longitude": "lon",
    "Latitude": "lat",
    "Précision (m)": "uncertainty_m",
    "Cotation": "grade",
    "Traitement": "handling",
    "Qui est averti": "h3_line",
    "Restriction": "handling_conditions",
    "Produits": "products",
    "Moyens": "means",
    "Téléphone": "selector.phone",
    "Plaque": "selector.plate",
    "IBAN": "selector.iban",
    "Nom": "person.family",
    "Prénom": "person.given",
    "Né(e) le": "person.birth",
    "Qualité": "person.category",
}
HEADERS = tuple(COLUMNS)
# The words of the file for those of the base.
SOURCES = {
    "constatation": "officer_observation",
    "partenaire": "partner",
    "anonyme": "anonymous",
    "source ouverte": "open_source",
    "service étranger": "foreign_service",
    "moyen technique": "technical",
    "source humaine": "human_source",
    "livraison surveillée": "controlled_delivery",
}
LINES = {"les deux": "both", "nous seuls": "holder_only", "personne": "nobody"}
CATEGORIES = {
    "mis en cause": "suspect",
    "condamné": "convicted",
    "victime": "victim",
    "témoin": "witness",
    "entourage": "associate",
    "à déterminer": "unknown",
}
FRAMES = {"administratif": "administrative", "judiciaire": "judicial"}
MAPPING: dict[str, Any] = {
    "columns": COLUMNS,
    "values": {
        "source_kind": SOURCES,
        "h3_line": LINES,
        "person.category": CATEGORIES,
        "frame": FRAMES,
    },
}
# The column that a report of refusals names for a field that is not one column of the file.
_COLUMN_OF = {"point": "Longitude", "grade": "Cotation", "place_kind": "Commune", "persons-0-category": "Qualité"}
Row = dict[str, str]


@dataclass(frozen=True)
class PlantedError:
    """One bad row: its line in the file (the header is line 1), the field at fault, and what is wrong with it."""

    line: int
    field: str
    reason: str

    @property
    def column(self) -> str:
        """The column of the file that feeds the field; the field's own name when none does."""
        own = {field: header for header, field in COLUMNS.items()}
        return _COLUMN_OF.get(self.field) or own.get(self.field, self.field)


@dataclass(frozen=True)
class Sheet:
    """The rows in the order of the file and the errors planted in them."""

    rows: tuple[Row, ...]
    errors: tuple[PlantedError, ...]

    def table(self) -> list[list[str]]:
        """Header and rows as lists of cells."""
        return [list(HEADERS), *([row[h] for h in HEADERS] for row in self.rows)]


def _comma(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}".replace(".", ",")


def _date(typed: str) -> str:
    """A French date; a partial ISO date keeps what is known."""
    return "/".join(reversed(typed.split("-")))


def _first(report: ReportDraft, kind: str) -> str:
    return next((s.raw for s in report.selectors if s.kind == kind), "")


def _word(words: dict[str, str], code: str) -> str:
    """The file's own word for a code of the base."""
    return next((word for word, meant in words.items() if meant == code), code)


def _row(number: int, report: ReportDraft, rng: Random) -> Row:
    person = report.persons[0] if report.persons else None
    first, last = report.event.first, report.event.last
    span = report.event.precision == "interval"
    mark = rng.choice((" – coût estimé 150 €", " ; œil de la caméra HS", "", "", ""))
    return {
        "N° de fiche": f"{UNIT}-{number:05d}",
        "Date des faits": first.strftime("%d/%m/%Y") if span else report.event.typed,
        "Fin des faits": last.strftime("%d/%m/%Y") if span else "",
        "Recueilli le": report.collected_at.strftime("%d/%m/%Y"),
        "Origine": _word(SOURCES, report.source_kind),
        "Cadre": "administratif",
        "Faits": shorten(report.fact_text, TERSE, placeholder=" (…)") + mark,
        "Commentaire": report.assessment_text,
        "Commune": report.place.commune,
        "Lieu": report.place.text or f"secteur {names.invented_word(rng)}",
        "Longitude": _comma(report.place.lon),
        "Latitude": _comma(report.place.lat),
        "Précision (m)": str(report.place.uncertainty_m or ""),
        "Cotation": report.grade,
        "Traitement": "+".join(report.handling),
        "Qui est averti": _word(LINES, report.h3_line) if report.h3_line else "",
        "Restriction": report.handling_conditions,
        "Produits": " ; ".join(report.products),
        "Moyens": " ; ".join(report.means),
        "Téléphone": _first(report, "phone"),
        "Plaque": _first(report, "plate"),
        "IBAN": _first(report, "iban"),
        "Nom": person.family if person else "",
        "Prénom": person.given if person else "",
        "Né(e) le": _date(person.birth) if person else "",
        "Qualité": _word(CATEGORIES, person.category) if person else "",
    }


def _set(**cells: str) -> Callable[[Row, Plan], None]:
    """Overwrite cells, by the field that they feed."""
    header = {field.replace(".", "_"): name for name, field in COLUMNS.items()}

    def spoil(row: Row, plan: Plan) -> None:
        for field, value in cells.items():
            row[header[field]] = value

    return spoil


def _child(row: Row, plan: Plan) -> None:
    born = plan.today - timedelta(days=8 * 365)
    _set(
        person_family="Belamière",
        person_given="Lina",
        person_birth=born.strftime("%d/%m/%Y"),
        person_category="mis en cause",
        event_from=(plan.today - timedelta(days=40)).strftime("%d/%m/%Y"),
        event_to="",
    )(row, plan)


_SOMEBODY = {"person_family": "Talvignan", "person_given": "Noé", "person_birth": "12/03/1990"}
_NOWHERE = {"commune": "", "place_text": "", "lon": "", "lat": "", "uncertainty_m": ""}
# Field at fault as the reading of an entry names it, what is wrong, how to make it so.
SPOILERS: tuple[tuple[str, str, Callable[[Row, Plan], None]], ...] = (
    ("fact_text", "empty", _set(fact_text="", assessment_text="")),
    ("fact_text", "assessment only", _set(fact_text="", assessment_text="Réseau sans doute bien installé.")),
    ("fact_text", "too long", _set(fact_text="Très longue note, œuvre de plusieurs. " * 300)),
    ("fact_text", "blank", _set(fact_text="   ", assessment_text="")),
    ("event_from", "missing", _set(event_from="", event_to="")),
    ("event_from", "future", _set(event_from=FUTURE, event_to="")),
    ("event_from", "not a day", _set(event_from="31/02/2025", event_to="")),
    ("event_from", "not a month", _set(event_from="12/13/2025", event_to="")),
    ("event_from", "unreadable", _set(event_from="courant été", event_to="")),
    ("event_from", "short year", _set(event_from="12/03/25", event_to="")),
    ("event_from", "year 0001", _set(event_from="01/01/0001", event_to="")),
    ("event_from", "too old", _set(event_from="14/07/1789", event_to="")),
    ("event_to", "before start", _set(event_from="20/05/2025", event_to="12/05/2025")),
    ("event_to", "unreadable", _set(event_from="20/05/2025", event_to="fin mai ?")),
    ("collected_at", "future", _set(collected_at=FUTURE)),
    ("collected_at", "unreadable", _set(collected_at="hier")),
    ("source_kind", "missing", _set(source_kind="")),
    ("source_kind", "unknown", _set(source_kind="rumeur")),
    ("source_kind", "human source", _set(source_kind="source humaine")),
    ("source_kind", "controlled delivery", _set(source_kind="livraison surveillée")),
    ("frame", "unknown", _set(frame="civil")),
    ("case_id", "judicial without a case", _set(frame="judiciaire")),
    ("commune", "unknown code", _set(commune="99999")),
    ("commune", "unknown name", _set(commune="Villeneuve-les-Œillets", lon="", lat="")),
    ("commune", "several of that name", _set(commune="Sainte-Colombe", lon="", lat="")),
    ("place_kind", "no place", _set(**_NOWHERE)),
    ("place_text", "too long", _set(place_text="près de la place, " * 20)),
    ("point", "latitude off the Earth", _set(lon="5,385", lat="95,300")),
    ("point", "longitude off the Earth", _set(lon="-181,000", lat="43,300")),
    ("point", "no number", _set(lon="5,385", lat="nord")),
    ("point", "half a point", _set(lon="5,385", lat="")),
    ("uncertainty_m", "negative", _set(lon="5,385", lat="43,300", uncertainty_m="-50")),
    ("grade", "unknown", _set(grade="Z9")),
    ("handling", "missing", _set(handling="", h3_line="")),
    ("handling", "H0 with another", _set(handling="H0+H1", h3_line="")),
    ("h3_line", "missing", _set(handling="H3", h3_line="", handling_conditions="Voir le service.")),
    ("handling_conditions", "missing", _set(handling="H3", h3_line="les deux", handling_conditions="")),
    ("products", "unknown", _set(products="poudre de perlimpinpin")),
    ("persons-0-category", "missing", _set(**_SOMEBODY, person_category="")),
    ("persons-0-category", "child suspect", _child),
)


def _drafts(plan: Plan, setting: Setting, count: int) -> list[ReportDraft]:
    """Notes of one unit, as it kept them in a file of its own; their numbers are not those of the world."""
    agents = build_agents(setting, plan)
    pool = Pool(Plan(plan.today, plan.seed + 1, plan.scale), ("13055",))
    desk = Desk(setting, Plan(plan.today, plan.seed + 1, plan.scale), agents, (), pool)
    writers = [a.login for a in agents if a.unit == UNIT and "investigator" in a.roles]
    return [desk.write(Wish(key="", author=writers[0], department="13")) for _ in range(count)]


def build_sheet(plan: Plan, setting: Setting, *, rows: int = ROWS) -> Sheet:
    """The rows and their planted errors; the bad ones stand anywhere but on the first and last line."""
    rng = Random(f"{plan.seed}:spreadsheet")
    made = [_row(number, draft, rng) for number, draft in enumerate(_drafts(plan, setting, rows), 1)]
    places = sorted(rng.sample(range(1, rows - 1), min(BAD, rows - 2)))
    errors = []
    for place, (field, reason, spoil) in zip(places, rng.sample(SPOILERS, len(places)), strict=True):
        spoil(made[place], plan)
        errors.append(PlantedError(line=place + 2, field=field, reason=reason))
    return Sheet(tuple(made), tuple(errors))
