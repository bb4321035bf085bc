"""The whole random world from one seed: lives, quantity, then what changes afterwards."""

import random as randoms
import uuid
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from unittest.mock import patch

import psycopg
from django.utils import timezone

from recoupe.access import actions as access
from recoupe.access import queries, spreading
from recoupe.access.enums import Role
from recoupe.intelligence import actions as reports
from recoupe.intelligence.models import Report
from recoupe.reference import queries as reference
from recoupe.reference.snapshot import snapshot
from tests import proof
from tests.oracle import policy, terms
from tests.oracle.harness import cast, dangers, measures, registry
from tests.oracle.harness.cast import Identity, Person
from tests.oracle.harness.facts import Ledger, Reader
from tests.oracle.harness.grid import Grid
from tests.oracle.harness.lives import AUTHORS, Lives
from tests.oracle.harness.matched import Moment, moment
from tests.oracle.harness.places import Places
from tests.world import World

ACT = """INSERT INTO reference_interconnectionact (file_a, file_b, purpose, effect, legal_ref, valid_from, invented)
    VALUES ('reports', 'reports', %s, 'existence', 'acte de test', current_date, true)"""
STAMPED = ("report", "hit", "dealpoint", "evidence", "objective")


@dataclass
class House:
    """The finished world, as the product holds it and as the oracle is told it."""

    house: World
    people: list[Person]
    ledger: Ledger
    facts: terms.World
    seed: int
    done: dict[str, int]
    barred: list[str]
    refused: dict[str, int]
    moments: dict[str, Moment]

    def identities(self) -> list[Identity]:
        """Every session of the world with its token: with a purpose, without one, and the dead ones."""
        sessions = {one.session: one for one in cast.identities(self.house)}
        found = []
        for person in self.people:
            for token in (person.token, person.bare):
                one = sessions[cast.hashed(token)]
                found.append(Identity(one.agent, person.login, token, one.session, one.purpose))
        return found

    def told(self, one: Identity) -> terms.Agent | None:
        """The agent as the oracle is to see him under this session; None when the session no longer carries him."""
        agent = self.facts.agents[one.agent]
        acting = terms.Agent(agent.id, agent.unit, agent.active, one.purpose)
        session = self.facts.sessions[one.session]
        return acting if policy.session_valid(self.facts, acting, session) else None


