"""What the second world has more than the first, and what then happens in both; added where few may read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import psycopg
from django.utils import timezone
from PIL import Image

from recoupe.access import actions as access
from recoupe.access import context, spreading
from recoupe.access.actions import Joining
from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases.actions import CaseEntry
from recoupe.cases.models import Case
from recoupe.coordination import actions as objectives
from recoupe.coordination.followup.enums import Seen
from recoupe.coordination.models import Objective
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import Answer
from recoupe.crosscheck.models import ContactThread, HitSide, Judgement
from recoupe.crosscheck.rules import COMMON_HOLDERS
from recoupe.dealpoints import actions as points
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence import actions as reports
from recoupe.intelligence.entry import PersonEntry
from recoupe.intelligence.importing import running
from recoupe.intelligence.models import Report
from recoupe.plan.actions import freeze
from recoupe.reference import queries as reference
from recoupe.reference.snapshot import forget
from recoupe.targets import actions as targets
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.retention import remind_cases
from recoupe.targets.rules import Entry as Registered
from tests.coordination.after import answer, planned
from tests.coordination.builders import draft
from tests.crosscheck.scene import Scene, entry
from tests.dealpoints.builders import active, priced
from tests.furnished import MAPPING
from tests.twins import events, settled
from tests.world import TestAgent, World

LYON, LYON_CODE = (4.8357, 45.7640), "69123"
# Words that only hidden objects hold, looked for in every search; and one that open ones hold too.
CANARY, COMMON = "ornithorynque", "porche"
NAME = ("VASTERIVE", "Ludivic", "09/10/1966")
TEXT = f"Un {CANARY} remet un sac sous un porche."
# A phone for each meeting of a deposit with what is hidden from its author (`…1`: met by what comes later).
PHONES = {name: f"061190{number:04d}" for number, name in enumerate(
    ("silent", "silent unit", "nobody", "holder_only", "open", "both", "draft",
     "quietly registered", "openly registered"), start=1)}  # fmt: skip
CROWD = "0611909999"
# Later than any category may stay open.
TERM = timedelta(days=400)
# Whoever is met by a full name and birth alone: by what comes later, by what was there first.
WEAK = (("MONTORGUEIL", "Sidonie", "14/02/1971"), ("VERMANDOIS", "Aldemar", "30/08/1974"))


@dataclass
class Stage:
    """Those who act behind the scenes: a territory of their own, and one service each of Marseille."""

    world: World
    people: dict[str, TestAgent] = field(default_factory=dict)
    # What stands in both worlds: objects by a name.
    known: dict[str, UUID] = field(default_factory=dict)

    def in_(self, world: World) -> "Stage":
        """The same people and objects in a clone."""
        return Stage(world, self.people, self.known)

    @property
    def scene(self) -> Scene:
        return Scene(self.world)

    def enter(self, who: str, **changes: Any) -> UUID:
        """A deposit of one of them, in Lyon unless it is said."""
        given = {"commune": LYON_CODE, "fact_text": TEXT} | changes
        return self.scene.enter(self.people[who], **given)


def set_stage(world: World) -> Stage:
    """The people of Lyon, a contact and an open case among them, and deposits that wait to be met."""
    stage = Stage(world)
    for name, role, unit in (
        ("officer", Role.INVESTIGATOR, "PJ69"), ("head", Role.UNIT_HEAD, "PJ69"),
        ("customs", Role.INVESTIGATOR, "DED69"), ("analyst", Role.CROSS_ANALYST, "CROSS69"),
        ("cell head", Role.CROSS_HEAD, "CROSS69"), ("prosecutor", Role.PROSECUTOR, "TJ69"),
        ("second prosecutor", Role.PROSECUTOR, "TJ69"), ("quiet", Role.INVESTIGATOR, "SR38"),
        ("near", Role.INVESTIGATOR, "SR13"), ("near head", Role.UNIT_HEAD, "SR13"),
        ("manager", Role.REGISTRY_MANAGER, "OFAST"),
        ("bureau", Role.INVESTIGATOR, "BCS"), ("watch", Role.WATCH_DESK, "OFAST"),
        ("authority", Role.DESIGNATING_AUTHORITY, "OFAST-PREN"), ("depositor", Role.INVESTIGATOR, "DED13"),
    ):  # fmt: skip
        stage.people[name] = world.agent(role, unit)
    stage.known["asked"] = _asked(stage, "quiet", "2026/38", "quietly registered").id
    # No role of the application writes the silence of a unit: it comes with the reference.
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE reference_unit SET silent = true WHERE code = 'SR38'")
    forget()
    stage.known["thread"] = _contact(stage, "0611900100")
    stage.known["report"] = stage.enter("near", commune="13055", handling="H3", h3_line="nobody",
                                        handling_conditions="opération en cours")  # fmt: skip
    for number in PHONES.values():
        stage.scene.enter(stage.people["depositor"], phone=later(number))
    stage.scene.enter(stage.people["depositor"], person=WEAK[1])
    # With the deposit that comes later, as many as make every pair a hit; one more, hidden, must not change that.
    for _ in range(COMMON_HOLDERS - 1):
        stage.enter("officer", phone=CROWD, handling="H2")
    stage.scene.pull()
    _registry_compared(stage)
    events.before(stage)
    return stage


def _registry_compared(stage: Stage) -> None:
    with stage.world.process("matcher"):
        while crosscheck.pull_targets().records:
            pass
        crosscheck.settle_targets()


def later(number: str) -> str:
    """The number of the deposits that were there first."""
    return "0612" + number[4:]


# --- hidden objects that no deposit meets ----------------------------------------------------------------------------


def add_report(stage: Stage) -> None:
    """A deposit of Lyon, then triaged and graded; one of its persons has no category, which is told after its term."""
    family, given, birth = NAME
    named = tuple(PersonEntry(family=family, given=given, birth=birth, category=c) for c in ("suspect", "unknown"))
    made = stage.enter("officer", persons=named, phone="0611900201")
    with stage.world.acting(stage.people["analyst"]) as agent:
        reports.triage(by=agent, report=Report.objects.get(pk=made))
        reports.grade(by=agent, report=Report.objects.get(pk=made), source="B", info="3")


def add_near(stage: Stage) -> None:
    """In Marseille itself: closed to all by its H3, then corrected."""
    made = stage.enter("near", commune="13055", person=NAME, phone="0611900202", handling="H3", h3_line="nobody",
                       handling_conditions="opération en cours", urgency=True)  # fmt: skip
    with stage.world.acting(stage.people["near"]) as agent:
        changed = entry(fact_text=TEXT, handling="H3", h3_line="nobody", handling_conditions="opération en cours")
        reports.correct(by=agent, report=Report.objects.get(pk=made), entry=changed, reason="erreur de saisie relevée")


def add_draft(stage: Stage) -> None:
    """A draft of Marseille with its photo: its author's alone."""
    with stage.world.acting(stage.people["near"]) as agent:
        kept = reports.create_draft(by=agent, entry=entry(fact_text=TEXT, phone=PHONES["draft"]))
        reports.attach(by=agent, report=kept, content=_photo())


