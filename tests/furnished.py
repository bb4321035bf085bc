"""A small world with something of everything: each kind of object that discovery finds, agents of each role."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connection, connections
from django.utils import timezone
from PIL import Image
from psycopg import sql

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.access.queries import agent_of
from recoupe.cases import actions as cases
from recoupe.cases.actions import CaseEntry
from recoupe.cases.models import Case
from recoupe.cli.deploy import close_database
from recoupe.coordination import actions as objectives
from recoupe.coordination.enums import ObjectiveState
from recoupe.coordination.followup.enums import Seen
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import Answer, JudgementState
from recoupe.crosscheck.models import ContactThread, HitSide, Judgement
from recoupe.dealpoints.models import DealPoint
from recoupe.deconfliction import danger_queries as dangers
from recoupe.deconfliction import watch
from recoupe.deconfliction.settling import actions as settling
from recoupe.deconfliction.settling.models import Settlement
from recoupe.demo import discovery
from recoupe.desk import actions as desk
from recoupe.intelligence import actions as reports
from recoupe.intelligence.entry import PersonEntry
from recoupe.intelligence.importing import running
from recoupe.intelligence.models import Report
from recoupe.notices import reminding
from recoupe.notices.rules import USUAL
from recoupe.operations import door
from recoupe.operations.door import MarkEntry
from recoupe.operations.placing import Stop
from recoupe.operations.presence import actions as ledger
from recoupe.reference.snapshot import forget
from recoupe.targets import actions as targets
from recoupe.targets.retention import remind_cases
from recoupe.targets.rules import Entry as Person
from tests.coordination.after import answer, dismantled, planned
from tests.coordination.builders import Cast, brought_to, draft
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.dealpoints.builders import LILLE, active, priced
from tests.deconfliction.scene import Scene as Ground
from tests.operations.made import LILLE as TOWN
from tests.operations.made import MARSEILLE, patrol, point
from tests.plan.told import fed, met
from tests.world import FURNISHED, TestAgent, World

# The secret of a calendar, as its agent keeps it: it is told once, and the base holds its hash.
CALENDAR = "calendar-of-the-unit-head-told-once-to-him"
MAPPING = {"columns": {"N° de fiche": "external_ref", "Faits": "fact_text"}}


@dataclass
class Furnished:
    """The world, who lives in it (one name a role and side), and how to look at its catalogue."""

    world: World
    people: dict[str, TestAgent] = field(default_factory=dict)

    def query(self, statement: str, params: Any = ()) -> list[tuple[Any, ...]]:
        """As the administrator, who sees every row."""
        return self.world.sql(statement.replace("%", "%%") if not params else statement, params)

    def tables(self) -> dict[str, discovery.Table]:
        """The catalogue of this world."""
        return discovery.tables(self.query)

    def ids(self) -> dict[str, list[str]]:
        """Every identifier of every table that has one."""
        return discovery.ids(self.query, self.tables())

    def book(self) -> discovery.AddressBook:
        """An address book that has read nothing yet, but for the address that no page shows twice."""
        book = discovery.AddressBook(discovery.routes(), self.ids())
        book.learn_path(f"/calendrier/{CALENDAR}.ics")
        return book


# Whether a process furnishes once and copies; on a mutant each module does all of it.
COPIES = True
# Of the copy that is kept: its server, its people, how many agents were made.
_KEPT: dict[str, tuple[dict[str, TestAgent], int]] = {}


def furnish(world: World) -> Furnished:
    """Let two services, their cell and their court work until every kind of object is there.

    Where nothing was done yet they do it once in this process: the next world is a copy of the first.
    """
    if not COPIES or not world.untouched():
        return _made(world)
    server = world.admin_url.rpartition("/")[0]
    if server not in _KEPT:
        made = _made(world)
        _copied(world, world.name, FURNISHED)
        _KEPT[server] = (dict(made.people), world.agents_made)
        return made
    people, world.agents_made = _KEPT[server]
    _copied(world, FURNISHED, world.name)
    with psycopg.connect(world.admin_url, autocommit=True) as direct:
        close_database(direct)
        # Whoever was at work then is at work now: a session that nobody uses tires.
        direct.execute("UPDATE access_session SET seen_at = now()")
    forget()
    return Furnished(world, dict(people))


def _copied(world: World, source: str, target: str) -> None:
    """One database in the place of another, while nobody is connected to either."""
    world.close()
    connections.close_all()
    with psycopg.connect(world.admin_url.rpartition("/")[0] + "/postgres", autocommit=True) as direct:
        names = [sql.Identifier(name) for name in (target, source)]
        direct.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(names[0]))
        direct.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(*names))


def _reminded(made: Furnished) -> None:
    """The unit head has a digest and a calendar, of which the tests know the secret."""
    with made.world.acting(made.people["unit head"]) as agent, connection.cursor() as cursor:
        reminding.save(by=agent, address="chef@interieur.gouv.fr", quiet=USUAL)
        cursor.execute("SELECT notices.set_calendar(%s::text, %s::time, %s::time)", [CALENDAR, "19:00", "07:00"])


def _made(world: World) -> Furnished:
    cast, scene = Cast(world), Scene(world)
    made = Furnished(world)
    customs = world.agent(Role.INVESTIGATOR, "DED13")
    made.people = {
        "police": cast.police, "unit head": world.agent(Role.UNIT_HEAD, "PJ13"), "customs": customs,
        "analyst": cast.analyst, "cell head": cast.head, "prosecutor": cast.prosecutor, "dpo": cast.dpo,
        "administrator": world.agent(Role.SYSADMIN, "OFAST"),
        "authority": world.agent(Role.DESIGNATING_AUTHORITY, "OFAST"),
        "judge": cast.judge, "office": cast.office, "duty officer": world.agent(Role.DUTY_OFFICER, "PJ13"),
        "customs head": world.agent(Role.UNIT_HEAD, "DED13"),
        "registry manager": world.agent(Role.REGISTRY_MANAGER, "OFAST"),
        "watch desk": world.agent(Role.WATCH_DESK, "OFAST"), "bureau": world.agent(Role.INVESTIGATOR, "BCS"),
        "plan owner": world.agent(Role.PLAN_MANAGER, "OFAST-PREN"),
        "plan secretary": world.agent(Role.PLAN_MANAGER, "OFAST"),
        "stranger": world.agent(Role.INVESTIGATOR, "PJ59"),
        "analyst there": world.agent(Role.CROSS_ANALYST, "CROSS59"),
        "prosecutor there": cast.other_prosecutor,
    }  # fmt: skip
    case = _case(world, customs, made.people["customs head"], cast.prosecutor)
    _own_reports(world, cast.police, cast.analyst)
    _contact(scene, cast.police, customs, {})
    _contact(scene, cast.police, customs, {"frame": "judicial", "case_id": case})
    _weak(scene, cast.police, customs)
    _judged(scene, cast.police, customs, cast.analyst)
    priced(world, cast.police, active(world, cast.police, cast.analyst))
    _registered(made, customs)
    _settled(made, cast.prosecutor)
    _events(made)
    _reminded(made)
    for state in (ObjectiveState.TO_PROSECUTOR, ObjectiveState.ALLOCATED):
        brought_to(world, cast, state)
    place = dismantled(world, cast, 8)
    answer(world, cast.police, place, 7, Seen.CLEAN)
    planned(world, cast.analyst, place)
    _import(world, cast.police)
    fed(world, made.people["plan owner"])
    met(world, made.people["plan secretary"])
    _desk(made)
    _elsewhere(made)
    with world.process("worker"), context.service("worker", "procédures sans inscription"):
        remind_cases(today=timezone.localdate())
    return made


def _desk(made: Furnished) -> None:
    """A tool's key that waits for the authority, and a lost key that waits for a second person."""
    today = timezone.localdate()
    with made.world.acting(made.people["unit head"]) as agent:
        desk.ask_key(by=agent, wanted=desk.Wanted("Tableau", "criminal_intelligence", today, today, "essai de l'outil"))
    lost = made.world.agent(Role.INVESTIGATOR, "DED13")
    with made.world.acting(made.people["authority"]) as agent:
        desk.declare_lost(by=agent, agent=agent_of(agent, lost.id), reason="clé perdue en mission")


