"""`recoupe worker`: the jobs of all rooms, in the foreground until it is told to end."""

from argparse import Namespace

from django.core.management import call_command

from recoupe.cli.obstacle import require_installation
from recoupe.config.safety import refuse_unsafe


def run(_arguments: Namespace) -> int:
    """Procrastinate finds each room's tasks itself, and ends its current job on SIGTERM."""
    require_installation("worker")
    refuse_unsafe("worker")
    # It looks every second: an announcement of each job would be heard by every role of the base.
    options = ("--no-listen-notify", "--fetch-job-polling-interval=1")
    call_command("procrastinate", "worker", "--concurrency=1", "--delete-jobs=successful", *options)
    return 0
