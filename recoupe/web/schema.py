"""What an interface for programs takes and gives: each shape says its JSON Schema and reads by the same words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.translation import gettext

from recoupe.kernel.refusal import Invalid, gettext_noop

NOT_TEXT = gettext_noop("Un texte est attendu ici.")
NOT_STORED = gettext_noop("Ce texte contient un caractère qui ne se conserve pas.")
TOO_LONG = gettext_noop("Ce texte est trop long : %(max)s caractères au plus.")
TOO_SHORT = gettext_noop("Ce texte ne peut pas être vide.")
NOT_A_WORD = gettext_noop("Cette valeur n'est pas de celles qui sont permises.")
NOT_A_FLAG = gettext_noop("Vrai ou faux est attendu ici (true, false).")
NOT_A_RANK = gettext_noop("Un rang est attendu ici : un nombre entier de 0 à %(max)s.")
NOT_A_LIST = gettext_noop("Une liste est attendue ici, de %(min)s à %(max)s éléments.")
NOT_AN_OBJECT = gettext_noop("Un objet est attendu ici.")
UNKNOWN_FIELD = gettext_noop("Ce champ est inconnu.")
MISSING_FIELD = gettext_noop("Ce champ est demandé.")

# The one character that the database does not keep.
NO_NUL = "^[^\\u0000]*$"


def _described(said: str) -> str:
    """In the language of who asks; gettext of nothing would be the head of its catalogue."""
    return gettext(said) if said else ""


class Shape(Protocol):
    """One kind of value."""

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema (2020-12)."""

    def read(self, value: Any, at: str) -> Any:
        """The value, as the rooms take it; Invalid with the place at which it is none."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `most` in characters, of a closed list of words if there is one. `said`, everywhere, is a gettext key."""

    said: str = ""
    most: int = 20_000
    least: int = 0
    words: tuple[str, ...] = ()
    form: str = ""

    def schema(self) -> dict[str, Any]:
        """As a string."""
        found: dict[str, Any] = {"type": "string", "maxLength": self.most}
        if not self.words:
            found["pattern"] = NO_NUL
        told = {
            "description": _described(self.said),
            "minLength": self.least,
            "enum": list(self.words),
            "format": self.form,
        }
        return found | {name: value for name, value in told.items() if value}

    def read(self, value: Any, at: str) -> str:
        """Whatever cannot be kept as text is refused before it meets the database."""
        if not isinstance(value, str):
            raise Invalid(NOT_TEXT, field=at)
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Invalid(NOT_STORED, field=at)
        if len(value) > self.most:
            raise Invalid(TOO_LONG, field=at, max=self.most)
        if len(value) < self.least:
            raise Invalid(TOO_SHORT, field=at)
        if self.words and value not in self.words:
            raise Invalid(NOT_A_WORD, field=at)
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    said: str = ""

    def schema(self) -> dict[str, Any]:
        """As a boolean."""
        return {"type": "boolean", **({"description": _described(self.said)} if self.said else {})}

    def read(self, value: Any, at: str) -> bool:
        """Neither 1 nor "oui"."""
        if not isinstance(value, bool):
            raise Invalid(NOT_A_FLAG, field=at)
        return value


@dataclass(frozen=True, slots=True)
class Rank:
    """A place in a list, from 0."""

    said: str = ""
    most: int = 1_000_000

    def schema(self) -> dict[str, Any]:
        """As an integer."""
        return {"type": "integer", "minimum": 0, "maximum": self.most, "description": _described(self.said)}

    def read(self, value: Any, at: str) -> int:
        """JSON knows one kind of number: 1.0 is 1."""
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not 0 <= value <= self.most:
            raise Invalid(NOT_A_RANK, field=at, max=self.most)
        return int(value)


@dataclass(frozen=True, slots=True)
class Each:
    """A list of one kind."""

    of: Shape
    most: int
    least: int = 0
    said: str = ""

    def schema(self) -> dict[str, Any]:
        """As an array."""
        found: dict[str, Any] = {"type": "array", "items": self.of.schema(), "maxItems": self.most}
        told = {"minItems": self.least, "description": _described(self.said)}
        return found | {name: value for name, value in told.items() if value}

    def read(self, value: Any, at: str) -> list[Any]:
        """Each element at its rank."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise Invalid(NOT_A_LIST, field=at, min=self.least, max=self.most)
        return [self.of.read(one, f"{at}/{rank}") for rank, one in enumerate(value)]


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known fields and no other; those that are not demanded may be left out."""

    fields: Mapping[str, Shape]
    demanded: frozenset[str] = field(default_factory=frozenset)
    said: str = ""

    def schema(self) -> dict[str, Any]:
        """As an object that takes no other property."""
        found: dict[str, Any] = {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.fields.items()},
            "additionalProperties": False,
        }
        if self.demanded:
            found["required"] = [name for name in self.fields if name in self.demanded]
        return found | ({"description": _described(self.said)} if self.said else {})

    def read(self, value: Any, at: str) -> dict[str, Any]:
        """The fields that are there."""
        if not isinstance(value, dict):
            raise Invalid(NOT_AN_OBJECT, field=at)
        for name in sorted(self.demanded):
            if name not in value:
                raise Invalid(MISSING_FIELD, field=f"{at}/{name}")
        found = {}
        for name, one in value.items():
            if name not in self.fields:
                raise Invalid(UNKNOWN_FIELD, field=at)
            found[name] = self.fields[name].read(one, f"{at}/{name}")
        return found
