"""Names of persons and the weak key: exact name, full birth date; no rule asks where a name comes from (S-8)."""

from dataclasses import dataclass
from typing import Self

from recoupe.kernel.dates import PartialDate
from recoupe.kernel.text import name_key


@dataclass(frozen=True, slots=True)
class PersonName:
    """Given names and family name, as written."""

    given: str
    family: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "DUPONT Jean" or "Dupont, Jean": capitals or a comma tell the family name, else it is the last word."""
        if "," in text:
            family, _, given = text.partition(",")
            return cls(given.strip(), family.strip())
        words = text.split()
        capitals = [word for word in words if word.isupper() and len(word) > 1]
        if 0 < len(capitals) < len(words):
            return cls(" ".join(word for word in words if word not in capitals), " ".join(capitals))
        return cls(" ".join(words[:-1]), words[-1] if words else "")

    def key(self, birth: PartialDate | None, *, first_january_is_year: bool = True) -> str | None:
        """The weak key of this name with a birth date; see person_key."""
        return person_key(self.given, self.family, birth, first_january_is_year=first_january_is_year)

    def __str__(self) -> str:
        return f"{self.given} {self.family}".strip()


def person_key(given: str, family: str, birth: PartialDate | None, *, first_january_is_year: bool = True) -> str | None:
    """family|given|YYYY-MM-DD when the name is whole and the birth date full, else None (nothing to compare).

    1 January is what files write when only the year is known (S-2): it counts as a year, unless a proof asks.
    """
    if birth is None or not birth.is_full:
        return None
    if first_january_is_year and (birth.month, birth.day) == (1, 1):
        return None
    family_key, given_key = name_key(family), name_key(given)
    if not family_key or not given_key:
        return None
    return f"{family_key}|{given_key}|{birth.isoformat()}"
