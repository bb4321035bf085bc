"""A few agents of a bench or a proof, in a database of its own: designated, signed in, handing in files."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from recoupe.access import actions, context
from recoupe.access.actions import Designation
from recoupe.access.agent import Agent
from recoupe.access.codes import new_token, token_hash
from recoupe.access.enums import PURPOSES_BY_ROLE, Role, SignInBy
from recoupe.config.processes import PROCESSES
from recoupe.config.roles import connected_as
from recoupe.crosscheck.actions.pull import pull
from recoupe.intelligence import actions as reports
from recoupe.intelligence.importing import running
from recoupe.reference import queries as reference

MOTIVE = "Mesure sur une base d'essai"


@contextmanager
def process(name: str) -> Iterator[None]:
    """Inside, this thread's connection is that of a process of the house."""
    with connected_as(PROCESSES[name].role):
        yield


def session(login: str, unit: str, *roles: Role) -> str:
    """Designate an agent with these roles and open his session; returns its token."""
    with process("migrate"), context.service("set-up", MOTIVE):
        wanted = Designation(
            login=login,
            display_name=login,
            unit=reference.unit(unit),
            roles=roles,
            designated_by=MOTIVE,
            valid_from=date(2020, 1, 1),
        )
        made = actions.designate(designations=[wanted])[0]
    token = new_token()
    with process("signin"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT access.start_session(%s::uuid, %s::bytea, %s::integer, %s::text)",
            [made.id, token_hash(token), 12, SignInBy.SET_UP.value],
        )
    with process("web"), context.acting(token) as agent:
        purpose = PURPOSES_BY_ROLE[roles[0]][0].value
        actions.declare_purpose(by=agent, token=token, purpose=purpose, motive=MOTIVE, case_ref="")
    return token


@contextmanager
def acting(token: str) -> Iterator[Agent]:
    """One committed transaction of the application role under a session."""
    with context.acting(token) as agent:
        yield agent


def import_file(token: str, name: str, content: bytes, mapping: dict[str, Any]) -> UUID:
    """Hand in, check, open and write a file as a head of unit; the caller is the web process. Returns its id."""
    with acting(token) as agent:
        handed = reports.upload_import(by=agent, name=name, content=content, mapping=mapping)
    checked = running.check(lambda: acting(token), handed.id)
    if checked.rows_refused:
        with acting(token):
            first = checked.refusals.order_by("line").first()
        raise ValueError(
            f"{name}: {checked.rows_refused} rows refused, {first and (first.line, first.field, first.sentence)}"
        )
    with acting(token) as agent:
        reports.open_import(by=agent, import_file=checked)
    running.run(lambda: acting(token), handed.id)
    return handed.id


def drain(lane: str = "bulk", limit: int = 500) -> int:
    """Let the matcher compare all that waits in a lane; returns the number of records."""
    done = 0
    with process("matcher"):
        while taken := pull(lane, limit).records:
            done += taken
    return done


def set_parameter(code: str, value: int) -> None:
    """Change a parameter of this database alone."""
    with process("migrate"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reference_legalparameter SET value = %s WHERE rule_code = %s", [value, code])
    reference.forget()
