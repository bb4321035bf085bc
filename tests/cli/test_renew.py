"""Other passwords under a house that works: nobody is refused, the old ones open nothing (R-60)."""

import os
import time
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from recoupe.access.enums import Role
from recoupe.cli import check, renew
from recoupe.cli.deploy import create_roles, scrambled
from recoupe.config.credentials import keep_password, password_file
from recoupe.config.files import write_durably
from recoupe.config.paths import credential, secret
from recoupe.config.processes import LOGIN_ROLES
from recoupe.demo.benches.visitor import Visitor
from tests.fuzz.stand import Stand, standing
from tests.world import World

pytestmark = pytest.mark.slow
WHY = Namespace(motive="échéance fictive des mots de passe")


@pytest.fixture
def stand(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """A site and its jobs in a folder of their own; the roles of the tests' server have their passwords back after."""
    before = {role: world.url(role) for role in LOGIN_ROLES}
    with standing(world, tmp_path / "data", ("web", "worker")) as made:
        monkeypatch.setenv("DATA", str(made.folder.path))
        monkeypatch.setenv("RECOUPE_ADMIN_URL", world.admin_url)
        yield made
        monkeypatch.undo()
    with psycopg.connect(world.admin_url, autocommit=True) as admin:
        for role, url in before.items():
            kept = scrambled(admin, role, str(psycopg.conninfo.conninfo_to_dict(url)["password"]))
            change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(kept))
            admin.execute(change)


def _refused(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError as error:
        return "password authentication failed" in str(error)
    return False


def _serves(visitor: Visitor) -> bool:
    """A connection that was cut costs one answer; the next one is on a new connection."""
    limit = time.monotonic() + 30
    while visitor.get("/").status != 200:
        assert time.monotonic() < limit
        time.sleep(0.1)
    visitor.close()
    return True


def test_passwords_change_under_a_house_that_works(world: World, stand: Stand) -> None:
    agents = [world.agent(Role.INVESTIGATOR) for _ in range(6)]
    old = {role: world.url(role) for role in LOGIN_ROLES}
    # As an older installation wrote it: the address carries its password.
    write_durably(credential("recoupe_portal"), old["recoupe_portal"])
    password_file(credential("recoupe_portal")).unlink()
    keys = secret("web").read_text()
    done = Event()

    def visits(token: str) -> list[int]:
        visitor = Visitor(token, stand.ports["web"])
        met = [visitor.get("/").status]
        while not done.is_set():
            met.append(visitor.get("/").status)
        visitor.close()
        return met

    with ThreadPoolExecutor(len(agents)) as pool:
        running = [pool.submit(visits, agent.token) for agent in agents]
        try:
            assert [renew.run(WHY) for _ in range(3)] == [0, 0, 0]
        finally:
            done.set()
        met = [status for one in running for status in one.result()]
    assert len(met) > len(agents)
    assert set(met) == {200}
    assert all(_refused(url) for url in old.values())
    assert not any(_refused(world.url(role)) for role in LOGIN_ROLES)
    assert all(urlsplit(credential(role).read_text()).password is None for role in LOGIN_ROLES)
    assert secret("web").read_text() != keys
    for role in LOGIN_ROLES:
        assert {path.stat().st_mode & 0o777 for path in (credential(role), password_file(credential(role)))} == {0o600}
    [age] = check.age_of_secrets()
    assert age.well
    long_ago = time.time() - 86_400 * (check.OLDEST_PASSWORD_DAYS + 1)
    os.utime(password_file(credential("recoupe_notary")), (long_ago, long_ago))
    [age] = check.age_of_secrets()
    assert (age.well, age.seen) == (False, "181 jours : lancez recoupe renew")
    entries = world.sql("SELECT details, motive FROM audit_entry WHERE details ->> 'what' = 'secrets'")
    assert entries == [({"what": "secrets"}, WHY.motive)] * 3
    # Every open connection is cut: what works after it has the new password.
    ours = list(LOGIN_ROLES)
    world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY (%s)", [ours])
    assert _serves(Visitor(agents[0].token, stand.ports["web"]))
    limit = time.monotonic() + 30
    while not world.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'recoupe_worker'"):
        assert stand.running["worker"].poll() is None
        assert time.monotonic() < limit
        time.sleep(0.1)
    # Killed between the file and the base, a change is mended by the set-up: the base is given what the file holds.
    keep_password(credential("recoupe_portal"), "mot-de-passe-que-la-base-ignore")
    assert _refused(world.url("recoupe_portal"))
    create_roles(world.admin_url)
    assert not _refused(world.url("recoupe_portal"))
