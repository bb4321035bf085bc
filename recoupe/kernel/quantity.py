"""Quantities of products: mass converts to mass, volume to volume; tablets, plants and blotters convert to nothing."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import name_key


class Unit(StrEnum):
    """The units of the product list."""

    MG = "mg"
    G = "g"
    KG = "kg"
    T = "t"
    ML = "ml"
    L = "l"
    TABLET = "tablet"
    PLANT = "plant"
    SEED = "seed"
    BLOTTER = "blotter"
    CAPSULE = "capsule"
    DOSE = "dose"


UNIT_LABELS: dict[Unit, str] = {
    Unit.MG: "mg",
    Unit.G: "g",
    Unit.KG: "kg",
    Unit.T: "t",
    Unit.ML: "mL",
    Unit.L: "L",
    Unit.TABLET: gettext_noop("comprimé(s)"),
    Unit.PLANT: gettext_noop("pied(s)"),
    Unit.SEED: gettext_noop("graine(s)"),
    Unit.BLOTTER: gettext_noop("buvard(s)"),
    Unit.CAPSULE: gettext_noop("gélule(s)"),
    Unit.DOSE: gettext_noop("dose(s)"),
}

_GRAMS = {Unit.MG: Decimal("0.001"), Unit.G: Decimal(1), Unit.KG: Decimal(1000), Unit.T: Decimal(1_000_000)}
_MILLILITRES = {Unit.ML: Decimal(1), Unit.L: Decimal(1000)}
_SCALES = (_GRAMS, _MILLILITRES)
_WORDS: dict[str, Unit] = {
    **{unit.value: unit for unit in Unit},
    "milligramme": Unit.MG, "gr": Unit.G, "gramme": Unit.G, "kilo": Unit.KG, "kilogramme": Unit.KG, "kgs": Unit.KG,
    "tonne": Unit.T, "millilitre": Unit.ML, "litre": Unit.L, "comprime": Unit.TABLET, "cachet": Unit.TABLET,
    "cp": Unit.TABLET, "plante": Unit.PLANT, "pied": Unit.PLANT, "plant": Unit.PLANT, "graine": Unit.SEED,
    "buvard": Unit.BLOTTER, "gelule": Unit.CAPSULE, "dose": Unit.DOSE,
}  # fmt: skip

MAX_TYPED = Decimal(1_000_000_000)
SENTENCE_NUMBER = gettext_noop("Nombre illisible. Écrivez-le avec une virgule, par exemple 12,5.")
SENTENCE_AMBIGUOUS = gettext_noop("Ce nombre se lit de deux façons : écrivez 1200 ou 1,2.")
SENTENCE_UNIT = gettext_noop("Unité inconnue : g, kg, t, mL, L, comprimés, pieds, graines, buvards, gélules ou doses.")
SENTENCE_RANGE = gettext_noop("Une quantité est plus grande que zéro et au plus d'un milliard, ou bien « traces ».")
SENTENCE_NO_CONVERSION = gettext_noop("Ces deux unités ne se convertissent pas l'une dans l'autre.")

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_GROUPED = re.compile(r"\d{1,3}(?:[. \u00a0\u202f']\d{3}){1,5}(?:,\d{1,15})?")
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_QUANTITY = re.compile(r"([\d][\d .,'\u00a0\u202f]{0,30}?)\s*([^\W\d]+)")
_TRACES = re.compile(r"traces?(?:\s+de\b.*)?", re.IGNORECASE)


def decimal(text: str, field: str = "") -> Decimal:
    """Read a number with a French decimal comma or a point; blanks may group thousands; never NaN, never infinite."""
    words = text.strip()
    if _NUMBER.fullmatch(words) and words.isascii():
        return Decimal(words.replace(",", "."))
    if _GROUPED.fullmatch(words) and words.replace("\u00a0", "").replace("\u202f", "").isascii():
        return Decimal(re.sub(r"[. \u00a0\u202f']", "", words).replace(",", "."))
    raise Invalid(SENTENCE_NUMBER, field=field)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number above zero with its unit, or traces (no number)."""

    value: Decimal | None
    unit: Unit

    def __post_init__(self) -> None:
        if self.value is not None and not (self.value.is_finite() and self.value > 0):
            raise Invalid(SENTENCE_RANGE, field="quantity")

    @classmethod
    def parse(cls, text: str, field: str = "quantity") -> Self:
        """Read "12,5 kg", "1 200 comprimés", "traces"; "1.200 kg" is refused because it reads in two ways."""
        words = text.strip()
        if _TRACES.fullmatch(words[:60]):
            return cls(None, Unit.G)
        found = _QUANTITY.fullmatch(words) if len(words) <= 60 else None
        if not found:
            raise Invalid(SENTENCE_NUMBER, field=field)
        if _AMBIGUOUS.fullmatch(found[1].strip()):
            raise Invalid(SENTENCE_AMBIGUOUS, field=field)
        value = decimal(found[1], field)
        if value > MAX_TYPED:
            raise Invalid(SENTENCE_RANGE, field=field)
        return cls(value, unit(found[2], field))

    @property
    def is_traces(self) -> bool:
        """Something was there, too little to weigh."""
        return self.value is None

    def to(self, target: Unit) -> "Quantity":
        """The same quantity in another unit of the same nature; refused between natures."""
        if target is self.unit:
            return self
        for scale in _SCALES:
            if self.unit in scale and target in scale:
                value = None if self.value is None else self.value * scale[self.unit] / scale[target]
                return Quantity(value, target)
        raise Invalid(SENTENCE_NO_CONVERSION, field="unit")

    def __add__(self, other: "Quantity") -> "Quantity":
        """Sum in the unit of the left; traces add nothing; refused between natures."""
        converted = other.to(self.unit)
        if self.value is None or converted.value is None:
            return self if converted.value is None else converted
        return Quantity(self.value + converted.value, self.unit)


def unit(word: str, field: str = "unit") -> Unit:
    """The unit that this French word or symbol names, singular or plural."""
    key = name_key(word)
    found = _WORDS.get(key) or _WORDS.get(key.removesuffix("s"))
    if found is None:
        raise Invalid(SENTENCE_UNIT, field=field)
    return found
