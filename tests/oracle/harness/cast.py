"""Who lives in the random world: units of every kind, agents of every role and fate, sessions of every sort."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID

import psycopg
from django.utils import timezone

from recoupe.access import actions, context
from recoupe.access.enums import Role
from recoupe.reference.models import Unit
from tests.oracle import tables
from tests.oracle.terms import Purpose
from tests.world import World

R = Role
# (unit, roles): each made once. Some stand where their role means little, which is the point.
REGULAR: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("PJ13", (R.INVESTIGATOR,)), ("PJ13", (R.INVESTIGATOR,)), ("PJ13", (R.UNIT_HEAD,)), ("PJ13", (R.DUTY_OFFICER,)),
    ("PJ13", (R.INVESTIGATOR, R.DUTY_OFFICER)), ("PJ13", (R.CROSS_ANALYST,)),
    ("SR13", (R.INVESTIGATOR,)), ("SR13", (R.UNIT_HEAD,)), ("SR13", (R.CROSS_ANALYST, R.INVESTIGATOR)),
    ("DED13", (R.INVESTIGATOR,)), ("DED13", (R.UNIT_HEAD,)), ("DED13", (R.CROSS_ANALYST,)), ("DED13",
    (R.DUTY_OFFICER,)),
    ("CROSS13", (R.CROSS_ANALYST,)), ("CROSS13", (R.CROSS_ANALYST,)), ("CROSS13", (R.CROSS_HEAD,)),
    ("CROSS13", (R.INVESTIGATOR,)), ("CROSS84", (R.CROSS_ANALYST,)), ("CROSS84", (R.CROSS_HEAD,)),
    ("CROSS69", (R.CROSS_ANALYST,)), ("CROSS69", (R.CROSS_HEAD,)), ("CROSS59", (R.CROSS_ANALYST,)),
    ("PJ69", (R.INVESTIGATOR,)), ("PJ69", (R.UNIT_HEAD,)), ("PJ69", (R.CROSS_HEAD,)),
    ("PJ59", (R.INVESTIGATOR,)), ("PJ59", (R.UNIT_HEAD,)), ("SR59", (R.INVESTIGATOR,)), ("SR59", (R.UNIT_HEAD,)),
    ("PJ84", (R.INVESTIGATOR,)), ("PJ84", (R.UNIT_HEAD,)), ("SR975", (R.INVESTIGATOR,)), ("SR975", (R.UNIT_HEAD,)),
    ("OFAST", (R.OFAST_ANALYST,)), ("OFAST", (R.OFAST_ANALYST,)), ("OFAST", (R.DPO,)), ("OFAST", (R.SYSADMIN,)),
    ("OFAST", (R.DESIGNATING_AUTHORITY,)), ("OFAST", (R.UNIT_HEAD,)), ("PJ13", (R.OFAST_ANALYST,)),
    ("TJ13", (R.PROSECUTOR,)), ("TJ13", (R.PROSECUTOR,)), ("TJ13", (R.EXAMINING_JUDGE,)), ("TJ13A", (R.PROSECUTOR,)),
    ("TJ69", (R.PROSECUTOR,)), ("JIRS13", (R.PROSECUTOR,)), ("TJ975", (R.PROSECUTOR,)),
    ("PM13055", (R.INVESTIGATOR,)), ("PREF13", (R.DESIGNATING_AUTHORITY,)), ("PJ13", (R.DPO, R.INVESTIGATOR)),
    ("OFAST", (R.INSPECTION,)), ("OFAST", (R.REGISTRY_MANAGER,)), ("SR59", (R.REGISTRY_MANAGER,)),
     ("CROSS13", (R.UNIT_HEAD,)), ("PJ13", (R.CROSS_HEAD, R.CROSS_ANALYST)),
    ("CROSS59", (R.CROSS_HEAD,)), ("OFAST", (R.WATCH_DESK,)), ("PJ13", (R.WATCH_DESK,)),
    ("OFAST", (R.PLAN_MANAGER,)), ("OFAST-PSTR", (R.PLAN_MANAGER,)), ("PJ13", (R.PLAN_MANAGER,)),
)  # fmt: skip
# (fate, unit, role): what happens to them later on, or the days between which they may act.
FATED: tuple[tuple[str, str, Role], ...] = (
    ("ended", "PJ13", R.INVESTIGATOR), ("last_day", "PJ13", R.INVESTIGATOR), ("tomorrow", "CROSS13", R.CROSS_HEAD),
    ("first_day", "SR13", R.UNIT_HEAD), ("revoked", "CROSS13", R.CROSS_ANALYST), ("inactive", "PJ13", R.UNIT_HEAD),
    ("moved", "PJ13", R.INVESTIGATOR), ("moved", "CROSS13", R.CROSS_ANALYST), ("moved_bare", "DED13", R.INVESTIGATOR),
    ("half_revoked", "PJ13", R.UNIT_HEAD), ("moved", "TJ13", R.PROSECUTOR), ("narrowed", "SR13", R.INVESTIGATOR),
    ("narrowed", "CROSS84", R.CROSS_ANALYST),
)  # fmt: skip
MOTIVE = "motif de test suffisant"


@dataclass(frozen=True, slots=True)
class Person:
    """An agent as the tests drive him: `token` of his session with a purpose, `bare` of one without."""

    id: UUID
    login: str
    unit: str
    unit_id: UUID
    roles: tuple[Role, ...]
    fate: str
    token: str
    bare: str


@dataclass(frozen=True, slots=True)
class Identity:
    """One way to act: an agent under one session."""

    agent: str
    login: str
    token: str
    session: str
    purpose: Purpose | None


def _days(fate: str, today: date) -> tuple[date, date | None]:
    long_ago = date(2020, 1, 1)
    return {
        "ended": (long_ago, today - timedelta(days=1)), "last_day": (long_ago, today),
        "tomorrow": (today + timedelta(days=1), None), "first_day": (today, None),
    }.get(fate, (long_ago, None))  # fmt: skip


def people(world: World, random: Random) -> list[Person]:
    """Designate everybody in one act, then open two sessions for each, one with a purpose of his."""
    today = timezone.localdate()
    wanted = [("", unit, roles) for unit, roles in REGULAR]
    wanted += [
        (fate, unit, (role, R.DUTY_OFFICER) if fate == "half_revoked" else (role,)) for fate, unit, role in FATED
    ]
    units = {unit.code: unit for unit in Unit.objects.filter(code__in={unit for _fate, unit, _roles in wanted})}
    designations = []
    for number, (fate, code, roles) in enumerate(wanted):
        first, last = _days(fate, today)
        login = f"{fate or roles[0].value}.{code.lower()}.{number}"
        designations.append(
            actions.Designation(
                login, f"Nom zq{random.getrandbits(40):010x}", units[code], roles, "Autorité", first, last
            )
        )
    with world.process("migrate"), context.service("set-up", "tests"):
        made = actions.designate(designations=designations)
    found = []
    for agent, (fate, code, roles) in zip(made, wanted, strict=True):
        tokens = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        found.append(Person(agent.id, agent.login, code, units[code].id, roles, fate, *tokens))
    _sessions(world, found, random)
    return found


def _sessions(world: World, found: list[Person], random: Random) -> None:
    with psycopg.connect(world.url("recoupe_signin"), autocommit=True) as desk:
        for person in found:
            for token in (person.token, person.bare):
                # It does not tire, its key was shown just now: no facts that the oracle is told.
                name = sha256(token.encode()).digest()
                desk.execute("SELECT access.start_session(%s, %s, 12, 'set-up')", [person.id, name])
    # Whether a key was shown within five minutes is no matter of rights: it was, for as long as the tests last.
    world.sql("UPDATE access_session SET proven_at = 'infinity' WHERE agent_id = ANY (%s)", [[one.id for one in found]])
    with psycopg.connect(world.url("recoupe_app"), autocommit=True) as application:
        for person in found:
            purpose = random.choice(sorted(tables.PURPOSES[person.roles[0].value]))
            application.execute("SELECT access.declare(%s, %s, %s, '')", [person.token, purpose, MOTIVE])


def identities(world: World) -> Iterator[Identity]:
    """Every session that was ever opened and whose token the tests hold is told apart by its hash."""
    for hashed, agent, purpose, motive, case_ref in world.sql(
        "SELECT encode(token_hash, 'hex'), agent_id::text, purpose, motive, case_ref FROM access_session ORDER BY 1"
    ):
        yield Identity(agent, "", "", hashed, Purpose(purpose, case_ref, motive) if purpose else None)


def hashed(token: str) -> str:
    """The name of a session: the hash of its token."""
    return sha256(token.encode()).hexdigest()
