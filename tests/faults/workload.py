"""Agents who work through the site's own pages, drawn at random: the six operations of the directive, and failures.

Each act notes what the journal must hold of it, from what it asked and what it was answered.
"""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from recoupe.access.enums import Role
from recoupe.audit.actions import REFS_PER_ENTRY
from recoupe.crosscheck.actions import pull
from recoupe.intelligence import actions as reports
from recoupe.intelligence.importing import running
from tests.faults.house import House
from tests.faults.wsgi import Browser
from tests.web.intelligence.typed import typed
from tests.web.test_operations import form as planned
from tests.world import TestAgent

NEW = "/renseignements/nouveau/"
Act = Callable[[], object]


@dataclass
class Contact:
    """One exchange between the two services, and how far it has come."""

    address: str
    asker: str
    answered: bool = False
    asked: bool = False

    @property
    def holder(self) -> str:
        """The other one."""
        return "customs" if self.asker == "police" else "police"


@dataclass
class Work:
    """Who works, what they have made, what was asked of the site so far."""

    house: House
    browsers: dict[str, Browser]
    agents: dict[str, TestAgent]
    by: random.Random
    expected: Counter[str] = field(default_factory=Counter)
    # Transactions that leave an entry, and pages asked that leave none.
    issued: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reports: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    triaged: list[str] = field(default_factory=list)
    hits: list[str] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    drafts: int = 0
    phones: Callable[[], int] = field(default_factory=lambda: count(11_000_001).__next__)
    waiting: str = ""
    imported: str = ""

    # --- asking ---------------------------------------------------------------------------------------------------
    def done(self, **operations: int) -> None:
        """One request or command that the journal must know, with its entries by operation."""
        self.issued += 1
        self.expected.update(operations)

    def read(self, who: str, address: str, operation: str = "consult") -> str:
        """Read a page; whoever is refused has tried."""
        answer = self.browsers[who].get(address)
        self.statuses[answer.status] += 1
        self.done(**{operation if answer.status == 200 else "refused": 1})
        assert answer.status in (200, 403, 404), (address, answer.status)
        return answer.content.decode(errors="replace")

    def send(self, who: str, address: str, fields: dict[str, Any], status: int = 302) -> str:
        """Send a form, and say where it leads."""
        answer = self.browsers[who].post(address, fields)
        self.statuses[answer.status] += 1
        assert answer.status == status, (address, answer.status, answer.content.decode(errors="replace")[-3000:])
        return answer.location

    # --- collection ---------------------------------------------------------------------------------------------
    def deposit(self) -> None:
        """A report with a number; every second one is of the other service and meets the first."""
        who = "police" if self.waiting else "customs"
        phone = self.waiting or f"06{self.phones():08d}"
        self.waiting = "" if self.waiting else phone
        row: dict[str, Any] = {"selectors-TOTAL_FORMS": 1, "selectors-INITIAL_FORMS": 0, "selectors-0-kind": "phone"}
        made = self.send(who, NEW, typed() | row | {"selectors-0-raw": phone})
        self.done(collect=1)
        self.reports.append(made)
        self.fresh += [made] if who == "police" else []

    def draft(self) -> None:
        """A draft that its author keeps."""
        self.send("police", NEW, typed(draft=1))
        self.done(collect=1)
        self.drafts += 1

    def refused_form(self) -> None:
        """A form that comes back: what it shows was read."""
        self.send("police", NEW, typed(fact_text=""), 422)
        self.done(consult=1)

    def point(self) -> None:
        """A point of sale that a report founds."""
        report = self.by.choice(self.reports).split("/")[2]
        where = {"lon": "5,37", "lat": "43,29", "uncertainty_m": "400"}
        wanted = {"name": "Le Lavoir", "kind": "lobby", "key": str(uuid4()), "distinct": "on", **where}
        who = "police" if f"/renseignements/{report}/" in self.reports[1::2] else "customs"
        self.points.append(self.send(who, f"/points/nouveau/?report={report}", wanted))
        self.done(collect=1)

    def plan(self) -> None:
        """An event that a service has planned."""
        self.events.append(self.send("police", "/evenements/nouveau/", planned(key=str(uuid4()))))
        self.done(collect=1)

    # --- modification, erasure ----------------------------------------------------------------------------------
    def correct(self) -> None:
        """The author says better what nobody has taken in hand yet."""
        report = self.fresh.pop()
        changed = typed(fact_text=f"Trois hommes, non deux ({self.issued}).", version=1, reason="erreur de saisie")
        self.send("police", f"{report}corriger/", changed)
        self.done(modify=1)

    def work(self) -> None:
        """The analyst takes a report in hand, then grades it."""
        if self.triaged and self.by.random() < 0.5:
            self.send("analyst", f"{self.triaged.pop()}coter/", {"source": "B", "info": "2", "reason": ""})
        else:
            report = self.fresh.pop()
            self.send("analyst", f"{report}trier/", {"reason": ""})
            self.triaged.append(report)
        self.done(modify=1)

    def discard(self) -> None:
        """The author throws a draft away."""
        page = self.read("police", "/renseignements/brouillons/")
        found = re.findall(r"/renseignements/[0-9a-f-]{36}/abandonner/", page)
        self.send("police", self.by.choice(found), {})
        self.done(erase=1)
        self.drafts -= 1

    # --- combination, disclosure --------------------------------------------------------------------------------
    def combine(self) -> None:
        """The matcher takes what waits; the hits that it made are then on the lists."""
        with self.house.world.process("matcher"):
            found = pull("express")
        if found.records:
            # How many pairs it wrote down depends on what it met: their entries are held against its statements alone.
            self.done(combine=-(-found.records // REFS_PER_ENTRY))
        if found.hits:
            page = self.read("police", "/recoupements/")
            self.hits += list(dict.fromkeys(re.findall(r"/recoupements/[0-9a-f-]{36}/", page)))[: found.hits]

    def speak(self) -> None:
        """Open a contact, answer it, ask for the other's report, give it."""
        if self.hits and (not self.contacts or self.by.random() < 0.4):
            address = self.send("police", f"{self.hits.pop()}contacter/", {"text": "Appelez-moi."})
            self.contacts.append(Contact(address, "police"))
            self.done(modify=1, disclose=1)
            return
        contact = self.by.choice(self.contacts)
        if not contact.answered:
            self.send(contact.holder, f"{contact.address}ecrire/", {"text": "Nous aussi.", "key": uuid4()})
            self.done(modify=1, disclose=1)
            contact.answered = True
        elif not contact.asked:
            self.send(contact.asker, f"{contact.address}demander/", {"reason": "même réseau"})
            self.done(modify=1, disclose=1)
            contact.asked = True
        else:
            to, why = str(self.agents[contact.asker].unit_id), "même réseau"
            self.send(contact.holder, f"{contact.address}communiquer/", {"recipient": to, "reason": why})
            self.done(disclose=1)
            self.contacts.remove(contact)

    def take_out(self) -> None:
        """A print, or the table of the refused rows of a file."""
        if self.by.random() < 0.8:
            self.read("analyst", f"{self.by.choice(self.reports)}imprimer/", "print")
        else:
            self.read("police", f"/imports/{self.imported}/refus.csv", "export")

    # --- consultation, failure ----------------------------------------------------------------------------------
    def consult(self) -> None:
        """Any page that an operational agent opens."""
        report = self.by.choice(self.reports)
        pages = ["/", "/renseignements/", report, report, f"{report}recoupements/", "/recoupements/", "/contacts/",
                 "/points/", "/carte/", "/carte/points.geojson?bbox=5,43,6,44", "/objectifs/"]  # fmt: skip
        pages += self.by.sample(self.points, k=min(1, len(self.points)))
        self.read("analyst", self.by.choice(pages))

    def consult_own(self) -> None:
        """The pages of who writes reports, holds procedures and speaks for his service."""
        pages = ["/", NEW, "/renseignements/brouillons/", "/procedures/", "/imports/", "/evenements/", "/fnos/"]
        pages += self.by.sample(self.events, k=min(1, len(self.events)))
        pages.append(self.by.choice(self.reports[1::2]))
        pages += self.by.sample(self.hits, k=min(1, len(self.hits)))
        pages += [contact.address for contact in self.contacts[:1]]
        self.read("police", self.by.choice(pages))

    def look(self) -> None:
        """Search."""
        asked = self.by.choice([{"selector": "06 39 98 00 01"}, {"text": "scooter"}, {"text": "porche"},
                                {"selector": "ZZ-001-QA"}, {"ref": "PJ13-26-000000"}])  # fmt: skip
        self.send(self.by.choice(["police", "analyst"]), "/recherche/", asked, 200)
        self.done(search=1)

    def oversee(self) -> None:
        """The journal, by who oversees it; who read one's records, by the head."""
        self.read(*self.by.choice([("officer", "/journal/"), ("head", "/lectures/")]))

    def fail(self) -> None:
        """A page of another role, a record that is not there, one that is hidden, an act that is not one's own."""
        hidden = self.by.choice(self.reports[::2])
        tries: list[Act] = [
            lambda: self.read("police", "/journal/"),
            lambda: self.read("police", f"/renseignements/{uuid4()}/"),
            lambda: self.read("stranger", hidden),
            lambda: self.not_mine(hidden),
        ]
        self.by.choice(tries)()

    def not_mine(self, report: str) -> None:
        """The author would take his own report in hand."""
        self.send("customs", f"{report}trier/", {"reason": ""}, 403)
        self.done(refused=1)

    def acts(self) -> dict[Callable[[], None], int]:
        """What may be done now, and how often each comes, of a hundred."""
        ready = {self.deposit: 8, self.draft: 2, self.refused_form: 1, self.combine: 3, self.take_out: 3,
                 self.consult: 40, self.consult_own: 12, self.look: 8, self.oversee: 4, self.fail: 6,
                 self.point: 2, self.plan: 2}  # fmt: skip
        ready |= {self.correct: 2, self.work: 5} if self.fresh else {}
        ready |= {self.speak: 5} if self.hits or self.contacts else {}
        return ready | ({self.discard: 2} if self.drafts else {})

    def go_on(self) -> None:
        """One act, drawn."""
        acts = self.acts()
        self.by.choices(list(acts), list(acts.values()))[0]()


ROLES = {
    "police": (Role.INVESTIGATOR, "PJ13"), "customs": (Role.INVESTIGATOR, "DED13"), "head": (Role.UNIT_HEAD, "PJ13"),
    "analyst": (Role.CROSS_ANALYST, "CROSS13"), "stranger": (Role.INVESTIGATOR, "PJ59"), "officer": (Role.DPO, "OFAST"),
}  # fmt: skip


def at_work(house: House, site: object, by: random.Random) -> Work:
    """The agents at their desks, with a pair of reports, a contact to open and a file whose rows were refused."""
    agents = {name: house.world.agent(role, unit) for name, (role, unit) in ROLES.items()}
    browsers = {name: Browser(site, who.token) for name, who in agents.items()}  # type: ignore[arg-type]
    work = Work(house, browsers, agents, by)
    with house.world.acting(agents["police"]) as agent:
        mapping = {"columns": {"N° de fiche": "external_ref", "Faits": "fact_text"}}
        content = "N° de fiche;Faits\n1;\n".encode()
        handed = reports.upload_import(by=agent, name="x.csv", content=content, mapping=mapping).id
    running.check(lambda: house.world.acting(agents["police"]), handed)
    work.imported = str(handed)
    for act in (work.deposit, work.deposit, work.combine):
        act()
    work.expected.clear()
    work.issued = 0
    return work
