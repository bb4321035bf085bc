"""The command line on a test's own database: credentials in a folder of their own, agents who have a password."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from django.contrib.auth.hashers import make_password

from recoupe.config.processes import LOGIN_ROLES
from tests.world import TestAgent, World

SHEETS = Path(__file__).resolve().parents[1] / "data" / "spreadsheets"
MAPPING = SHEETS / "mapping.json"
PASSWORD = "mot de passe de ces essais"


def give_passwords(world: World, *agents: TestAgent) -> None:
    """Let these agents sign in."""
    with psycopg.connect(world.admin_url) as direct:
        # The rows that an authority would sign for are made behind the journal's back, as the superuser alone can.
        direct.execute("SET session_replication_role = replica")
        for agent in agents:
            direct.execute(
                "INSERT INTO access_credential (agent_id, password_hash, changed_at) VALUES (%s, %s, now())"
                " ON CONFLICT (agent_id) DO UPDATE SET password_hash = excluded.password_hash",
                [agent.id, make_password(PASSWORD)],
            )


def installation(world: World, folder: Path) -> Path:
    """A folder DATA whose credentials name this database."""
    credentials = folder / "credentials"
    credentials.mkdir(parents=True)
    for role in LOGIN_ROLES:
        (credentials / role).write_text(world.url(role) + "\n")
    return folder


def environment(data: Path) -> dict[str, str]:
    """What a command is told."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "RECOUPE_PROCESS")}
    return kept | {"DATA": str(data), "PYTHONUNBUFFERED": "1"}


def import_command(file: Path, login: str, *options: str, mapping: Path = MAPPING) -> list[str]:
    """The verb as a person types it."""
    return [sys.executable, "-m", "recoupe.cli.main", "import", str(file), "--mapping", str(mapping),
            "--as", login, "--json", *options]  # fmt: skip


def import_file(
    data: Path, file: Path, login: str, *options: str, password: str = PASSWORD, mapping: Path = MAPPING
) -> tuple[int, list[dict[str, Any]], str]:
    """Run it to its end: exit code, the lines of its report, what it said on the way."""
    done = subprocess.run(
        import_command(file, login, *options, mapping=mapping),
        env=environment(data), input=password + "\n", capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr
