"""Tables of the public reference; every one is readable by all roles and written by the loader alone."""

from recoupe.reference.models.organisation import CourtArea, Unit
from recoupe.reference.models.rules import (
    InterconnectionAct,
    LegalParameter,
    LoadedFile,
    Measure,
    Offence,
    Product,
)
from recoupe.reference.models.territory import (
    Arrondissement,
    Commune,
    CommuneOutline,
    DefenceZone,
    Department,
    DepartmentOutline,
    FormerCommune,
    Region,
)

__all__ = [
    "Arrondissement",
    "Commune",
    "CommuneOutline",
    "CourtArea",
    "DefenceZone",
    "Department",
    "DepartmentOutline",
    "FormerCommune",
    "InterconnectionAct",
    "LegalParameter",
    "LoadedFile",
    "Measure",
    "Offence",
    "Product",
    "Region",
    "Unit",
]
