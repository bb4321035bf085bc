"""What lies over the map of deal points: where its tiles are asked for, what they call a state, classes of density."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext

from recoupe.access.agent import Agent
from recoupe.dealpoints import geography
from recoupe.dealpoints.drawing import Layer
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.geography import Density
from recoupe.web.dealpoints import shown

# From so many points for 100,000 inhabitants on, a department takes the next colour.
CLASSES = (0.0, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Thickness:
    """The layer of density: each department with its class, and what each class means."""

    rows: Sequence[tuple[Density, int]]
    legend: Sequence[tuple[int, str]]

    @property
    def by_code(self) -> str:
        """The class of each department, for the map."""
        return json.dumps({row.code: number for row, number in self.rows if row.rate})


def first(layer: Layer, chosen: Mapping[str, str]) -> str:
    """The address of the first tile, from which the map makes those of the others, with the filter in use."""
    return reverse("dealpoint-tile", args=[layer.value, 0, 0, 0]) + (f"?{urlencode(chosen)}" if chosen else "")


def states() -> str:
    """What the map calls each state, and in which tone it draws it."""
    named = {s.value: {"label": str(s.label), "tone": shown.TONES[s] or "neutral"} for s in DealPointState}
    return json.dumps(named, ensure_ascii=False)


def thickness(agent: Agent, on: date | None, today: date) -> Thickness:
    """The density of each department on a day as it is known today, with the class that colours it."""
    rows = geography.densities(agent, on or today, known=today)
    classed = [(row, _class(row.rate.value if row.rate else 0.0)) for row in rows]
    return Thickness(classed, [(number, _words(number)) for number in range(len(CLASSES))])


def _class(value: float) -> int:
    return max(number for number, least in enumerate(CLASSES) if value >= least)


def _words(number: int) -> str:
    least, most = CLASSES[number], (*CLASSES[1:], None)[number]
    low = number_format(least, 0)
    if most is None:
        return gettext("%(least)s et plus") % {"least": low}
    return gettext("de %(least)s à moins de %(most)s") % {"least": low, "most": number_format(most, 0)}
