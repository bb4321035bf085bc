"""`recoupe demo start|stop|status`: from an empty folder to a demonstration that answers, and back."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

from recoupe.audit.keys import WITNESSES, make_keys
from recoupe.cli import messages, ports
from recoupe.cli.cluster import Cluster
from recoupe.cli.folder import Addresses, Folder
from recoupe.cli.health import unready
from recoupe.cli.identity import Identity, end, identify, noted
from recoupe.cli.keeper import Keeper, sweep
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.server import administrator_address
from recoupe.cli.services import SECRETS, accounts, environment, hand_over, log_of, services
from recoupe.cli.verbs import others
from recoupe.config.demonstration import LARGEST_WORLD, SMALLEST_WORLD
from recoupe.config.paths import LONGEST_SOCKET, PROJECT, data_folder, notary_socket
from recoupe.kernel.refusal import gettext_noop

READY_SECONDS = 90.0
# A process that ended this often before its first answer will not answer.
TRIES = 3
STOP_SECONDS = 90.0
EXCEPTION = re.compile(r"^[\w.]*(Error|Exception|Obstacle)\b")
EMBEDDED = "RECOUPE_EMBEDDED"
# How the columns of the file to try with are to be read.
MAPPING = "recoupe/intelligence/data/mappings/tableau-unite.toml"


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


def run(arguments: Namespace) -> int:
    """The action that was asked for."""
    actions = {"start": start, "stop": stop, "status": status, "keep": keep}
    return actions[arguments.action](Folder(), arguments)


def start(folder: Folder, arguments: Namespace) -> int:
    """Everything that is not done yet, in order; then wait for the answer of each process."""
    _refuse_unknown_scale(arguments)
    _refuse_long_folder()
    folder.prepare()
    with folder.starting():
        running = folder.addresses() if noted(folder.note("keeper")) else None
        if running is None and sweep(folder):
            say("Une exécution précédente avait été interrompue : ses restes sont arrêtés.")
        addresses = running or ports.choose(arguments, folder.addresses())
        if running:
            _refuse_other_ports(arguments, running)
            _wait_until_ready(folder, addresses)
        else:
            _start_all(folder, addresses, arguments)
    say("La démonstration de ce dossier tourne déjà :" if running else "La démonstration répond :")
    _announce(folder, addresses)
    if running or arguments.detach or os.environ.get("DETACH", "") not in ("", "0"):
        say("Pour l'arrêter : make demo-stop (avec le même DATA)")
        return 0
    say("Ctrl-C l'arrête.")
    return _attend(folder)


def stop(folder: Folder, _arguments: Namespace) -> int:
    """End what this folder runs and nothing else; asking twice is no mistake."""
    if not folder.run.is_dir():
        say("Rien ne tourne dans ce dossier.")
        return 0
    folder.prepare()
    with folder.starting():
        ended = _end_all(folder)
    say("La démonstration est arrêtée." if ended else "Rien ne tourne dans ce dossier.")
    return 0


def status(folder: Folder, _arguments: Namespace) -> int:
    """What runs, where; exit code 1 when something does not."""
    addresses = folder.addresses()
    if addresses is None or not noted(folder.note("keeper")):
        say("La démonstration de ce dossier ne tourne pas : make demo la démarre.")
        return 1
    missing = unready(services(folder, addresses, {}), _admin_url(folder))
    for service in services(folder, addresses, {}):
        identity = noted(folder.note(service.name))
        number = f"processus {identity.pid}" if identity else "absent"
        say(f"  {service.name:8} {number:18} {'ne répond pas' if service.name in missing else 'répond'}")
    _announce(folder, addresses)
    return 1 if missing else 0


def keep(folder: Folder, _arguments: Namespace) -> int:
    """The keeper itself, started in the background by `start` and by nobody else."""
    addresses = folder.addresses()
    kept = noted(folder.note("keeper"))
    # A second keeper would start everything twice, and end what the first one keeps.
    if addresses is None or (kept and kept.pid != os.getpid()):
        raise Obstacle(gettext_noop("Cette commande est celle du démarreur : utilisez recoupe demo start."))
    chosen = accounts(folder)
    embedded = os.environ.get(EMBEDDED) == "1"
    cluster = Cluster(folder.path / "pg") if embedded else None

    def moved() -> None:
        _migrate(folder, addresses, cluster.admin_url if cluster else "")
        hand_over(folder, chosen)

    Keeper(folder, services(folder, addresses, chosen), cluster, moved).run()
    return 0


# --- the steps of a start -------------------------------------------------------------------------------------


def _start_all(folder: Folder, addresses: Addresses, arguments: Namespace) -> None:
    """All of it or nothing: what a failed start had begun is ended again, also when it is told to end or hung up on."""
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _frame: sys.exit(128 + number))
    try:
        _bring_up(folder, addresses, arguments)
        _wait_until_ready(folder, addresses)
    except BaseException:
        _end_all(folder)
        raise


def _end_all(folder: Folder) -> bool:
    """End keeper, processes and our PostgreSQL; whether there was anything to end."""
    keeper = noted(folder.note("keeper"))
    if keeper:
        end([keeper], STOP_SECONDS)
    left = sweep(folder)
    cluster = Cluster(folder.path / "pg")
    served = cluster.running()
    cluster.stop()
    folder.note("keeper").unlink(missing_ok=True)
    return bool(keeper or left or served)


def _bring_up(folder: Folder, addresses: Addresses, arguments: Namespace) -> None:
    cluster = None if os.environ.get("DATABASE_URL") else Cluster(folder.path / "pg")
    url = cluster.start(say) if cluster else administrator_address()
    messages.compile_all()
    _migrate(folder, addresses, url)
    _seed(folder, addresses, _scale(arguments))
    make_keys(folder.path)
    refused = gettext_noop("Les témoins du journal n'ont pas pu être nommés : lisez les lignes qui précèdent.")
    _command(folder, addresses, ["journal", "enrol", *WITNESSES], {}, refused)
    chosen = accounts(folder)
    if not chosen and os.geteuid() == 0:
        say("Tous les processus tournent en root : d'autres comptes n'atteignent pas ce dossier ou ce Python.")
    hand_over(folder, chosen)
    folder.write_addresses(addresses)
    say("Démarrage des processus…")
    _launch_keeper(folder, embedded=cluster is not None)


def _command(folder: Folder, addresses: Addresses, verb: list[str], extra: dict[str, str], failure: str) -> None:
    """Run one verb to its end in a process of its own, its progress on our terminal."""
    told = environment(folder, addresses) | extra
    done = subprocess.run([sys.executable, "-m", "recoupe.cli.main", *verb], cwd=PROJECT, env=told, check=False)
    if done.returncode:
        raise Obstacle(failure)


def _migrate(folder: Folder, addresses: Addresses, url: str) -> None:
    _command(
        folder,
        addresses,
        ["migrate"],
        {"RECOUPE_ADMIN_URL": url},
        gettext_noop("La base n'a pas pu être préparée : lisez les lignes qui précèdent, puis recommencez."),
    )


def _seed(folder: Folder, addresses: Addresses, scale: str) -> None:
    """The made world; its own verb knows whether it is there already."""
    if "seed" in others():
        _command(
            folder,
            addresses,
            ["seed", *([f"--scale={scale}"] if scale else [])],
            {},
            gettext_noop("Le monde de démonstration n'a pas pu être créé : lisez les lignes qui précèdent."),
        )


def _launch_keeper(folder: Folder, *, embedded: bool) -> None:
    told = {k: v for k, v in os.environ.items() if k not in SECRETS}
    told |= {"DATA": str(folder.path), EMBEDDED: "1" if embedded else "0", "PYTHONUNBUFFERED": "1"}
    with log_of(folder, "keeper").open("ab") as stream:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "recoupe.cli.main", "demo", "keep"],
            cwd=PROJECT, env=told, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    identity = identify(keeper.pid)
    if identity:
        identity.write(folder.note("keeper"))


def _wait_until_ready(folder: Folder, addresses: Addresses) -> None:
    wanted = services(folder, addresses, {})
    limit = time.monotonic() + READY_SECONDS
    missing = [service.name for service in wanted]
    seen: set[tuple[str, Identity]] = set()
    while missing and time.monotonic() < limit and noted(folder.note("keeper")):
        # Who has answered is asked again only once all have: the question takes from the processor that they start on.
        waited = [service for service in wanted if service.name in missing]
        missing = unready(waited, _admin_url(folder)) or unready(wanted, _admin_url(folder))
        seen |= {(name, found) for name in missing if (found := noted(folder.note(name)))}
        if any(sum(name == other for other, _ in seen) > TRIES for name in missing):
            break
        time.sleep(0.1 if missing else 0)
    if missing:
        tries = [other for other, _ in seen]
        name = max(missing, key=tries.count)
        raise Obstacle(
            gettext_noop("Le processus %(name)s ne répond pas (« %(last)s ») : lisez %(log)s, puis recommencez."),
            name=name,
            last=_last_line(log_of(folder, name)),
            log=str(log_of(folder, name)),
        )


def _last_line(path: Path) -> str:
    """What a log says last; an exception says more than the lines that gunicorn adds after it."""
    lines = path.read_text(errors="replace").strip().splitlines() if path.is_file() else []
    errors = [line for line in lines[-40:] if EXCEPTION.match(line)]
    return ((errors or lines or ["aucune trace"])[-1])[-200:]


def _admin_url(folder: Folder) -> str:
    cluster = Cluster(folder.path / "pg")
    return cluster.admin_url if cluster.running() else os.environ.get("DATABASE_URL", "")


def _refuse_unknown_scale(arguments: Namespace) -> None:
    """Said before anything is made: its maker would refuse it only once the base stands."""
    given = _scale(arguments)
    try:
        possible = SMALLEST_WORLD <= float(given or "1") <= LARGEST_WORLD
    except ValueError as error:
        raise Obstacle(
            gettext_noop("SCALE=%(given)s n'est pas une taille : donnez un nombre, par exemple SCALE=0.5"), given=given
        ) from error
    if not possible:
        raise Obstacle(
            gettext_noop("SCALE=%(given)s n'est pas une taille possible : donnez un nombre de %(least)s à %(most)s."),
            given=given,
            least=SMALLEST_WORLD,
            most=int(LARGEST_WORLD),
        )


def _refuse_long_folder() -> None:
    """The notary answers at a socket in this folder, and a socket's path is short: else nothing would be signed."""
    room = LONGEST_SOCKET - len(os.fsencode(notary_socket().relative_to(data_folder()))) - 1
    if len(os.fsencode(data_folder())) > room:
        raise Obstacle(
            gettext_noop("Le chemin %(folder)s est trop long (%(max)d octets au plus) : donnez un autre DATA=…"),
            folder=str(data_folder()),
            max=room,
        )


