"""What two services settle of one person registered twice: who leads, or arbitration by two magistrates (W3, S-6)."""

from itertools import product
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import actions as cases
from recoupe.cases.models import Case
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import Resolution
from recoupe.crosscheck.models import ContactThread
from recoupe.deconfliction import permissions
from recoupe.deconfliction.settling import actions, queries, rules
from recoupe.deconfliction.settling.enums import Doer, SettlementState
from recoupe.deconfliction.settling.models import Opinion, Settlement
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.targets import actions as registrations
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.rules import Entry
from tests.deconfliction.settled import VERBS, WHY, Met, elsewhere, matched, meet
from tests.targets.builders import Registry
from tests.world import TestAgent, World

S = SettlementState


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)


def who(met: Met, name: str) -> TestAgent:
    world = met.world
    return {
        "police": met.registry.police,
        "customs": met.registry.customs,
        "manager": met.registry.manager,
        "colleague": world.agent(Role.INVESTIGATOR, "PJ13"),
        "stranger": world.agent(Role.INVESTIGATOR, "SR13"),
        "magistrate": met.registry.prosecutor,
        "other magistrate": elsewhere(met.registry),
        "his office": world.agent(Role.PROSECUTOR, "TJ13"),
        "analyst": world.agent(Role.OFAST_ANALYST, "OFAST"),
    }[name]


def steps(met: Met) -> list[tuple[Any, ...]]:
    return met.world.sql(
        "SELECT to_state, doer, side, lead FROM deconfliction_settlementstep WHERE settlement_id = %s ORDER BY step",
        [met.id],
    )


# --- Agreement --------------------------------------------------------------------------------------------------
def test_one_proposes_and_the_other_accepts(registry: Registry) -> None:
    met = meet(registry)
    assert (met.state(), met.states()) == ("OPEN", ("CONFLICT", "CONFLICT"))
    met.act(registry.police, "propose")
    assert met.kinds(registry.customs) >= {"settlement_proposed"}
    assert met.states() == ("CONFLICT", "CONFLICT")
    met.act(registry.customs, "accept")
    assert met.kinds(registry.police) >= {"settlement_agreed"}
    assert (met.state(), met.states()) == ("AGREED", ("ACTIVE", "ACTIVE"))
    # The police were first: they are the holder, and lead.
    assert steps(met) == [("PROPOSED", "side", "holder", "holder"), ("AGREED", "side", "asker", "")]
    assert met.world.sql("SELECT lead, settled_at IS NULL FROM deconfliction_settlement WHERE id = %s", [met.id]) == [
        ("holder", False)
    ]


@pytest.mark.parametrize(("said", "kept"), [("own", "asker"), ("other", "holder"), ("joint", "joint")])
def test_a_side_speaks_in_its_own_words(registry: Registry, said: str, kept: str) -> None:
    met = meet(registry)
    assert met.act(registry.customs, "propose", lead=said).lead == kept


def test_a_declined_proposal_leaves_the_conflict(registry: Registry) -> None:
    met = meet(registry)
    met.act(registry.police, "propose")
    met.act(registry.customs, "decline")
    assert (met.state(), met.states()) == ("OPEN", ("CONFLICT", "CONFLICT"))
    assert met.kinds(registry.police) >= {"settlement_declined"}
    met.act(registry.customs, "propose", lead="joint")
    met.act(registry.police, "propose", lead="other")
    assert met.act(registry.customs, "accept").lead == "asker"


def test_nobody_accepts_his_own_proposal(registry: Registry) -> None:
    met = meet(registry)
    met.act(registry.police, "propose")
    with pytest.raises(Refused):
        met.act(registry.police, "accept")
    assert met.state() == "PROPOSED"


def test_nothing_is_settled_before_the_two_have_spoken(registry: Registry) -> None:
    met = meet(registry, contact=False)
    for verb in ("propose", "carry"):
        with pytest.raises(Conflict):
            met.act(registry.customs, verb)


def test_another_word_settles_no_conflict_of_registrations(registry: Registry) -> None:
    met = meet(registry)
    with met.world.acting(registry.police) as agent:
        thread = ContactThread.objects.get(id=met.thread)
        with pytest.raises(Conflict):
            crosscheck.propose_resolution(by=agent, thread=thread, resolution=Resolution.COEXIST)
        record(Operation.MODIFY, refs=[("contact", thread.id)])
        with pytest.raises(DatabaseError):
            ContactThread.objects.filter(id=thread.id).update(proposed_side="holder", proposed_resolution="coexist")


