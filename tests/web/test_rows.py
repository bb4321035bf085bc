"""Rows written by functions: what comes from a record is shown as text, whatever it holds."""

from collections.abc import Callable, Iterable
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.template import Context
from django.utils import timezone

from recoupe.web.coordination import rows as objectives
from recoupe.web.crosscheck import rows as hits
from recoupe.web.desk import rows as reviews
from recoupe.web.intelligence import table as reports
from recoupe.web.notices import rows as notices

HOSTILE = "<script>1</script>\"'><img src=x onerror=1>&"
Kind = SimpleNamespace


def objective() -> Any:
    it = Kind(id=uuid4(), title=HOSTILE, ref=HOSTILE, deadline=date(2027, 1, 2), state_since=timezone.now())
    state = Kind(label=HOSTILE)
    return Kind(
        objective=it, late=True, waits=True, commune=HOSTILE, lead=HOSTILE, passed_over=True, state=state, tone=HOSTILE
    )


def report() -> Any:
    it = Kind(id=uuid4(), ref=HOSTILE, handling=[HOSTILE], grading=HOSTILE, urgency=True, silent_until=date(2027, 1, 2))
    state = Kind(label=HOSTILE)
    return Kind(report=it, extract=HOSTILE, event=HOSTILE, place=HOSTILE, unit=HOSTILE, state=state, tone=HOSTILE)


def own() -> Any:
    it = Kind(id=uuid4(), ref=None, fact_text=HOSTILE)
    state = Kind(label=HOSTILE)
    return Kind(report=it, event=HOSTILE, place=HOSTILE, state=state, tone=HOSTILE)


def brief() -> Any:
    it = Kind(id=uuid4(), ref=HOSTILE, fact_text=HOSTILE)
    return Kind(report=it, event=HOSTILE, state=Kind(label=HOSTILE), tone=HOSTILE)


def met() -> Any:
    hit = Kind(
        url=HOSTILE,
        unit=HOSTILE,
        state=HOSTILE,
        phone=HOSTILE,
        strength=HOSTILE,
        strength_label=HOSTILE,
        at=timezone.now(),
    )
    return Kind(report=Kind(id=uuid4(), ref=HOSTILE), hit=hit)


def glance() -> Any:
    side = Kind(at=timezone.now())
    return Kind(url=HOSTILE, title=HOSTILE, strength=HOSTILE, strength_label=HOSTILE, side=side)


def notice() -> Any:
    about = Kind(url=HOSTILE, text=HOSTILE, urgent=True, strength=HOSTILE, strength_label=HOSTILE)
    return Kind(about=about, label=HOSTILE, overdue=False, due_at=timezone.now(), at=timezone.now())


def review() -> Any:
    named = {"name": HOSTILE, "unit_name": HOSTILE, "designated_by": HOSTILE}
    said = {"role": HOSTILE, "role_label": HOSTILE, "purposes": [HOSTILE], "purpose_labels": [HOSTILE]}
    return Kind(id=uuid4(), agent_id=uuid4(), looked_at=date(2027, 1, 2), **named, **said)


def review_rows(lines: Iterable[Any]) -> str:
    return reviews.review_rows(Context({"csrf_token": HOSTILE}), lines)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (objectives.rows, objective),
        (reports.rows, report),
        (notices.rows, notice),
        (reports.own_rows, own),
        (reports.brief_rows, brief),
        (reports.met_rows, met),
        (hits.glance_rows, glance),
        (review_rows, review),
    ],
    ids=[
        "objectives",
        "reports",
        "notices",
        "own reports",
        "reports in brief",
        "hits of a file",
        "hits at a glance",
        "reviews",
    ],
)
def test_what_a_record_holds_is_text(rows: Callable[[Iterable[Any]], str], line: Callable[[], Any]) -> None:
    written = rows([line()])
    assert "&lt;script&gt;1&lt;/script&gt;&quot;&#x27;&gt;" in written
    assert "<script" not in written
    assert "<img" not in written
    assert HOSTILE.partition("'")[0] not in written
