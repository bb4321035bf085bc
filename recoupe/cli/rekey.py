"""`recoupe journal rekey`: another key for the notary, announced under the signature of the one before (R-60)."""

import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recoupe.access import context
from recoupe.access.rules import LONGEST_MOTIVE, SHORTEST_MOTIVE
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.kept import announced
from recoupe.audit.keys import NOTARY, enthrone, heir_of, keep_heir, token_of
from recoupe.audit.tokens import TokenError, made
from recoupe.cli.obstacle import Obstacle
from recoupe.config.paths import HEIR, data_folder, notary_folder, seed_file
from recoupe.config.roles import connected_as
from recoupe.config.token import TokenAddress
from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.text import clean_line

# The notary looks for a prepared key four times a second; a first tree may take it longer.
PATIENCE_S = 30.0
LOOK_S = 0.1
NO_MOTIVE = gettext_noop("Donnez --motive : pourquoi la clé du notaire change, en %(n)d caractères au moins.")
NOT_ANNOUNCED = gettext_noop(
    "Le notaire n'a pas annoncé la clé préparée : l'ancienne signe encore. Démarrez-le (recoupe notary), lisez ce "
    "qu'il dit, puis relancez cette commande : elle reprendra la même clé."
)
OTHER_PLACE = gettext_noop(
    "Un changement de clé est déjà préparé, ailleurs que dans ce jeton : relancez d'abord la commande sans --token."
)
LEFT = """La clé d'avant reste dans son jeton (%s) : ôtez-la avec l'outil de ce jeton, elle ne signe plus rien ici."""


def run(arguments: Namespace) -> int:
    """Prepare a key, wait until the notary announces it, and put it in the place of the old one; taken up where cut."""
    motive = clean_line(arguments.motive, LONGEST_MOTIVE, "motive")
    if len(motive) < SHORTEST_MOTIVE:
        raise Obstacle(NO_MOTIVE, n=SHORTEST_MOTIVE)
    folder = data_folder()
    public = heir_of(folder) or _prepare(folder, motive, arguments.token)
    ready = token_of(seed_file(folder, HEIR))
    if arguments.token and not (ready and replace(ready, key_id=b"") == arguments.token):
        raise Obstacle(OTHER_PLACE)
    limit = time.monotonic() + PATIENCE_S
    while not any(turn.keys[1].hex() == public for turn in announced(notary_folder())):
        if time.monotonic() > limit:
            raise Obstacle(NOT_ANNOUNCED)
        time.sleep(LOOK_S)
    try:
        enthrone(folder)
    except TokenError as away:
        print(LEFT % away)
    print(f"La clé du notaire est maintenant {public}")
    print("Les témoins la suivent d'eux-mêmes. Donnez-la à qui vérifie le journal sans nous, par une autre voie.")
    return 0


def _prepare(folder: Path, motive: str, wanted: TokenAddress | None) -> str:
    """The journal says it first: a key that was prepared without an entry would be nobody's.

    A key in a token is followed there; `wanted` names the token of one that was in a file, or another token.
    """
    place = wanted or token_of(seed_file(folder, NOTARY))
    private = made(place) if place else Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw().hex()
    with connected_as("recoupe_owner"), context.service("set-up", motive):
        record(Operation.CONFIGURE, details={"what": "notary_key", "name": public})
    keep_heir(folder, private)
    return public
