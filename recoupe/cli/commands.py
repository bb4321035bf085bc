"""The verbs of this room: their names, their arguments, where their bodies are. Nothing here needs Django."""

from argparse import ArgumentParser
from pathlib import Path

from recoupe.cli.arguments import (
    day,
    identifier,
    journal_object,
    listening_place,
    moment,
    named_person,
    notary_place,
    port,
    public_half,
    seconds,
    token_address,
    witness_name,
)
from recoupe.cli.verbs import Verb


class Demo:
    help = "démarre, arrête ou montre la démonstration de ce dossier DATA"
    process = ""
    body = "recoupe.cli.demo:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of the three, and where it listens; the variables of the same names serve as defaults."""
        parser.add_argument("action", nargs="?", default="start", choices=["start", "stop", "status", "keep"],
                            metavar="start|stop|status", help="start par défaut")  # fmt: skip
        parser.add_argument("--port", help="site des agents (PORT, 8000)")
        parser.add_argument("--portal-port", help="site public (PORTAL_PORT, 8080)")
        parser.add_argument("--signin-port", help="connexion (SIGNIN_PORT, le premier libre après PORT)")
        parser.add_argument("--host", help="adresse d'écoute (RECOUPE_HOST, 127.0.0.1)")
        parser.add_argument("--scale", help="taille du monde de démonstration (SCALE, 1 : 5 000 fiches)")
        parser.add_argument("--detach", action="store_true", help="rend la main dès que tout répond (DETACH=1)")


class Import:
    help = "importe un fichier CSV ou XLSX de renseignements, au nom d'un agent dont la clé logicielle est là"
    process = "web"
    body = "recoupe.cli.importing:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, its mapping, on whose behalf and why, and whether anything is written."""
        parser.add_argument("file", metavar="FICHIER", type=Path, help="fichier .csv ou .xlsx")
        parser.add_argument(
            "--mapping", metavar="M", type=Path, required=True, help="correspondance des colonnes (TOML ou JSON)"
        )
        parser.add_argument("--as", metavar="IDENTIFIANT", dest="login", required=True,
                            help="agent au nom duquel importer")  # fmt: skip
        parser.add_argument("--key", metavar="CLÉS", type=Path,
                            help="fichier de clés logicielles (par défaut celui de la démonstration)")  # fmt: skip
        parser.add_argument("--purpose", default="criminal_intelligence", metavar="FINALITÉ",
                            help="judicial_inquiry, criminal_intelligence (par défaut) ou coordination, "
                            "selon l'habilitation")  # fmt: skip
        parser.add_argument("--motive", default="", metavar="MOTIF",
                            help="motif inscrit au journal, dix caractères au moins (le nom du fichier)")  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="contrôle tout, n'écrit rien")
        parser.add_argument("--accept-partial", action="store_true",
                            help="écrit les lignes bonnes même si d'autres sont refusées")  # fmt: skip
        parser.add_argument("--wait", metavar="SECONDES", type=seconds, default=0.0,
                            help="attend au plus ce temps que les fiches soient recoupées")  # fmt: skip
        parser.add_argument("--json", action="store_true",
                            help="le compte rendu en JSON, une ligne par refus et par recoupement")  # fmt: skip


class Check:
    help = "contrôle la configuration et la base"
    process = "migrate"
    body = "recoupe.cli.check:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Only the shape of the answer."""
        parser.add_argument("--json", action="store_true", help="une ligne JSON par contrôle")


class Selftest:
    help = "parcourt le fil complet, par HTTP, sur une démonstration en marche"
    process = ""
    body = "recoupe.cli.selftest:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the demonstration answers."""
        parser.add_argument(
            "--url", default="http://localhost:8000", help="adresse du site des agents (http://localhost:8000)"
        )
        parser.add_argument("--json", action="store_true", help="une ligne JSON par étape")


class Migrate:
    help = "met la base à niveau : rôles, schéma, politiques d'accès, référentiels"
    process = "migrate"
    body = "recoupe.cli.migrate:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None: the administrator's address comes from DATABASE_URL or from this folder's own PostgreSQL."""


class Install:
    help = "première installation d'une maison : base, référentiels, clés du journal (se relance sans risque)"
    process = "migrate"
    body = "recoupe.cli.install:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None: the administrator's address comes from DATABASE_URL or from this folder's own PostgreSQL."""


