"""The keys of the notary and of the witnesses that stand on this machine."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recoupe.audit.notes import PrivateKey
from recoupe.audit.tokens import TokenKey, destroy, found
from recoupe.config.files import write_durably
from recoupe.config.paths import HEIR, seed_file
from recoupe.config.token import TokenAddress, in_token, read
from recoupe.kernel.refusal import Conflict, gettext_noop

WITNESSES = ("temoin-a", "temoin-b")
NOTARY = "notary"

# Another key would sign another journal: a damaged one is never replaced in silence.
SENTENCE_DAMAGED = gettext_noop(
    "%(file)s n'est pas une clé : restaurez-le d'une sauvegarde. Si la démonstration peut repartir de zéro, "
    "effacez-le et relancez."
)


def make_keys(folder: Path) -> None:
    """A seed for the notary and for each witness of this machine, kept if there; their public halves for everybody."""
    (folder / "journal").mkdir(exist_ok=True)
    (folder / "journal").chmod(0o755)
    for name in (NOTARY, *WITNESSES):
        make_key(folder, name)


def make_key(folder: Path, name: str) -> str:
    """One of them; its public half, in hexadecimal."""
    seed = seed_file(folder, name)
    if not seed.is_file():
        write_durably(seed, _text(Ed25519PrivateKey.generate()))
    public = _public(seed)
    write_durably(folder / "journal" / f"{name}.pub", public + "\n", mode=0o644)
    return public


def heir_of(folder: Path) -> str:
    """The public half of the key that was prepared to follow the notary's; nothing where there is none."""
    seed = seed_file(folder, HEIR)
    return _public(seed) if seed.is_file() else ""


def keep_heir(folder: Path, private: Ed25519PrivateKey | TokenKey) -> None:
    """Put it, or where it stands, where the notary alone reads it."""
    write_durably(seed_file(folder, HEIR), _text(private), owner_of=seed_file(folder, NOTARY))


def enthrone(folder: Path) -> None:
    """The announced key takes the place of the old one, which is gone with that; in a token that answers, there too."""
    old = token_of(seed_file(folder, NOTARY))
    seed_file(folder, HEIR).replace(seed_file(folder, NOTARY))
    make_key(folder, NOTARY)
    if old:
        destroy(old)


def token_of(seed: Path) -> TokenAddress | None:
    """Where the key stands when it is in a token; None when it is in this file, or when there is none."""
    text = seed.read_text().strip() if seed.is_file() else ""
    return read(text) if in_token(text) else None


def private_of(seed: Path) -> PrivateKey:
    """What signs from this file; raises OSError, ValueError where it is no key, TokenError where a token is away."""
    address = token_of(seed)
    return found(address) if address else Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed.read_text().strip()))


def _text(private: Ed25519PrivateKey | TokenKey) -> str:
    """What its file holds."""
    told = private.address.text if isinstance(private, TokenKey) else private.private_bytes_raw().hex()
    return told + "\n"


def _public(seed: Path) -> str:
    try:
        return private_of(seed).public_key().public_bytes_raw().hex()
    except ValueError as error:
        raise Conflict(SENTENCE_DAMAGED, file=str(seed)) from error