def test_two_conflicts_of_one_registration_are_settled_apart(registry: Registry) -> None:
    one = meet(registry)
    two = meet(registry, first=one.police)
    assert one.id != two.id
    one.act(registry.police, "propose")
    one.act(registry.customs, "accept")
    assert (one.state(), two.state()) == ("AGREED", "OPEN")
    assert (one.states(), two.states()) == (("CONFLICT", "ACTIVE"), ("CONFLICT", "CONFLICT"))
    two.act(registry.customs, "propose")
    two.act(registry.police, "accept")
    assert (one.states(), two.states()) == (("ACTIVE", "ACTIVE"), ("ACTIVE", "ACTIVE"))


# --- Arbitration ------------------------------------------------------------------------------------------------
def carried(registry: Registry) -> Met:
    met = meet(registry)
    met.act(registry.customs, "carry")
    return met


def test_the_manager_proposes_and_two_magistrates_decide(registry: Registry) -> None:
    met = carried(registry)
    assert met.kinds(registry.manager) == {"settlement_to_propose"}
    assert met.kinds(registry.police) >= {"settlement_carried"}
    met.act(registry.manager, "submit", lead="holder")
    assert (met.state(), met.states()) == ("SUBMITTED", ("CONFLICT", "CONFLICT"))
    met.answer(registry.prosecutor, accepted=True)
    assert met.state() == "SUBMITTED"
    met.answer(elsewhere(registry), accepted=True)
    assert (met.state(), met.states()) == ("DECIDED", ("ACTIVE", "ACTIVE"))
    for side in (registry.police, registry.customs):
        assert met.kinds(side) >= {"settlement_decided"}


def test_each_magistrate_is_told_of_the_other_s_office_alone(registry: Registry) -> None:
    met = carried(registry)
    met.act(registry.manager, "submit", lead="holder")
    seen = {}
    for magistrate, other in ((registry.prosecutor, elsewhere(registry)), (elsewhere(registry), registry.prosecutor)):
        with met.world.acting(magistrate) as agent:
            [asked] = [o for o in queries.to_decide(agent) if o.settlement_id == met.id]
            assert (asked.other_court_id, asked.proposal) == (other.unit_id, WHY)
            assert {row.id for row in Opinion.objects.filter(settlement_id=met.id)} == {asked.id}
            for hidden in (Settlement, RegisteredTarget, Case):
                names = {met.id, met.customs.id if magistrate is registry.prosecutor else met.police.id}
                assert not set(hidden.objects.filter(id__in=names).values_list("id", flat=True))
            assert met.kinds(magistrate, asked.id) == {"opinion_asked"}
            seen[magistrate.unit_id] = asked.lead
    assert seen == {registry.prosecutor.unit_id: "own", elsewhere(registry).unit_id: "other"}


def test_one_refusal_sends_it_back_to_the_manager(registry: Registry) -> None:
    met = carried(registry)
    met.act(registry.manager, "submit")
    met.answer(registry.prosecutor, accepted=True)
    with pytest.raises(Invalid):
        met.answer(elsewhere(registry), accepted=False, reason="non")
    met.answer(elsewhere(registry), accepted=False, reason="Notre procédure est plus avancée.")
    assert (met.state(), met.states()) == ("ARBITRATION", ("CONFLICT", "CONFLICT"))
    assert "settlement_to_propose" in met.kinds(registry.manager)
    met.act(registry.manager, "submit", lead="asker")
    # Both are asked anew: what one of them accepted was another proposal.
    met.answer(registry.prosecutor, accepted=True)
    assert met.state() == "SUBMITTED"
    met.answer(elsewhere(registry), accepted=True)
    assert met.state() == "DECIDED"


