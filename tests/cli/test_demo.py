"""The whole demonstration, started and stopped for real in a folder of its own, killed in between, started again."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from recoupe.cli.cluster import Cluster
from recoupe.cli.folder import Folder
from recoupe.cli.health import answers, unready
from recoupe.cli.identity import marked, noted
from recoupe.cli.os_user import OsUser
from recoupe.cli.selftest import STEPS
from recoupe.cli.services import JOURNAL, MARK, services
from tests.folders import quiet_port

pytestmark = pytest.mark.slow
DEBIAN = Path("/usr/lib/postgresql/15/bin")
# The made world has its own tests; here a small one will do.
SMALL = {"SCALE": "0.1"}
NAMES = ("signin", "web", "portal", "worker", "matcher", *JOURNAL)


class Demo:
    """One folder and its ports, driven by the command as a person types it."""

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self.port, self.portal_port = quiet_port(), quiet_port()

    def recoupe(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "RECOUPE_PROCESS", "SIGNIN_PORT")}
        told = {"DATA": str(self.folder.path), "PORT": str(self.port), "PORTAL_PORT": str(self.portal_port)} | SMALL
        # No pipe: the processes in the background would hold it open.
        with (self.folder.path.parent / "said").open("w+") as said:
            done = subprocess.run(
                [sys.executable, "-m", "recoupe.cli.main", *arguments],
                env=kept | told | variables, stdout=said, stderr=subprocess.STDOUT, check=False, timeout=240,
            )  # fmt: skip
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())

    def start(self, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.recoupe("demo", "start", DETACH="1", **variables)

    def stop(self) -> subprocess.CompletedProcess[str]:
        return self.recoupe("demo", "stop")

    def answers(self) -> bool:
        """Whether all of it works, as the command asks it; a command of its own each time takes half a second."""
        addresses, cluster = self.folder.addresses(), Cluster(self.folder.path / "pg")
        if addresses is None or not noted(self.folder.note("keeper")) or not cluster.running():
            return False
        return not unready(services(self.folder, addresses, {}), cluster.admin_url)

    def well(self, seconds: float = 0) -> None:
        """Fail with what the status and the keeper say unless everything answers within this time."""
        limit = time.monotonic() + seconds
        while not self.answers() and time.monotonic() < limit:
            time.sleep(0.1)
        while (status := self.recoupe("demo", "status")).returncode and time.monotonic() < limit:
            time.sleep(0.2)
        logs = "\n".join((self.folder.log / f"{name}.log").read_text()[-1500:] for name in ("keeper", *NAMES))
        assert status.returncode == 0, f"{status.stdout}\n{logs}"

    def pids(self) -> dict[str, int]:
        return {name: found.pid for name in NAMES if (found := noted(self.folder.note(name)))}

    def left(self) -> int:
        return len(list(marked(**{MARK: str(self.folder.path)})))


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    parent = Path(tempfile.mkdtemp(prefix="recoupe-demo-"))
    parent.chmod(0o755)
    made = Demo(parent / "data")
    try:
        done = made.start()
        assert done.returncode == 0, done.stdout
        yield made
    finally:
        made.stop()
        shutil.rmtree(parent)


@pytest.fixture
def running(demo: Demo) -> Demo:
    """All of it answers; what the test before has ended is started again."""
    if not demo.answers():
        done = demo.start()
        assert done.returncode == 0, done.stdout
    return demo


def test_everything_answers_and_the_addresses_are_printed(running: Demo) -> None:
    assert set(running.pids()) == set(NAMES)
    addresses = running.folder.addresses()
    assert addresses is not None
    assert answers(f"http://127.0.0.1:{addresses.port}/sante")
    assert answers(f"http://127.0.0.1:{addresses.signin_port}/sante")
    assert answers(f"http://127.0.0.1:{addresses.portal_port}/")
    status = running.recoupe("demo", "status")
    assert status.returncode == 0
    assert f"http://localhost:{running.port}/" in status.stdout


def test_the_import_that_is_printed_works_as_it_is_printed(running: Demo) -> None:
    said = running.recoupe("demo", "status").stdout
    words = shlex.split(said.split(".venv/bin/recoupe ", 1)[1].splitlines()[0])
    done = running.recoupe(*words, "--dry-run")
    assert done.returncode == 1
    assert "300 lignes : 40 refusées" in done.stdout


def test_a_second_start_changes_nothing_and_says_so(running: Demo) -> None:
    before = running.pids()
    began = time.monotonic()
    done = running.start()
    assert done.returncode == 0
    assert "tourne déjà" in done.stdout
    assert f"http://localhost:{running.port}/" in done.stdout
    assert running.pids() == before
    assert time.monotonic() - began < 15


def test_another_port_is_refused_while_it_runs(running: Demo) -> None:
    other = quiet_port()
    done = running.start(PORT=str(other))
    assert done.returncode == 1
    assert f"tourne déjà sur le port {running.port}" in done.stdout
    assert "make demo-stop" in done.stdout


def test_check_finds_nothing_wrong(running: Demo) -> None:
    done = running.recoupe("check")
    assert done.returncode == 0, done.stdout
    assert "FAUTE" not in done.stdout


def test_the_whole_thread_holds_on_it(running: Demo) -> None:
    """`selftest` walks every step as the accounts concerned; a step that it does not reach is missed here."""
    done = running.recoupe("selftest", "--url", f"http://localhost:{running.port}", "--json")
    assert done.returncode == 0, done.stdout
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert [step["name"] for step in steps] == [step.__name__ for step in STEPS]
    assert all(step["ok"] for step in steps)


def test_check_finds_an_open_table_and_an_unknown_theme(running: Demo) -> None:
    """A table that no model of ours knows is looked at as well."""
    url = Cluster(running.folder.path / "pg").admin_url.removesuffix("/postgres") + "/recoupe"
    with psycopg.connect(url) as direct:
        direct.execute(b"CREATE TABLE left_open (id int)")
    try:
        done = running.recoupe("check", RECOUPE_THEME="dsrf")
    finally:
        with psycopg.connect(url) as direct:
            direct.execute(b"DROP TABLE left_open")
    faults = [line for line in done.stdout.splitlines() if line.startswith("FAUTE")]
    assert done.returncode == 1
    assert [line.partition(" :")[0] for line in faults] == ["FAUTE thème (RECOUPE_THEME)", "FAUTE sécurité des lignes"]
    assert "ouvertes : left_open" in faults[1]
    assert "connus : dsfr, neutral" in faults[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_process_answers_again_by_itself(running: Demo, name: str) -> None:
    before = running.pids()
    os.kill(before[name], signal.SIGKILL)
    limit = time.monotonic() + 60
    while running.pids().get(name) in (None, before[name]) and time.monotonic() < limit:
        time.sleep(0.1)
    running.well(60)


def test_a_killed_postgresql_answers_again_by_itself(running: Demo) -> None:
    cluster = Cluster(running.folder.path / "pg")
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    running.well(60)


def test_after_everything_was_killed_it_starts_again(running: Demo) -> None:
    cluster = Cluster(running.folder.path / "pg")
    keeper = noted(running.folder.note("keeper"))
    assert keeper is not None
    for pid in (keeper.pid, *(p.pid for p in marked(**{MARK: str(running.folder.path)}))):
        os.kill(pid, signal.SIGKILL)
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert running.recoupe("demo", "status").returncode == 1
    began = time.monotonic()
    done = running.start()
    assert done.returncode == 0, done.stdout
    assert time.monotonic() - began < 30


def test_after_its_keeper_alone_was_killed_the_rest_is_cleared_first(running: Demo) -> None:
    keeper = noted(running.folder.note("keeper"))
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGKILL)
    before = running.pids()
    done = running.start()
    assert done.returncode == 0, done.stdout
    assert "interrompue" in done.stdout
    assert not set(before.values()) & set(running.pids().values())


def verified(running: Demo) -> subprocess.CompletedProcess[str]:
    """The verification, once the witnesses of a demonstration that has just started have looked again."""
    limit = time.monotonic() + 90
    while "ARRÊTÉ" in (done := running.recoupe("journal", "verify")).stdout and time.monotonic() < limit:
        time.sleep(1)
    return done


def test_the_journal_is_whole_and_the_command_finds_what_is_done_to_it(running: Demo) -> None:
    """The made past is under the witnesses' first checkpoint; one changed entry of it is found, by its number."""
    done = verified(running)
    assert done.returncode == 0, done.stdout
    assert "Le journal est entier." in done.stdout
    change = "UPDATE audit_entry SET motive = motive || %s WHERE id = 100"
    with psycopg.connect(
        Cluster(running.folder.path / "pg").admin_url.removesuffix("/postgres") + "/recoupe"
    ) as direct:
        direct.execute(b"SET session_replication_role = replica")
        direct.execute(change.encode(), ["x"])
    done = verified(running)
    assert done.returncode == 1
    assert "une entrée a été modifiée (entrée 100, feuilles 99 à 99)" in done.stdout.replace("\u00a0", " ")
    with psycopg.connect(
        Cluster(running.folder.path / "pg").admin_url.removesuffix("/postgres") + "/recoupe"
    ) as direct:
        direct.execute(b"SET session_replication_role = replica")
        direct.execute(b"UPDATE audit_entry SET motive = left(motive, -1) WHERE id = 100")
    assert verified(running).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give each process its account")
