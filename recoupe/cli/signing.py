"""The keys of the journal as a command needs them; where one is missing, who runs the command is told what to do."""

from recoupe.audit.keys import private_of
from recoupe.audit.notes import LOG, NOTARY, WITNESS, Key, PrivateKey, Signer
from recoupe.audit.tokens import TokenError
from recoupe.cli.obstacle import Obstacle
from recoupe.config.paths import HEIR, data_folder, public_key, seed_file
from recoupe.kernel.refusal import gettext_noop

NO_SEED = gettext_noop(
    "La clé secrète de %(name)s manque dans %(folder)s, ou n'est pas une clé : recoupe install fait celles de cette "
    "machine (make demo, celles d'une démonstration) ; un témoin d'ailleurs fait la sienne, là où il tourne, par "
    "recoupe witness NOM --make-key."
)
NO_PUBLIC = gettext_noop(
    "La clé publique de %(name)s manque dans %(folder)s, ou n'est pas une clé : donnez-la avec %(option)s "
    "(64 chiffres hexadécimaux)."
)
KEY_BYTES = 32


def notary_signer() -> Signer:
    """With which the notary signs the tree."""
    return Signer(NOTARY, LOG, _private("notary"))


def notary_heir() -> Signer | None:
    """With which it signs next, once it has announced so; None where no change was prepared."""
    try:
        return Signer(NOTARY, LOG, private_of(seed_file(data_folder(), HEIR)))
    except (OSError, ValueError, TokenError):
        # One that cannot be read stops no signature: the command that waits for its announcement says so.
        return None


def witness_signer(name: str) -> Signer:
    """With which one witness signs what it saw."""
    return Signer(name, WITNESS, _private(name))


def log_key(given: bytes | None) -> Key:
    """The notary's public half: the one that was given, or the one of this machine."""
    return Key(NOTARY, LOG, given or public_of("notary", "--log-key"))


def public_of(name: str, option: str) -> bytes:
    """A public half that stands on this machine; `option` is how to give another one."""
    try:
        found = public_key(name)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise _missing(NO_PUBLIC, name, "journal", option) from error
    if len(found) != KEY_BYTES:
        raise _missing(NO_PUBLIC, name, "journal", option)
    return found


def _private(name: str) -> PrivateKey:
    try:
        return private_of(seed_file(data_folder(), name))
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise _missing(NO_SEED, name, "credentials") from error


def _missing(sentence: str, name: str, part: str, option: str = "") -> Obstacle:
    return Obstacle(sentence, name=name, folder=str(data_folder() / part), option=option)
