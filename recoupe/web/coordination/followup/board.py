"""The follow-up board: checks that are late or come, measures, mobile forces, and the rate; and its paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination.followup import queries, rules
from recoupe.coordination.followup.enums import CheckState
from recoupe.kernel.refusal import Absent, Invalid, gettext_noop
from recoupe.reference import queries as reference
from recoupe.web.coordination.followup import shown
from recoupe.web.coordination.followup.forms import BoardForm
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import TAKEN_OUT, policy
from recoupe.web.printing.pdf import Paper, print_paper
from recoupe.web.shell import DECIDERS

AHEAD_DAYS = 30
MOST_SHOWN = 100
UNKNOWN_BOARD = gettext_noop("Ce tableau n'existe pas : repartez du début.")
DAY = "%d/%m/%Y"


@dataclass(frozen=True, slots=True)
class Board:
    """All that the board says."""

    checks: list[queries.Waiting]
    measures: list[queries.Planned]
    forces: rules.Forces
    rate: rules.Reoccupation

    @property
    def refs(self) -> tuple[tuple[str, Any], ...]:
        """The points that it names, each once."""
        named = dict.fromkeys([*(c.point_id for c in self.checks), *(m.point_id for m in self.measures)])
        return tuple(("dealpoint", point) for point in named)


def read(agent: Agent, form: BoardForm) -> Board:
    """The board of a place and a period, among the points that the agent reads."""
    today, data = timezone.localdate(), form.cleaned_data
    plans = queries.planned(agent, form.place)
    rate = queries.reoccupation(agent, data["first"], data["last"], today, data["department"])
    return Board(
        checks=queries.waiting(agent, today, AHEAD_DAYS, form.place),
        measures=shown.late_first(plans, today)[:MOST_SHOWN],
        forces=queries.forces(plans),
        rate=rate,
    )


@policy(roles=DECIDERS)
@require_safe
def followup_board(request: StaffRequest) -> HttpResponse:
    """What waits after the operations, by department or cell, and how many places were reoccupied."""
    today = timezone.localdate()
    form = BoardForm(request.GET.dict(), today)
    context: dict[str, Any] = {"form": form, "today": today, "ahead": AHEAD_DAYS}
    if not form.is_valid():
        return render(request, "coordination/board.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    board = read(request.agent, form)
    record(
        Operation.CONSULT,
        refs=board.refs,
        details={"what": "followup_board", "filters": form.filled},
        result_count=len(board.checks) + len(board.measures),
    )
    context |= {
        "board": board,
        "checks": [_check(row) for row in board.checks],
        "measures": [_measure(row, today) for row in board.measures],
        "figures": figures(board.rate),
        "printed": request.GET.urlencode(),
    }
    return render(request, "coordination/board.html", context)


@policy(roles=DECIDERS, step_up=TAKEN_OUT)
@require_safe
def print_board(request: StaffRequest) -> HttpResponse:
    """The same on paper, with its marking and its serial number; journaled as a print."""
    form = BoardForm(request.GET.dict(), timezone.localdate())
    if not form.is_valid():
        raise Invalid(UNKNOWN_BOARD)
    return print_paper(by=request.agent, paper=paper(read(request.agent, form), form.cleaned_data))


def _commune(code: str) -> str:
    try:
        return str(reference.commune(code).name)
    except Absent:
        return code


def _check(row: queries.Waiting) -> dict[str, Any]:
    return {"row": row, "tone": shown.CHECK_TONES[row.state], "commune": _commune(row.commune_code),
            "late": row.state is CheckState.LATE}  # fmt: skip


def _measure(row: queries.Planned, today: Any) -> dict[str, Any]:
    return {"row": row, "tone": shown.STATE_TONES[row.state], "commune": _commune(row.commune_code),
            "late": row.late(today)}  # fmt: skip


def percent(value: float | None) -> str:
    """A part as a percentage in the reader's language."""
    return "—" if value is None else f"{number_format(100 * value, decimal_pos=0)} %"


def figures(rate: rules.Reoccupation) -> list[tuple[str, str]]:
    """The rate in words and numbers: what is known, what is not, and what it is too soon to say."""
    known = rate.rate
    said = gettext("%(value)s, entre %(low)s et %(high)s") % {
        "value": percent(known.value), "low": percent(known.low), "high": percent(known.high),
    } if known else "—"  # fmt: skip
    span = gettext("de %(least)s à %(most)s") % {"least": percent(rate.least), "most": percent(rate.most)}
    return [
        (gettext("Réoccupés dans les 180 jours, parmi ceux dont on sait"), said),
        (gettext("Démantèlements de plus de 180 jours"), str(rate.dismantled)),
        (gettext("Réoccupés"), str(rate.reoccupied)),
        (gettext("Vente partie ailleurs"), str(rate.moved)),
        (gettext("Restés propres à chaque contrôle"), str(rate.clean)),
        (gettext("Inconnus : un contrôle au moins sans réponse ou sans passage"), str(rate.unknown)),
        (gettext("Le taux si aucun, puis si tous les inconnus avaient repris"), span if rate.dismantled else "—"),
        (gettext("Trop récents pour être comptés"), str(rate.too_soon)),
    ]


def paper(board: Board, asked: Mapping[str, Any]) -> Paper:
    """The document of a board."""
    where = asked["department"] or gettext("tous les départements lus")
    period = gettext("démantelés du %(first)s au %(last)s") % {
        "first": asked["first"].strftime(DAY), "last": asked["last"].strftime(DAY),
    }  # fmt: skip
    content = {
        "subtitle": f"{where} · {period}",
        "facts": [[name, value] for name, value in figures(board.rate)],
        "sections": [
            _section(
                gettext("Contrôles en retard ou à venir"),
                [gettext("Échéance"), gettext("Contrôle"), gettext("Point"), gettext("Commune"), gettext("État")],
                [[c.due_on.strftime(DAY), f"J+{c.days}", f"{c.name} ({c.ref})", _commune(c.commune_code),
                  str(c.state.label)] for c in board.checks],
            ),
            _section(
                gettext("Mesures des plans de retour"),
                [gettext("Échéance"), gettext("Mesure"), gettext("Responsable"), gettext("Point"), gettext("État")],
                [[m.due_on.strftime(DAY), f"{m.kind.label} : {m.text}", m.owner, f"{m.name} ({m.ref})",
                  str(m.state.label)] for m in board.measures],
            ),
            _section(
                gettext("Forces mobiles, en jours d'agents"),
                [gettext("Demandées"), gettext("Accordées"), gettext("Employées")],
                [[str(board.forces.requested), str(board.forces.granted), str(board.forces.used)]],
            ),
        ],
    }  # fmt: skip
    return Paper(
        template="sheet.typ", title=gettext("Suivi après opération"), content=content, refs=board.refs,
        details={"what": "followup_board"},
        marking=(gettext("DIFFUSION RESTREINTE"), gettext("SUIVI APRÈS OPÉRATION")),
    )  # fmt: skip


def _section(title: str, columns: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"title": title, "text": "" if rows else gettext("Rien à ce jour."), "columns": columns, "rows": rows}