def test_a_refusal_takes_back_what_the_other_one_was_asked(registry: Registry) -> None:
    met = carried(registry)
    met.act(registry.manager, "submit")
    with met.world.acting(registry.prosecutor) as agent:
        waiting = Opinion.objects.get(settlement_id=met.id)
    met.answer(elsewhere(registry), accepted=False, reason="Notre procédure est plus avancée.")
    with met.world.acting(registry.prosecutor) as agent:
        assert queries.opinion(agent, waiting.id).state == "WITHDRAWN"
        with pytest.raises(Conflict):
            actions.answer(by=agent, opinion=queries.opinion(agent, waiting.id), accepted=True)
    assert met.kinds(registry.prosecutor, waiting.id) == {"opinion_moot"}


def test_the_manager_reads_what_was_carried_to_him_and_only_then(registry: Registry) -> None:
    met = meet(registry)
    with met.world.acting(registry.manager) as agent, pytest.raises(Absent):
        queries.settlement(agent, met.id)
    met.act(registry.police, "propose")
    met.act(registry.customs, "carry")
    with met.world.acting(registry.manager) as agent:
        found = queries.settlement(agent, met.id)
        assert queries.pair(agent, found) == (met.customs.id, met.police.id)
        assert [step.reason for step in queries.steps(agent, found)] == [WHY, WHY]
        assert found.id in {row.id for row in queries.to_propose(agent)}
        # What the two wrote to each other stays theirs.
        assert not ContactThread.objects.filter(id=met.thread).exists()


def test_a_magistrate_who_takes_the_procedure_over_decides(registry: Registry) -> None:
    met = carried(registry)
    met.act(registry.manager, "submit")
    successor = met.world.agent(Role.PROSECUTOR, "TJ13")
    with met.world.acting(registry.head) as agent:
        case = Case.objects.get(id=registry.row(met.police, "case_id")[0])
        cases.change_magistrate(
            by=agent, case=case, court_id=successor.unit_id, magistrate_id=successor.id, reason="mutation"
        )
    with pytest.raises(Opinion.DoesNotExist):
        met.answer(registry.prosecutor, accepted=True)
    met.answer(successor, accepted=True)
    met.answer(elsewhere(registry), accepted=True)
    assert met.state() == "DECIDED"


# --- Ends -------------------------------------------------------------------------------------------------------
def end_of(met: Met) -> None:
    with met.world.acting(met.registry.customs) as agent:
        target = RegisteredTarget.objects.get(id=met.customs.id)
        registrations.end(by=agent, target=target, reason="Mis hors de cause par l'enquête.")


@pytest.mark.parametrize("before", ["OPEN", "PROPOSED", "AGREED", "ARBITRATION", "SUBMITTED", "DECIDED"])
def test_the_end_of_a_registration_ends_what_was_settled_of_it(registry: Registry, before: str) -> None:
    met = reach(meet(registry), before)
    settlement = met.id
    end_of(met)
    rows = "SELECT state FROM deconfliction_settlement WHERE id = %s"
    assert met.world.sql(rows, [settlement]) == [("ENDED",)], "in the same transaction, before the matcher's round"
    kept = "SELECT count(*) FROM deconfliction_settlementstep WHERE settlement_id = %s AND reason <> ''"
    assert met.world.sql(kept, [settlement]) == [(0,)], "the words that were written about him are gone"
    asked = (
        "SELECT count(*) FROM deconfliction_opinion WHERE settlement_id = %s AND (state = 'ASKED' OR proposal <> '')"
    )
    assert met.world.sql(asked, [settlement]) == [(0,)]
    assert met.states()[0] == "ACTIVE"
    assert met.world.sql(rows, [settlement]) == [("ENDED",)]
    if before == "SUBMITTED":
        [(opinion,)] = met.world.sql(
            "SELECT id FROM deconfliction_opinion WHERE settlement_id = %s AND magistrate_id = %s",
            [settlement, registry.prosecutor.id],
        )
        assert met.kinds(registry.prosecutor, opinion) == {"opinion_moot"}


def test_the_end_of_the_procedure_ends_it_too(registry: Registry) -> None:
    met = reach(meet(registry), "SUBMITTED")
    settlement = met.id
    with met.world.acting(registry.customs) as agent:
        case = Case.objects.get(id=registry.row(met.customs, "case_id")[0])
        cases.close_case(by=agent, case=case, closed_on=case.opened_on)
    assert met.world.sql("SELECT state FROM deconfliction_settlement WHERE id = %s", [settlement]) == [("ENDED",)]
    assert met.states()[0] == "ACTIVE"


