"""The made world loaded through the actions: whole, safe to run again, its truths found or unseen as planted."""

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from django.utils.timezone import localdate

from recoupe.access.authenticator import FILE, kept_keys
from recoupe.access.signin import made_agents, sign_in_by_key, sign_in_options
from recoupe.config.paths import matcher_model, tool_key
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.engine import serving
from recoupe.demo import seed
from recoupe.demo.hours import end_of
from recoupe.demo.loading import door
from recoupe.demo.loading.events import EVENTS
from recoupe.demo.loading.presence import NIGHTS, PATROLS
from recoupe.demo.loading.stage import Ledger, Stage
from recoupe.demo.loading.tools import give_tool_key
from recoupe.demo.records import Plan
from recoupe.kernel.refusal import Conflict, Refused
from tests.demo.lived import CAUSES, DONE, MOMENTS
from tests.world import World

# The verbs that the loading calls know what day it is.
PLAN = Plan(localdate(), scale=0.1)


class CutError(Exception):
    """The loading is killed here."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seed")


@pytest.fixture(scope="module")
def stage(world: World, folder: Path) -> Iterator[Stage]:
    """The world, loaded in three tries: two of them were cut short; people are compared by the model that ships."""
    seed.place_model()
    with pytest.MonkeyPatch.context() as patch:
        for step in ("load_silences", "load_contacts"):
            patch.setattr(seed, step, _cut)
            with pytest.raises(CutError):
                seed.load(PLAN, folder, world.process, lambda _line: None)
            patch.undo()
    loaded = seed.load(PLAN, folder, world.process, lambda _line: None)
    assert loaded is not None
    yield loaded
    matcher_model().unlink()


def _cut(stage: Stage) -> None:
    raise CutError


@pytest.fixture(scope="module")
def found(stage: Stage, folder: Path) -> dict[str, Any]:
    truths: dict[str, Any] = json.loads((folder / "truths.json").read_text())
    return truths


def _records(found: dict[str, Any], name: str) -> list[str]:
    truth = next(t for t in found["truths"] if t["name"] == name)
    return [r["id"] for r in truth["reports"]]


def _told(world: World, record: str) -> list[tuple[str, str]]:
    """(strength, code of the service to call) of each side that this record's holder was told of."""
    return [
        (strength, code)
        for strength, code in world.sql(
            "SELECT strength, other_code FROM crosscheck_hitside WHERE record_id = %s", [record]
        )
    ]


def test_all_is_there_once(stage: Stage, world: World) -> None:
    made = stage.world
    for table, count in (
        ("intelligence_report", len(made.reports)),
        ("access_agent", len(made.agents)),
        ("cases_case", len(made.cases)),
        ("dealpoints_dealpoint", len(made.points)),
        ("coordination_objective", len(made.objectives)),
        ("intelligence_outbox", 0),
        ("operations_event", len(EVENTS)),
        ("operations_presence", NIGHTS * len(PATROLS)),
    ):
        assert world.sql(f"SELECT count(*) FROM {table}") == [(count,)], table
    assert world.sql("SELECT count(*) FROM access_session WHERE revoked_at IS NULL") == [(0,)]


def test_a_matcher_that_starts_on_it_enters_nobody_again(stage: Stage, world: World) -> None:
    with world.process("matcher"):
        engine = serving()
        assert engine is not None
        crosscheck.begin(engine)
        assert crosscheck.sweep(engine, crosscheck.START).queued == 0
    people = "SELECT people, whole_at IS NOT NULL FROM crosscheck_indexstate"
    named = "SELECT count(*) FROM intelligence_person"
    assert world.sql(people) == [(world.sql(named)[0][0], True)]


def test_a_second_loading_changes_nothing(stage: Stage, world: World, folder: Path) -> None:
    before = world.sql("SELECT count(*) FROM audit_entry")
    assert seed.load(PLAN, folder, world.process, print) is None
    assert world.sql("SELECT count(*) FROM audit_entry") == before


