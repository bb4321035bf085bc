"""The communes of the territory as the comparison of birth places wants them, with the codes that they bore."""

from functools import lru_cache

from recoupe.matching.kinds.places import Commune, Places
from recoupe.reference import files


@lru_cache(maxsize=1)
def known_communes() -> Places:
    """Read once a process from the data files of the reference."""
    found = [
        Commune(line["code"], line["name"], float(line["lat"]), float(line["lon"]), tuple(line["former_codes"].split()))
        for line in files.records("communes.csv.gz")
        if line["lat"] and line["lon"]
    ]
    arrondissements: dict[str, list[str]] = {}
    for code, _, _, commune, _, _ in files.arrondissements():
        arrondissements.setdefault(commune, []).append(code)
    return Places.of(
        Commune(c.code, c.name, c.lat, c.lon, (*c.former_codes, *arrondissements.get(c.code, ()))) for c in found
    )
