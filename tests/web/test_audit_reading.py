"""Who reads the journal, and what it tells a service of its own records: services, never agents nor motives (R-44)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copy
from uuid import UUID, uuid4

import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.exporting import NothingSignedError, Selection
from recoupe.audit.exporting import export as whole
from recoupe.audit.notes import LOG, WITNESS
from recoupe.audit.reading import Wanted
from recoupe.audit.tree import hashes
from recoupe.coordination import queries as coordination
from recoupe.coordination.actions import propose as propose_objective
from recoupe.crosscheck import queries as crosscheck
from recoupe.dealpoints import queries as dealpoints
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.actions import deposit
from recoupe.web.audit import export, reads
from tests.audit.keeping import Keeping, signer
from tests.coordination.builders import Cast, draft
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.dealpoints.builders import active
from tests.web.rooms import text
from tests.world import TestAgent, World

VERIFIER = Path(__file__).resolve().parents[2] / "docs/journal/verify.py"


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def reference(world: World) -> dict[str, tuple[UUID, str]]:
    """A report of the police and one of the customs."""
    made: dict[str, tuple[UUID, str]] = {}
    for unit in ("PJ13", "DED13"):
        with world.acting(world.agent(Role.INVESTIGATOR, unit)) as agent:
            report = deposit(by=agent, entry=entry(phone="0639981" + str(len(made)) + "34"))
            made[unit] = (report.id, report.ref or "")
    return made


def opened(world: World, who: TestAgent, report: UUID) -> None:
    """He opens its page, or would: what the page writes is written."""
    with world.acting(who):
        record(Operation.CONSULT, refs=[("report", report)])


def test_a_head_sees_which_service_opened_his_unit_s_records(
    world: World, head: TestAgent, reference: dict[str, tuple[UUID, str]]
) -> None:
    own, ref = reference["PJ13"]
    analyst = world.agent(Role.CROSS_ANALYST, "CROSS13", name="lecteur.nomme")
    assert world.client(analyst).get(f"/renseignements/{own}/").status_code == 200
    answer = world.client(head).get("/lectures/")
    page = text(answer)
    assert answer.status_code == 200
    assert ref in page and "CROSS" in page and "Renseignement criminel" in page
    # Neither who it was, nor why, nor how much the journal holds.
    number = world.sql("SELECT max(id) FROM audit_entry")[0][0]
    for hidden in ("lecteur.nomme", str(analyst.id), "motif de test suffisant", f">{number}<"):
        assert hidden not in answer.content.decode()


@pytest.mark.parametrize("reader", ["own unit", "dpo", "inspection", "silent unit", "list", "search"])
def test_what_a_head_is_not_told(
    world: World, head: TestAgent, reference: dict[str, tuple[UUID, str]], reader: str
) -> None:
    """His own people, whoever oversees, a silent service; and what was only listed."""
    own, _ref = reference["PJ13"]
    role, unit = {
        "own unit": (Role.INVESTIGATOR, "PJ13"), "dpo": (Role.DPO, "OFAST"), "inspection": (Role.INSPECTION, "OFAST"),
        "silent unit": (Role.INVESTIGATOR, "IGPN"),
    }.get(reader, (Role.CROSS_ANALYST, "CROSS13"))  # fmt: skip
    with world.acting(world.agent(role, unit)):
        record(
            Operation.SEARCH if reader == "search" else Operation.CONSULT,
            refs=[("report", own)],
            details={"what": "reports"} if reader == "list" else {"what": "selector"} if reader == "search" else {},
        )
    (last,) = world.sql("SELECT at FROM audit_entry WHERE operation IN ('consult', 'search') ORDER BY id DESC LIMIT 1")
    with world.acting(head) as agent:
        found = export_openings(agent, last[0])
    assert found == []


def export_openings(agent: object, since: object) -> list[object]:
    from_then = Wanted(since, timezone.now() + timedelta(seconds=1))  # type: ignore[arg-type]
    return list(intelligence.openings(agent, from_then))  # type: ignore[arg-type]


def test_a_head_is_told_nothing_of_the_records_of_others(
    world: World, head: TestAgent, reference: dict[str, tuple[UUID, str]]
) -> None:
    theirs, ref = reference["DED13"]
    opened(world, world.agent(Role.CROSS_ANALYST, "CROSS13"), theirs)
    answer = world.client(head).get("/lectures/", {"ref": ref})
    assert answer.status_code == 422
    assert text(world.client(head).get("/lectures/", {"ref": "PJ13-26-AAAAAA"})) == text(answer).replace(
        ref, "PJ13-26-AAAAAA"
    )
    assert ref not in text(world.client(head).get("/lectures/"))
    customs = world.agent(Role.UNIT_HEAD, "DED13")
    assert ref in text(world.client(customs).get("/lectures/"))


@pytest.fixture(scope="module")
def held(world: World) -> dict[str, UUID]:
    """Of each kind that a unit holds and others read, one of the police; of a hit also the customs' side."""
    cast, scene = Cast(world), Scene(world)
    customs, phone = world.agent(Role.INVESTIGATOR, "DED13"), new_phone()
    theirs, ours = scene.enter(customs, phone=phone), scene.enter(cast.police, phone=phone)
    scene.pull()
    point = active(world, cast.police, cast.analyst)
    with world.acting(cast.analyst) as agent:
        objective = propose_objective(by=agent, origin=DealPoint.objects.get(pk=point), draft=draft()).id
    sides = dict(world.sql("SELECT record_id, id FROM crosscheck_hitside WHERE record_id = ANY (%s)", [[theirs, ours]]))
    return {"dealpoint": point, "hit": sides[ours], "objective": objective, "other side": sides[theirs]}