def add_attachment(stage: Stage) -> None:
    """A photo on a report that stands in both worlds."""
    with stage.world.acting(stage.people["near"]) as agent:
        reports.attach(by=agent, report=Report.objects.get(pk=stage.known["report"]), content=_photo())


def add_point(stage: Stage) -> None:
    """A point of Lyon that its cell confirmed, with its evidence and a price."""
    made = active(stage.world, stage.people["officer"], stage.people["analyst"], LYON)
    priced(stage.world, stage.people["officer"], made)


def add_cleared(stage: Stage) -> None:
    """A point of Lyon that an operation cleared a week ago: a check was answered, a measure planned."""
    world, people = stage.world, stage.people
    point = active(world, people["officer"], people["analyst"], LYON)
    with world.acting(people["cell head"]) as agent:
        found = points.target(by=agent, point=DealPoint.objects.get(pk=point))
        found = points.disrupt(by=agent, point=found, reason="Opération de voie publique")
        ended = timezone.localdate() - timedelta(days=8)
        found = points.dismantle(by=agent, point=found, operation="OP-69", on=ended, reason="Opération menée")
        points.watch(by=agent, point=found)
    answer(world, people["officer"], point, 7, Seen.CLEAN)
    planned(world, people["analyst"], point)


def add_objective(stage: Stage) -> None:
    """An objective of Lyon, brought to its prosecutor, who sends it back."""
    point = active(stage.world, stage.people["officer"], stage.people["analyst"], LYON)
    world, court = stage.world, stage.people["prosecutor"].unit_id
    with world.acting(stage.people["analyst"]) as agent:
        made = objectives.propose(by=agent, origin=DealPoint.objects.get(pk=point), draft=draft(court_id=court)).id
    with world.acting(stage.people["cell head"]) as agent:
        objectives.examine(by=agent, objective=Objective.objects.get(pk=made))
    with world.acting(stage.people["analyst"]) as agent:
        objectives.send_to_prosecutor(by=agent, objective=Objective.objects.get(pk=made))
    with world.acting(stage.people["prosecutor"]) as agent:
        objectives.validate(by=agent, objective=Objective.objects.get(pk=made), reference="26-999")


