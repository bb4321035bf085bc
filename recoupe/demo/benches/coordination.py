"""Steering: the board of the plan with ten years of values, and the paper of the ministers' committee."""

from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus

import psycopg
from django.urls import reverse

from recoupe.access.enums import Role
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.processes import site
from recoupe.demo.benches.visitor import Visitor
from recoupe.plan import actions, catalogue, queries
from recoupe.plan.actions import Proof
from recoupe.plan.enums import FigureUnit, Minister
from recoupe.plan.figures import SPECS, FigureSpec

YEARS, WEEK = 10, timedelta(days=7)
BOARD_MS, PAPER_S = Target(full=300), Target(full=5)
BOARD = "/plan/"
_NIGHTS = """
    INSERT INTO plan_dailyfigure (day, code, department, numerator, denominator, withheld, computed_at)
    SELECT d::date, c, '', 500 + (d::date - current_date) / 10 + 400, 2000, false, d
      FROM generate_series(current_date - %s, current_date - 1, interval '1 day') AS d, unnest(%s::text[]) AS c
"""
_STOCK = """
    INSERT INTO plan_dailyfigure (day, code, department, numerator, denominator, withheld, computed_at)
    SELECT d::date, 'm5_stock', r.code, 20 + length(r.name), NULL, false, d
      FROM generate_series(current_date - %s, current_date - 1, interval '1 day') AS d, reference_department r
"""


def coordination(bench: Bench) -> Iterator[Measure]:
    """Fill a base of its own through the owners' files, then read the board and print it."""
    years = bench.share(YEARS, 1)
    with bench.another("bench_coordination") as admin:
        values = _fill(admin, years)
        reader = crew.session("banc.lecteur", "CROSS13", Role.CROSS_ANALYST)
        size = f"{years} ans, {values} valeurs importées, {len(SPECS)} indicateurs comptés chaque nuit"
        secretary, meeting = _meeting(admin)
        with site() as staff:
            visitor = Visitor(reader, staff.port)
            visitor.get(BOARD)
            times = [_asked(visitor, BOARD) for _turn in range(3 if bench.tiny else 40)]
            visitor.close()
            how = "page du tableau par HTTP, journal et mise en page compris, 95e centile de 40 lectures, temps réel"
            yield Measure("plan_board_p95", percentile(times), "ms", how, size, BOARD_MS)
            printer = Visitor(secretary, staff.port)
            frozen = printer.post(f"{meeting}geler/", {}).milliseconds
            printed = _asked(printer, f"{meeting}imprimer/")
            printer.close()
        how = f"gel du tableau ({frozen:.0f} ms) puis PDF par typst, par HTTP, journal compris, temps réel"
        yield Measure("committee_pdf", (frozen + printed) / 1000, "s", how, size, PAPER_S)


def _fill(admin: str, years: int) -> int:
    """Weekly values of every imported indicator by its owner's file, and the nights of those that are counted."""
    days = 365 * years
    with psycopg.connect(admin) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_NIGHTS, [days, [spec.code for spec in SPECS]])
        connection.execute(_STOCK, [days])
        connection.execute("ANALYZE plan_dailyfigure")
    owners = {code: crew.session(f"banc.{code.lower()}", code, Role.PLAN_MANAGER) for code in _owners()}
    written = 0
    for card in catalogue.cards().values():
        specs = [spec for spec in catalogue.indicators_of(card.measure) if not spec.computed]
        for spec in specs:
            lines = list(_lines(spec, years))
            with crew.process("web"), crew.acting(owners[card.owner]) as agent:
                actions.import_values(
                    by=agent, card=queries.card(agent, card.measure), name=f"{spec.code}.csv",
                    proof=Proof(f"Relevé {spec.code}", date.today()), raw="\n".join(lines).encode(),
                )  # fmt: skip
            written += len(lines) - 1
    with psycopg.connect(admin) as connection:
        connection.execute("ANALYZE plan_value")
    return written


def _owners() -> set[str]:
    return {card.owner for card in catalogue.cards().values()}


def _lines(spec: FigureSpec, years: int) -> Iterator[str]:
    yield "indicateur;du;au;valeur;source"
    first = date.today() - timedelta(days=365 * years)
    for week in range(52 * years):
        start = first + WEEK * week
        value = 20 + week % 60 if spec.unit is FigureUnit.SHARE else 100 + week
        yield f"{spec.code};{start.isoformat()};{(start + timedelta(days=6)).isoformat()};{value};Banc"


def _asked(visitor: Visitor, address: str) -> float:
    answer = visitor.get(address)
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"{address} answered {answer.status}")
    return answer.milliseconds


def _meeting(admin: str) -> tuple[str, str]:
    """The secretariat's session, whose key was just shown, and the page of a meeting that it entered."""
    secretary = crew.session("banc.comite", "OFAST", Role.PLAN_MANAGER)
    with psycopg.connect(admin) as connection:
        connection.execute("UPDATE access_session SET proven_at = 'infinity'")
    with crew.process("web"), crew.acting(secretary) as agent:
        members = [minister.value for minister in Minister]
        session = actions.hold_session(by=agent, held_on=date.today(), reference="Banc", members=members)
    return secretary, reverse("plan-session", args=[session.id])
