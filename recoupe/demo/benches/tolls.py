"""What need-to-know and the journal cost over HTTP, each alone and both: the same site and base, by turns."""

from collections.abc import Iterator

from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.demo.benches.processes import running, site
from recoupe.demo.benches.toll import (
    CLIENTS,
    LISTS,
    RECORDS,
    WRITES,
    JournalSwitch,
    Served,
    Switch,
    clients_of_pages,
    served,
)
from recoupe.intelligence.rules import BUDGET_RULE

TURNS, SECONDS = 8, 6.0
QUICK_TURNS, QUICK_SECONDS = 2, 1.2
BOTH = Target(30, 30)
# Which of the two is on.
STATES = {"both": (True, True), "need_to_know": (True, False), "journal": (False, True), "neither": (False, False)}
SAID = {"both": "les deux", "need_to_know": "le besoin d'en connaître seul", "journal": "le journal seul"}


def measure_tolls(bench: Bench, administrator: str) -> Iterator[Measure]:
    """Pages a second of eight clients in each of the four states; who comes first changes from turn to turn."""
    crew.set_parameter(BUDGET_RULE, 1_000_000)
    clients = clients_of_pages()
    tokens = [client.token for client in clients]
    switches = (Switch(administrator), JournalSwitch(administrator))
    turns, seconds = (TURNS, SECONDS) if bench.full else (QUICK_TURNS, QUICK_SECONDS)
    spent = {state: Served() for state in STATES}
    with running("matcher"), site() as staff:
        served(staff, clients, seconds / 2, 0)
        for turn in range(turns):
            order = [*STATES][turn % len(STATES) :] + [*STATES][: turn % len(STATES)]
            for state in order:
                off = [switch for switch, on in zip(switches, STATES[state], strict=True) if not on]
                for switch in off:
                    switch.off(tokens)
                spent[state] += served(staff, clients, seconds, 1 + turn)
                for switch in off:
                    switch.on()
    rates = {state: done.pages / done.seconds for state, done in spent.items()}
    size = f"{bench.reports} fiches, {CLIENTS} clients, {turns} tours de {seconds:g} s dans chaque état"
    mix = (
        f"{LISTS * 10} % listes, {RECORDS * 10} % fiches, {WRITES * 10} % dépôts, sur le site réel, notaire au travail"
    )
    without = " et ".join(map(str, switches))
    for state, said in SAID.items():
        how = f"{mix} ; {said} {rates[state]:.1f} pages/s, ni l'un ni l'autre ({without}) {rates['neither']:.1f}"
        cost = 100 * (1 - rates[state] / rates["neither"])
        yield Measure(f"cost: {state}", cost, "%", how, size, BOTH if state == "both" else None)