def _elsewhere(made: Furnished) -> None:
    """The same in another territory, which the first one does not read: a case, a point, an objective, an import."""
    world, who = made.world, made.people["stranger"]
    with world.acting(who) as agent:
        magistrate = made.people["prosecutor there"]
        wanted = CaseEntry(
            "2026/59", magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1), offences=(7990,)
        )
        cases.open_case(by=agent, entry=wanted)
        reports.deposit(by=agent, entry=entry(commune="59350", person=("TESTARD", "Cyr", "07/08/1964")))
    point = active(world, who, made.people["analyst there"], LILLE)
    with world.acting(made.people["analyst there"]) as agent:
        found = DealPoint.objects.get(pk=point)
        objectives.propose(by=agent, origin=found, draft=draft(court_id=made.people["prosecutor there"].unit_id))
    _import(world, who)


def _case(world: World, holder: TestAgent, head: TestAgent, magistrate: TestAgent) -> UUID:
    """A procedure of a unit, handed by its head from one magistrate of the court to another."""
    first = world.agent(Role.PROSECUTOR, "TJ13")
    with world.acting(holder) as agent:
        wanted = CaseEntry("2026/77", first.unit_id, first.id, "preliminary", date(2026, 3, 1), offences=(7990,))
        case = cases.open_case(by=agent, entry=wanted)
    with world.acting(head) as agent:
        cases.change_magistrate(
            by=agent, case=Case.objects.get(pk=case.id), court_id=magistrate.unit_id, magistrate_id=magistrate.id,
            reason="changement de cabinet au parquet",
        )  # fmt: skip
    return case.id


