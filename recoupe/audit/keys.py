"""The keys of the notary and of the witnesses that stand on this machine."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recoupe.config.files import write_durably
from recoupe.config.paths import HEIR, seed_file
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
        write_durably(seed, Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
    public = _public(seed)
    write_durably(folder / "journal" / f"{name}.pub", public + "\n", mode=0o644)
    return public


def heir_of(folder: Path) -> str:
    """The public half of the key that was prepared to follow the notary's; nothing where there is none."""
    seed = seed_file(folder, HEIR)
    return _public(seed) if seed.is_file() else ""


def keep_heir(folder: Path, private: Ed25519PrivateKey) -> None:
    """Put it where the notary alone reads it."""
    write_durably(seed_file(folder, HEIR), private.private_bytes_raw().hex() + "\n", owner_of=seed_file(folder, NOTARY))


def enthrone(folder: Path) -> None:
    """The announced key takes the place of the old one, which is gone with that."""
    seed_file(folder, HEIR).replace(seed_file(folder, NOTARY))
    make_key(folder, NOTARY)


def _public(seed: Path) -> str:
    return _key(seed).public_key().public_bytes_raw().hex()


def _key(seed: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed.read_text().strip()))
    except ValueError as error:
        raise Conflict(SENTENCE_DAMAGED, file=str(seed)) from error
