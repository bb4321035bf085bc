"""The embedded cluster: made, started, killed, started again, and refusing with a sentence."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from recoupe.cli import os_user
from recoupe.cli.cluster import SETTINGS, Cluster, free_port, port_is_free
from recoupe.cli.obstacle import Obstacle

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="needs root to become somebody else")
DEBIAN = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other accounts reach, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="recoupe-cluster-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder / "pg", for_tests=True)
    yield made
    made.stop()


def as_nobody(function: Callable[[], str]) -> str:
    """What the function answers when an account without rights calls it, in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            answer = function()
        except Obstacle as obstacle:
            answer = f"refusal: {obstacle}"
        except BaseException as error:
            answer = f"error: {error!r}"
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return answer


def query(url: str, text: bytes) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(text).fetchone()
    assert row is not None
    return row[0]


def test_starts_serves_and_stops(cluster: Cluster) -> None:
    said: list[str] = []
    url = cluster.start(said.append)
    assert cluster.running()
    assert query(url, b"SHOW server_encoding") == "UTF8"
    assert query(url, b"SHOW unix_socket_directories") == ""
    assert query(url, b"SHOW fsync") == "off"
    assert len(said) == 2
    cluster.stop()
    assert not cluster.running()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_a_real_installation_never_gives_up_durability(folder: Path) -> None:
    made = Cluster(folder / "pg")
    try:
        url = made.start()
        assert [query(url, f"SHOW {name}".encode()) for name in ("fsync", "synchronous_commit")] == [
            "on",
            "on",
        ]
        assert query(url, b"SHOW log_parameter_max_length_on_error") == SETTINGS["log_parameter_max_length_on_error"]
        assert query(url, b"SHOW log_statement") == "none"
    finally:
        made.stop()


def test_second_start_returns_the_same_address_at_once(cluster: Cluster) -> None:
    first = cluster.start()
    pid = (cluster.data / "postmaster.pid").read_text()
    said: list[str] = []
    assert Cluster(cluster.folder, for_tests=True).start(said.append) == first
    assert (cluster.data / "postmaster.pid").read_text() == pid
    assert said == []


def test_a_wrong_password_opens_nothing(cluster: Cluster) -> None:
    url = cluster.start()
    password = (cluster.folder / "admin").read_text().strip()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace(password, "x" * 48), connect_timeout=2)
    assert (cluster.folder / "admin").stat().st_mode & 0o077 == 0
    assert cluster.data.stat().st_mode & 0o077 == 0


def test_starts_again_after_a_kill_and_keeps_what_was_committed(cluster: Cluster) -> None:
    url = cluster.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert query(cluster.start(), b"SELECT n FROM kept") == 7


