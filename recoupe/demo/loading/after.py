"""What was planned for a place after its operation, and what its checks found: made, told by the cell's head."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from recoupe.access.agent import Agent
from recoupe.coordination.followup import actions, queries
from recoupe.coordination.followup.actions import Change, Draft
from recoupe.coordination.followup.enums import MeasureKind, MeasureState, Seen
from recoupe.coordination.followup.models import Check, Measure
from recoupe.dealpoints.models import DealPoint
from recoupe.demo.records import DealPointDraft, Plan
from recoupe.reference.enums import UnitKind


class Idea(NamedTuple):
    """A measure of a made plan; without a partner, a police unit of the department answers for it."""

    kind: MeasureKind
    text: str
    partner_kind: str = ""
    partner: str = ""


IDEAS = (
    Idea(MeasureKind.LIGHT, "Remplacer l'éclairage du passage", "town", "Direction de l'éclairage public"),
    Idea(MeasureKind.WORKS, "Fermer le local technique du hall", "landlord", "Agence de proximité"),
    Idea(MeasureKind.WORKS, "Murer la cave qui servait de cache", "landlord", "Service du patrimoine"),
    Idea(MeasureKind.SOCIAL, "Permanence des éducateurs de rue en soirée", "association", "Équipe de prévention"),
    Idea(MeasureKind.SOCIAL, "Chantier d'été pour les jeunes du quartier", "town", "Direction de la jeunesse"),
    Idea(MeasureKind.PRESENCE, "Passages d'agents de médiation à la sortie du métro", "transport", "Service médiation"),
    Idea(MeasureKind.PRESENCE, "Patrouilles à pied aux heures de l'ancienne vente"),
    Idea(MeasureKind.FORCES, "Renfort pour tenir la place après l'opération"),
)
# Of ten looks: most find nothing, some were not made, and some were never answered for.
LOOKS = (*["clean"] * 6, "clean", "moved", "not_looked", "")
WORDS = {
    "clean": "Passage sur place : aucun vendeur, aucun guetteur.",
    "moved": "Place vide ; la vente est signalée deux rues plus loin.",
    "not_looked": "Effectifs employés ailleurs ce jour-là.",
}
_STEADY = 3  # of ten places, so many are looked at as they should be, and stay clean


def follow_up(agent: Agent, point: DealPoint, draft: DealPointDraft, plan: Plan) -> None:
    """The plan of a place that is now watched, and the answers to its checks as far as they are due."""
    rng = Random(f"{plan.seed}:after:{draft.key}")
    for idea in rng.sample(IDEAS, rng.choice((1, 2, 2, 3))):
        _measure(agent, point, idea, plan.today, rng)
    for check, seen, seen_on in _answers(point, draft, plan.today, rng):
        actions.answer(by=agent, check=check, seen=seen, seen_on=seen_on, reason=WORDS[seen.value])


def _measure(agent: Agent, point: DealPoint, idea: Idea, today: date, rng: Random) -> None:
    begun = queries.operation_day(point)
    due = begun + timedelta(days=rng.randint(20, 120))
    asked = rng.choice((20, 40, 60)) if idea.kind is MeasureKind.FORCES else None
    police = [unit.id for unit in queries.owners(point, today) if unit.kind == UnitKind.POLICE_UNIT]
    if not (idea.partner or police):
        return
    owner = None if idea.partner else police[0]
    text = Draft(idea.kind, idea.text, due, owner, idea.partner_kind, idea.partner, asked)
    made = actions.plan(by=agent, point=point, draft=text)
    granted = asked and rng.choice((None, asked // 2, asked))
    if granted:
        _step(agent, made, Change(MeasureState.TO_DO, granted=granted), 1)
    # Most of what was due long ago was done; some of it is late, and the board says so.
    if due < today and rng.random() < 0.8:
        used = granted and granted * 3 // 4
        _step(agent, made, Change(MeasureState.DONE, used=used or None), 2 if granted else 1)


def _step(agent: Agent, made: Measure, change: Change, read: int) -> None:
    actions.advance(by=agent, measure=made, change=change, read=read)


def _answers(
    point: DealPoint, draft: DealPointDraft, today: date, rng: Random
) -> Iterator[tuple[Check, Seen, date | None]]:
    """What each check found that was made before the next step of the point, or before today."""
    watched = draft.path.index("WATCH")
    until = draft.days[watched + 2] if len(draft.path) > watched + 1 else today
    steady = rng.randrange(10) < _STEADY or draft.state == "CLOSED"
    for check in Check.objects.filter(point=point).order_by("days"):
        word = "clean" if steady else rng.choice(LOOKS)
        day = max(check.due_on, draft.days[watched + 1]) + timedelta(days=rng.randint(0, 2))
        if word and check.due_on < until and day < until:
            yield check, Seen(word), None if word == "not_looked" else day