def test_each_process_has_an_account_of_its_own_where_the_machine_allows(running: Demo) -> None:
    owners = {name: Path(f"/proc/{pid}").stat().st_uid for name, pid in running.pids().items()}
    reachable = OsUser(60101, 60101).reaches(Path(sys.executable).resolve(), running.folder.credentials)
    if reachable:
        assert len(set(owners.values())) == len(NAMES)
        assert 0 not in owners.values()
    else:
        assert set(owners.values()) == {0}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give each process its account")
def test_the_sites_accounts_open_nothing_that_the_running_matcher_keeps_and_the_public_one_not_its_socket(
    running: Demo,
) -> None:
    """Key, model, index, password, memory, and what it has put anywhere else on the machine."""
    pids = running.pids()
    owner = {name: Path(f"/proc/{pid}").stat().st_uid for name, pid in pids.items()}
    if owner["matcher"] == 0:
        pytest.skip("no account of its own reaches this folder")
    data, line = running.folder.path, running.folder.path / "matcher" / "matcher.sock"
    places = (data, Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))  # noqa: S108 - looked at, never written
    files = [str(path) for place in places for path in owned(place, owner["matcher"])]
    files += [f"/proc/{pids['matcher']}/{name}" for name in ("environ", "mem", "maps")]
    # It has an index, or the comparison would prove nothing.
    for kept in ("likeness/", "matcher.index.key", "matcher.model", "recoupe_matcher"):
        assert [path for path in files if kept in path], kept
    assert opened_as(owner["matcher"], files, line) == [*files, str(line)]
    assert opened_as(owner["web"], files, line) == [str(line)]
    for name in ("portal", "signin", "worker"):
        assert opened_as(owner[name], files, line) == [], name