def test_every_write_was_an_action_in_the_journal(stage: Stage, world: World) -> None:
    unnamed = world.sql("SELECT count(*) FROM audit_entry WHERE actor IS NULL AND service = ''")
    assert unnamed == [(0,)]
    collected = world.sql("SELECT count(*) FROM audit_entry WHERE operation = 'collect'")[0][0]
    assert collected >= len(stage.world.points) + len(stage.world.objectives)


def test_made_agents_sign_in_with_the_keys_of_the_folder(stage: Stage, world: World, folder: Path) -> None:
    printed = (folder / "accounts.txt").read_text()
    for agent in stage.world.agents:
        assert (f"{agent.login} " in printed) == bool(agent.named)
    with world.process("signin"):
        keys = kept_keys(folder / FILE)
        assert (folder / FILE).stat().st_mode & 0o777 == 0o600
        assert keys.keys() == {agent.login for agent in stage.world.agents}
        for login in ("pj13.enq1", "douane13"):
            assert sign_in_by_key(keys[login].sign(sign_in_options(), settings.SIGNIN_ORIGIN))


@pytest.mark.parametrize(("table", "column"), MOMENTS)
def test_nothing_bears_the_day_of_the_loading(stage: Stage, world: World, table: str, column: str) -> None:
    last, days = world.sql(f"SELECT max({column}), count(DISTINCT {column}::date) FROM {table}")[0]
    assert last < end_of(PLAN.today)
    assert (
        days > 1 or table in ("access_agent", "access_passkey", "access_disclosure") or table.startswith("crosscheck_")
    )


def test_notes_and_points_fill_two_years(stage: Stage, world: World) -> None:
    quarters = dict(
        world.sql("SELECT date_trunc('quarter', submitted_at), count(*) FROM intelligence_report GROUP BY 1")
    )
    assert len(quarters) >= 8 and min(quarters.values()) >= 3
    a_year_ago = "SELECT count(DISTINCT point_id) FROM dealpoints_statechange WHERE at < now() - interval '1 year'"
    assert world.sql(a_year_ago)[0][0] > 0


@pytest.mark.parametrize("what", CAUSES)
def test_everything_comes_after_its_cause(stage: Stage, world: World, what: str) -> None:
    assert world.sql(CAUSES[what]) == []


@pytest.mark.parametrize("kind", DONE)
def test_the_journal_says_each_step_at_its_moment_by_its_author(stage: Stage, world: World, kind: str) -> None:
    unsaid = f"""
        SELECT d.* FROM ({DONE[kind]}) AS d(ref, word, at, actor) WHERE NOT EXISTS (
            SELECT 1 FROM audit_entry e WHERE e.refs @> ARRAY[d.ref] AND e.details ->> 'state' = d.word AND e.at = d.at
               AND (d.actor IS NULL OR e.actor = d.actor))"""
    assert world.sql(f"SELECT count(*) > 0 FROM ({DONE[kind]}) AS d") == [(True,)]
    assert world.sql(unsaid) == []


def test_the_journal_is_in_the_order_of_its_moments(stage: Stage, world: World) -> None:
    backwards = "SELECT 1 FROM (SELECT at, lag(at) OVER (ORDER BY id) AS before FROM audit_entry) e WHERE at < before"
    assert world.sql(backwards) == []
    assert world.sql("SELECT count(*) FROM audit_entry e WHERE cardinality(refs) > 100") == [(0,)]


def test_the_truths_name_the_references_that_the_base_holds(found: dict[str, Any], world: World) -> None:
    for truth in found["truths"]:
        for report in truth["reports"]:
            assert world.sql("SELECT ref FROM intelligence_report WHERE id = %s", [report["id"]]) == [(report["ref"],)]