def _own_reports(world: World, police: TestAgent, analyst: TestAgent) -> None:
    """A draft with its photo; a deposit that was corrected and graded, and told of a category that is still open."""
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    with world.acting(police) as agent:
        kept = reports.create_draft(by=agent, entry=entry(), key=uuid4())
        reports.attach(by=agent, report=kept, content=out.getvalue())
    with world.acting(police) as agent:
        first = reports.deposit(by=agent, entry=entry(person=("TESTARD", "Onésime", "03/04/1961")))
    open_one = (PersonEntry(family="TESTARD", category="unknown"),)
    with world.acting(police) as agent:
        reports.correct(
            by=agent, report=Report.objects.get(pk=first.id), reason="erreur de saisie relevée",
            entry=entry(fact_text="Trois hommes, non deux.", persons=open_one),
        )  # fmt: skip
    with world.acting(analyst) as agent:
        reports.triage(by=agent, report=Report.objects.get(pk=first.id))
        reports.grade(by=agent, report=Report.objects.get(pk=first.id), source="B", info="3")
    with world.process("worker"), context.service("worker", "qualités à déterminer"):
        reports.tell_undetermined(today=timezone.localdate() + timedelta(days=400))


def _contact(scene: Scene, asker: TestAgent, holder: TestAgent, changes: dict[str, Any]) -> None:
    """Two reports that meet, a contact with a message, and a record that is released or waits for its magistrate."""
    phone = new_phone()
    held = scene.enter(holder, phone=phone, **changes)
    asked = scene.enter(asker, phone=phone)
    scene.pull()
    with scene.world.acting(asker) as agent:
        side = HitSide.objects.get(record_id=asked)
        thread = crosscheck.open_contact(by=agent, side=side, text="Appelez-moi.").id
    with scene.world.acting(asker) as agent:
        crosscheck.request_release(by=agent, thread=ContactThread.objects.get(id=thread), reason="même réseau")
    with scene.world.acting(holder) as agent:
        mine = HitSide.objects.get(record_id=held)
        crosscheck.release_record(by=agent, side=mine, recipient=asker.unit_id, reason="même réseau")