class Renew:
    help = "change les mots de passe des processus et les clés des sites, sans rien arrêter"
    process = "migrate"
    body = "recoupe.cli.renew:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Why: the journal keeps it."""
        parser.add_argument("--motive", metavar="MOTIF", required=True, help="pourquoi, inscrit au journal")


class Authority:
    help = "nomme d'un coup les deux premières autorités d'habilitation, ou les rend à une maison qui les a perdues"
    process = "migrate"
    body = "recoupe.cli.authority:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who they are, why, and where their codes are written."""
        parser.add_argument("people", nargs="+", metavar="AUTORITÉ", type=named_person,
                            help="identifiant=Nom complet@SERVICE (identifiant seul : il a un compte)")  # fmt: skip
        parser.add_argument("--motive", metavar="MOTIF", required=True, help="décision de désignation, au journal")
        parser.add_argument("--codes", metavar="DOSSIER", type=Path, help="où écrire un fichier par code (DATA/codes)")
        parser.add_argument("--recover", action="store_true",
                            help="sous scellés, quand plus personne n'entre : par l'administrateur")  # fmt: skip


class Served:
    """A process that serves pages, in the foreground until it is told to end."""

    def __init__(self, process: str, text: str) -> None:
        self.serves = process
        self.process = ""  # gunicorn sets Django up, once, in the program that replaces this one
        self.help = text
        self.body = "recoupe.cli.serve:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where it listens."""
        parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
        parser.add_argument("--port", type=port, required=True, help="port d'écoute")
        parser.set_defaults(serves=self.serves)


class Worker:
    help = "démarre les tâches de fond (au premier plan, jusqu'à Ctrl-C)"
    process = "worker"
    body = "recoupe.cli.worker:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None."""


class Matcher:
    help = "démarre le recoupement (au premier plan, jusqu'à Ctrl-C)"
    process = "matcher"
    body = "recoupe.cli.matcher:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to put back what was parked, instead of running."""
        parser.add_argument("--retry-parked", action="store_true",
                            help="remet dans la file les fiches mises à l'écart, puis rend la main")  # fmt: skip
        parser.add_argument("--reindex", action="store_true",
                            help="vide l'index, que le prochain démarrage refait avec la clé présente")  # fmt: skip


class Link:
    help = "recoupe d'un coup tout ce qui est déposé : des recoupements faibles, à juger ; reprend où il fut arrêté"
    process = "matcher"
    body = "recoupe.cli.linking:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which machine compares."""
        parser.add_argument("--machine", choices=["duckdb"], default="duckdb", help="ce qui compare (duckdb)")


class Messages:
    help = "compile les traductions ; --collect relève d'abord les phrases"
    process = ""
    body = "recoupe.cli.messages:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to read the sources again."""
        parser.add_argument("--collect", action="store_true", help="relève les phrases à traduire")


class Notary:
    help = "démarre le notaire du journal (au premier plan, jusqu'à Ctrl-C)"
    process = "notary"
    body = "recoupe.cli.notary:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where it answers its witnesses, how often it signs."""
        parser.add_argument("--listen", metavar="ADRESSE", type=listening_place,
                            help="unix:/chemin ou hôte:port (une prise dans DATA)")  # fmt: skip
        parser.add_argument(
            "--every", metavar="SECONDES", type=seconds, default=60.0, help="signe à cet intervalle (60)"
        )


class Witness:
    help = "démarre un témoin du journal (au premier plan, jusqu'à Ctrl-C)"
    process = ""
    body = "recoupe.cli.witness:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who it is, where the notary answers, where it keeps what it saw."""
        parser.add_argument("name", metavar="NOM", type=witness_name,
                            help="son nom, celui de sa clé et de son enrôlement")  # fmt: skip
        parser.add_argument("--make-key", action="store_true",
                            help="fait sa clé dans DATA, écrit sa moitié publique, puis rend la main")  # fmt: skip
        parser.add_argument("--notary", metavar="ADRESSE", type=notary_place, help="où répond le notaire")
        parser.add_argument("--log-key", metavar="CLÉ", type=public_half,
                            help="clé publique du notaire, en hexadécimal")  # fmt: skip
        parser.add_argument("--folder", metavar="DOSSIER", type=Path, help="où il garde les jalons")
        parser.add_argument(
            "--every", metavar="SECONDES", type=seconds, default=10.0, help="regarde à cet intervalle (10)"
        )


