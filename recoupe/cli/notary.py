"""`recoupe notary`: gives each entry of the journal its leaf, signs the tree every minute, answers the witnesses."""

import os
import signal
from argparse import Namespace
from contextlib import ExitStack

from recoupe.audit.listening import listening
from recoupe.audit.notary import Notary
from recoupe.cli.obstacle import Obstacle, require_installation
from recoupe.cli.signing import notary_heir, notary_signer
from recoupe.config.paths import LONGEST_SOCKET, notary_socket
from recoupe.config.safety import refuse_unsafe
from recoupe.kernel.refusal import gettext_noop


def run(arguments: Namespace) -> int:
    """In the foreground until it is told to end; 1 when the journal is no longer the one that was signed."""
    require_installation("notary")
    signer = notary_signer()
    path = notary_socket()
    if not arguments.listen and len(os.fsencode(path)) > LONGEST_SOCKET:
        raise Obstacle(
            gettext_noop(
                "%(path)s est trop long pour une prise (%(max)d octets au plus) : choisissez un dossier DATA plus "
                "court, ou donnez --listen."
            ),
            path=str(path),
            max=LONGEST_SOCKET,
        )
    state = path.parent
    state.mkdir(parents=True, exist_ok=True)
    notary = Notary(signer, state, every=arguments.every, heir=notary_heir)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: notary.stop.set())
    where = arguments.listen or f"unix:{path}"
    with ExitStack() as open_ones:
        try:
            open_ones.enter_context(listening(notary, where))
        except OSError as error:
            raise Obstacle(
                gettext_noop("Le notaire ne peut pas répondre à %(where)s (%(reason)s) : donnez-en un autre."),
                where=where,
                reason=error.strerror or str(error),
            ) from error
        # Where it would answer is sure; before it signs anything.
        refuse_unsafe("notary")
        return 0 if notary.run() else 1
