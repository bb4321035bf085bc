"""Small tables written straight into the base, beside every rule, for the figures to count."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from django.db import models
from psycopg import sql
from psycopg.types.json import Jsonb

from recoupe.access.models import Disclosure
from recoupe.cases.models import Case
from recoupe.coordination.models import Objective, Step
from recoupe.crosscheck.models import Release
from recoupe.dealpoints.models import DealPoint, StateChange
from recoupe.intelligence.models import GradingHistory, Report
from recoupe.plan.models import DailyFigure, Decision, Evidence, Session, Snapshot, Value
from recoupe.reference import queries as reference
from recoupe.targets.models import RegisteredTarget, TargetStep
from tests.world import World

TABLES = (
    GradingHistory,
    Report,
    Release,
    Disclosure,
    Step,
    Objective,
    StateChange,
    DealPoint,
    TargetStep,
    RegisteredTarget,
    Case,
    DailyFigure,
    Snapshot,
    Decision,
    Session,
    Value,
    Evidence,
)
_PLAIN: dict[str, Any] = {
    "CharField": "", "TextField": "", "UUIDField": None, "BooleanField": False, "FloatField": 0.0, "IntegerField": 0,
    "PositiveIntegerField": 100, "PositiveSmallIntegerField": 0, "ArrayField": [], "JSONField": Jsonb({}),
}  # fmt: skip


def _filler(field: "models.Field[Any, Any]") -> Any:
    if field.has_default() and field.get_internal_type() != "UUIDField":
        return field.get_default()
    if field.null:
        return None
    kind = field.get_internal_type()
    if kind == "UUIDField":
        return uuid4()
    if kind == "DateTimeField":
        return datetime.now(UTC)
    if kind == "ForeignKey":
        return reference.unit("PJ13").id if field.related_model and field.related_model.__name__ == "Unit" else uuid4()
    return _PLAIN.get(kind, _PLAIN.get(type(field).__name__))


def insert(world: World, model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows as an administrator, without triggers or keys; columns left out get any valid filler."""
    fields = [f for f in model._meta.concrete_fields if f.get_internal_type() not in ("BigAutoField", "AutoField")]
    columns = sql.SQL(", ").join([sql.Identifier(str(f.column)) for f in fields])
    marks = sql.SQL(", ").join([sql.Placeholder() for _ in fields])
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(model._meta.db_table), columns, marks)
    with psycopg.connect(world.admin_url) as admin, admin.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.executemany(
            statement,
            [[row[f.attname] if f.attname in row else row.get(f.name, _filler(f)) for f in fields] for row in rows],
        )


def clear(world: World) -> None:
    """Empty every table that a figure reads."""
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        for model in TABLES:
            admin.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(model._meta.db_table)))


def counted(world: World, code: str, department: str = "") -> tuple[int | None, int | None, bool] | None:
    """What is kept of a figure after a new count: numerator, denominator, withheld; None when nothing is kept."""
    world.sql("SELECT plan.freeze()", role="recoupe_worker")
    rows = world.sql(
        "SELECT numerator, denominator, withheld FROM plan_dailyfigure WHERE code = %s AND department = %s",
        [code, department],
    )
    return rows[0] if rows else None
