"""One report by form: what its author waits for, hits included."""

from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus
from uuid import UUID, uuid4

from django.urls import resolve, reverse

from recoupe.access.enums import Role
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.intake import Heads
from recoupe.demo.benches.processes import Site
from recoupe.demo.benches.visitor import Visitor
from recoupe.intelligence.models import Selector
from recoupe.intelligence.queries import pending

FORMS, LEAST = 300, 12
AUTHORS = 10
# One in five names a number that another service holds.
MEETING_EVERY = 5
LATENCY = Target(150)
FACT = (
    "Surveillance de 17 h 30 à 19 h 05 : deux guetteurs à l'angle, un vendeur devant le hall. Les acheteurs arrivent "
    "à pied, paient en espèces et repartent aussitôt. Un scooter sombre ravitaille deux fois, sans s'attarder."
)


def authors() -> list[str]:
    """The sessions of those who type."""
    return [crew.session(f"auteur{rank}.pj13", "PJ13", Role.INVESTIGATOR) for rank in range(AUTHORS)]


def known_numbers(by: Heads, wanted: int) -> list[str]:
    """Telephone numbers that other units hold, each from another report."""
    found: list[str] = []
    for unit, token in by.tokens.items():
        if unit != "PJ13":
            with crew.acting(token) as agent:
                rows = Selector.objects.filter(
                    kind="phone", report__owner_unit_id=agent.unit_id, report__handling=["H0"]
                )
                found += list(rows.values_list("value", flat=True)[:wanted])
    return found[:wanted]


def measure_form(bench: Bench, site: Site, tokens: list[str], numbers: list[str]) -> Iterator[Measure]:
    """Deposits through the staff site, one after another; the answer comes once the report is cross-checked."""
    count = bench.share(FORMS, LEAST)
    visitors = [Visitor(token, site.port) for token in tokens]
    address = reverse("report-new")
    spent: list[float] = []
    made: list[UUID] = []
    for visitor in visitors:
        visitor.get(address)
    for rank in range(count):
        number = numbers[rank % len(numbers)] if rank % MEETING_EVERY == 0 and numbers else ""
        answer = visitors[rank % len(visitors)].post(address, fields(rank, number))
        if answer.status != HTTPStatus.FOUND:
            raise RuntimeError(f"the form answered {answer.status}")
        spent.append(answer.milliseconds)
        made.append(resolve(answer.location).kwargs["id"])
    for visitor in visitors:
        visitor.close()
    late = sum(_waits(tokens[rank % len(tokens)], report) for rank, report in enumerate(made))
    if late:
        raise RuntimeError(f"{late} deposits were answered before their cross-check")
    how = (
        "POST du formulaire sur le site réel (gunicorn, journal, recoupement par le processus qui compare) jusqu'à sa "
        f"réponse, l'un après l'autre ; médiane {percentile(spent, 0.5):.0f} ms"
    )
    size = f"{count} dépôts de {len(visitors)} agents, base de {bench.reports} fiches"
    yield Measure("form_p95", percentile(spent), "ms", how, size, LATENCY)


def fields(rank: int, number: str) -> dict[str, str]:
    typed = [("phone", number or f"06 39 98 {rank // 100 % 100:02d} {rank % 100:02d}")]
    typed += [("plate", f"ZZ-{rank % 999 + 1:03d}-QA"), ("handle", f"telegram:banc_fic{rank:05d}")]
    fields = {
        "key": str(uuid4()),
        "fact_text": FACT,
        "event_from": (date.today() - timedelta(days=1)).strftime("%d/%m/%Y"),
        "commune": "Marseille (13)",
        "source_kind": "officer_observation",
        "handling": "H0",
        "frame": "administrative",
        "persons-TOTAL_FORMS": "0",
        "persons-INITIAL_FORMS": "0",
        "selectors-TOTAL_FORMS": str(len(typed)),
        "selectors-INITIAL_FORMS": "0",
    }
    for place, (kind, raw) in enumerate(typed):
        fields |= {f"selectors-{place}-kind": kind, f"selectors-{place}-raw": raw, f"selectors-{place}-person": ""}
    return fields


def _waits(token: str, report: UUID) -> bool:
    with crew.acting(token):
        return pending(report)