def test_a_recycled_process_number_is_neither_believed_nor_killed(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (cluster.data / "postmaster.pid").write_text(f"{bystander.pid}\n{cluster.data}\n")
        assert not cluster.running()
        cluster.stop()
        assert bystander.poll() is None
        bystander.kill()


def test_an_interrupted_creation_is_begun_again(cluster: Cluster) -> None:
    draft = cluster.folder / "data.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    assert query(cluster.start(), b"SELECT 1") == 1
    assert not draft.exists()


def test_takes_another_port_when_its_own_is_taken_meanwhile(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    before = int((cluster.folder / "port").read_text())
    with subprocess.Popen(["python3", "-c", LISTEN, str(before)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert not port_is_free(before)
        url = cluster.start()
        other.kill()
    assert f":{before}/" not in url
    assert query(url, b"SELECT 1") == 1


LISTEN = """
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print("ok", flush=True); time.sleep(60)
"""


def test_two_starters_at_once_make_one_server(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from recoupe.cli.cluster import Cluster;"
        "print(Cluster(Path(sys.argv[1]), for_tests=True).start())"
    )
    command = [sys.executable, "-c", code, str(folder / "pg")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    urls = {process.communicate(timeout=60)[0].strip() for process in both}
    Cluster(folder / "pg").stop()
    assert len(urls) == 1
    assert urls.pop().startswith("postgresql://")


def test_data_of_another_version_is_refused_by_name(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(Obstacle) as refusal:
        cluster.start()
    assert "PostgreSQL 14" in str(refusal.value)
    assert "DATA=" in str(refusal.value)


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's PostgreSQL 15 is not installed here")
def test_serves_with_debians_programs_too(folder: Path) -> None:
    made = Cluster(folder / "pg", DEBIAN, for_tests=True)
    try:
        assert str(query(made.start(), b"SHOW server_version")).startswith("15.")
    finally:
        made.stop()


def test_a_file_in_place_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "pg").write_text("")
    with pytest.raises(Obstacle, match="DATA="):
        Cluster(folder / "pg").start()


def test_absent_programs_are_refused(folder: Path) -> None:
    with pytest.raises(Obstacle, match="RECOUPE_PG_BIN"):
        Cluster(folder / "pg", folder / "nowhere").start()


def test_a_lost_password_is_refused(cluster: Cluster) -> None:
    cluster.start()
    (cluster.folder / "admin").unlink()
    with pytest.raises(Obstacle, match="mot de passe"):
        cluster.start()


def test_what_somebody_else_put_there_is_never_erased(cluster: Cluster) -> None:
    cluster.data.mkdir(parents=True)
    (cluster.data / "letters").write_text("mine")
    with pytest.raises(Obstacle):
        cluster.start()
    assert (cluster.data / "letters").read_text() == "mine"


@needs_root
def test_root_starts_it_under_an_ordinary_account(cluster: Cluster) -> None:
    cluster.start()
    assert cluster.data.stat().st_uid != 0


@needs_root
def test_root_starts_it_below_a_folder_closed_to_all_others(folder: Path) -> None:
    folder.chmod(0o700)
    made = Cluster(folder / "pg", for_tests=True)
    try:
        assert query(made.start(), b"SELECT 1") == 1
    finally:
        made.stop()


@needs_root
def test_an_ordinary_account_starts_it(folder: Path) -> None:
    os.chown(folder, 65534, 65534)

    def body() -> str:
        made = Cluster(folder / "pg", for_tests=True)
        made.start()
        os.kill(int((made.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        url = made.start()
        answer = str(query(url, b"SELECT 'served'"))
        made.stop()
        return answer

    assert as_nobody(body) == "served"


@needs_root
def test_an_unwritable_folder_is_refused(folder: Path) -> None:
    answer = as_nobody(lambda: Cluster(folder / "pg").start())
    assert answer.startswith("refusal: Impossible d'écrire")
    assert "droits insuffisants" in answer


@needs_root
def test_somebody_elses_cluster_is_refused(cluster: Cluster) -> None:
    cluster.start()
    cluster.folder.chmod(0o777)
    os.chown(cluster.data, 1, 1)
    answer = as_nobody(lambda: Cluster(cluster.folder).start())
    status = cluster.log.stat()
    os.chown(cluster.data, status.st_uid, status.st_gid)
    assert "appartient à un autre compte" in answer


@needs_root
def test_no_place_left_is_refused(folder: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with pytest.raises(Obstacle, match="plus de place"):
            Cluster(folder / "pg").start()
    finally:
        subprocess.run(["umount", folder], check=True)


def test_free_port_is_free() -> None:
    assert port_is_free(free_port())


@needs_root
def test_the_account_keeps_none_of_roots_groups() -> None:
    account = os_user.named("nobody")
    assert account is not None
    done = account.run(["id", "-G"], stdout=subprocess.PIPE)
    assert done.stdout.split() == [str(account.gid)]


def test_an_unknown_account_is_none() -> None:
    assert os_user.named("recoupe-nobody-has-this-name") is None


def test_recovery_is_quick_enough_to_wait_for(cluster: Cluster) -> None:
    cluster.start()
    began = time.monotonic()
    for _ in range(2):
        os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        cluster.start()
    assert time.monotonic() - began < 40