def _scale(arguments: Namespace) -> str:
    return str(arguments.scale or os.environ.get("SCALE", ""))


def _refuse_other_ports(arguments: Namespace, running: Addresses) -> None:
    other = ports.differences(arguments, running)
    if other:
        raise Obstacle(
            gettext_noop(
                "La démonstration de ce dossier tourne déjà sur le port %(port)d : arrêtez-la d'abord "
                "(make demo-stop) pour la démarrer avec %(other)s, ou donnez un autre dossier avec DATA=…"
            ),
            port=running.port,
            other=" ".join(other),
        )


def _announce(folder: Folder, addresses: Addresses) -> None:
    for line in addresses.lines():
        say(line)
    for line in folder.accounts():
        say(line)
    if folder.sample.is_file():
        say(f"Fichier à importer pour essayer (300 lignes, 40 fautives ; « Tableau d'unité ») : {folder.sample}")
        say(f"  par la page « Imports », ou par la commande : {import_command(folder)}")
    if folder.tool_key.is_file():
        say(f"Clé d'un outil de PJ13, pour essayer l'interface (docs/fr/outils.md) : {folder.tool_key}")
        say(f"  {tool_command(folder, addresses)}")


def import_command(folder: Folder) -> str:
    """The command that imports the file to try with, ready to be pasted in the folder of the project."""
    told = f"DATA={shlex.quote(str(folder.path))} .venv/bin/recoupe import {shlex.quote(str(folder.sample))}"
    return f"{told} --mapping {MAPPING} --as pj13.chef --accept-partial"


def tool_command(folder: Folder, addresses: Addresses) -> str:
    """The command that asks the interface for its description with the key of the made tool, ready to be pasted."""
    key = shlex.quote(str(folder.tool_key))
    return f'curl -sS -H "Authorization: Bearer $(cat {key})" {addresses.site}api/v1/openapi.json'


def _attend(folder: Folder) -> int:
    """Stay in the foreground: Ctrl-C, a closed terminal or `demo stop` elsewhere ends it all."""
    told: list[int] = []
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _frame: told.append(number))
    keeper = noted(folder.note("keeper"))
    while keeper and keeper.alive() and not told:
        time.sleep(0.2)
    return stop(folder, Namespace())
