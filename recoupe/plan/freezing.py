"""The board of a meeting as one text: all that a page or a paper says of it later is read from there, never anew."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone, translation

from recoupe.access.agent import Agent
from recoupe.plan import queries, words
from recoupe.plan.enums import BoardState, Minister, Verdict
from recoupe.plan.models import Decision, Session
from recoupe.plan.queries import BoardRow, Figure
from recoupe.reference.enums import MeasureClass

VERSION = 1
Frozen = Mapping[str, Any]


def text_of(agent: Agent, session: Session) -> str:
    """The board now, in French, with what its meeting decided: the same board gives the same bytes."""
    with translation.override("fr"):
        return json.dumps(_content(agent, session), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _content(agent: Agent, session: Session) -> dict[str, Any]:
    sections = queries.board(agent)
    rows = [row for section in sections for row in section.rows]
    states = [row.state for row in rows]
    return {
        "version": VERSION,
        "at": timezone.localtime().strftime("%d/%m/%Y %H:%M"),
        "held_on": session.held_on.strftime("%d/%m/%Y"),
        "reference": session.reference,
        "members": [str(Minister(code).label) for code in session.members],
        "tally": [[state.value, str(state.label), states.count(state)] for state in BoardState],
        "sections": [
            {
                "number": section.objective.value,
                "title": str(section.objective.label),
                "tally": [[state.value, [row.state for row in section.rows].count(state)] for state in BoardState],
                "measures": [_measure(row) for row in section.rows],
            }
            for section in sections
        ],
        "decisions": _decisions(session),
        "context": [_figure(figure) for figure in queries.context(agent)],
        "made": any(figure.made for row in rows for figure in row.figures),
    }


def _measure(row: BoardRow) -> dict[str, Any]:
    return {
        "number": row.measure.number,
        "title": row.measure.title,
        "class": str(MeasureClass(row.measure.measure_class).label),
        "owner": row.owner.name,
        "partners": list(row.partners),
        "state": row.state.value,
        "state_word": str(row.state.label),
        "proofs": row.proofs,
        "milestones": [
            {
                "title": str(step.milestone.title),
                "due": step.milestone.due.strftime("%d/%m/%Y") if step.milestone.due else "",
                "met_on": step.met_on.strftime("%d/%m/%Y") if step.met_on else "",
                "state": step.state.value,
                "state_word": str(step.state.label),
            }
            for step in row.steps
        ],
        "figures": [_figure(figure) for figure in row.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    spec = figure.spec
    return {
        "code": spec.code,
        "title": str(spec.title),
        "definition": str(spec.definition),
        "perimeter": str(spec.perimeter),
        "unit": str(spec.unit.label),
        "direction": str(spec.direction.label),
        "cadence": str(spec.cadence.label),
        "source": spec.source,
        "computed": spec.computed,
        "value": words.value(figure),
        "fraction": words.fraction(figure),
        "target": words.wanted(spec),
        "baseline": words.baseline(spec),
        "as_of": words.last_fed(figure),
        "state": figure.state.value,
        "state_word": str(figure.state.label),
        "years": [[year, float(value)] for year, value in figure.years],
        "estimates": [
            {
                "value": words.estimate(spec, one),
                "perimeter": one.perimeter,
                "definition": one.definition,
                "source": one.source,
                "final": one.final,
            }
            for one in figure.estimates
        ],
    }


def _decisions(session: Session) -> Sequence[dict[str, Any]]:
    rows = Decision.objects.filter(session=session).order_by("measure")
    return [{"measure": row.measure, "verdict": str(Verdict(row.verdict).label), "motive": row.motive} for row in rows]


def contents(text: str) -> Frozen:
    """A frozen board as it is read back."""
    found: Frozen = json.loads(text)
    return found


def indicators_frozen(frozen: Frozen) -> list[Frozen]:
    """Every figure of a frozen board, the context last."""
    own = [f for part in frozen["sections"] for measure in part["measures"] for f in measure["figures"]]
    return own + list(frozen["context"])
