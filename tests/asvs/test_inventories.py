"""docs/INVENTORIES.md says what is: each value, each list of files, routes and tables is held against the code."""

import re
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings

from recoupe.cli.serve import THREADS, WORKERS, command
from recoupe.config.settings import POOL
from recoupe.crosscheck import matcher
from recoupe.web.signin.urls import urlpatterns
from tests.asvs import sources
from tests.asvs.book import PROJECT
from tests.asvs.test_code import CALLERS, MARKUP
from tests.attacks.test_headers import CARRIED
from tests.policy.book import rows as policy_rows

PAGE = (PROJECT / "docs" / "INVENTORIES.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")
# What makes chance, sums or signatures of bytes.
CRYPTOGRAPHY = ("hashlib", "hmac", "secrets", "cryptography", "webauthn", "joserfc", "ssl", "argon2", "nacl", "random",
                "django.core.signing", "django.contrib.auth.hashers", "django.utils.crypto")  # fmt: skip
RISKY = {"PIL": "pillow", "pikepdf": "pikepdf", "openpyxl": "openpyxl", "zipfile": "zipfile", "typst": "typst"}


def section(title: str) -> str:
    """What stands under a heading that begins so."""
    [found] = [part for part in PAGE.split("\n## ") if part.startswith(title)]
    return found


def table(title: str, number: int = 0) -> list[list[str]]:
    """The rows of a table of a section, its head left out."""
    tables = re.findall(r"(?:^\|.*\n)+", section(title) + "\n", re.MULTILINE)
    lines = tables[number].strip().split("\n")[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


SETTINGS = table("Réglages")


@pytest.mark.parametrize("row", SETTINGS, ids=[row[0].strip("`") + " " + row[1].strip("`") for row in SETTINGS])
def test_a_setting_has_the_value_that_is_written(row: list[str]) -> None:
    [name], value = CODE.findall(row[0]), row[1].strip("`")
    if name.endswith(".sql"):
        assert value in (sources.PACKAGE / name).read_text()
        return
    module, _, constant = name.rpartition(".")
    assert str(getattr(import_module(f"recoupe.{module}"), constant)) == value


def test_connections_are_those_that_are_written() -> None:
    said = "\n".join("|".join(row) for row in table("Connexions"))
    assert f"`max_size` {POOL['max_size']} par processus, {WORKERS['web']} processus" in said
    assert f"`max_size` {POOL['max_size']} par processus, {WORKERS['signin']} processus" in said
    assert WORKERS["signin"] == WORKERS["portal"]
    assert f"`timeout` {POOL['timeout']} s" in said
    assert f"{THREADS['web']} fils par processus" in said
    line = command("web", "127.0.0.1", 1)
    assert f"coupe à {line[line.index('--timeout') + 1]} s" in said
    assert f"{matcher.FIRST_PAUSE_S:g}".replace(".", ",") + " s" in said
    assert f"{matcher.LONGEST_PAUSE_S:g} s au plus" in said


def test_no_way_in_is_left_unwritten() -> None:
    told = [name for row in table("Voies") for name in CODE.findall(row[1])]
    assert len(told) == len(set(told))
    assert {pattern.name for pattern in urlpatterns} == {*told, "ready"}
    assert "`ready`" in section("Voies")


def test_each_use_of_cryptography_is_written() -> None:
    found = {
        name for name in sources.importers(sources.served(), *CRYPTOGRAPHY)
        if name.partition("/")[0] not in sources.ASIDE
    }  # fmt: skip
    told = {name for row in table("Cryptographie") for name in CODE.findall(row[0])}
    assert found == told


def test_sums_are_sha_256_and_one_cipher_alone_is_used() -> None:
    """Keccak-256 is no choice of ours: it checks the capitals of somebody else's address."""
    allowed = {"sha256", "sha256.digest", "sha256.hexdigest", "new", "pbkdf2_hmac"}
    for name, tree in sources.served().items():
        used = {called.partition(".")[2] for called, _ in sources.calls(tree) if called.startswith("hashlib.")}
        assert {call.partition("(")[0] for call in used} <= allowed, name
    hazmat = "cryptography.hazmat.primitives"
    enciphering = (f"{hazmat}.ciphers", f"{hazmat}.asymmetric.padding", "cryptography.fernet", "Crypto", "nacl")
    # The files of the matcher's index (what is a stream lies in a file that is authenticated whole), sealed letters.
    sealed = {f"{hazmat}.ciphers.aead.AESGCM"}
    stream = {f"{hazmat}.ciphers.{name}" for name in ("Cipher", "CipherContext", "algorithms.AES256", "modes.CTR")}
    cipher = {
        "crosscheck/likeness/fresh.py": sealed,
        "crosscheck/likeness/segment.py": stream,
        "crosscheck/likeness/store.py": sealed,
        "sealing/letter.py": sealed,
    }
    assert sources.importers(sources.trees(), *enciphering) == cipher
    written = "\n".join(path.read_text() for path in sources.PACKAGE.rglob("*.sql"))
    assert not re.search(r"\b(?:md5|sha1|pgp_sym_encrypt|crypt)\s*\(", written)


def test_who_calls_whom_is_written() -> None:
    told = {name for row in table("Communications") for cell in row[:2] for name in CODE.findall(cell)}
    assert told == CALLERS


def test_every_table_has_its_level() -> None:
    levels = [CODE.findall(row[1]) for row in table("Données")]
    patterns = [pattern for level in levels for pattern in level]
    tables = [row["table"] for row in policy_rows("tables")]
    found = {name: [pattern for pattern in patterns if fnmatchcase(name, pattern)] for name in tables}
    assert {name: hits for name, hits in found.items() if len(hits) != 1} == {}


def test_traces_go_where_it_is_written() -> None:
    logs: dict[str, Any] = settings.LOGGING
    assert {handler["class"] for handler in logs["handlers"].values()} == {"logging.StreamHandler"}
    others = re.compile(
        r"FileHandler|SysLogHandler|HTTPHandler|SocketHandler|SMTPHandler|access[-_]?log(?:file|format)"
    )
    assert [
        name for name, tree in sources.trees().items() for called, _ in sources.calls(tree) if others.search(called)
    ] == []
    for process in WORKERS:
        assert not [flag for flag in command(process, "127.0.0.1", 1) if "access-log" in flag]


def test_what_a_browser_is_asked_is_on_every_answer() -> None:
    said = {name for row in table("Navigateur") for name in CODE.findall(row[0])}
    headers = {name for name in said if name[0].isupper()}
    assert headers <= {*CARRIED, "Strict-Transport-Security", "Content-Security-Policy"}
    assert set(CARRIED) - headers == {"X-Frame-Options"}


def test_code_at_risk_is_written() -> None:
    rows = table("Code à risque")
    told = {name: row[1] for row in rows for name in CODE.findall(row[0])}
    for library, words in RISKY.items():
        for name in sources.importers(sources.served(), library):
            assert words in told.get(name, ""), (name, library)
    assert set(told) >= MARKUP
    assert [name for name in told if not (sources.PACKAGE / name).is_file()] == []