def add_contact(stage: Stage) -> None:
    """Two deposits of Lyon that meet, their contact, and a release that waits for its magistrate."""
    case = _case(stage, "2026/69")
    thread = _contact(stage, "0611900203", frame="judicial", case_id=case)
    with stage.world.acting(stage.people["customs"]) as agent:
        crosscheck.request_release(by=agent, thread=ContactThread.objects.get(id=thread), reason="même réseau")
    with stage.world.acting(stage.people["officer"]) as agent:
        mine = HitSide.objects.get(thread_id=thread)
        crosscheck.release_record(by=agent, side=mine, recipient=stage.people["customs"].unit_id, reason="même réseau")


def add_weak(stage: Stage) -> None:
    """Two weak pairs of Lyon: one judged by its cell, one answered by a side."""
    for changes in ({}, {"handling": "H2", "commune": "38185"}):
        person = NAME if not changes else ("VASTERIVE", "Onfroy", "02/03/1967")
        held = stage.enter("customs", person=person, **changes)
        stage.enter("officer", person=person, **({"handling": "H2"} if changes else {}))
        stage.scene.pull()
    with stage.world.acting(stage.people["customs"]) as agent:
        crosscheck.answer_weak(by=agent, side=HitSide.objects.get(record_id=held), answer=Answer.SAME)
    with stage.world.acting(stage.people["analyst"]) as agent:
        asked = Judgement.objects.first()
        assert asked is not None
        crosscheck.judge(by=agent, judgement=asked, answer=Answer.SAME, reason="même naissance")


def add_message(stage: Stage) -> None:
    """One more word in a contact that stands in both worlds."""
    with stage.world.acting(stage.people["officer"]) as agent:
        thread = ContactThread.objects.get(id=stage.known["thread"])
        crosscheck.write_message(by=agent, thread=thread, text=TEXT)


def add_case(stage: Stage) -> None:
    """A procedure of Lyon that passes from one magistrate to another."""
    case = _case(stage, "2026/70")
    second = stage.people["second prosecutor"]
    with stage.world.acting(stage.people["head"]) as agent:
        cases.change_magistrate(
            by=agent, case=Case.objects.get(pk=case), court_id=second.unit_id, magistrate_id=second.id,
            reason="changement de cabinet au parquet",
        )  # fmt: skip