def test_a_registration_of_another_person_is_settled_anew(registry: Registry) -> None:
    met = reach(meet(registry), "AGREED")
    settled = met.id
    assert met.states() == ("ACTIVE", "ACTIVE")

    def amend(**more: Any) -> None:
        with met.world.acting(registry.customs) as agent:
            target = RegisteredTarget.objects.get(id=met.customs.id)
            said = {"surname": target.surname, "first_names": target.first_names, "birth_date": target.birth_date}
            entry = Entry(**(said | {"articles": ("CP 222-37",), "phones": tuple(target.phones)} | more))
            registrations.amend(by=agent, target=target, entry=entry)

    amend(addresses=("1 rue des Ormes, Fictiville",))
    assert (met.id, met.states()) == (settled, ("ACTIVE", "ACTIVE")), "an address more is the same person"
    amend(surname="Tout autre nom")
    assert met.id != settled
    assert (met.state(), met.states()) == ("OPEN", ("CONFLICT", "CONFLICT"))
    met.act(registry.police, "propose")
    met.act(registry.customs, "accept")
    assert met.states() == ("ACTIVE", "ACTIVE")


def reach(met: Met, state: str) -> Met:
    """Bring a conflict to a state by its own verbs."""
    police, customs, manager = met.registry.police, met.registry.customs, met.registry.manager
    if state in ("PROPOSED", "AGREED"):
        met.act(police, "propose")
    if state == "AGREED":
        met.act(customs, "accept")
    if state in ("ARBITRATION", "SUBMITTED", "DECIDED"):
        met.act(customs, "carry")
    if state in ("SUBMITTED", "DECIDED"):
        met.act(manager, "submit")
    if state == "DECIDED":
        met.answer(met.registry.prosecutor, accepted=True)
        met.answer(elsewhere(met.registry), accepted=True)
    assert met.state() == state
    return met


# --- Who, and in which state --------------------------------------------------------------------------------------
TO = {"propose": S.PROPOSED, "accept": S.AGREED, "decline": S.OPEN, "carry": S.ARBITRATION, "submit": S.SUBMITTED}
PEOPLE = ("police", "customs", "manager", "colleague", "stranger", "magistrate", "analyst")
MAY = {
    ("OPEN", "police"): {"propose", "carry"}, ("OPEN", "customs"): {"propose", "carry"},
    ("PROPOSED", "police"): {"propose", "decline", "carry"},
    ("PROPOSED", "customs"): {"propose", "accept", "decline", "carry"},
    ("ARBITRATION", "manager"): {"submit"},
}  # fmt: skip


@pytest.mark.parametrize("state", list(S)[:-1])
def test_who_takes_which_step(registry: Registry, state: SettlementState) -> None:
    """Right role on the wrong object too: a colleague of the author and another service are strangers here."""
    met = reach(meet(registry), state)
    held = met.world.sql(
        "SELECT state, steps, thread_id, hit_id, proposed_by FROM deconfliction_settlement WHERE id = %s", [met.id]
    )[0]
    for name in PEOPLE:
        with met.world.acting(who(met, name)) as agent:
            row = Settlement(
                id=met.id, **dict(zip(("state", "steps", "thread_id", "hit_id", "proposed_by"), held, strict=True))
            )
            may = {verb for verb, to in TO.items() if permissions.can_settle(agent, row, to)}
            assert may == MAY.get((state, name), set()), name
    assert met.state() == state


@pytest.mark.parametrize("state", ["OPEN", "PROPOSED", "ARBITRATION", "SUBMITTED"])
@pytest.mark.parametrize("name", PEOPLE)
def test_the_base_refuses_what_nobody_of_them_may(registry: Registry, state: str, name: str) -> None:
    """By the function itself, past the application's own checks."""
    met = reach(meet(registry), state)
    count = met.world.sql("SELECT steps FROM deconfliction_settlement WHERE id = %s", [met.id])[0][0]
    allowed = {TO[verb].value for verb in MAY.get((state, name), ())}
    for to, side in product([*S], ("", "asker", "holder")):
        mine = {"police": "holder", "customs": "asker", "manager": ""}.get(name, "?")
        if to in allowed and side == mine:
            continue
        with met.world.acting(who(met, name)), pytest.raises(DatabaseError):
            record(Operation.MODIFY, refs=[("settlement", met.id)])
            with connection.cursor() as cursor:
                lead = "joint" if to in rules.NEEDS_LEAD else ""
                cursor.execute("SELECT deconfliction.move(%s, %s, %s, %s, %s, %s, %s)",
                               [met.id, state, count, to.value, side, lead, WHY])  # fmt: skip
    assert met.state() == state


