"""`recoupe notary`: gives each entry of the journal its leaf, signs the tree every minute, answers the witnesses."""

import signal
from argparse import Namespace

from recoupe.audit.listening import listening
from recoupe.audit.notary import Notary
from recoupe.audit.notes import LOG, NOTARY, Signer
from recoupe.config.paths import data_folder, signing_seed


def run(arguments: Namespace) -> int:
    """In the foreground until it is told to end; 1 when the journal is no longer the one that was signed."""
    state = data_folder() / "journal" / "notary"
    state.mkdir(parents=True, exist_ok=True)
    notary = Notary(Signer.from_seed(NOTARY, LOG, signing_seed("notary")), state, every=arguments.every)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: notary.stop.set())
    with listening(notary, arguments.listen or f"unix:{state / 'notary.sock'}"):
        return 0 if notary.run() else 1