def test_the_door_to_the_past_is_shut(stage: Stage, world: World) -> None:
    with door.past(world.process, "again") as cursor:
        assert cursor is None
    weak = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND relname NOT LIKE 'django%%' AND NOT (relrowsecurity AND relforcerowsecurity)"""
    assert world.sql(weak) == []
    assert world.sql("SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'") == []


@pytest.mark.parametrize(
    ("name", "strength"), [("shared_phone", "certain"), ("same_person", "weak"), ("failed_plate", "strong")]
)
def test_what_must_meet_has_met(found: dict[str, Any], world: World, name: str, strength: str) -> None:
    for record in _records(found, name):
        told = _told(world, record)
        assert name == "same_person" or strength in {s for s, _ in told}, (name, told)
    # A weak one is judged first by the cell that reads both notes: nobody is told yet.
    ids = _records(found, name)
    rows = world.sql("SELECT strength FROM crosscheck_hit WHERE low = ANY(%s) AND high = ANY(%s)", [ids, ids])
    assert rows == [(strength,)]


def test_three_services_meet_two_by_two(found: dict[str, Any], world: World) -> None:
    for record in _records(found, "three_services"):
        assert len(_told(world, record)) >= 2


def _strengths(world: World, ids: list[str]) -> list[str]:
    """How strong the hits among these records are."""
    query = "SELECT strength FROM crosscheck_hit WHERE low = ANY(%s) AND high = ANY(%s)"
    return [strength for (strength,) in world.sql(query, [ids, ids])]


@pytest.mark.parametrize("name", ["same_unit", "swapped_digits"])
def test_what_must_not_meet_has_not(found: dict[str, Any], world: World, name: str) -> None:
    assert _strengths(world, _records(found, name)) == []


def test_what_is_only_alike_is_proposed_and_no_more(found: dict[str, Any], world: World) -> None:
    assert _strengths(world, _records(found, "two_spellings")) == ["weak"]
    assert set(_strengths(world, _records(found, "first_of_january"))) <= {"weak"}


@pytest.mark.parametrize(
    ("name", "hidden_side_told"),
    [("h3_nobody", False), ("h3_holder_only", True), ("silent_mark", True), ("silent_inspection", True)],
)
def test_nobody_learns_of_what_is_hidden(
    found: dict[str, Any], world: World, name: str, hidden_side_told: bool
) -> None:
    hidden, other = _records(found, name)
    ids = [hidden, other]
    pair = world.sql("SELECT id FROM crosscheck_hit WHERE low = ANY(%s) AND high = ANY(%s)", [ids, ids])
    sides = world.sql(
        "SELECT record_id::text FROM crosscheck_hitside WHERE hit_id = ANY(%s)", [[row[0] for row in pair]]
    )
    assert {record for (record,) in sides} == ({hidden} if hidden_side_told else set())


def test_the_judicial_note_names_its_procedure(found: dict[str, Any], world: World) -> None:
    record = _records(found, "judicial_release")[0]
    assert world.sql("SELECT frame, case_id IS NOT NULL FROM intelligence_report WHERE id = %s", [record]) == [
        ("judicial", True)
    ]


def test_the_border_note_belongs_to_both_cells(found: dict[str, Any], world: World) -> None:
    record = _records(found, "border_point")[0]
    values = next(t for t in found["truths"] if t["name"] == "border_point")["values"]
    departments = world.sql("SELECT departments FROM intelligence_report WHERE id = %s", [record])[0][0]
    assert set(departments) == {values["department"], values["other"]}


def test_points_and_objectives_reached_their_states(stage: Stage, found: dict[str, Any], world: World) -> None:
    states = dict(world.sql("SELECT id::text, state FROM dealpoints_dealpoint"))
    for point in stage.world.points:
        assert states[found["points"][point.key]] == point.state, point.key
    states = dict(world.sql("SELECT id::text, state FROM coordination_objective"))
    for objective in stage.world.objectives:
        assert states[found["objectives"][objective.key]] == objective.state, objective.key


def test_contacts_stand_where_the_pairs_say(stage: Stage, world: World) -> None:
    states = Counter(dict(world.sql("SELECT id, state FROM crosscheck_contactthread")).values())
    for state in ("AVAILABLE", "REQUESTED", "MADE", "RESOLVED", "ESCALATED_CELL"):
        assert states[state] >= 1, states
    releases = {state for (state,) in world.sql("SELECT state FROM crosscheck_release")}
    assert {"REQUESTED", "GRANTED", "REFUSED"} <= releases


def test_planned_events_stand_in_every_state_and_two_services_have_met(stage: Stage, world: World) -> None:
    ours = [UUID(stage.ledger.value(f"event:{draft.key}")) for draft in EVENTS]
    found = world.sql("SELECT state, created_at, changed_at FROM operations_event WHERE id = ANY (%s)", [ours])
    assert Counter(state for state, _made, _changed in found) == {
        "PLANNED": 11,
        "UNDER_WAY": 1,
        "CANCELLED": 1,
        "OVER": 1,
    }
    assert max(max(made, changed) for _state, made, changed in found) < end_of(PLAN.today)
    assert world.sql("SELECT count(*) FROM operations_outbox WHERE event_id = ANY (%s)", [ours]) == [(0,)]
    told = (
        "SELECT e.label FROM crosscheck_hitside s JOIN operations_event e ON e.id = s.record_id WHERE e.id = ANY (%s)"
    )
    assert sorted(world.sql(told, [ours])) == [
        ("Contrôle d'un entrepôt",),
        ("Contrôle du quai fictif",),
        ("Interpellation au petit matin",),
        ("Planque des ateliers",),
    ]
    assert world.sql("SELECT count(*) FROM deconfliction_danger WHERE state = 'OPEN'") == [(1,)]


def test_the_verb_is_refused_where_no_demonstration_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEMO", False)
    with pytest.raises(Conflict, match="démonstration"):
        seed.run(Namespace(scale=1.0, seed=2019, today=None))


def test_a_cut_line_of_the_ledger_was_never_done(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.add("one", {"a": 1})
    with (tmp_path / "ledger").open("a") as stream:
        stream.write('{"step": "two", "va')
    again = Ledger(tmp_path / "ledger")
    assert again.has("one") and not again.has("two")


def test_lost_keys_are_made_again(stage: Stage, world: World, folder: Path) -> None:
    before = kept_keys(folder / FILE)
    (folder / FILE).unlink()
    assert seed.load(PLAN, folder, world.process, print) is None
    after = kept_keys(folder / FILE)
    assert after.keys() == before.keys()
    assert after["dpo"] != before["dpo"]
    with world.process("signin"):
        assert sign_in_by_key(after["dpo"].sign(sign_in_options(), settings.SIGNIN_ORIGIN))
        with pytest.raises(Refused):
            sign_in_by_key(before["dpo"].sign(sign_in_options(), settings.SIGNIN_ORIGIN))


def test_a_world_of_before_the_mark_and_the_keys_is_taken_over(stage: Stage, world: World, folder: Path) -> None:
    agents = world.sql("SELECT count(*) FROM access_agent")
    world.sql("DROP TABLE made_world")
    world.sql("TRUNCATE access_signinfailure, access_passkey")
    (folder / FILE).unlink()
    assert seed.load(PLAN, folder, world.process, print) is None
    assert world.sql("SELECT count(*) FROM access_agent") == agents
    with door.past(world.process, "again") as cursor:
        assert cursor is None
    with world.process("signin"):
        assert sign_in_by_key(kept_keys(folder / FILE)["dpo"].sign(sign_in_options(), settings.SIGNIN_ORIGIN))


def test_a_tool_s_key_works_is_for_its_owner_alone_and_is_made_again_when_it_was_taken_away(
    stage: Stage, world: World, folder: Path
) -> None:
    """Last: it makes an account that the other tests do not count, and that nobody can enter as."""
    path = tool_key(folder)
    held = []
    for _ in range(2):
        give_tool_key(world.process, path)
        held.append(path.read_text().strip())
    assert held[0] == held[1]
    assert path.stat().st_mode & 0o777 == 0o600
    asks = Client(headers={"authorization": f"Bearer {held[0]}"})
    assert asks.get("/api/moi").json()["unite"] == "PJ13"
    with world.process("signin"):
        assert "Main courante" not in " ".join(agent.name for agent in made_agents())
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE desk_servicekey SET state = 'REVOKED', revoked_at = now()")
    give_tool_key(world.process, path)
    assert path.read_text().strip() != held[0]
    assert asks.get("/api/moi").status_code == 401
