"""A random life through the product's own actions; whatever it refuses is left undone."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import ProgrammingError
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases.models import Case
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import Answer, Resolution
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Judgement
from recoupe.intelligence import actions as reports
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.importing import running
from recoupe.intelligence.models import ImportFile, Report
from recoupe.kernel.refusal import Refusal
from recoupe.reference import queries as reference
from tests.oracle.harness.cast import Person
from tests.oracle.harness.facts import Ledger, Reader
from tests.world import World

# Marseille, Avignon, Lyon, Lille, Saint-Pierre: three cells, a cell that will close, and no cell.
COMMUNES = ("13055", "13055", "13055", "84007", "69123", "59350", "97502")
AUTHORS = (Role.INVESTIGATOR, Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD)
HANDLING = (
    ("H0", ""), ("H0", ""), ("H0", ""), ("H1", ""), ("H2", ""), ("H1 H2", ""), ("H3", "both"), ("H3", "holder_only"),
    ("H3", "nobody"), ("H1 H3", "both"),
)  # fmt: skip
CATEGORIES = ("suspect", "convicted", "associate", "witness", "victim", "at_risk", "staff", "unknown")
NAMES = [(f"Zqnom{n:03d}a", f"Zqpre{n:03d}a", f"{1 + n:02d}/0{1 + n % 9}/19{60 + n}") for n in range(14)]
MINOR = ("Zqmineur", "Zqpetit", "05/06/2012")
PHONES = [f"06399{n:05d}" for n in range(40_000, 40_030)]
# (unit, commune, code, line): before two of these units fall silent, and after.
TOLD_FIRST = (
    ("PJ59", "59350", "H0", ""), ("PJ69", "69123", "H0", ""), ("SR13", "59350", "H3", "nobody"),
    ("DED13", "59350", "H3", "holder_only"), ("PJ13", "69123", "H3", "both"), ("SR975", "59350", "H1", ""),
    ("PJ13", "13055", "H0", ""), ("SR13", "13055", "H1", ""), ("SR975", "97502", "H0", ""),
    ("DED13", "84007", "H2", ""), ("PJ84", "84007", "H0", ""),
)  # fmt: skip
TOLD_LATER = (
    ("SR59", "59350", "H0", ""), ("PJ84", "69123", "H0", ""), ("DED13", "69123", "H3", "holder_only"),
    ("SR13", "69123", "H3", "nobody"), ("SR59", "13055", "H0", ""), ("PJ84", "84007", "H0", ""),
)  # fmt: skip
# There a record names the person alone: its pairs are weak.
WEAK_AT = {"13055", "97502", "84007"}
WHY = "motif écrit en toutes lettres"
MAPPING = {"columns": {"N° de fiche": "external_ref", "Faits": "fact_text"}}
LINES = {
    "columns": MAPPING["columns"] | {"Tél": "selector.phone", "Le": "event_from", "Commune": "commune"},
    "constants": {"source_kind": "officer_observation", "handling": "H0"},
}
# The files that the head opens, and those whose lines are written.
OPENED, WRITTEN = frozenset({3, 6, 7}), frozenset({6, 7})


class Lives:
    """One world in the making: the house, its people, what they did."""

    def __init__(self, house: World, people: Sequence[Person], random: Random, ledger: Ledger) -> None:
        self.house, self.people, self.random, self.ledger = house, people, random, ledger
        self.reader = Reader(house, ledger)
        self.done: dict[str, int] = {}
        self._tokens = 0
        self.cases: list[Any] = []
        self.barred: list[str] = []
        self.refused: Counter[str] = Counter()

    def token(self) -> str:
        """A word that stands nowhere else."""
        self._tokens += 1
        return f"zq{self.random.getrandbits(20):05x}{self._tokens:04x}"

    def of(self, *roles: Role, units: Sequence[str] = ()) -> list[Person]:
        """Those who have one of these roles, in these units, and may act today."""
        return [
            person
            for person in self.people
            if set(roles) & set(person.roles)
            and (not units or person.unit in units)
            and person.fate not in ("ended", "tomorrow")
        ]

    def attempt(self, who: Person, name: str, act: Callable[..., Any]) -> Any:
        """One act in a transaction of its own; None when the product refuses it."""
        try:
            with self.house.acting(who) as agent:  # type: ignore[arg-type]
                made = act(agent)
        except (Refusal, ObjectDoesNotExist, IndexError) as refusal:
            self.refused[f"{name}: {refusal}"] += 1
            return None
        except ProgrammingError as error:  # row security has the last word (P-2, f)
            self.barred.append(f"{who.login} {name}: {error}".splitlines()[0])
            return None
        self.done[name] = self.done.get(name, 0) + 1
        return made

    def some_try(self, who: Sequence[Person], name: str, act: Callable[..., Any], most: int = 4) -> Any:
        """The first of a few, drawn by chance, whom the product lets do it."""
        for person in self.random.sample(list(who), min(most, len(who))):
            made = self.attempt(person, name, act)
            if made is not None:
                return made
        return None

    def pull(self) -> None:
        """The matcher compares what waits, and draws what was answered."""
        with self.house.process("matcher"):
            for lane in ("express", "bulk"):
                crosscheck.pull(lane)
            crosscheck.apply_decisions()

    # --- Procedures and files -------------------------------------------------------------------------------------
    def open_cases(self) -> None:
        """A procedure of four units."""
        for unit, court in (
            ("PJ13", "TJ13"),
            ("PJ13", "TJ13"),
            ("PJ69", "TJ69"),
            ("SR975", "TJ975"),
            ("DED13", "TJ13"),
        ):
            (magistrate, *_more) = self.of(Role.PROSECUTOR, units=(court,))
            number = f"2026/{self.random.randrange(10**6):06d}"
            entry = cases.CaseEntry(
                number, magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1), offences=(7990,)
            )
            made = self.some_try(
                self.of(Role.INVESTIGATOR, Role.UNIT_HEAD, units=(unit,)),
                "case",
                lambda a, e=entry: cases.open_case(by=a, entry=e),
            )
            self.cases += [made] if made else []

    def hand_over(self) -> None:
        """The first procedure goes to another magistrate of the court, the fifth is closed."""
        for case in self.cases[:1]:
            head, other = self.of(Role.UNIT_HEAD, units=("PJ13",)), self.of(Role.PROSECUTOR, units=("TJ13",))[-1]
            self.some_try(head, "magistrate", lambda a, c=case, m=other: cases.change_magistrate(
                by=a, case=Case.objects.get(pk=c.id), court_id=m.unit_id, magistrate_id=m.id,
                reason=self.token()))  # fmt: skip
        for case in self.cases[4:5]:
            who = self.of(Role.INVESTIGATOR, units=("DED13",))
            self.some_try(who, "close", lambda a, c=case: cases.close_case(
                by=a, case=Case.objects.get(pk=c.id), closed_on=timezone.localdate(), reason=WHY))  # fmt: skip

    def files(self) -> None:
        """Files of four units in every state that a hand can bring them to; the lines of two are written."""
        for number, unit in enumerate(("PJ13", "PJ13", "PJ13", "PJ69", "SR13", "CROSS13", "SR13", "PJ13")):
            mapping = LINES if number > 1 else MAPPING
            content = self._lines(number) if number > 1 else f"N° de fiche;Faits\n{number};{self.token()}\n;\n"
            made = self.some_try(self.of(*AUTHORS, units=(unit,)), "file", lambda a, c=content, m=mapping: (
                reports.upload_import(by=a, name=f"{self.token()}.csv", content=c.encode(), mapping=m)), 9)  # fmt: skip
            if made is None or number == 0:
                continue
            who = next(person for person in self.people if person.id == made.uploaded_by)
            running.check(partial(self.house.acting, who), made.id)  # type: ignore[arg-type]
            heads = self.of(Role.UNIT_HEAD, Role.CROSS_HEAD, units=(unit,))
            if number == 1:
                self.some_try(heads, "file refused", lambda a, m=made: reports.refuse_import(
                    by=a, import_file=ImportFile.objects.get(pk=m.id), reason=self.token()))  # fmt: skip
            elif number in OPENED:
                self.some_try(heads, "file opened", lambda a, m=made: reports.open_import(
                    by=a, import_file=ImportFile.objects.get(pk=m.id)))  # fmt: skip
                if number in WRITTEN:
                    running.run(partial(self.house.acting, who), made.id)  # type: ignore[arg-type]

    def _lines(self, number: int) -> str:
        """Two lines of a file: the telephone of the first is that of others, which it meets (P-24)."""
        rows = [f"Vu {self.token()} au port.;{phone};12/03/2026;13055;{self.token()}"
                for phone in (PHONES[number], f"06398{number:05d}")]  # fmt: skip
        return "\n".join(["Faits;Tél;Le;Commune;N° de fiche", *rows, ""])

    # --- Reports --------------------------------------------------------------------------------------------------
    def entry(self, who: Person) -> ReportEntry:
        """A complete entry whose every choice is drawn; its words stand nowhere else."""
        draw = self.random
        codes, line = draw.choice(HANDLING)
        known: dict[str, Any] = {
            "fact_text": f"Vu {self.token()} un sac sous un porche.", "event_from": "2026-05-20", "handling": codes,
            "h3_line": line, "handling_conditions": f"voir {self.token()}" if "H3" in codes else "",
            "source_kind": draw.choice(("officer_observation", "partner", "open_source")),
            "source_grade": "B", "info_grade": "2", "frame": "administrative", "external_ref": self.token(),
            "place_kind": "commune", "commune": draw.choice(COMMUNES),
        }  # fmt: skip
        if draw.random() < 0.1:
            known |= {"place_kind": "free", "commune": "", "place_text": f"hangar {self.token()}"}
        if draw.random() < 0.3:
            known["assessment_text"] = f"Il semble que {self.token()}."
        if draw.random() < 0.1:
            known["fact_text"] += " Il est de confession juive."  # a word of the sensitive list
        mine = [case for case in self.cases if case.owner_unit_id == who.unit_id]
        if mine and draw.random() < 0.4:
            known |= {"frame": "judicial", "case_id": draw.choice(mine).id}
        known["persons"], known["selectors"] = self._mentions()
        return ReportEntry(**known)

    def _mentions(self) -> tuple[tuple[PersonEntry, ...], tuple[SelectorEntry, ...]]:
        draw = self.random
        persons = []
        for family, given, birth in draw.sample([*NAMES, MINOR], draw.choice((0, 1, 1, 2))):
            alias = (self.token(),) if draw.random() < 0.4 else ()
            category = draw.choice(CATEGORIES) if family != MINOR[0] else "suspect"
            persons.append(PersonEntry(family=family, given=given, birth=birth, category=category, aliases=alias))
        selectors = []
        if draw.random() < 0.7:
            selectors.append(SelectorEntry("phone", draw.choice(PHONES)))
        if draw.random() < 0.4:
            selectors.append(SelectorEntry("email", f"{self.token()}@exemple.invalid"))
        return tuple(persons), tuple(selectors)

    def deposit(self, number: int) -> list[UUID]:
        """So many reports by hand, one in ten left a draft."""
        writers, made = self.of(*AUTHORS), []
        for _ in range(number):
            who = self.random.choice(writers)
            entry = self.entry(who)
            if self.random.random() < 0.1:
                self.attempt(who, "draft", lambda a, e=entry: reports.create_draft(by=a, entry=e))
                continue
            found = self.attempt(who, "deposit", lambda a, e=entry: reports.deposit(by=a, entry=e))
            made += [found.id] if found else []
        return made

    def meet(self) -> list[UUID]:
        """Two pairs of reports that certainly meet; the first of each is judicial: it leaves with its magistrate."""
        made = []
        judicial: dict[str, Any] = {"frame": "judicial", "case_id": self.cases[1].id}
        for number in (38_000, 38_001):
            held: list[Any] = []
            for unit, changes in (("PJ13", judicial), ("SR13", {})):
                who = self.of(Role.INVESTIGATOR, units=(unit,))[0]
                entry = replace(self.entry(who), frame="administrative", case_id=None, handling="H0",
                h3_line="", commune="13055", place_kind="commune", place_text="",
                                source_kind="officer_observation",
                                handling_conditions="", selectors=(SelectorEntry("phone",
                                f"06399{number}"),))  # fmt: skip
                entry = replace(entry, **changes)
                held.append(self.attempt(who, "deposit", lambda a, e=entry: reports.deposit(by=a, entry=e)))
            made += [one.id for one in held]
        return made

    def silenced(self) -> None:
        """Records that would all meet: one under each rule of telling, one silent by its mark (P-16, P-52)."""
        for unit, commune, handling, line in TOLD_FIRST:
            made = self._planted(unit, commune, handling, line)
            if unit == "PJ69":
                self.some_try(self.of(Role.UNIT_HEAD, units=(unit,)), "silence", lambda a, r=made: reports.mark_silent(
                    by=a, report=Report.objects.get(pk=r), until=timezone.localdate() + timedelta(days=20),
                    reason=WHY))  # fmt: skip

    def purpose_of(self, unit: str) -> str:
        """The purpose that the first investigator of a unit declared: that of what he deposits."""
        who = self.of(Role.INVESTIGATOR, units=(unit,))[0]
        query = "SELECT purpose FROM access_session WHERE agent_id = %s AND purpose <> ''"
        return str(self.house.sql(query, [who.id])[0][0])

    def met_again(self) -> list[UUID]:
        """Records that meet the former ones once two of their units are silent."""
        return [self._planted(*chosen) for chosen in TOLD_LATER]

    def _planted(self, unit: str, commune: str, handling: str, line: str) -> UUID:
        """A report with the number and the name that all of these share; a weak one has the name alone."""
        who = self.of(Role.INVESTIGATOR, units=(unit,))[0]
        weak = commune in WEAK_AT
        entry = replace(
            self.entry(who), frame="administrative", case_id=None, handling=handling, h3_line=line,
            handling_conditions="voir plus haut" if "H3" in handling else "", place_kind="commune", commune=commune,
            place_text="", persons=(PersonEntry(family="Zqtous", given="Zqmeme", birth="02/03/1980",
                                                category="suspect"),),
            selectors=() if weak else (SelectorEntry("phone", "0639938100"),),
        )  # fmt: skip
        made = self.attempt(who, "deposit", lambda a: reports.deposit(by=a, entry=entry))
        return made.id  # type: ignore[no-any-return]

    def ask_magistrates(self, ids: Sequence[UUID]) -> None:
        """The side of each second record asks for the first one, whose holder gives it: the magistrate is asked."""
        holder, asker = (self.of(Role.INVESTIGATOR, units=(unit,))[0] for unit in ("PJ13", "SR13"))
        for held, asked in zip(ids[::2], ids[1::2], strict=True):
            ((thread, mine, theirs),) = self.house.sql(
                "SELECT a.thread_id, h.id, a.id FROM crosscheck_hitside h"
                " JOIN crosscheck_hitside a ON a.hit_id = h.hit_id"
                " WHERE h.record_id = %s AND a.record_id = %s", [held, asked])  # fmt: skip
            self.attempt(asker, "open", lambda a, i=theirs: crosscheck.open_contact(
                by=a, side=HitSide.objects.get(id=i), text=self.token()))  # fmt: skip
            self.attempt(asker, "ask release", lambda a, i=thread: crosscheck.request_release(
                by=a, thread=ContactThread.objects.get(id=i), reason=self.token()))  # fmt: skip
            self.attempt(holder, "give", lambda a, i=mine: crosscheck.release_record(
                by=a, side=HitSide.objects.get(id=i), recipient=asker.unit_id, reason=WHY))  # fmt: skip

    def work(self, ids: Sequence[UUID], number: int) -> None:
        """Random moves of random reports, by whoever may."""
        assert ids, (self.refused, self.barred)
        near = self.of(Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST, Role.UNIT_HEAD)
        for _ in range(number):
            chosen = self.random.choice(ids)
            name, act = self.random.choice(self.moves())
            self.some_try(near, name, lambda a, act=act, i=chosen: act(a, Report.objects.get(pk=i)), 6)

    def moves(self) -> list[tuple[str, Callable[[Agent, Report], Any]]]:
        """What may be done to a deposited report; the frequent ones more than once."""
        later = timezone.localdate() + timedelta(days=20)
        grade = ("grade", lambda a, r: reports.grade(by=a, report=r, source="B", info="3"))
        return [
            ("triage", lambda a, r: reports.triage(by=a, report=r)), ("triage", lambda a,
            r: reports.triage(by=a, report=r)),
            grade, grade, ("index", lambda a, r: reports.confirm_selectors(by=a, report=r)),
            ("disseminate", lambda a, r: reports.disseminate(by=a, report=r)),
            ("file", lambda a, r: reports.file_report(by=a, report=r, reason=self.token())),
            ("reject", lambda a, r: reports.reject(by=a, report=r, reason=self.token())),
            ("review", lambda a, r: reports.review(by=a, report=r, reason=WHY)),
            ("silence", lambda a, r: reports.mark_silent(by=a, report=r, until=later, reason=self.token())),
            ("correct", lambda a, r: reports.correct(by=a, report=r, entry=self._again(r), reason=self.token())),
        ]  # fmt: skip

    def _again(self, report: Report) -> ReportEntry:
        wanted = next((person for person in self.people if person.unit_id == report.owner_unit_id), self.people[0])
        entry = self.entry(wanted)
        plain = entry.as_json() | {"frame": report.frame, "case_id": str(report.case_id) if report.case_id else None}
        return ReportEntry.from_json(plain)

    # --- Contacts -------------------------------------------------------------------------------------------------
    def speak(self, number: int) -> None:
        """Random steps in the contacts that the matcher opened, by whoever speaks in them."""
        threads = [row[0] for row in self.house.sql("SELECT id FROM crosscheck_contactthread ORDER BY at, id")]
        speakers = [p for p in self.people if not set(p.roles) <= {Role.DPO, Role.SYSADMIN, Role.DESIGNATING_AUTHORITY}]
        parties: dict[UUID, set[UUID]] = {}
        for thread, unit in self.house.sql("SELECT thread_id, unit_id FROM crosscheck_party"):
            parties.setdefault(thread, set()).add(unit)
        # Few at a time, so that some of them come far.
        threads = self.random.sample(threads, min(len(threads), number // 5))
        for _ in range(number if threads else 0):
            chosen = self.random.choice(threads)
            near = [p for p in speakers if p.unit_id in parties[chosen]] or speakers
            name, act = self.random.choice(self.steps())
            self.some_try(near, name, lambda a, act=act, i=chosen: act(a, ContactThread.objects.get(id=i)), 5)

    def steps(self) -> list[tuple[str, Callable[[Agent, ContactThread], Any]]]:
        """What is done in a contact."""

        def side(thread: ContactThread) -> HitSide:
            found: HitSide = self.random.choice(list(HitSide.objects.filter(thread_id=thread.id)))
            return found

        def give(agent: Agent, thread: ContactThread) -> object:
            mine = side(thread)
            other = thread.asker_unit_id if mine.side == "holder" else thread.holder_contact_id
            return crosscheck.release_record(by=agent, side=mine, recipient=other, reason=self.token())

        ask = ("open", lambda a, t: crosscheck.open_contact(by=a, side=side(t), text=self.token()))
        court = reference.unit("TJ13")
        return [
            ask, ask, ask, ("made", lambda a, t: crosscheck.make_contact(by=a, thread=t)),
            ("message", lambda a, t: crosscheck.write_message(by=a, thread=t, text=self.token())),
            ("ask release", lambda a, t: crosscheck.request_release(by=a, thread=t, reason=self.token())),
            ("give", give), ("give", give), ("give", give),
            ("refuse", lambda a, t: crosscheck.refuse_release(by=a, side=side(t), reason=self.token())),
            ("withdraw", lambda a, t: crosscheck.withdraw_release(by=a, thread=t)),
            ("propose", lambda a, t: crosscheck.propose_resolution(by=a, thread=t, resolution=Resolution.SAME_NETWORK)),
            ("accept", lambda a, t: crosscheck.accept_resolution(by=a, thread=t)),
            ("escalate", lambda a, t: crosscheck.escalate(by=a, thread=t, reason=self.token(), court=court)),
        ]  # fmt: skip

    def answer(self) -> None:
        """Magistrates answer half of what they are asked; cells judge; sides say whether it is the same person."""
        for (question,) in self.house.sql("SELECT id FROM crosscheck_agreement WHERE state = 'ASKED' ORDER BY id"):
            if self.random.random() < 0.6:
                said = self.random.random() < 0.7
                self.some_try(self.of(Role.PROSECUTOR), "agreement", lambda a, q=question,
                s=said: crosscheck.answer_agreement(
                    by=a, agreement=Agreement.objects.get(id=q), agreed=s, reason=WHY), 9)  # fmt: skip
        cells = self.of(Role.CROSS_ANALYST, Role.OFAST_ANALYST)
        for (pair,) in self.house.sql("SELECT id FROM crosscheck_judgement WHERE state = 'ASKED' ORDER BY id"):
            if self.random.random() < 0.5:
                said_so = self.random.choice(list(Answer))
                self.some_try(cells, "judge", lambda a, p=pair, s=said_so: crosscheck.judge(
                    by=a, judgement=Judgement.objects.get(id=p), answer=s, reason=WHY), 12)  # fmt: skip
        near = self.of(Role.INVESTIGATOR, Role.UNIT_HEAD, Role.DUTY_OFFICER)
        for (weak,) in self.house.sql("SELECT id FROM crosscheck_hitside WHERE strength = 'weak' ORDER BY id"):
            self.some_try(near, "weak", lambda a, w=weak: crosscheck.answer_weak(
                by=a, side=HitSide.objects.get(id=w), answer=Answer.SAME), 4)  # fmt: skip