@pytest.mark.parametrize("name", ["police", "manager", "his office", "other magistrate"])
def test_only_the_magistrate_in_charge_answers(registry: Registry, name: str) -> None:
    met = reach(meet(registry), "SUBMITTED")
    with met.world.acting(registry.prosecutor):
        asked = Opinion.objects.get(settlement_id=met.id)
    with met.world.acting(who(met, name)) as agent:
        assert not permissions.can_decide(agent, asked)
        with pytest.raises(Refused):
            actions.answer(by=agent, opinion=asked, accepted=True)
    with met.world.acting(who(met, name)), pytest.raises(DatabaseError):
        record(Operation.MODIFY, refs=[("opinion", asked.id)])
        with connection.cursor() as cursor:
            cursor.execute("SELECT deconfliction.answer(%s, true, '')", [asked.id])
    assert met.state() == "SUBMITTED"


def test_who_reads_a_settlement(registry: Registry) -> None:
    met = reach(meet(registry), "SUBMITTED")
    readers = {"police", "customs", "manager"}
    for name in (*PEOPLE, "other magistrate", "his office"):
        with met.world.acting(who(met, name)) as agent:
            assert bool(queries.settlements(agent, [met.id])) is (name in readers), name
            assert bool(queries.steps(agent, Settlement(id=met.id))) is (name in readers), name


def test_who_took_a_step_is_nobodys_to_read(registry: Registry) -> None:
    """A magistrate's name would say at which court the other procedure is followed."""
    met = reach(meet(registry), "DECIDED")
    for name in ("police", "manager"):
        with met.world.acting(who(met, name)), pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT actor_id FROM deconfliction_settlementstep")


def test_nobody_writes_a_settlement_by_hand(registry: Registry) -> None:
    met = meet(registry)
    for table in ("settlement", "settlementstep", "opinion"):
        with met.world.acting(registry.police), pytest.raises(DatabaseError):
            record(Operation.MODIFY, refs=[("settlement", met.id)])
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM deconfliction_{table}")
        with met.world.acting(registry.police), pytest.raises(DatabaseError):
            record(Operation.MODIFY, refs=[("settlement", met.id)])
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE deconfliction_{table} SET id = id")


