"""Base layers of the maps: public outlines, packed once a process, served under an address that holds their version."""

import gzip
import json
from functools import lru_cache
from typing import Any

from django.urls import reverse

from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.reference import queries as reference
from recoupe.reference.models import LoadedFile

TABLES = ("departmentoutline", "communeoutline")
MOST_COMMUNE_LAYERS = 4  # an agent of a whole region reads the departments' borders; communes would only be noise
CHANGED = gettext_noop("Ces contours ont été remplacés : rechargez la page.")


def version() -> str:
    """What the outlines are today; it changes when the reference is loaded anew."""
    marks = dict(LoadedFile.objects.filter(name__in=TABLES).values_list("name", "sha256"))
    return "-".join(marks.get(name, "none").rpartition(":")[2][:10] for name in TABLES)


def addresses(departments: frozenset[str]) -> str:
    """The layers under a map of these departments, as partials/map.html wants them: borders first."""
    of = version()
    layers = [reverse("outlines-departments", args=[of])]
    if len(departments) <= MOST_COMMUNE_LAYERS:
        layers += [reverse("outlines-communes", args=[of, code.lower()]) for code in sorted(departments)]
    return " ".join(layers)


def demand(asked: str) -> None:
    """An address of another version is gone: it may be kept for ever, so it never changes its content."""
    if asked != version():
        raise Absent(CHANGED)


@lru_cache(maxsize=2)
def departments(of: str) -> bytes:
    """All borders, those between defence zones over them, packed."""
    collection = reference.department_outlines()
    return _packed({**collection, "features": [*collection["features"], reference.zone_borders()]})


@lru_cache(maxsize=128)
def communes(of: str, code: str) -> bytes:
    """The communes of one department, packed."""
    return _packed(reference.commune_outlines(code))


def _packed(collection: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)