class _Chance:
    """The module `os` as `uuid` and `secrets` see it while a world is made: what is drawn follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"{seed} identifiers")

    def urandom(self, size: int) -> bytes:
        """So many bytes."""
        return self.random.randbytes(size)


def build(house: World, reports_by_hand: int, reports_in_all: int) -> House:
    """One world; the same seed gives the same one, but for what the database itself draws."""
    chance = _Chance(proof.seed())
    with patch.object(uuid, "os", chance), patch.object(randoms, "_urandom", chance.urandom):
        return _built(house, reports_by_hand, reports_in_all)


def _built(house: World, reports_by_hand: int, reports_in_all: int) -> House:
    random, ledger = Random(proof.seed()), Ledger()
    people = cast.people(house, random)
    lives = Lives(house, people, random, ledger)
    lives.open_cases()
    lives.files()
    met = lives.meet()
    ids = lives.deposit(reports_by_hand)
    lives.silenced()
    lives.pull()
    moments = {"first": moment(lives.reader)}
    lives.ask_magistrates(met)
    lives.work(ids, reports_by_hand)
    lives.speak(2 * reports_by_hand)
    lives.answer()
    lives.pull()
    places = Places(lives)
    places.assure(met[1])
    places.clear(met[1])
    places.propose_points(ids, reports_by_hand // 5)
    places.move_points(reports_by_hand // 3)
    places.propose_objectives(reports_by_hand // 6)
    places.move_objectives(reports_by_hand // 2)
    registry.registrations(lives)
    registry.events(lives)
    registry.presences(lives)
    registry.settlements(lives)
    dangers.lay(lives)
    registry.compared(lives)
    measures.lay(lives)
    lives.hand_over()
    lives.speak(reports_by_hand)
    Grid(house, people, random, lives.cases).lay(reports_in_all - reports_by_hand)
    _join(lives)
    _mandates(lives)
    ledger.stamp(lives.reader.world(), *STAMPED)
    moments["placed"] = moment(lives.reader)
    moments["later"] = moment(lives.reader, _later(lives))
    return House(
        house,
        people,
        ledger,
        Reader(house, ledger).world(),
        proof.seed(),
        lives.done,
        lives.barred,
        dict(lives.refused),
        moments,
    )


def _join(lives: Lives) -> None:
    """Services joined to cells: in force, ended, to begin, and one over which the worker has not passed yet."""
    (authority,) = lives.of(Role.DESIGNATING_AUTHORITY, units=("PREF13",))
    today = timezone.localdate()
    made: dict[str, Any] = {}
    for cell, service, first in (
        ("CROSS13", "DED13", today), ("CROSS69", "PJ13", today), ("CROSS84", "SR13", today + timedelta(days=3)),
    ):  # fmt: skip
        wanted = access.Joining(reference.unit(cell), reference.unit(service), first)
        made[service] = lives.attempt(
            authority, "join", lambda a, w=wanted: access.join_cell(by=a, joining=w, reason="ordre du préfet")
        )
    _spread(lives)
    lives.attempt(authority, "leave", lambda a: access.leave_cell(
        by=a, joined=queries.cell_service(a, made["PJ13"]), reason="fin de la mission"))  # fmt: skip
    late = access.Joining(reference.unit("CROSS84"), reference.unit("DED13"), today)
    lives.attempt(authority, "join", lambda a: access.join_cell(by=a, joining=late, reason="ordre du préfet"))


def _mandates(lives: Lives) -> None:
    for who in lives.random.sample(lives.people, 8):
        lives.attempt(who, "mandate", lambda a: access.give_mandate(by=a, task="import"))


def _spread(lives: Lives) -> None:
    with lives.house.process("worker"):
        for joined in spreading.to_do(timezone.localdate()):
            while not spreading.step(joined):
                pass


def _later(lives: Lives) -> frozenset[str]:
    """Silent units, a closed cell, transfers, revocations, corrections after all that; the reports deposited last."""
    yesterday = timezone.localdate() - timedelta(days=1)
    moved = {"PJ13": "PJ69", "CROSS13": "CROSS84", "DED13": "PJ13", "TJ13": "TJ69"}
    with psycopg.connect(lives.house.admin_url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE reference_unit SET silent = true WHERE code IN ('PJ59', 'PJ84')")
        owner.execute("UPDATE reference_unit SET valid_to = %s WHERE code = 'CROSS59'", [yesterday])
        # From today on what is deposited for one purpose may say that it exists, no more (S-5).
        owner.execute(ACT, [lives.purpose_of("SR59")])
        for person in lives.people:
            match person.fate:
                case "inactive":
                    owner.execute("UPDATE access_agent SET active = false WHERE id = %s", [person.id])
                case "revoked":
                    owner.execute("UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = %s", [person.id])
                case "narrowed":
                    # What he declared is no purpose of his any more (P-98).
                    owner.execute(
                        "UPDATE access_habilitation h SET purposes = array_remove(h.purposes, s.purpose)"
                        " FROM access_session s WHERE s.agent_id = h.agent_id AND s.purpose <> '' AND h.agent_id = %s",
                        [person.id],
                    )
                case "half_revoked":
                    owner.execute(
                        "UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = %s AND role <> "
                        "'duty_officer'",
                        [person.id],
                    )
                case "moved" | "moved_bare":
                    _move(owner, person, moved[person.unit])
    snapshot.cache_clear()
    return _again(lives)


def _move(owner: psycopg.Connection[object], person: Person, to: str) -> None:
    owner.execute(
        "UPDATE access_agent SET unit_id = (SELECT id FROM reference_unit WHERE code = %s) WHERE id = %s",
        [to, person.id],
    )
    # One of his two sessions was opened after the transfer.
    owner.execute(
        "UPDATE access_session SET unit_id = (SELECT id FROM reference_unit WHERE code = %s) WHERE token_hash = "
        "decode(%s, 'hex')",
        [to, cast.hashed(person.token)],
    )
    if person.fate == "moved":
        owner.execute(
            "INSERT INTO access_habilitation SELECT (jsonb_populate_record(h, jsonb_build_object("
            "'id', gen_random_uuid(), 'unit_id', a.unit_id))).* FROM access_habilitation h"
            " JOIN access_agent a ON a.id = h.agent_id WHERE a.id = %s AND h.role = %s",
            [person.id, person.roles[0].value],
        )


def _again(lives: Lives) -> frozenset[str]:
    """Reports corrected, and deposited, under the organisation of the new day."""
    rows = lives.house.sql(
        "SELECT id FROM intelligence_report WHERE state NOT IN ('DRAFT', 'ERASED') AND ref NOT LIKE 'ZQ%%' ORDER BY id"
    )
    for (chosen,) in lives.random.sample(rows, min(12, len(rows))):
        made = lives.some_try(lives.of(*AUTHORS), "correct later", lambda a, i=chosen: reports.correct(
            by=a, report=Report.objects.get(pk=i), entry=lives._again(Report.objects.get(pk=i)),
            reason=lives.token()), 20)  # fmt: skip
        if made is not None:
            sides = lives.house.sql("SELECT id FROM crosscheck_hitside WHERE record_id = %s", [chosen])
            lives.ledger.forget(chosen, *(row[0] for row in sides))
    new = lives.deposit(10) + lives.met_again()
    lives.pull()
    return frozenset(map(str, new))