def test_a_step_without_its_journal_entry_is_refused(registry: Registry) -> None:
    met = meet(registry)
    with (
        met.world.acting(registry.police),
        pytest.raises(DatabaseError, match="journal"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT deconfliction.move(%s, 'OPEN', 0, 'PROPOSED', 'holder', 'joint', %s)", [met.id, WHY])


def test_every_step_is_in_the_journal(registry: Registry) -> None:
    met = reach(meet(registry), "DECIDED")
    rows = met.world.sql(
        "SELECT details ->> 'state' FROM audit_entry WHERE %s = ANY (refs) AND operation <> 'consult' ORDER BY at",
        [f"settlement:{met.id}"],
    )
    assert [state for (state,) in rows] == ["OPEN", "ARBITRATION", "SUBMITTED"]
    opinions = met.world.sql("SELECT id FROM deconfliction_opinion WHERE settlement_id = %s", [met.id])
    for (opinion,) in opinions:
        said = met.world.sql(
            "SELECT details ->> 'state' FROM audit_entry WHERE %s = ANY (refs)", [f"opinion:{opinion}"]
        )
        assert said == [("ACCEPTED",)]


def test_a_page_that_is_out_of_date_changes_nothing(registry: Registry) -> None:
    met = meet(registry)
    with met.world.acting(registry.customs):
        read = Settlement.objects.get(id=met.id)
    met.act(registry.police, "propose", lead="joint")
    with met.world.acting(registry.customs) as agent, pytest.raises(Conflict):
        actions.propose(by=agent, settlement=read, lead="own", reason=WHY)
    with met.world.acting(registry.customs):
        seen = Settlement.objects.get(id=met.id)
    met.act(registry.police, "propose", lead="own")
    # Accepting what is no longer on the table would be accepting something else.
    with met.world.acting(registry.customs) as agent, pytest.raises(Conflict):
        actions.accept(by=agent, settlement=seen)


@pytest.mark.parametrize(
    ("verb", "said", "field"),
    [
        ("propose", {"reason": "court"}, "reason"),
        ("propose", {"lead": "nobody"}, "lead"),
        ("carry", {"reason": "  "}, "reason"),
        ("propose", {"reason": "x" * 1001}, "reason"),
    ],
)
def test_bad_input_gets_its_sentence(registry: Registry, verb: str, said: dict[str, str], field: str) -> None:
    met = meet(registry)
    with pytest.raises(Invalid) as refusal:
        met.act(registry.police, verb, **said)
    assert (refusal.value.field, met.state()) == (field, "OPEN")


# --- Tables -------------------------------------------------------------------------------------------------------
def test_the_table_of_steps_is_complete_and_the_base_says_the_same(world: World) -> None:
    reached, todo = {S.OPEN}, [S.OPEN]
    while todo:
        state = todo.pop()
        for before, after in rules.DOERS:
            if before is state and after not in reached:
                reached.add(after)
                todo.append(after)
    assert reached == set(S)
    assert {before for before, _ in rules.DOERS} == set(S) - {S.ENDED}
    for before, after in product(S, S):
        said = world.sql("SELECT deconfliction.doer(%s, %s)", [before.value, after.value])[0][0]
        assert (Doer(said) if said else None) is rules.DOERS.get((before, after)), (before, after)


def test_measured_times_are_counts_and_medians(registry: Registry) -> None:
    """Five conflicts, set back in time: two agreed, one decided, two open; one was never in contact."""
    world = registry.world
    for table in ("opinion", "settlementstep", "settlement"):
        registry.change(f"DELETE FROM deconfliction_{table}")
    began = "now() - interval '200 hours'"
    for state, contact, settled in (
        ("AGREED", 2, 10),
        ("AGREED", 4, 30),
        ("DECIDED", 6, 100),
        ("OPEN", 8, None),
        ("", None, None),
    ):
        met = reach(meet(registry), state) if state else meet(registry, contact=False)
        after = f"{began} + interval '{settled} hours'" if settled else "NULL"
        registry.change(f"UPDATE deconfliction_settlement SET at = {began}, settled_at = {after} WHERE id = '{met.id}'")
        if contact:
            made = f"made_at = {began} + interval '{contact} hours'"
            registry.change(f"UPDATE crosscheck_contactthread SET {made} WHERE id = '{met.thread}'")
    since = world.sql("SELECT (now() - interval '20 days')::date")[0][0]
    with world.acting(registry.manager) as agent:
        found = queries.measures(agent, since)
        counts = {row.state: row.conflicts for row in queries.standing(agent)}
    said = {what: (one.conflicts, round(one.median_hours or 0)) for what, one in found.items()}
    assert said == {"contact": (4, 5), "agreement": (2, 20), "decision": (1, 100)}
    assert counts == {"OPEN": 2}
    with world.acting(registry.police) as agent:
        assert queries.measures(agent, since) == {} and queries.standing(agent) == []


def test_the_verbs_of_these_tests_are_all_there_are() -> None:
    assert set(VERBS) == set(TO)
    assert {to for (_, to), doer in rules.DOERS.items() if doer not in (Doer.MACHINE, Doer.MAGISTRATE)} == set(
        TO.values()
    )


def test_the_matcher_needs_no_new_right(world: World) -> None:
    """It ends a settlement by closing a hit, and reads none."""
    with world.process("matcher"), pytest.raises((DatabaseError, psycopg.Error)), connection.cursor() as cursor:
        cursor.execute("SELECT count(id) FROM deconfliction_settlement")


def test_a_round_of_the_matcher_changes_no_settlement(registry: Registry) -> None:
    met = reach(meet(registry), "PROPOSED")
    before = met.world.sql("SELECT * FROM deconfliction_settlement WHERE id = %s", [met.id])
    matched(met.world)
    assert met.world.sql("SELECT * FROM deconfliction_settlement WHERE id = %s", [met.id]) == before
