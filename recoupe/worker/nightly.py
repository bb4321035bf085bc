"""What is done every night, in the worker's own name."""

from django.utils import timezone
from procrastinate.contrib.django import app

from recoupe.access import context
from recoupe.intelligence.actions.correcting import end_silences
from recoupe.intelligence.actions.depositing import discard_left_drafts
from recoupe.plan.actions import freeze


@app.periodic(cron="10 0 * * *")
@app.task(name="recoupe.end_silences")
def daily_silences(timestamp: int) -> None:
    """A silence that nobody renewed ends the night of its last day; its readers return."""
    with context.service("worker", "fin des silences échus"):
        end_silences(today=timezone.localdate())


@app.periodic(cron="20 0 * * *")
@app.task(name="recoupe.discard_left_drafts")
def daily_drafts(timestamp: int) -> None:
    """What an agent left unfinished in a unit is thrown away some time after he left it."""
    with context.service("worker", "brouillons d'agents qui ont quitté le service"):
        discard_left_drafts(now=timezone.now())


@app.periodic(cron="30 0 * * *")
@app.task(name="recoupe.freeze_board")
def daily_board(timestamp: int) -> None:
    """Count the figures of the plan board once a night, never on request."""
    freeze()