KINDS = {"dealpoint": ("PJ13", dealpoints), "hit": ("PJ13", crosscheck), "objective": ("CROSS13", coordination)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_is_told_to_its_own_head_alone(world: World, held: dict[str, UUID], kind: str) -> None:
    """The right role for the wrong object, the wrong role for the right one: nothing."""
    unit, room = KINDS[kind]
    reader = world.agent(Role.OFAST_ANALYST, "OFAST")
    before = timezone.now()
    address = reverse(f"{kind}-page", args=[held[kind]])
    assert world.client(reader).get(address).status_code == 200
    wanted = Wanted(before, timezone.now() + timedelta(seconds=1))
    told = {}
    heads = [(Role.CROSS_HEAD, "CROSS13"), (Role.UNIT_HEAD, "PJ13"), (Role.UNIT_HEAD, "DED13")]
    others = [(Role.CROSS_HEAD, "CROSS59"), (Role.INVESTIGATOR, unit), (Role.DUTY_OFFICER, unit)]
    for role, where in heads + others:
        who = world.agent(role, where)
        with world.acting(who) as agent:
            told[role, where] = [one.record for one in room.openings(agent, wanted)]
        if told[role, where]:
            page = text(world.client(who).get("/lectures/"))
            assert address in page and "Office anti-stupéfiants" in page
    head = Role.CROSS_HEAD if unit == "CROSS13" else Role.UNIT_HEAD
    assert {key: found for key, found in told.items() if found} == {(head, unit): [held[kind]]}


def test_the_other_side_of_a_hit_and_a_map_tell_nothing(world: World, held: dict[str, UUID], head: TestAgent) -> None:
    """Whoever looks at his own side, or at many points at once, has opened nothing of ours; the matcher neither."""
    analyst, customs = world.agent(Role.CROSS_ANALYST, "CROSS13"), world.agent(Role.DUTY_OFFICER, "DED13")
    before = timezone.now()
    assert world.client(customs).get(f"/recoupements/{held['other side']}/").status_code == 200
    assert world.client(analyst).get("/carte/points.geojson?bbox=5,43,6,44").status_code == 200
    assert str(held["dealpoint"]) in str(world.journal("consult")[-1][2])
    with world.process("matcher"), context.service("matcher", "essai"):
        record(Operation.COMBINE, refs=[("hit", held["hit"])])
        record(Operation.CONSULT, refs=[("hit", held["hit"])])
    with world.acting(head) as agent:
        wanted = Wanted(before, timezone.now() + timedelta(seconds=1))
        assert [one for room in (dealpoints, crosscheck, intelligence) for one in room.openings(agent, wanted)] == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.UNIT_HEAD, Role.CROSS_HEAD}))
def test_nobody_but_a_head_asks(world: World, reference: dict[str, tuple[UUID, str]], role: Role) -> None:
    """Not by SQL either, not even of his own unit."""
    opened(world, world.agent(Role.CROSS_ANALYST, "CROSS13"), reference["PJ13"][0])
    who = world.agent(role, "PJ13")
    assert world.client(who).get("/lectures/").status_code == 403
    with world.acting(who) as agent:
        assert export_openings(agent, timezone.now() - timedelta(days=1)) == []


