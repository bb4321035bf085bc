"""`recoupe matcher`: compares what waits as soon as it is announced, in the foreground until it is told to end."""

from argparse import Namespace

from recoupe.cli.obstacle import require_installation
from recoupe.config.safety import refuse_unsafe
from recoupe.crosscheck.actions import retry_parked, start_over
from recoupe.crosscheck.matcher import run_until_terminated
from recoupe.deconfliction import actions as deconfliction


def run(arguments: Namespace) -> int:
    """A lane for what is typed and one for files; a database that went away is waited for."""
    require_installation("matcher")
    if arguments.retry_parked:
        print(f"{retry_parked()} fiche(s) remise(s) dans la file du recoupement")
        return 0
    if arguments.reindex:
        start_over()
        print("index vidé : le recoupement le refait à son prochain démarrage (recoupe check dit où il en est)")
        return 0
    refuse_unsafe("matcher")
    return 0 if run_until_terminated({"event": deconfliction.drain}) else 1
