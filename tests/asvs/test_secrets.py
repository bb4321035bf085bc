"""No secret is kept in the sources: neither a key, nor a token, nor a password that opens anything (R-60)."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asvs.book import PROJECT

SHAPES = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "age key": r"AGE-SECRET-KEY-1[0-9A-Z]{20}",
    "cloud key": r"A[KS]IA[0-9A-Z]{16}\b|AIza[0-9A-Za-z_-]{35}\b",
    "token of a forge": r"gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{40}|glpat-[0-9A-Za-z_-]{20}",
    "token of a registry": r"pypi-AgEI[0-9A-Za-z_-]{20}|npm_[0-9A-Za-z]{36}",
    "token of a service": r"xox[abpors]-[0-9A-Za-z-]{20}|sk-[0-9A-Za-z_]{32}|sk_live_[0-9A-Za-z]{16}",
    "signed token": r"eyJ[0-9A-Za-z_-]{16,}\.eyJ[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}",
    "key of a tool of ours": r"rcp_[0-9A-Za-z_-]{43}\b",
    "address with a password": r"://[^\s:/@'\"{}<>…]+:[^\s:/@'\"{}<>…]+@[\w.-]+",
    "written password": r"(?:[Pp]ass|PASS|[Ss]ecret|SECRET|[Tt]oken|TOKEN|api_?key|API_?KEY)"
    r"\w*\s*[:=]\s*['\"](?=[^'\"]*\d)[0-9A-Za-z+/=_-]{20,}['\"]",
}
SECRET = {name: re.compile(shape) for name, shape in SHAPES.items()}
# Addresses of examples: no such base answers anywhere.
HARMLESS = {
    "://nom:passe@hôte", "://name:password@host", "://admin:hidden@127.0.0.1", "://admin:secret@127.0.0.1",
    "://admin:x@db.example", "://recoupe_app:p%2Fw@db.example", "://recoupe_app:x@127.0.0.1",
}  # fmt: skip
# What others publish, compressed on few lines; each file is held to its published hash (tests/web/test_vendor.py).
PUBLISHED = ("recoupe/web/static/vendor/", "recoupe/sealing/static/sealing/vendor/", "tests/vendor/")
PACKED = (".gz", ".xlsx", ".png", ".pdf", ".mo")


def found(text: str) -> Iterator[tuple[str, str]]:
    """Each secret in a text: its kind, and itself."""
    for name, shape in SECRET.items():
        for hit in shape.finditer(text):
            yield name, hit[0]


def sources() -> list[str]:
    """Every file of the repository, or of the folder where there is no repository."""
    try:
        told = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return [
            str(path.relative_to(PROJECT))
            for part in ("recoupe", "tests", "docs")
            for path in (PROJECT / part).rglob("*")
        ]
    return [name for name in told.stdout.split("\0") if name]


def test_no_file_of_the_repository_holds_a_secret() -> None:
    seen: dict[str, str] = {}
    for name in sources():
        path = PROJECT / name
        if path.is_file() and not name.startswith(PUBLISHED) and not name.endswith(PACKED):
            seen |= {secret: name for _kind, secret in found(path.read_bytes().decode("utf-8", "ignore"))}
    assert {secret: name for secret, name in seen.items() if secret not in HARMLESS} == {}
    assert set(seen) >= HARMLESS


def test_no_folder_of_an_installation_is_kept() -> None:
    """Credentials, keys of the journal and software keys stand under DATA, which is no part of the sources."""
    names = {Path(name).name for name in sources()}
    assert not {name for name in names if name.endswith((".pem", ".key", ".p12", ".pfx", ".jks")) or name == ".env"}
    assert not [name for name in sources() if "credentials/" in name or name.startswith("data/")]


# Put together here, so that this file holds none itself.
SAMPLES = {
    "private key": "-----BEGIN " + "EC PRIVATE KEY-----",
    "age key": "AGE-SECRET-" + "KEY-1" + "Q" * 20,
    "cloud key": "AKIA" + "A1" * 8,
    "token of a forge": "ghp_" + "a1" * 18,
    "token of a registry": "npm_" + "a1" * 18,
    "token of a service": "sk-" + "a1" * 16,
    "signed token": "eyJ" + "a" * 16 + ".eyJ" + "b" * 16 + "." + "c" * 16,
    "key of a tool of ours": "rcp_" + "a" * 43,
    "address with a password": "postgresql://role:" + "hunter2@host/base",
    "written password": 'DB_PASSWORD = "' + "a1b2" * 5 + '"',
}


@pytest.mark.parametrize("kind", SHAPES)
def test_each_kind_of_secret_is_found(kind: str) -> None:
    assert [name for name, _secret in found(f"x = 1\n  {SAMPLES[kind]}\n")] == [kind]
