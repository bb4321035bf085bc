"""Agents, their habilitations, and the one password of the demonstration."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connection

from recoupe.access import actions, context
from recoupe.access.actions import Designation
from recoupe.access.enums import Role
from recoupe.config.demonstration import PASSWORD
from recoupe.demo.loading.stage import MOTIVE, Stage
from recoupe.reference import queries as reference

AUTHORITY = "Autorité d'habilitation (démonstration)"
AT_ONCE = 100  # an entry of the journal holds at most a hundred references


def known(stage: Stage, login: str) -> UUID | None:
    """The identifier of an account, as the sign-in process alone may ask for it."""
    with stage.process("signin"), connection.cursor() as cursor:
        cursor.execute("SELECT agent FROM access.credential_of(%s::text)", [login])
        row = cursor.fetchone()
    return row[0] if row else None


def load_agents(stage: Stage) -> None:
    """Designate every agent of the world, a hundred at a time."""
    since = stage.world.plan.today - timedelta(days=3 * 365)
    everybody = stage.world.agents
    password = make_password(PASSWORD)
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
                            password_hash=password,
                            valid_from=since,
                        )
                        for a in batch
                    ]
                )
            stage.ledger.add(step, {a.login: str(a.id) for a in made})
    for start in range(0, len(everybody), AT_ONCE):
        stage.ids |= {login: UUID(i) for login, i in stage.ledger.value(f"agents:{start}").items()}


def accounts_text(stage: Stage) -> str:
    """The named accounts, as people read them."""
    named = [a for a in stage.world.agents if a.named]
    lines = [f"  Comptes de démonstration (fictifs), mot de passe : {PASSWORD}"]
    width = max(len(a.login) for a in named)
    lines += [f"    {a.login:{width}}  {a.named} ({a.unit})" for a in named]
    return "\n".join(lines) + "\n"