def owned(place: Path, uid: int) -> Iterator[Path]:
    """The plain files below a place that belong to an account."""
    for folder, _, names in os.walk(place):
        for path in (Path(folder) / name for name in names):
            with suppress(FileNotFoundError):
                found = path.lstat()
                if found.st_uid == uid and stat.S_ISREG(found.st_mode):
                    yield path


def opened_as(uid: int, files: Sequence[str], line: Path) -> list[str]:
    """Which of these an account opens, and the socket if it may speak to it."""
    code = (
        "import json, socket, sys\n"
        "files, line = json.load(sys.stdin)\n"
        "found = []\n"
        "for path in files:\n"
        "    try:\n"
        "        open(path, 'rb').close()\n"
        "        found.append(path)\n"
        "    except OSError:\n"
        "        pass\n"
        "try:\n"
        "    socket.socket(socket.AF_UNIX).connect(line)\n"
        "    found.append(line)\n"
        "except OSError:\n"
        "    pass\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], input=json.dumps([list(files), str(line)]), capture_output=True, text=True,
        check=True, user=uid, group=uid, extra_groups=[],
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


# --- what ends it comes last: each start takes ten seconds ---------------------------------------------------------


def test_stop_leaves_nothing_and_may_be_asked_twice(running: Demo) -> None:
    first = running.stop()
    assert (first.returncode, first.stdout.strip()) == (0, "La démonstration est arrêtée.")
    assert running.left() == 0
    assert not Cluster(running.folder.path / "pg").running()
    second = running.stop()
    assert (second.returncode, second.stdout.strip()) == (0, "Rien ne tourne dans ce dossier.")


def test_a_taken_port_is_named_and_nothing_is_left_running(demo: Demo) -> None:
    demo.stop()
    with socket.socket() as other:
        # The connections of the site that just ended may linger.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", demo.port))
        other.listen()
        done = demo.start()
    assert done.returncode == 1
    assert re.search(rf"Le port {demo.port} est déjà pris .*PORT=\d+", done.stdout)
    assert demo.left() == 0
    assert not Cluster(demo.folder.path / "pg").running()


def test_in_the_foreground_an_interrupt_ends_it_all(demo: Demo) -> None:
    demo.stop()
    told = os.environ | {"DATA": str(demo.folder.path), "PORT": str(demo.port), "PORTAL_PORT": str(demo.portal_port)}
    told |= SMALL
    told.pop("DETACH", None)
    with (demo.folder.path.parent / "foreground").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "recoupe.cli.main", "demo"], env=told, stdout=said, stderr=subprocess.STDOUT
        )
        limit = time.monotonic() + 120
        text = ""
        while "Ctrl-C" not in text and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.2)
            text = (demo.folder.path.parent / "foreground").read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert "La démonstration est arrêtée." in (demo.folder.path.parent / "foreground").read_text()
    assert demo.left() == 0


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's PostgreSQL 15 is not installed here")
def test_an_administrators_cluster_serves_as_well() -> None:
    parent = Path(tempfile.mkdtemp(prefix="recoupe-outside-"))
    parent.chmod(0o755)
    outside = Cluster(parent / "debian", DEBIAN, for_tests=True)
    made = Demo(parent / "data")
    try:
        url = outside.start()
        done = made.start(DATABASE_URL=url)
        assert done.returncode == 0, done.stdout
        assert not (made.folder.path / "pg").exists()
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM pg_database WHERE datname = 'recoupe'").fetchone()
        assert row == (1,)
        password = (outside.folder / "admin").read_text().strip()
        for path in made.folder.path.rglob("*"):
            if path.is_file():
                assert password not in path.read_text(errors="replace"), path
        keeper = noted(made.folder.note("keeper"))
        assert keeper is not None
        assert password.encode() not in Path(f"/proc/{keeper.pid}/environ").read_bytes()
    finally:
        made.stop()
        assert outside.running()
        outside.stop()
        shutil.rmtree(parent)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://root@localhost/x", "n'est pas une adresse PostgreSQL"),
        ("postgresql://admin:hidden@127.0.0.1:1/postgres", "ne répond pas à 127.0.0.1:1"),
    ],
)
def test_an_administrators_address_that_does_not_serve_is_refused(url: str, sentence: str, tmp_path: Path) -> None:
    made = Demo(tmp_path / "data")
    done = made.start(DATABASE_URL=url)
    assert done.returncode == 1
    assert sentence in done.stdout
    assert "hidden" not in done.stdout
    assert "Traceback" not in done.stdout


def test_data_of_another_version_is_refused_by_the_command(tmp_path: Path) -> None:
    made = Demo(tmp_path / "data")
    (made.folder.path / "pg" / "data").mkdir(parents=True)
    (made.folder.path / "pg" / "data" / "PG_VERSION").write_text("14\n")
    done = made.start()
    assert done.returncode == 1
    assert "PostgreSQL 14" in done.stdout
    assert made.left() == 0
