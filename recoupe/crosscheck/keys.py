"""The key of the index: held by the matcher's process alone, in a file, never in the database."""

import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from recoupe.config.paths import MATCHER_INDEX, secret
from recoupe.crosscheck.models import IndexKey
from recoupe.kernel.refusal import Conflict, gettext_noop

KEY_BYTES = 32
# What is signed to recognise the key; no selector can equal it, as each one starts with its kind.
_MARK = b"\x00recoupe index"


def key_file() -> Path:
    """The file of the key, readable by the matcher's user alone; the set-up makes it."""
    return secret(MATCHER_INDEX)


@lru_cache(maxsize=4)
def _read(path: Path) -> bytes:
    return bytes.fromhex(path.read_text().strip())


def index_key() -> bytes:
    """The key, made here where no set-up did; two processes that start together end up with the same one."""
    path = key_file()
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(KEY_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _read(path)


def keyed(key: bytes, kind: str, value: str) -> bytes:
    """The keyed hash of one selector: without the key, a list of all names or numbers finds nothing (R-31)."""
    return hmac.digest(key, f"{kind}\x00{value}".encode(), "sha256")


def check_key() -> None:
    """Refuse to work with another key than the index was made with: every match would be missed in silence."""
    mark = hmac.digest(index_key(), _MARK, "sha256")
    with transaction.atomic():
        row, _made = IndexKey.objects.get_or_create(id=1, defaults={"mark": mark})
    if not hmac.compare_digest(bytes(row.mark), mark):
        raise Conflict(
            gettext_noop(
                "La clé de l'index (%(file)s) n'est pas celle de cette base : restaurez le fichier d'origine, ou "
                "refaites l'index avec celle-ci (recoupe matcher --reindex). Sinon, aucun recoupement ne serait trouvé."
            ),
            file=str(key_file()),
        )