def test_a_head_of_a_cell_elsewhere_is_no_head(world: World, reference: dict[str, tuple[UUID, str]]) -> None:
    """P-81: in a service that joined a cell its roles give reading alone."""
    who = world.agent(Role.CROSS_HEAD, "PJ13")
    assert world.client(who).get("/lectures/").status_code == 403
    with world.acting(who) as agent:
        assert export_openings(agent, timezone.now() - timedelta(days=1)) == []


def test_pages_of_openings_follow_each_other(
    world: World, head: TestAgent, reference: dict[str, tuple[UUID, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each opening once, those of one moment on one page."""
    monkeypatch.setattr(reads, "PAGE", 4)
    own, ref = reference["PJ13"]
    analyst = world.agent(Role.CROSS_ANALYST, "CROSS13")
    for _ in range(9):
        opened(world, analyst, own)
    wanted = world.sql(
        "SELECT count(*) FROM audit_entry WHERE refs[1] = %s AND operation = 'consult' AND unit <> %s"
        " AND purpose <> 'oversight' AND NOT details ? 'what'"
        " AND unit <> (SELECT id FROM reference_unit WHERE code = 'IGPN')",
        [f"report:{own}", head.unit_id],
    )[0][0]
    client, address, seen = world.client(head), "/lectures/", 0
    while address:
        page = client.get(address)
        seen += page.content.decode().count(f">{ref}</a>")
        address = page.context["older_url"] and "/lectures/" + page.context["older_url"]
    assert seen == wanted > 9


def test_a_head_is_told_the_same_whether_few_records_were_opened_or_many(
    world: World, head: TestAgent, reference: dict[str, tuple[UUID, str]]
) -> None:
    """Among few openings the journal is asked first, among many the records of the service: one answer."""
    analyst = world.agent(Role.CROSS_ANALYST, "CROSS13")
    opened(world, analyst, reference["PJ13"][0])
    others = (
        "INSERT INTO audit_entry (at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields,"
        " details) SELECT now() - interval '1 hour', %s, %s, 'intelligence', '', '', '', 'consult',"
        " ARRAY['report:' || gen_random_uuid()], '{}', '{}' FROM generate_series(1, 5000)"
    )
    told, few = [], "SELECT audit.opened('report', now() - interval '1 day', now()) IS NOT NULL"
    with psycopg.connect(world.url("admin")) as direct:
        for rows in (0, 5000):
            if rows:
                direct.execute("SET LOCAL session_replication_role = replica")
                direct.execute(others, [analyst.id, analyst.unit_id])
            assert direct.execute(few).fetchone() == (rows == 0,)
            direct.execute("SET LOCAL SESSION AUTHORIZATION recoupe_app")
            direct.execute("SELECT access.open(%s)", [head.token])
            asked = "SELECT * FROM intelligence.reads_of_own(now() - interval '1 day', now(), NULL, 50)"
            told.append(direct.execute(asked).fetchall())
            direct.execute("RESET SESSION AUTHORIZATION")
        direct.rollback()
    assert told[0] == told[1] != []


@pytest.mark.parametrize("role", [Role.DPO, Role.INSPECTION])
def test_who_oversees_counts_by_day_service_and_purpose(world: World, role: Role) -> None:
    client = world.client(world.agent(role, "OFAST"))
    one = world.agent(Role.INVESTIGATOR, "SR13")
    with world.acting(one):
        record(Operation.SEARCH, result_count=0)
        record(Operation.CONSULT, details={"what": "home"}, result_count=0)
    answer = client.get("/journal/repartition/", {"login": one.login})
    charts = {
        title: [(bar.label, bar.count) for bar in bars if bar.count] for title, _what, bars in answer.context["charts"]
    }
    today = timezone.localdate().strftime("%d/%m/%Y")
    assert charts["Par jour"] == [(today, answer.context["total"])]
    assert [n for _name, n in charts["Par service"]] == [answer.context["total"]]
    arrivals = client.get("/journal/repartition/", {"login": one.login, "arrivals": "on"}).context["total"]
    assert arrivals == answer.context["total"] + 1
    with world.acting(one):
        # An entry without details is one as well.
        record(Operation.CONSULT, refs=[("report", uuid4())])
    total = answer.context["total"]
    assert client.get("/journal/repartition/", {"login": one.login}).context["total"] == total + 1
    # R-LOG-2: sixty searches on one day are not told, the next one is; what the form asks by itself counts for none.
    with world.acting(one):
        for _more in range(59):
            record(Operation.SEARCH, details={"what": "text"}, result_count=0)
        record(Operation.SEARCH, details={"what": "known"}, result_count=0)
    assert one.login not in {who for who, _day, _n in client.get("/journal/repartition/").context["searched"]}
    with world.acting(one):
        record(Operation.SEARCH, details={"what": "text"}, result_count=0)
    told = client.get("/journal/repartition/")
    assert (one.login, today, 61) in told.context["searched"]
    assert "Plus de 60 recherches le même jour" in told.content.decode()
    other = {"login": world.agent(Role.INVESTIGATOR, "SR13").login}
    assert client.get("/journal/repartition/", other).context["searched"] == []
    whole_year = {"since": "01/01/2020", "until": "01/01/2022"}
    assert client.get("/journal/repartition/", whole_year).status_code == 422
    assert client.get("/journal/repartition/", {"since": "31/02/2026"}).status_code == 422


@pytest.fixture
def keeping(world: World, tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(world, tmp_path)
    made.clock.now = timezone.now().timestamp()
    yield made
    made.end()


@pytest.mark.parametrize("role", [Role.DPO, Role.INSPECTION])
def test_who_oversees_takes_entries_out_with_their_proofs(
    world: World, keeping: Keeping, tmp_path: Path, role: Role
) -> None:
    who = world.agent(role, "OFAST")
    subject = uuid4()
    opened(world, world.agent(Role.CROSS_ANALYST, "CROSS13"), subject)
    keeping.round(0)
    client = world.client(who)
    opened(world, world.agent(Role.CROSS_ANALYST, "CROSS13"), uuid4())
    keeping.round(1)
    # What the inspector took of the witnesses before leads to what he takes out now.
    kept = [f"--kept={copy(one.kept, tmp_path / (one.signer.name + '.copy'))}" for one in keeping.witnesses]
    assert len((tmp_path / "temoin-a.copy").read_text().splitlines()) == 2
    opened(world, world.agent(Role.CROSS_ANALYST, "CROSS13"), uuid4())
    keeping.round(1)
    assert "temoin-a" in text(client.get("/journal/preuves/"))
    answer = client.post("/journal/preuves/", {"ref": f"report:{subject}"})
    assert answer["Content-Disposition"].startswith('attachment; filename="journal-')
    out = tmp_path / "journal.jsonl"
    out.write_bytes(answer.content)
    told = [json.loads(line) for line in out.read_text().splitlines()]
    assert [json.loads(line["said"])["refs"] for line in told if "said" in line] == [[f"report:{subject}"]]
    keys = [f"--witness={name}={signer(name, WITNESS).key.public.hex()}" for name in ("temoin-a", "temoin-b")]
    log = f"--log-key={signer('notaire', LOG).key.public.hex()}"
    command = [sys.executable, str(VERIFIER), str(out), log, *keys, *kept]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 kept checkpoints lead to it" in done.stdout
    ((_operation, actor, _refs, details),) = world.journal("export")[-1:]
    assert (actor, details["what"]) == (who.id, "journal_export")


def test_an_export_is_bounded_and_needs_a_signature(
    world: World, keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client(world.agent(Role.DPO, "OFAST"))
    keeping.round(0)
    monkeypatch.setattr(export, "MOST", 1)
    assert client.post("/journal/preuves/", {}).status_code == 422
    world.sql("DELETE FROM audit_checkpoint")
    assert client.post("/journal/preuves/", {}).status_code == 409


def test_nobody_else_takes_anything_out(world: World, keeping: Keeping) -> None:
    """By SQL either: salts, leaves and checkpoints are told to whom oversees alone."""
    keeping.round(0)
    for role in (Role.UNIT_HEAD, Role.SYSADMIN, Role.DESIGNATING_AUTHORITY):
        who = world.agent(role, "PJ13")
        assert world.client(who).post("/journal/preuves/", {}).status_code == 403
        with world.acting(who), pytest.raises(NothingSignedError):
            list(whole(Selection()))
        with world.acting(who):
            assert hashes(0, 0, 10) == []