def add_import(stage: Stage) -> None:
    """A file of Lyon with a line that is refused."""
    with stage.world.acting(stage.people["officer"]) as agent:
        content = "N° de fiche;Faits\n1;\n".encode()
        handed = reports.upload_import(by=agent, name=f"{CANARY}.csv", content=content, mapping=MAPPING).id
    running.check(lambda: stage.world.acting(stage.people["officer"]), handed)


def add_service(stage: Stage) -> None:
    """A service of Lyon joined to its cell: its key stands on every row that carries the cell's."""
    with stage.world.acting(stage.people["authority"]) as agent:
        joining = Joining(reference.unit("CROSS69"), reference.unit("SR69"), valid_from=timezone.localdate())
        joined = access.join_cell(by=agent, joining=joining, reason="convention du 3 novembre")
    with stage.world.process("worker"):
        while not spreading.step(joined, 500):
            pass


def add_registration(stage: Stage) -> None:
    """A person of Lyon, asked for and registered."""
    _register(stage, _asked(stage, "officer", "2026/71"))


def add_settlement(stage: Stage) -> None:
    """Two registrations of Lyon that meet; carried to the manager, put to the magistrates, who decide."""
    for number, who in (("2026/72", "officer"), ("2026/73", "customs")):
        case = _case(stage, number, who)
        person = Registered(NAME[0], ("CP 222-37",), nickname=CANARY, phones=("0611900301",))
        with stage.world.acting(stage.people[who]) as agent:
            asked = targets.request_target(by=agent, case=Case.objects.get(pk=case), entry=person)
        _register(stage, asked)
    _registry_compared(stage)
    settled.settle(stage)
    _registry_compared(stage)


def _asked(stage: Stage, who: str, number: str, meeting: str = "") -> RegisteredTarget:
    """A registration that waits for the manager; `meeting`: of which deposits it holds the phones."""
    case = _case(stage, number, who)
    phones = (PHONES[meeting], later(PHONES[meeting])) if meeting else ()
    person = Registered(NAME[0], ("CP 222-37",), first_names=NAME[1], nickname=CANARY, phones=phones)
    with stage.world.acting(stage.people[who]) as agent:
        return targets.request_target(by=agent, case=Case.objects.get(pk=case), entry=person)


def _register(stage: Stage, asked: RegisteredTarget) -> None:
    with stage.world.acting(stage.people["manager"]) as agent:
        seen = targets.check_target(by=agent, target=asked, procedure=True, article=True, designation=True)
        targets.register(by=agent, target=seen)


def _photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (9, 9), "blue").save(out, "PNG")
    return out.getvalue()


def _case(stage: Stage, number: str, who: str = "officer") -> UUID:
    magistrate = stage.people["prosecutor"]
    with stage.world.acting(stage.people[who]) as agent:
        wanted = CaseEntry(number, magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1), offences=(7990,))
        return cases.open_case(by=agent, entry=wanted).id


def _contact(stage: Stage, phone: str, **changes: Any) -> UUID:
    stage.enter("officer", phone=phone, handling="H2", **changes)
    asked = stage.enter("customs", phone=phone, handling="H2")
    stage.scene.pull()
    with stage.world.acting(stage.people["customs"]) as agent:
        return crosscheck.open_contact(by=agent, side=HitSide.objects.get(record_id=asked), text=TEXT).id


# --- hidden objects that a deposit meets -----------------------------------------------------------------------------


def _meeting(name: str, who: str, **changes: Any) -> Callable[[Stage], None]:
    """Two records, so closed: one that a later deposit meets, one that meets an earlier deposit."""

    def add(stage: Stage) -> None:
        for phone in (PHONES[name], later(PHONES[name])):
            made = stage.enter(who, phone=phone, person=NAME, **changes)
            if name == "silent":
                _silence(stage, made)

    return add


def _silence(stage: Stage, made: UUID) -> None:
    with stage.world.acting(stage.people["head"]) as agent:
        until = timezone.localdate() + timedelta(days=30)
        report = Report.objects.get(pk=made)
        reports.mark_silent(by=agent, report=report, until=until, reason="livraison surveillée")


