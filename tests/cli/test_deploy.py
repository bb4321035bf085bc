"""The set-up on an administrator's server: its encryption goes to every role, another installation is left alone."""

from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection

from recoupe.cli.deploy import TAKE_ROLES, _role_url, deploy, refuse_roles_of_another
from recoupe.cli.obstacle import Obstacle
from recoupe.config.roles import connected_to
from recoupe.config.settings import database_from_url
from tests.world import World

VERIFIED = "sslmode=verify-full&sslrootcert=%2Fetc%2Fssl%2Fb%C3%A2se.pem"


@pytest.mark.parametrize("pooled", [False, True])
def test_a_role_verifies_the_server_as_the_administrator_does(pooled: bool) -> None:
    admin = f"postgresql://admin:x@db.example:5433/postgres?{VERIFIED}&sslkey=/root/admin.key&application_name=a"
    url = _role_url(admin, "recoupe_app")
    assert url == f"postgresql://recoupe_app@db.example:5433/postgres?{VERIFIED}"
    found = database_from_url(url, pooled=pooled)
    assert found["NAME"] == "postgres"
    assert {name: found["OPTIONS"].get(name) for name in ("sslmode", "sslrootcert", "sslkey")} == {
        "sslmode": "verify-full", "sslrootcert": "/etc/ssl/bâse.pem", "sslkey": None,
    }  # fmt: skip


def test_a_server_without_encryption_is_refused_where_it_is_demanded(world: World) -> None:
    database = database_from_url(f"{world.url('recoupe_app')}?sslmode=require", pooled=False)
    with connected_to(database), pytest.raises(OperationalError, match="SSL"):
        connection.ensure_connection()


def test_a_second_folder_on_a_server_leaves_the_first_its_passwords(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TAKE_ROLES, raising=False)
    known = world.url("recoupe_app")
    monkeypatch.setenv("DATA", str(tmp_path / "second"))
    with pytest.raises(Obstacle, match="RECOUPE_TAKE_ROLES=1"):
        deploy(world.admin_url, database="second")
    with psycopg.connect(world.admin_url) as admin:
        assert admin.execute("SELECT 1 FROM pg_database WHERE datname = 'second'").fetchone() is None
        monkeypatch.setenv(TAKE_ROLES, "1")
        refuse_roles_of_another(admin)
    psycopg.connect(known).close()
    assert not (tmp_path / "second").exists()


def test_a_base_of_before_that_lacks_a_step_is_left_as_it_is(world: World) -> None:
    step = ("access", "0012_registry_manager")
    assert world.sql("DELETE FROM django_migrations WHERE (app, name) = (%s, %s) RETURNING app", step) == [("access",)]
    world.sql("REVOKE USAGE ON SCHEMA plan FROM recoupe_app")
    with pytest.raises(Obstacle, match=r"étapes qui n'existent plus \(access\)"):
        deploy(world.admin_url, lambda _line: None, database=world.name)
    told = "SELECT has_schema_privilege('recoupe_app', 'plan', 'usage')"
    assert world.sql(told) == [(False,)]
    world.sql("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", step)
    deploy(world.admin_url, lambda _line: None, database=world.name)
    assert world.sql(told) == [(True,)]
