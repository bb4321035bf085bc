"""`recoupe witness NAME`: keeps the signed checkpoints of the journal in a folder of its own; it knows no database."""

import logging
import signal
from argparse import Namespace

from recoupe.audit.keys import make_key
from recoupe.audit.witness import Witness, asking
from recoupe.cli.folder import Folder
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.signing import log_key, witness_signer
from recoupe.config.paths import data_folder, notary_socket
from recoupe.config.safety import refuse_unsafe
from recoupe.kernel.refusal import gettext_noop


def run(arguments: Namespace) -> int:
    """In the foreground until it is told to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if arguments.make_key:
        return _make_key(arguments.name)
    signer, key = witness_signer(arguments.name), log_key(arguments.log_key)
    folder = arguments.folder or data_folder() / "journal" / arguments.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Obstacle(
            gettext_noop("%(folder)s ne peut pas être le dossier d'un témoin (%(reason)s) : donnez-en un autre."),
            folder=str(folder),
            reason=error.strerror or str(error),
        ) from error
    where = arguments.notary or f"unix:{notary_socket()}"
    witness = Witness(signer, key, folder, asking(where), every=arguments.every)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: witness.stop.set())
    refuse_unsafe(arguments.name)
    witness.run()
    return 0


def _make_key(name: str) -> int:
    """A witness of another service makes its own key, where it runs: the house learns the public half alone."""
    folder = Folder()
    folder.prepare()
    (folder.path / "journal").mkdir(exist_ok=True)
    print(make_key(folder.path, name))
    return 0
