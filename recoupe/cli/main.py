"""The command line `recoupe`: finds the verb, sets up its process, runs it; a refusal is one sentence."""

import os
import re
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pkgutil import resolve_name
from typing import NoReturn

import django
import psycopg
from django.db import OperationalError

from recoupe.cli.commands import OWN
from recoupe.cli.folder import fresh_folder
from recoupe.cli.obstacle import no_answer
from recoupe.cli.verbs import Verb, body, others
from recoupe.config.processes import PROCESSES
from recoupe.kernel.refusal import Refusal

# argparse's own English sentences.
TURNS = (
    (r"the following arguments are required: (.*)", r"il manque : \1"),
    (r"unrecognized arguments: (.*)", r"argument inconnu : \1"),
    (r"argument (.*): expected one argument", r"\1 attend une valeur"),
    (
        r"argument (.*): invalid choice: '(.*)' \(choose from .*\)",
        r"« \2 » n'est pas un choix possible pour \1",
    ),
    (r"argument (.*): invalid (?:int|float) value: '(.*)'", r"\1 attend un nombre, pas « \2 »"),
    # What our own types say is French already.
    (r"argument (\S+): (.*)", r"\1 : \2"),
)


class FrenchParser(ArgumentParser):
    """argparse with French headings and errors."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **{**options, "add_help": False})  # type: ignore[arg-type]
        self._positionals.title = "arguments"
        self._optionals.title = "options"
        self.add_argument("-h", "--help", action="help", help="montre cette aide")

    def format_usage(self) -> str:
        """The usage line alone."""
        return super().format_usage().replace("usage:", "emploi :", 1)

    def format_help(self) -> str:
        """The whole help."""
        return super().format_help().replace("usage:", "emploi :", 1)

    def error(self, message: str) -> NoReturn:
        """The mistake in one sentence, then the usage."""
        for english, french in TURNS:
            message = re.sub(f"^{english}$", french, message)
        self.exit(2, f"{self.prog} : {message}\n{self.format_usage()}")


def parser_for(verbs: dict[str, Verb]) -> ArgumentParser:
    """The parser of all verbs; each carries its own help."""
    parser = FrenchParser(
        prog="recoupe",
        description="Recoupe : une image commune aux services qui luttent contre le trafic de drogue.",
        epilog="L'installation est celle du dossier DATA (data par défaut).",
    )
    commands = parser.add_subparsers(dest="verb", metavar="VERBE", title="verbes", parser_class=FrenchParser)
    for name, verb in sorted(verbs.items()):
        verb.add_arguments(commands.add_parser(name, help=verb.help, description=verb.help))
    return parser


def set_up(process: str) -> None:
    """Become that process for Django; a variable that is already there was set by the starter and agrees."""
    os.environ["RECOUPE_PROCESS"] = process
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recoupe.config.settings")
    django.setup()


def wants_laboratory(verb: Verb, chosen: Namespace) -> bool:
    """Whether the verb wants a database of its own: always, or for what was chosen."""
    wants = getattr(verb, "laboratory", False)
    return bool(wants(chosen) if callable(wants) else wants)


def experiment(verb: Verb, chosen: Namespace) -> int:
    """Run a verb that wants a database of its own (`laboratory`): never on the installation's."""
    folder = fresh_folder()
    # Told to end, it still drops what it made.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    set_up(verb.process)
    # Settings are read at the set-up, so what starts the database is found only then.
    running = resolve_name("recoupe.cli.laboratory:running")
    with running(folder, PROCESSES[verb.process].role) as chosen.another:
        return body(verb)(chosen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; 0 done, 1 refused with a sentence, 2 wrongly asked."""
    verbs = OWN | others()
    parser = parser_for(verbs)
    chosen = parser.parse_args(arguments)
    if chosen.verb is None:
        parser.print_help()
        return 0
    verb = verbs[chosen.verb]
    try:
        if wants_laboratory(verb, chosen):
            return experiment(verb, chosen)
        if verb.process:
            set_up(verb.process)
        return body(verb)(chosen)
    except Refusal as refusal:
        print(f"recoupe : {refusal}", file=sys.stderr)
        return 1
    except (OperationalError, psycopg.OperationalError) as error:
        if "connection" not in str(error):
            raise
        print(f"recoupe : {no_answer()}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"recoupe : ce compte ne peut pas lire {error.filename} : utilisez celui qui a fait l'installation.",
              file=sys.stderr)  # fmt: skip
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has enough; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
