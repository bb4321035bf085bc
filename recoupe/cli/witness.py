"""`recoupe witness NAME`: keeps the signed checkpoints of the journal in a folder of its own; it knows no database."""

import logging
import signal
from argparse import Namespace
from pathlib import Path

from recoupe.audit.notes import LOG, NOTARY, WITNESS, Key, Signer
from recoupe.audit.witness import Witness, asking
from recoupe.config.paths import data_folder, public_key, signing_seed


def run(arguments: Namespace) -> int:
    """In the foreground until it is told to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    folder = Path(arguments.folder) if arguments.folder else data_folder() / "journal" / arguments.name
    folder.mkdir(parents=True, exist_ok=True)
    where = arguments.notary or f"unix:{data_folder() / 'journal' / 'notary' / 'notary.sock'}"
    log_key = bytes.fromhex(arguments.log_key) if arguments.log_key else public_key("notary")
    signer = Signer.from_seed(arguments.name, WITNESS, signing_seed(arguments.name))
    witness = Witness(signer, Key(NOTARY, LOG, log_key), folder, asking(where), every=arguments.every)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: witness.stop.set())
    witness.run()
    return 0
