"""What comes in, as it was written, by a form, a file or a program: all text until `reading` has read it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A person as typed; `birth` may be partial (1985, 03/1985, 12/03/1985)."""

    family: str = ""
    given: str = ""
    aliases: tuple[str, ...] = ()
    birth: str = ""
    birth_commune: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class SelectorEntry:
    """An identifier as typed; `person` is the rank of the person whom it belongs to, None when it is nobody's."""

    kind: str
    raw: str
    person: int | None = None


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A report as typed. Blank means not given; a draft may leave anything blank, a deposit may not."""

    fact_text: str = ""
    assessment_text: str = ""
    event_from: str = ""
    event_to: str = ""
    place_kind: str = ""
    lon: str = ""
    lat: str = ""
    uncertainty_m: str = ""
    commune: str = ""
    place_text: str = ""
    source_kind: str = ""
    frame: str = ""
    case_id: UUID | None = None
    handling: str = ""
    h3_line: str = ""
    handling_conditions: str = ""
    source_grade: str = ""
    info_grade: str = ""
    grade_scheme: str = ""
    seen_by_reporter: bool = False
    products: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    violence: bool = False
    urgency: bool = False
    persons: tuple[PersonEntry, ...] = ()
    selectors: tuple[SelectorEntry, ...] = ()
    external_ref: str = ""
    # When the unit first recorded it, for files only; blank: now. Never later than now.
    collected_at: str = ""

    def as_json(self) -> dict[str, Any]:
        """A plain form, for the former versions of a corrected report."""
        plain = asdict(self)
        plain["case_id"] = str(self.case_id) if self.case_id else None
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """The entry that as_json() wrote."""
        known = dict(plain)
        known["case_id"] = UUID(known["case_id"]) if known.get("case_id") else None
        known["persons"] = tuple(
            PersonEntry(**{**person, "aliases": tuple(person.get("aliases", ()))})
            for person in known.get("persons", ())
        )
        known["selectors"] = tuple(SelectorEntry(**selector) for selector in known.get("selectors", ()))
        for name in ("products", "means"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)
