"""The installation folder: made, remembered, and refused with a sentence."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from recoupe.cli.folder import Addresses, Folder
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.os_user import OsUser
from recoupe.cli.services import environment, hand_over, reachable, services

ADDRESSES = Addresses("127.0.0.1", 8000, 8080, 8001)


def test_it_is_made_and_other_accounts_see_nothing_in_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "a" / "data")
    folder.prepare()
    folder.prepare()
    assert stat.S_IMODE(folder.credentials.stat().st_mode) == 0o711
    assert stat.S_IMODE(folder.log.stat().st_mode) == 0o700


def test_it_remembers_where_it_listens(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.prepare()
    assert folder.addresses() is None
    folder.write_addresses(ADDRESSES)
    assert folder.addresses() == ADDRESSES
    (folder.run / "addresses.json").write_text('{"port": ')
    assert folder.addresses() is None
    (folder.run / "addresses.json").write_text('{"harbour": 1}')
    assert folder.addresses() is None


def test_addresses_are_those_that_a_browser_opens() -> None:
    assert "http://localhost:8000/" in ADDRESSES.lines()[0]
    told = "\n".join(Addresses("192.0.2.1", 8000, 8080, 8001).lines())
    assert "http://192.0.2.1:8080/" in told


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(Obstacle, match="ce n'est pas un dossier"):
        Folder(tmp_path / "data").prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize(("options", "sentence"), [("size=20m", "plus de place"), ("ro,size=200m", "lecture seule")])
def test_a_full_or_read_only_disk_is_refused(options: str, sentence: str, tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", tmp_path], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with pytest.raises(Obstacle, match=sentence):
            Folder(tmp_path).prepare()
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_accounts_are_shown_as_the_world_wrote_them(tmp_path: Path) -> None:
    assert Folder(tmp_path).accounts() == []
    (tmp_path / "accounts.txt").write_text("Comptes :\n  pj13 / démonstration\n")
    assert Folder(tmp_path).accounts() == ["Comptes :", "  pj13 / démonstration"]


def test_no_process_is_told_the_administrators_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin:secret@127.0.0.1/postgres")
    monkeypatch.setenv("PGPASSWORD", "secret")
    for service in services(Folder(tmp_path), ADDRESSES, {}):
        assert "secret" not in " ".join([*service.environment.values(), *service.command])
        assert service.environment["RECOUPE_PROCESS"] == service.name


def test_the_sites_answer_to_their_own_names_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOUPE_HOSTS", raising=False)
    hosts = environment(Folder(tmp_path), ADDRESSES)["RECOUPE_HOSTS"].split(",")
    assert {"localhost", "127.0.0.1"} <= set(hosts)
    assert "*" not in hosts


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_credential_is_its_process_own(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.prepare()
    for name in ("recoupe_app", "recoupe_owner", "web.key"):
        (folder.credentials / name).write_text("secret")
    index = folder.path / "likeness" / "copy" / "manifest"
    index.parent.mkdir(parents=True)
    index.write_text("secret")
    accounts = {"web": OsUser(60198, 60198), "portal": OsUser(60197, 60197), "matcher": OsUser(60196, 60196)}
    hand_over(folder, accounts)
    owners = {path.name: path.stat().st_uid for path in folder.credentials.iterdir()}
    assert owners == {"recoupe_app": 60198, "web.key": 60198, "recoupe_owner": 0}
    assert stat.S_IMODE((folder.credentials / "recoupe_app").stat().st_mode) == 0o600
    kept = [
        (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in (index, index.parent, index.parent.parent)
    ]
    assert kept == [(60196, 0o600), (60196, 0o700), (60196, 0o700)]


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("192.0.2.1", "192.0.2.1")]
)
def test_it_reaches_itself(host: str, address: str) -> None:
    assert reachable(host) == address
