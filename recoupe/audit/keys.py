"""The keys of the notary and of the witnesses that stand on this machine."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recoupe.config.files import write_durably

WITNESSES = ("temoin-a", "temoin-b")


def make_keys(folder: Path) -> None:
    """A seed for the notary and for each witness of this machine, kept if there; their public halves for everybody."""
    (folder / "journal").mkdir(exist_ok=True)
    (folder / "journal").chmod(0o755)
    for name in ("notary", *WITNESSES):
        seed = folder / "credentials" / f"{name}.seed"
        if not seed.is_file():
            write_durably(seed, Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
        made = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed.read_text().strip()))
        public = made.public_key().public_bytes_raw().hex() + "\n"
        write_durably(folder / "journal" / f"{name}.pub", public, mode=0o644)