def _weak(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    """A weak pair that its cell may judge, and one that both sides answer for."""
    near, far = ("TESTARD", "Aymar", "05/06/1962"), ("TESTARD", "Basile", "06/07/1963")
    scene.enter(customs, person=near)
    scene.enter(police, person=near)
    held = scene.enter(customs, person=far, handling="H2", commune="83137")
    scene.enter(police, person=far, handling="H2")
    scene.pull()
    with scene.world.acting(customs) as agent:
        crosscheck.answer_weak(by=agent, side=HitSide.objects.get(record_id=held), answer=Answer.SAME)


def _judged(scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent) -> None:
    """A weak pair that its cell found to be one person: what was said stays, the two records are a group."""
    person = ("TESTARD", "Clovis", "07/08/1964")
    scene.enter(customs, person=person)
    scene.enter(police, person=person)
    scene.pull()
    with scene.world.acting(analyst) as agent:
        asked = Judgement.objects.filter(state=JudgementState.ASKED).latest("at")
        crosscheck.judge(by=agent, judgement=asked, answer=Answer.SAME, reason="même surnom")
    scene.decide()


def _registered(made: Furnished, customs: TestAgent) -> None:
    """A registration that was asked for, and one that the manager has made."""
    world, manager = made.world, made.people["registry manager"]
    with world.acting(customs) as agent:
        case = Case.objects.filter(owner_unit_id=agent.unit_id).latest("created_at")
        targets.request_target(by=agent, case=case, entry=Person("TESTARD", ("CP 222-37",), phones=(new_phone(),)))
        asked = targets.request_target(by=agent, case=case, entry=Person("TESTARD", ("CD 414",), first_names="Léon"))
    with world.acting(manager) as agent:
        seen = targets.check_target(by=agent, target=asked, procedure=True, article=True, designation=True)
        targets.register(by=agent, target=seen)


def _settled(made: Furnished, prosecutor: TestAgent) -> None:
    """Two registrations of two services that met, carried to the manager and put to the two magistrates."""
    world, phone = made.world, new_phone()
    sides: dict[str, UUID] = {}
    for number, name in enumerate(("police", "customs")):
        with world.acting(made.people[name]) as agent:
            of = CaseEntry(
                f"2026/9{number}", prosecutor.unit_id, prosecutor.id, "preliminary", date(2026, 3, 1), offences=(7990,)
            )
            case = cases.open_case(by=agent, entry=of)
            person = Person("TESTARD", ("CP 222-37",), first_names="Ivo", phones=(phone,))
            asked = targets.request_target(by=agent, case=case, entry=person)
        with world.acting(made.people["registry manager"]) as agent:
            seen = targets.check_target(by=agent, target=asked, procedure=True, article=True, designation=True)
            sides[name] = targets.register(by=agent, target=seen).id
    with world.process("matcher"):
        while crosscheck.pull_targets().records:
            continue
        crosscheck.settle_targets()
    with world.acting(made.people["customs"]) as agent:
        thread = crosscheck.open_contact(by=agent, side=HitSide.objects.get(record_id=sides["customs"])).id
    with world.acting(made.people["police"]) as agent:
        crosscheck.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
    why = "Les deux services suivent le même homme."
    with world.acting(made.people["customs"]) as agent:
        settling.carry(by=agent, settlement=Settlement.objects.get(thread_id=thread), reason=why)
    with world.acting(made.people["registry manager"]) as agent:
        settling.submit(by=agent, settlement=Settlement.objects.get(thread_id=thread), lead="joint", reason=why)


def _events(made: Furnished) -> None:
    """Two events that meet, each of its own service, compared; one of the other territory, which meets nothing."""
    ground = Ground(made.world)
    for who, kind in (("police", "surveillance"), ("customs", "control")):
        ground.enter(made.people[who], point(kind=kind, label=f"Quai {kind}"))
    ground.enter(made.people["stranger"], point(stops=(Stop(TOWN),), shape="commune", radius_m=0))
    for who, commune in (("police", MARSEILLE), ("stranger", TOWN)):
        with made.world.acting(made.people[who]) as agent:
            line = ledger.enter(by=agent, entry=patrol(commune=commune)).line
            ledger.correct(by=agent, line=line, entry=patrol(commune=commune, staff=4), reason="effectif", step=1)
    assert ground.compare() == 3
    now = timezone.now()
    with made.world.acting(made.people["bureau"]) as agent:
        door.mark(by=agent, entry=MarkEntry(windows=((now, now + timedelta(hours=3)),), plates=("AA-914-ZZ",)))
    with made.world.acting(made.people["watch desk"]) as agent:
        watch.take(by=agent)
        [danger] = dangers.open_dangers(agent, timezone.now())
        side = dangers.sides_of(agent, [danger.id])[danger.id][0]
        watch.note_call(by=agent, danger=danger, side=side.id, reached=False)
        watch.leave_note(by=agent, danger=danger, text="Rappeler avant six heures")


def _import(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        content = "N° de fiche;Faits\n1;\n".encode()
        handed = reports.upload_import(by=agent, name="x.csv", content=content, mapping=MAPPING).id
    running.check(lambda: world.acting(police), handed)