def _h3(line: str) -> dict[str, str]:
    return {"handling": "H3", "h3_line": line, "handling_conditions": "opération en cours"}


def add_weak_and_hidden(stage: Stage) -> None:
    """The same names and births, held by a silent unit, under each H3, and by a record made silent."""
    for person in WEAK:
        stage.enter("quiet", person=person)
        for line in ("nobody", "holder_only"):
            stage.enter("officer", person=person, **_h3(line))
        _silence(stage, stage.enter("officer", person=person))


def add_weak_and_open(stage: Stage) -> None:
    for person in WEAK:
        stage.enter("officer", person=person, handling="H2")


def add_to_the_crowd(stage: Stage) -> None:
    """A silent unit holds a number that as many open records hold as are still told one by one."""
    stage.enter("quiet", phone=CROWD)


def register_quietly(stage: Stage) -> None:
    """What a unit asked for before it fell silent is registered: it meets deposits, and tells nobody."""
    with stage.world.acting(stage.people["manager"]):
        asked = RegisteredTarget.objects.get(pk=stage.known["asked"])
    _register(stage, asked)


def register_openly(stage: Stage) -> None:
    """A registration whose unit tells others: it meets the deposits that hold its phones."""
    _register(stage, _asked(stage, "officer", "2026/72", "openly registered"))


HIDDEN: dict[str, Callable[[Stage], None]] = {
    "report": add_report, "near report": add_near, "draft": add_draft, "attachment": add_attachment, "point": add_point,
    "cleared point": add_cleared,
    "objective": add_objective, "contact": add_contact, "weak pair": add_weak, "message": add_message, "case": add_case,
    "import": add_import, "service of a cell": add_service, "registration": add_registration,
    "events": events.add_events, "presence": events.add_presence, "settlement": add_settlement,
}  # fmt: skip
MET: dict[str, Callable[[Stage], None]] = {
    "silent": _meeting("silent", "officer"),
    "silent unit": _meeting("silent unit", "quiet"),
    "nobody": _meeting("nobody", "officer", **_h3("nobody")),
    "holder_only": _meeting("holder_only", "officer", **_h3("holder_only")),
    "crowd": add_to_the_crowd,
    "weak": add_weak_and_hidden,
    "registration of a silent unit": register_quietly,
    "event nobody": events.meeting("event nobody", "officer", "nobody"),
    "event holder_only": events.meeting("event holder_only", "officer", "holder_only"),
    "event silent unit": events.meeting("event silent unit", "quiet"),
    "event silent": events.silent,
    "event mark": events.marked,
}
OPEN: dict[str, Callable[[Stage], None]] = {
    "open": _meeting("open", "officer", handling="H2"),
    "both": _meeting("both", "officer", **_h3("both")),
    "weak and open": add_weak_and_open,
    "registration both": register_openly,
    "event both": events.told,
}


def afterwards(stage: Stage) -> None:
    """What happens in both worlds once the object is there: the registry, deposits, then every job, in its order."""
    _registry_compared(stage)
    for number in (*PHONES.values(), CROWD):
        stage.scene.enter(stage.people["depositor"], phone=number)
    stage.scene.enter(stage.people["depositor"], person=WEAK[0])
    for lane in ("express", "bulk"):
        while stage.scene.pull(lane).records:
            pass
    stage.scene.decide()
    events.afterwards(stage)
    with stage.world.process("worker"), context.service("worker", "fin des silences échus"):
        reports.end_silences(today=timezone.localdate())
        remind_cases(today=timezone.localdate())
        reports.tell_undetermined(today=timezone.localdate() + TERM)


def night(stage: Stage) -> None:
    """The board is counted once a night; what was counted today already is counted anew."""
    stage.world.sql("DELETE FROM plan_dailyfigure")
    with stage.world.process("worker"):
        freeze()
