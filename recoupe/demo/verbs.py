"""The verbs of this room: `recoupe seed`, `recoupe prove`, `recoupe bench`."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import date
from pkgutil import resolve_name

from recoupe.demo.records import SEED


def day(text: str) -> str:
    """A day as AAAA-MM-JJ."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ArgumentTypeError(f"donnez un jour comme 2026-11-22, pas « {text} »") from error


class Seed:
    """Load the made world into this installation; what is there already is left as it is."""

    help = "charge le monde de démonstration (fictif) dans ce dossier DATA"
    process = "web"
    body = "recoupe.demo.seed:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What the world depends on."""
        parser.add_argument("--scale", type=float, default=1.0, help="taille du monde (1 : 5 000 fiches)")
        parser.add_argument("--seed", type=int, default=SEED, help="graine du tirage")
        parser.add_argument("--today", type=day, metavar="JOUR", help="dernier jour du monde, AAAA-MM-JJ (aujourd'hui)")


class Prove:
    """A long run on a database of its own, dropped at the end."""

    help = "refait une preuve longue sur une base à elle ; --list dit lesquelles et leur dernier résultat"
    process = "web"
    body = "recoupe.demo.proofs:run"

    @staticmethod
    def laboratory(chosen: Namespace) -> bool:
        """Only a proof that is no test wants a database made for it."""
        wants: Callable[[Namespace], bool] = resolve_name("recoupe.demo.proofs:wants_database")
        return wants(chosen)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which proof, and on which file."""
        parser.add_argument("proof", nargs="?", metavar="PREUVE", help="la preuve à refaire")
        parser.add_argument("file", nargs="?", metavar="FICHIER", help="pour linkage : les personnes, Parquet ou CSV")
        parser.add_argument("--list", action="store_true", help="les preuves et leur dernier résultat gardé")
        parser.add_argument("--seed", type=int, help="graine du tirage (sinon tirée et dite)")
        parser.add_argument("--save", action="store_true", help="garde le résultat dans docs/proofs")


class Bench:
    """Speed, memory and size on a database of its own, dropped at the end."""

    help = "mesure un domaine et dit si chaque cible est tenue"
    process = "web"
    body = "recoupe.demo.benches:run"

    @staticmethod
    def laboratory(chosen: Namespace) -> bool:
        """The start makes a demonstration of its own, and comparing the records of a file wants no database."""
        return chosen.area != "start" and not (chosen.area == "match" and chosen.files and not chosen.online)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which area, and how large."""
        parser.add_argument(
            "area",
            choices=[
                "thread",
                "access",
                "journal",
                "start",
                "match",
                "deconfliction",
                "map",
                "effort",
                "portal",
                "coordination",
            ],
            metavar="thread|access|journal|start|match|deconfliction|map|effort|portal|coordination",
            help="le domaine à mesurer",
        )
        parser.add_argument("files", nargs="*", metavar="FICHIER", help="pour match : les personnes, Parquet ou CSV")
        parser.add_argument(
            "--quick", action="store_true", help="un dixième de la taille, en une minute ; pour start, sans first_start"
        )
        parser.add_argument("--json", action="store_true", help="un objet JSON par ligne")
        parser.add_argument("--save", action="store_true", help="garde le résultat dans docs/bench")
        parser.add_argument("--page", action="store_true", help="pour match : refait docs/matching.md et ses images")
        online = "pour match : le vrai processus sur une base à lui, les fautes de ces fichiers comprises"
        parser.add_argument("--online", action="store_true", help=online)
        parser.add_argument("--reports", type=int, help=SUPPRESS)
