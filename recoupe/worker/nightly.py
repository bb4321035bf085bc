"""What is done every night, in the worker's own name."""

from django.utils import timezone
from procrastinate.contrib.django import app

from recoupe.access import context
from recoupe.audit.notes import LOG, NOTARY, Key
from recoupe.audit.retention import erase_over_term
from recoupe.config.paths import public_key
from recoupe.coordination.followup import reminding as followup
from recoupe.intelligence.actions.correcting import end_silences
from recoupe.intelligence.actions.depositing import discard_left_drafts
from recoupe.intelligence.actions.determining import tell_undetermined
from recoupe.operations import actions as events
from recoupe.plan.actions import freeze
from recoupe.targets import retention as registry
from recoupe.tips import retention as letters


@app.periodic(cron="10 0 * * *")
@app.task(name="recoupe.end_silences")
def daily_silences(timestamp: int) -> None:
    """A silence that nobody renewed ends the night of its last day; its readers return."""
    with context.service("worker", "fin des silences échus"):
        end_silences(today=timezone.localdate())
    with context.service("worker", "fin des silences échus des événements"):
        while events.end_silences(today=timezone.localdate()):
            continue


@app.periodic(cron="15 0 * * *")
@app.task(name="recoupe.tell_undetermined")
def daily_categories(timestamp: int) -> None:
    """A category that has stayed open too long is told to those who may say it, and no longer once it is said."""
    with context.service("worker", "qualités à déterminer"):
        tell_undetermined(today=timezone.localdate())


@app.periodic(cron="20 0 * * *")
@app.task(name="recoupe.discard_left_drafts")
def daily_drafts(timestamp: int) -> None:
    """What an agent left unfinished in a unit is thrown away some time after he left it."""
    with context.service("worker", "brouillons d'agents qui ont quitté le service"):
        discard_left_drafts(now=timezone.now())


@app.periodic(cron="40 0 * * *")
@app.task(name="recoupe.erase_journal")
def daily_journal(timestamp: int) -> None:
    """Entries of the journal that are over their term go, block by block; their leaves stay in the tree."""
    log_key = Key(NOTARY, LOG, public_key("notary"))
    went = 1
    while went:
        with context.service("worker", "journal arrivé à son terme"):
            went = erase_over_term(log_key, timezone.now())


@app.periodic(cron="30 0 * * *")
@app.task(name="recoupe.freeze_board")
def daily_board(timestamp: int) -> None:
    """Count the figures of the plan board once a night, never on request."""
    freeze()


@app.periodic(cron="50 5 * * *")
@app.task(name="recoupe.tell_checks")
def daily_checks(timestamp: int) -> None:
    """The cells are told of the checks of the day, their heads of the late ones; a kill doubles nothing."""
    told = 1
    while told:
        with context.service("worker", "contrôles après démantèlement"):
            told = followup.tell_checks(today=timezone.localdate())


@app.periodic(cron="*/5 * * * *")
@app.task(name="recoupe.erase_targets")
def erase_targets(timestamp: int) -> None:
    """What has ended in the registry goes within minutes, hence the same day (R-RET-2)."""
    today = timezone.localdate()
    with context.service("worker", "inscriptions échues"):
        registry.expire(today=today)
    with context.service("worker", "inscriptions terminées"):
        registry.erase(today=today)


@app.periodic(cron="25 6 * * *")
@app.task(name="recoupe.remind_targets")
def daily_registry(timestamp: int) -> None:
    """Units are reminded of registrations that end soon, and of procedures that have none."""
    today = timezone.localdate()
    with context.service("worker", "inscriptions bientôt échues"):
        registry.remind(today=today)
    with context.service("worker", "procédures sans inscription"):
        registry.remind_cases(today=today)


@app.periodic(cron="50 0 * * *")
@app.task(name="recoupe.erase_letters")
def daily_letters(timestamp: int) -> None:
    """Letters of the public that are over their term go, block by block; so do proofs of work that are past."""
    went = 1
    while went:
        with context.service("worker", "plis arrivés à leur terme"):
            went = letters.erase()
    with context.service("worker", "preuves de travail périmées"):
        letters.forget_proofs()
