"""The jobs of the worker: opaque identifiers in, actions of the rooms out; each acts under its mandate.

A job that a kill left half-done is found by its silent worker and asked again: what it had committed stays, and
what the rooms have written once they do not write twice. No job has a queueing lock: row security hides from the
library which one was taken.
"""

import time
from functools import partial
from uuid import UUID

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from recoupe.access import context, pacing, spreading
from recoupe.audit import aside
from recoupe.cases.naming import OwnCases
from recoupe.config.paths import watch_file
from recoupe.deconfliction import actions as deconfliction
from recoupe.intelligence.importing import running
from recoupe.kernel.refusal import Conflict
from recoupe.notices import digests

# A worker tells every ten seconds that it is alive; one that has not for a minute is dead.
SILENT_S = 60
# A recomputation of a million rows lasts minutes: files and other jobs have their turn between its own.
TURN_S = 45.0


@app.task(name="recoupe.check_file")
def check_file(import_id: str, mandate: str) -> None:
    """Read a whole file without writing a report, in the name of whoever handed it in."""
    try:
        running.check(partial(context.mandated, UUID(mandate)), UUID(import_id), naming=OwnCases)
    except Conflict:
        # It was asked for twice, and the other job came first.
        return


@app.task(name="recoupe.import_file")
def import_file(import_id: str, mandate: str) -> None:
    """Write an opened file block by block, in the name of the head of unit who opened it; resumed where it stopped."""
    running.run(partial(context.mandated, UUID(mandate)), UUID(import_id), naming=OwnCases)


@app.periodic(cron="* * * * *")
@app.task(name="recoupe.spread_readers")
def spread_readers(timestamp: int) -> None:
    """Let the rows follow the services of the cells; what a turn, or a kill, left undone is taken up a minute later."""
    turn = time.monotonic() + TURN_S
    for joined in spreading.to_do(timezone.localdate()):
        while time.monotonic() < turn and not spreading.step(joined):
            pass


@app.periodic(cron="* * * * *")
@app.task(name="recoupe.tell_soon")
def tell_soon(timestamp: int) -> None:
    """Remind both services before events that meet begin; what a kill undid is told a minute later."""
    told = 1
    while told:
        with context.service("worker", "événements en conflit qui commencent bientôt"):
            told = deconfliction.tell_soon(timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="recoupe.repeat_dangers")
def repeat_dangers(timestamp: int) -> None:
    """Close dangers whose hour has passed, tell the others again until both sides have acknowledged."""
    told = 1
    while told:
        with context.service("worker", "dangers entre équipes armées"):
            told = deconfliction.end_dangers(timezone.now()) + deconfliction.repeat_dangers(timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="recoupe.send_digests")
def send_digests(timestamp: int) -> None:
    """Tell by e-mail whoever asked for it that something waits; what the mail server did not take goes later."""
    digests.send(timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="recoupe.take_in")
def take_in(timestamp: int) -> None:
    """Give the journal what the watch desk read while it refused, each reading once, in order."""
    took = 1
    while took:
        with context.service("worker", "consultations de la veille reprises par le journal"):
            took = aside.take_in(watch_file()).lines


@app.periodic(cron="* * * * *")
@app.task(name="recoupe.tell_refusals")
def tell_refusals(timestamp: int) -> None:
    """Write how many strangers were refused in the minutes that are over, also when none comes after them."""
    pacing.tell()


@app.periodic(cron="* * * * *")
@app.task(name="recoupe.retry_stalled", pass_context=True)
async def retry_stalled(job_context: JobContext, timestamp: int) -> None:
    """Ask again for the jobs of workers that were killed."""
    jobs = job_context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=SILENT_S):
        await jobs.retry_job(job)
