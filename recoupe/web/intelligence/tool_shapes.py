"""What the interface takes and gives, declared once: what validates it is what describes it."""

from collections.abc import Mapping
from typing import Any

from recoupe.crosscheck.enums import HitState
from recoupe.intelligence.actions.bringing import Item, Result
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.enums import Frame, PlaceKind, ReportState
from recoupe.kernel.refusal import gettext_noop as _n
from recoupe.kernel.selectors import SelectorKind, Strength
from recoupe.web.schema import Each, Flag, Rank, Record, Text

MOST = 1_000
_REF = Text(_n("La référence de la fiche dans votre outil ; elle évite les doublons."), most=64, least=1)
_KINDS = tuple(sorted(kind.value for kind in SelectorKind if kind is not SelectorKind.PERSON))

PERSON = Record(
    {
        "family": Text(_n("Nom.")),
        "given": Text(_n("Prénoms.")),
        "aliases": Each(Text(), 20),
        "birth": Text(_n("1985, 03/1985 ou 12/03/1985.")),
        "birth_commune": Text(),
        "category": Text(_n("La qualité de la personne dans les faits.")),
    }
)
SELECTOR = Record(
    {
        "kind": Text(words=_KINDS),
        "raw": Text(_n("L'identifiant tel qu'il est écrit."), most=500),
        "person": Rank(_n("Le rang, depuis 0, de la personne à qui il est ; absent s'il n'est à personne."), most=39),
    },
    frozenset({"kind", "raw"}),
)
REPORT = Record(
    {
        "external_ref": _REF,
        "fact_text": Text(_n("Le fait : ce qui a été vu, entendu ou constaté.")),
        "assessment_text": Text(_n("L'appréciation, à part.")),
        "event_from": Text(_n("Le jour, le mois ou l'année : 2026-11-22, 2026-11, 2026.")),
        "event_to": Text(),
        "place_kind": Text(words=("", *PlaceKind.values)),
        "lon": Text(most=60),
        "lat": Text(most=60),
        "uncertainty_m": Text(most=60),
        "commune": Text(_n("Le code officiel de la commune, ou son nom exact."), most=200),
        "place_text": Text(),
        "source_kind": Text(_n("D'où vient l'information."), most=60),
        "frame": Text(_n("Une fiche judiciaire nomme sa procédure."), words=("", *Frame.values)),
        "case_number": Text(_n("Le numéro d'une procédure ouverte de votre unité."), most=60),
        "case_court": Text(_n("Le code ou le nom de sa juridiction, pour contrôle."), most=200),
        "handling": Text(_n("H0, H1, H2, H3 ou plusieurs : H1+H2."), most=60),
        "h3_line": Text(most=60),
        "handling_conditions": Text(),
        "source_grade": Text(most=60),
        "info_grade": Text(most=60),
        "grade_scheme": Text(most=60),
        "seen_by_reporter": Flag(),
        "products": Each(Text(most=200), 40),
        "means": Each(Text(most=200), 40),
        "violence": Flag(),
        "urgency": Flag(),
        "persons": Each(PERSON, 40),
        "selectors": Each(SELECTOR, 100),
        "collected_at": Text(_n("Quand votre service l'a recueillie ; jamais plus tard qu'aujourd'hui."), most=60),
    },
    frozenset({"external_ref"}),
)
BATCH = Record({"reports": Each(REPORT, MOST, 1)}, frozenset({"reports"}))
QUESTION = Record({"external_refs": Each(_REF, MOST, 1)}, frozenset({"external_refs"}))

_FAULT = Record({"field": Text(), "sentence": Text()}, frozenset({"field", "sentence"}))
_BROUGHT = {
    "report": Text(_n("La référence de la fiche dans Recoupe.")),
    "state": Text(words=tuple(ReportState.values)),
    "submitted_at": Text(form="date-time"),
}
OUTCOMES = Record(
    {
        "results": Each(
            Record(
                {"external_ref": Text(), "result": Text(words=tuple(Result)), **_BROUGHT, "faults": Each(_FAULT, MOST)},
                frozenset({"external_ref", "result"}),
            ),
            MOST,
        )
    },
    frozenset({"results"}),
)
HIT = Record(
    {
        "id": Text(form="uuid"),
        "at": Text(form="date-time"),
        "strength": Text(words=tuple(word.value for word in Strength)),
        "state": Text(words=tuple(HitState.values)),
        "service_code": Text(),
        "service": Text(_n("Le service à appeler.")),
        "contact": Text(),
        "phone": Text(),
        "email": Text(),
    },
    frozenset({"id", "at", "strength", "state", "service"}),
    _n("Le côté de votre unité : qui appeler, une force en un mot, une date."),
)
CHECKED = Record(
    {
        "results": Each(
            Record(
                {"external_ref": Text(), "known": Flag(), **_BROUGHT, "hits": Each(HIT, 100_000)},
                frozenset({"external_ref", "known", "hits"}),
            ),
            MOST,
        )
    },
    frozenset({"results"}),
)


def item_of(read: Mapping[str, Any]) -> Item:
    """What one item stands for, as a form or a file would have typed it."""
    plain = dict(read)
    persons = tuple(
        PersonEntry(**{**person, "aliases": tuple(person.get("aliases", ()))}) for person in plain.pop("persons", ())
    )
    selectors = tuple(SelectorEntry(**selector) for selector in plain.pop("selectors", ()))
    lists = {name: tuple(plain.pop(name, ())) for name in ("products", "means")}
    procedure = {name: plain.pop(name, "") for name in ("case_number", "case_court")}
    return Item(ReportEntry(**{**plain, **lists, "persons": persons, "selectors": selectors}), **procedure)
