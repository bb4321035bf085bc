"""The command line on a test's own database: credentials in a folder of their own, agents who have a software key."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from recoupe.access.authenticator import FILE, SoftwareKey, kept_keys, write_keys
from recoupe.config.processes import LOGIN_ROLES
from tests.world import TestAgent, World

SHEETS = Path(__file__).resolve().parents[1] / "data" / "spreadsheets"
MAPPING = SHEETS / "mapping.json"
# The software keys of the agents of these tests, by login, in a file that the command is told of.
KEYS = Path(tempfile.mkdtemp(prefix="recoupe-keys-")) / FILE


def give_keys(world: World, *agents: TestAgent) -> None:
    """Let these agents sign in by a command."""
    fresh = {agent.login: SoftwareKey.new(agent.id.bytes) for agent in agents}
    with psycopg.connect(world.admin_url) as direct:
        # The rows that a ceremony would make are made behind the journal's back, as the superuser alone can.
        direct.execute("SET session_replication_role = replica")
        for agent in agents:
            key = fresh[agent.login]
            direct.execute(
                "INSERT INTO access_passkey (id, agent_id, credential_id, public_key, sign_count, name, added_at)"
                " VALUES (gen_random_uuid(), %s, %s, %s, 0, 'essai', now())",
                [agent.id, key.credential_id, key.public],
            )
    write_keys(KEYS, kept_keys(KEYS) | fresh)


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


def import_command(file: Path, login: str, *options: str, mapping: Path = MAPPING, keys: Path = KEYS) -> list[str]:
    """The verb as a person types it."""
    return [sys.executable, "-m", "recoupe.cli.main", "import", str(file), "--mapping", str(mapping),
            "--as", login, "--key", str(keys), "--json", *options]  # fmt: skip


def import_file(
    data: Path, file: Path, login: str, *options: str, mapping: Path = MAPPING, keys: Path = KEYS
) -> tuple[int, list[dict[str, Any]], str]:
    """Run it to its end: exit code, the lines of its report, what it said on the way."""
    done = subprocess.run(
        import_command(file, login, *options, mapping=mapping, keys=keys),
        env=environment(data), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr
