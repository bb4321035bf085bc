"""Who acts and by what right, by the attributes that the policy names (sections 2 and 4, P-80)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, order=True)
class Key:
    """A reader key: who holds it (`unit`, `agent` or `association`, by its id) and in which capacity.

    An agent's own key is his in one unit (P-39).
    """

    holder_kind: str
    holder: str
    capacity: str
    unit: str = ""


Keys = frozenset[Key]


@dataclass(frozen=True)
class Unit:
    """A unit, a court or another body of the organisation."""

    id: str
    kind: str
    departments: frozenset[str] = frozenset()
    opens_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    silent: bool = False
    cell: str | None = None  # to which the organisation attaches it


@dataclass(frozen=True)
class Purpose:
    """What an agent declared before he acts (P-11)."""

    code: str
    case_ref: str = ""
    motive: str = ""


@dataclass(frozen=True)
class Agent:
    """An account, with the purpose declared in the present session, if any."""

    id: str
    unit: str | None
    active: bool = True
    purpose: Purpose | None = None


@dataclass(frozen=True)
class Habilitation:
    """The individual designation of an agent in a unit (P-6), for the purposes that it names (P-98; None: all)."""

    id: str
    agent: str
    unit: str
    role: str
    valid_from: date
    valid_to: date | None = None
    revoked: bool = False
    purposes: frozenset[str] | None = None


@dataclass(frozen=True)
class Session:
    """A session opened for an agent in the unit of that moment (P-5); a moment that is not known is left out.

    `used_at`: last used, where it tires; `proven_at`: when a key was last shown under it (P-97).
    """

    id: str
    agent: str
    unit: str
    ends_at: datetime
    revoked: bool = False
    opened_at: datetime | None = None
    used_at: datetime | None = None
    proven_at: datetime | None = None


@dataclass(frozen=True)
class Association:
    """A service joined to a cell (P-80); `spread` once every row carries its key."""

    id: str
    cell: str
    service: str
    valid_from: date
    valid_to: date | None = None
    spread: bool = True
    ended: bool = False


@dataclass(frozen=True)
class Mandate:
    """What an agent lets a background job do in his name."""

    id: str
    agent: str
