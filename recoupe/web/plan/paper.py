"""The committee's paper: what a frozen board says, laid out for its template; nothing is counted again here."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from recoupe.plan import freezing, words
from recoupe.plan.enums import BoardState
from recoupe.plan.models import Snapshot
from recoupe.web.printing.pdf import Paper

# The colours of the states, darkest where a minister should look first; each also stands in words.
COLOURS: Mapping[BoardState, str] = {
    BoardState.NOT_MEASURED: "#d5dae0",
    BoardState.NOT_STARTED: "#aeb7c2",
    BoardState.IN_PROGRESS: "#5b8fc9",
    BoardState.LATE: "#b3372f",
    BoardState.BLOCKED: "#8a5a00",
    BoardState.DONE: "#3f7d4e",
    BoardState.ABANDONED: "#6b6b6b",
}
# So many years fit a drawing.
MOST_YEARS = 10


def paper(snapshot: Snapshot, address: str) -> Paper:
    """The document of one frozen board; `address` is that of its page, where each figure has an anchor."""
    frozen = freezing.contents(snapshot.content)
    content = {
        "subtitle": gettext("Comité du %(day)s · %(reference)s")
        % {
            "day": frozen["held_on"],
            "reference": frozen["reference"],
        },
        "members": ", ".join(frozen["members"]),
        "sha256": snapshot.sha256,
        "frozen_at": frozen["at"],
        "address": address,
        "tally": frozen["tally"],
        "objectives": [_objective(part) for part in frozen["sections"]],
        "decisions": frozen["decisions"],
        "context": [_figure(figure) for figure in frozen["context"]],
        "colours": {state.value: colour for state, colour in COLOURS.items()},
        "made": frozen["made"],
        "said": _said(),
        "sections": [],
    }
    return Paper(
        template="committee.typ", title=gettext("Tableau du plan national"), content=content, refs=(),
        marking=(gettext("DIFFUSION RESTREINTE"),), details={"what": "plan"},
    )  # fmt: skip


def _objective(part: Mapping[str, Any]) -> dict[str, Any]:
    measures = [
        {**measure, "figures": [_figure(figure) for figure in measure["figures"]], "passed": _passed(measure)}
        for measure in part["measures"]
    ]
    return {**part, "measures": measures}


def _passed(measure: Mapping[str, Any]) -> str:
    met = sum(bool(step["met_on"]) for step in measure["milestones"])
    return f"{met}/{len(measure['milestones'])}"


def _figure(figure: Mapping[str, Any]) -> dict[str, Any]:
    """What the paper shows of a figure; its page says the rest."""
    kept = ("code", "title", "value", "as_of", "state", "state_word")
    target = words.target(figure["target"])
    return {**{name: figure[name] for name in kept}, "target": target, "years": figure["years"][-MOST_YEARS:]}


def _said() -> dict[str, str]:
    return {
        "members": gettext("Siégeaient"),
        "frozen": gettext("Tableau gelé le"),
        "hash": gettext("Empreinte"),
        "states": gettext("États des 55 mesures"),
        "by_objective": gettext("Par objectif"),
        "decisions": gettext("Ce que le comité a décidé"),
        "none": gettext("Aucune mesure bloquée, abandonnée ni reprise."),
        "context": gettext("Chiffres autour du plan"),
        "measure": gettext("Mesure et indicateur"),
        "value": gettext("Dernière valeur"),
        "years": gettext("Années"),
        "state": gettext("État"),
        "links": gettext("Chaque valeur mène à la page qui dit comment elle est comptée."),
        "rule": gettext("Un état suit des jalons, des preuves et des valeurs ; personne ne le déclare."),
        "made": gettext("Données fabriquées pour la démonstration"),
        "steps": gettext("jalons"),
        "proofs": gettext("preuves"),
    }
