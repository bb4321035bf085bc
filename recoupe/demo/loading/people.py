"""Agents, their habilitations, and the software keys of the demonstration."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection

from recoupe.access import actions, context
from recoupe.access.actions import Designation
from recoupe.access.authenticator import FILE, SoftwareKey, kept_keys, write_keys
from recoupe.access.enums import Role
from recoupe.access.signin import made_agents
from recoupe.demo.loading.stage import MOTIVE, AsProcess, Stage
from recoupe.reference import queries as reference

AUTHORITY = "Autorité d'habilitation (démonstration)"
SOFTWARE = "Clé logicielle de la démonstration"
AT_ONCE = 100  # an entry of the journal holds at most a hundred references


def known(stage: Stage, login: str) -> UUID | None:
    """The identifier of a made agent, as the sign-in process alone may ask for it."""
    with stage.process("signin"):
        return next((agent.id for agent in made_agents() if agent.login == login), None)


def load_agents(stage: Stage) -> None:
    """Designate every agent of the world, a hundred at a time."""
    since = stage.world.plan.today - timedelta(days=3 * 365)
    everybody = stage.world.agents
    with stage.process("migrate"):
        for start in range(0, len(everybody), AT_ONCE):
            step = f"agents:{start}"
            if stage.ledger.has(step):
                continue
            batch = everybody[start : start + AT_ONCE]
            if known(stage, batch[0].login):  # committed just before the loading was killed
                stage.ledger.add(step, {a.login: str(known(stage, a.login)) for a in batch})
                continue
            with context.service("set-up", MOTIVE):
                made = actions.designate(
                    designations=[
                        Designation(
                            login=a.login,
                            display_name=a.name,
                            unit=reference.unit(a.unit),
                            roles=tuple(Role(role) for role in a.roles),
                            designated_by=AUTHORITY,
                            valid_from=since,
                        )
                        for a in batch
                    ]
                )
            stage.ledger.add(step, {a.login: str(a.id) for a in made})
    for start in range(0, len(everybody), AT_ONCE):
        stage.ids |= {login: UUID(i) for login, i in stage.ledger.value(f"agents:{start}").items()}


def give_keys(process: AsProcess, folder: Path) -> None:
    """Every made agent has a software key under the folder: those of a cut loading, or of before keys, as well.

    The self-test and the commands sign in with them; whoever reads that file enters as anybody of this world.
    """
    path = folder / FILE
    kept = kept_keys(path)
    with process("signin"), connection.cursor() as cursor:
        agents = made_agents()
        live = set()
        for login, key in kept.items():
            cursor.execute("SELECT live FROM access.passkey_of(%s::bytea)", [key.credential_id])
            live |= {login} if cursor.fetchall() == [(True,)] else set()
    fresh = {agent.login: SoftwareKey.new(agent.id.bytes) for agent in agents if agent.login not in live}
    if not fresh:
        return
    with process("migrate"), connection.cursor() as cursor:
        for login, key in fresh.items():
            cursor.execute(
                "SELECT access.set_up_passkey(%s::text, %s::bytea, %s::bytea, %s::text)",
                [login, key.credential_id, key.public, SOFTWARE],
            )
    write_keys(path, kept | fresh)


def accounts_text(stage: Stage) -> str:
    """The named accounts, as people read them."""
    named = [a for a in stage.world.agents if a.named]
    lines = ["  Comptes de démonstration (fictifs), un bouton chacun sur la page d'entrée :"]
    width = max(len(a.login) for a in named)
    lines += [f"    {a.login:{width}}  {a.named} ({a.unit})" for a in named]
    return "\n".join(lines) + "\n"
