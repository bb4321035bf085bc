"""The page by which one enters as an agent of the made world: on this machine, in a demonstration, and nowhere else."""

from collections.abc import Iterator, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from recoupe.access import signin
from recoupe.access.enums import Role
from recoupe.access.signin import NOT_MADE, MadeAgent
from recoupe.config import demonstration
from recoupe.kernel.refusal import Absent
from recoupe.reference.enums import UnitKind
from recoupe.web.client import client_of, is_this_machine
from recoupe.web.signin.views import told, welcomed

Lines = list[dict[str, str]]


@never_cache
@told
@require_http_methods(["GET", "HEAD", "POST"])
def entrance(request: HttpRequest) -> HttpResponse:
    """Everybody of the made world, one button each."""
    if not (demonstration.declared() and is_this_machine(request)):
        raise Absent(NOT_MADE)
    if request.method == "POST":
        return welcomed(request, signin.enter_made(request.POST.get("login", "")[:64], client_of(request)))
    agents = signin.made_agents()
    if not agents:
        raise Absent(NOT_MADE)
    return render(request, "signin/demonstration.html", {"groups": list(_groups(agents))})


def _groups(agents: Sequence[MadeAgent]) -> Iterator[tuple[str, Lines]]:
    """The few to begin with, in their order (no title of their own), then everybody else by kind of service."""
    first = {login: rank for rank, login in enumerate(demonstration.FIRST)}
    yield "", _lines(sorted((a for a in agents if a.login in first), key=lambda a: first[a.login]))
    labels = dict(UnitKind.choices)
    for kind in dict.fromkeys(a.kind for a in agents):
        others = [a for a in agents if a.kind == kind and a.login not in first]
        if others:
            yield str(labels.get(kind, kind)), _lines(others)


def _lines(agents: Sequence[MadeAgent]) -> Lines:
    return [
        {
            "login": a.login,
            "name": a.name,
            "unit": a.unit,
            "roles": ", ".join(str(Role(role).label) for role in a.roles),
        }
        for a in agents
    ]