class Journal:
    help = "vérifie ou exporte le journal ; nomme ou retire un témoin ; change la clé du notaire"
    process = "inspection"
    body = "recoupe.cli.journal:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, with which files of which witnesses."""
        parser.add_argument("action", choices=["verify", "export", "enrol", "retire", "rekey"],
                            metavar="verify|export|enrol|retire|rekey", help="ce qu'il faut faire")  # fmt: skip
        parser.add_argument("names", nargs="*", type=witness_name, metavar="TÉMOIN", help="enrol, retire : qui")
        parser.add_argument("--key", metavar="CLÉ", type=public_half,
                            help="enrol : clé publique du témoin, en hexadécimal")  # fmt: skip
        parser.add_argument("--log-key", metavar="CLÉ", type=public_half,
                            help="clé publique du notaire, en hexadécimal")  # fmt: skip
        parser.add_argument("--kept", metavar="FICHIER", type=Path, action="append",
                            help="fichier d'un témoin, autant de fois qu'il y en a")  # fmt: skip
        parser.add_argument("--as-of", metavar="MOMENT", type=moment,
                            help="verify : quand ces fichiers furent pris (AAAA-MM-JJTHH:MM, heure d'ici)")  # fmt: skip
        parser.add_argument("--since", metavar="JOUR", type=day, help="export : à partir de ce jour (AAAA-MM-JJ)")
        parser.add_argument("--until", metavar="JOUR", type=day, help="export : avant ce jour")
        parser.add_argument("--actor", metavar="AGENT", type=identifier, help="export : un agent (son identifiant)")
        parser.add_argument(
            "--ref", metavar="OBJET", type=journal_object, help="export : un objet, par exemple report:IDENTIFIANT"
        )
        parser.add_argument("--motive", metavar="MOTIF", default="", help="export, rekey : pourquoi, au journal")
        parser.add_argument("--token", metavar="ADRESSE", type=token_address,
                            help="rekey : le jeton où faire la nouvelle clé (pkcs11:…, RFC 7512)")  # fmt: skip
        parser.add_argument("--file", metavar="FICHIER", type=Path, help="export : où l'écrire (la sortie)")
        parser.add_argument("--json", action="store_true", help="verify : une ligne JSON par constat")


class Train:
    help = "apprend les poids du recoupement d'un tableau de personnes ; ne remplace un modèle que par un meilleur"
    process = "web"
    body = "recoupe.cli.train:run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The table, the model's file, and how the run is named and repeated."""
        parser.add_argument("file", metavar="FICHIER", type=Path, help="les personnes, Parquet ou CSV")
        parser.add_argument("--to", metavar="MODÈLE", type=Path, required=True, help="le fichier du modèle")
        parser.add_argument("--named", metavar="VERSION", required=True, help="le nom de cette version")
        parser.add_argument("--seed", type=int, default=1, help="graine du tirage des paires (1)")
        parser.add_argument("--pairs", type=int, default=250_000, metavar="PAIRES",
                            help="paires prises au hasard pour connaître les inconnus (250 000)")  # fmt: skip
        parser.add_argument("--least-borne", type=int, default=2, metavar="FICHES",
                            help="un nom porté par moins de fiches compte comme porté par une seule (2)")  # fmt: skip


OWN: dict[str, Verb] = {
    "demo": Demo(),
    "import": Import(),
    "check": Check(),
    "selftest": Selftest(),
    "migrate": Migrate(),
    "install": Install(),
    "renew": Renew(),
    "authority": Authority(),
    "web": Served("web", "démarre le site des agents (au premier plan)"),
    "portal": Served("portal", "démarre le site public (au premier plan)"),
    "sign-in": Served("signin", "démarre la connexion (au premier plan)"),
    "worker": Worker(),
    "matcher": Matcher(),
    "link": Link(),
    "notary": Notary(),
    "witness": Witness(),
    "journal": Journal(),
    "messages": Messages(),
    "train": Train(),
}
