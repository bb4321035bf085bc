"""Registration of a target among a million: how soon both services are told, and whether one that shares is missed."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction

from recoupe.config.processes import PROCESSES
from recoupe.config.roles import connected_as
from recoupe.crosscheck import folding, index, nearby
from recoupe.crosscheck.actions.pull import pull_targets
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.keys import index_key
from recoupe.demo import names
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.holders import tell
from recoupe.demo.identifiers import PLATE_LETTERS, luhn_digit
from recoupe.demo.seed import place_model
from recoupe.kernel.matchable import MatchRecord, Subject
from recoupe.kernel.selectors import Strength
from recoupe.reference.enums import File, UnitKind
from recoupe.reference.models import Unit
from recoupe.targets import matching as registry

SEED, HELD, ASKED, AT_ONCE, TOLD_EVERY = 20120711, 1_000_000, 1_000, 500, 50_000
# A prime, so that it shares no divisor with the room of any identifier: no number comes twice.
STRIDE = 1_618_033_999
CHECK_MS, NONE_MISSED = Target(full=20), Target(full=0)
KINDS = (UnitKind.POLICE_UNIT, UnitKind.GENDARMERIE_UNIT, UnitKind.CUSTOMS_UNIT)
# What a registration that is asked for has in common with one that is held.
SHARED = ("phone", "plate", "imei", "name", "")
_TARGETS = """
    COPY targets_registeredtarget (id, owner_unit_id, readers, created_at, ref, case_id, legal_framework, articles,
        surname, first_names, nickname, alias, sex, birth_date, birth_place, addresses, emails, phones, imeis,
        vehicle_makes, vehicle_plates, investigator_name, investigator_contact, magistrate_name, magistrate_contact,
        state, state_since, steps, requested_by_id, purpose, motive, registered_at, expires_on, reminders) FROM STDIN
"""
_PLAIN = """
    CREATE TABLE bench_plain AS
    SELECT id, owner_unit_id AS unit, phones[1] AS phone, vehicle_plates[1] AS plate, imeis[1] AS imei,
           surname || '|' || first_names || '|' || birth_date AS named FROM targets_registeredtarget
"""
_LOOKED_UP = """
    SELECT id FROM bench_plain WHERE unit <> %(unit)s AND phone = %(phone)s
     UNION SELECT id FROM bench_plain WHERE unit <> %(unit)s AND plate = %(plate)s
     UNION SELECT id FROM bench_plain WHERE unit <> %(unit)s AND imei = %(imei)s
     UNION SELECT id FROM bench_plain WHERE unit <> %(unit)s AND named = %(named)s
"""


@dataclass(frozen=True, slots=True)
class Made:
    """One registration of the bench."""

    id: UUID
    unit: UUID
    surname: str
    given: str
    born: date
    phone: str
    plate: str
    imei: str

    def named(self) -> tuple[tuple[str, str], ...]:
        """Its identifiers as written."""
        return ("phone", self.phone), ("plate", self.plate), ("imei", self.imei)

    def record(self, at: datetime) -> MatchRecord:
        """As the matcher takes it from the registry."""
        keys = (*registry.compared(self.named()), *registry.by_name(self.surname, self.given, self.born))
        who = Subject(self.surname, self.given, (), self.born.strftime("%d/%m/%Y"), "", self.named())
        return MatchRecord(
            registry.KIND, self.id, self.unit, File.REGISTRY.value, "judicial_inquiry", tells_self=True,
            tells_other=True, readers_cell=frozenset(), readers_office=False, batch_import=None, author_id=self.unit,
            selectors=keys, at=at, subjects=(who,),
        )  # fmt: skip

    def row(self, at: datetime) -> tuple[object, ...]:
        """As the registry holds it."""
        return (
            self.id, self.unit, [], at, f"B-{self.id.hex[:16]}", self.unit, "preliminary", ["CP 222-37"],
            self.surname, self.given, "", "", "M", self.born, "", [], [], [self.phone], [self.imei], [""],
            [self.plate], "", "", "", "", "REGISTERED", at, 1,
            self.unit, "judicial_inquiry", "", at, (at + timedelta(days=700)).date(), 0,
        )  # fmt: skip


def _day_known(born: date) -> date:
    """1 January is what files write when only the year is known: a name with it meets nobody (S-2)."""
    return born + timedelta(days=1) if (born.month, born.day) == (1, 1) else born


def _spread(number: int, room: int) -> int:
    """Another place for each number: those given in a row would all be one slip apart, by every identifier at once."""
    return number * STRIDE % room


class Drawing:
    """Registrations of units drawn at random, each identifier its own."""

    def __init__(self) -> None:
        self._by = random.Random(SEED)
        self._units = list(
            Unit.objects.filter(kind__in=KINDS, silent=False).order_by("code").values_list("id", flat=True)
        )
        tails = names.WORDS["tails"]
        self._surnames = [(names.invented_word(self._by) + self._by.choice(tails)).upper() for _ in range(100_000)]
        self.at = datetime.now(UTC)

    def one(self, number: int) -> Made:
        """The registration of that number."""
        by, letters = self._by, PLATE_LETTERS.replace("S", "")
        first, rest = divmod(_spread(number, len(letters) ** 4 * 999), 999)
        pair = [letters[first // len(letters) ** n % len(letters)] for n in range(4)]
        body = f"001{_spread(number, 10**11):011d}"
        return Made(
            id=UUID(int=by.getrandbits(128), version=4),
            unit=by.choice(self._units),
            surname=by.choice(self._surnames),
            given=by.choice(names.WORDS["given"]),
            born=_day_known(date(1950, 1, 2) + timedelta(days=by.randrange(20_000))),
            phone=f"06{_spread(number, 10**8):08d}",
            plate=f"{pair[3]}{pair[2]}-{rest + 1:03d}-{pair[1]}{pair[0]}",
            imei=body + luhn_digit(body),
        )

    def asked(self, number: int, laid: Sequence[Made]) -> tuple[Made, Made | None]:
        """A new registration, and the one of another unit with which it has something in common."""
        new, other, what = self.one(number), self._by.choice(laid), SHARED[number % len(SHARED)]
        if not what or other.unit == new.unit:
            return new, None
        names_ = {"surname": other.surname, "given": other.given, "born": other.born}
        shared = names_ if what == "name" else {what: getattr(other, what)}
        return Made(**{field: getattr(new, field) for field in Made.__slots__} | shared), other


def measures(bench: Bench, administrator: str) -> Iterator[Measure]:
    """On the base of the other measures: a million held, a thousand asked for, beside a bare search of four columns."""
    drawing, held = Drawing(), bench.share(HELD, 500)
    laid = [drawing.one(number) for number in range(held)]
    place_model()
    with connected_as(PROCESSES["matcher"].role):
        _enter(drawing, laid)
    with psycopg.connect(administrator, autocommit=True) as direct:
        direct.execute("SET session_replication_role = replica")
        _lay(direct, drawing, laid)
        asked = [drawing.asked(held + number, laid) for number in range(bench.share(ASKED, 20))]
        yield from _checks(direct, drawing, asked, held)


def _enter(drawing: Drawing, laid: Sequence[Made]) -> None:
    """By the matcher's own code: the index of identifiers and that of likeness; nobody is compared meanwhile."""
    engine = serving()
    if engine is None:
        raise RuntimeError("no model serves")
    key = index_key()
    for start in range(0, len(laid), AT_ONCE):
        _block(engine, key, [one.record(drawing.at) for one in laid[start : start + AT_ONCE]])
        if start % TOLD_EVERY == 0:
            tell(f"… {start} inscriptions entrées")


def _block(engine: Engine, key: bytes, block: list[MatchRecord]) -> None:
    with transaction.atomic():
        nearby.ready(engine)
        index.write(block, index.entries_of(key, block), engine.mark)
        nearby.enter(engine, block)
    while folding.fold(engine):
        continue


def _lay(direct: "psycopg.Connection[tuple[object, ...]]", drawing: Drawing, laid: Sequence[Made]) -> None:
    """In the registry's own table, and in a plain one with four indexes for the bare search."""
    with direct.cursor() as cursor, cursor.copy(_TARGETS) as copy:
        for one in laid:
            copy.write_row(one.row(drawing.at))
    direct.execute(_PLAIN)
    for column in ("phone", "plate", "imei", "named"):
        direct.execute(f"CREATE INDEX ON bench_plain ({column})".encode())
    direct.execute(
        "VACUUM (ANALYZE) targets_registeredtarget, bench_plain, crosscheck_indexrecord, crosscheck_indexentry"
    )


def _checks(
    direct: "psycopg.Connection[tuple[object, ...]]",
    drawing: Drawing,
    asked: Sequence[tuple[Made, Made | None]],
    held: int,
) -> Iterator[Measure]:
    took, worked, plain, said = list[float](), list[float](), list[float](), Counter[str]()
    with connected_as(PROCESSES["matcher"].role), connection.execute_wrapper(partial(_counted, said)):
        spent = backend_work()
        for new, _other in asked:
            _queue(direct, drawing, new)
            started, before = time.perf_counter(), time.process_time()
            pull_targets(1)
            worked.append(1_000 * (time.process_time() - before))
            took.append(1_000 * (time.perf_counter() - started))
            plain.append(_looked_up(direct, new))
        spent = 1_000 * (backend_work() - spent) / len(asked)
    # The first opens files and plans queries for all.
    took, worked, plain = took[1:], worked[1:], plain[1:]
    size = f"{len(took)} inscriptions contre {held}, une sur cinq sans rien de commun ; charge {os.getloadavg()[0]:.1f}"
    how = "de la file aux deux services avertis : identifiants, ressemblance, état, contact, journal, une transaction"
    yield Measure("registration_p99", percentile(took, 0.99), "ms", how, size, CHECK_MS)
    yield Measure("registration_p50", percentile(took, 0.5), "ms", how, size)
    own = f"temps du processus seul, que la charge n'allonge guère ; la base y ajoute {spent:.1f} ms de processeur"
    yield Measure("registration_processor_p99", percentile(worked, 0.99), "ms", own, size)
    yield Measure("registration_processor_p50", percentile(worked, 0.5), "ms", own, size)
    whole = "en moyenne ; le début et la fin de la transaction n'y sont pas"
    yield Measure("registration_statements", said.total() / len(asked), "ordres SQL", whole, size)
    bare = (
        "le même processus : quatre colonnes indexées d'une table simple, sans ressemblance, sans rien dire à personne"
    )
    yield Measure("registration_plain_p50", percentile(plain, 0.5), "ms", bare, size)
    ratio = percentile(took, 0.5) / percentile(plain, 0.5)
    yield Measure("registration_ratio", ratio, "fois", "registration_p50 sur registration_plain_p50", size)
    yield from _exact(direct, asked, size)


def _counted(said: Counter[str], execute: Callable[..., Any], query: str, *others: Any) -> Any:
    said[query] += 1
    return execute(query, *others)


def backend_work() -> float:
    """Seconds of processor of the server's process that answers this one; by hundredths."""
    connection.ensure_connection()
    fields = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _queue(direct: "psycopg.Connection[tuple[object, ...]]", drawing: Drawing, new: Made) -> None:
    with direct.cursor() as cursor, cursor.copy(_TARGETS) as copy:
        copy.write_row(new.row(drawing.at))
    direct.execute("INSERT INTO targets_outbox (id, target_id, at) VALUES (gen_random_uuid(), %s, now())", [new.id])


def _looked_up(direct: "psycopg.Connection[tuple[object, ...]]", new: Made) -> float:
    known = {name: getattr(new, name) for name in ("unit", "phone", "plate", "imei")}
    started = time.perf_counter()
    direct.execute(_LOOKED_UP, known | {"named": f"{new.surname}|{new.given}|{new.born}"}).fetchall()
    return 1_000 * (time.perf_counter() - started)


def _exact(
    direct: "psycopg.Connection[tuple[object, ...]]", asked: Sequence[tuple[Made, Made | None]], size: str
) -> Iterator[Measure]:
    """Each that shares is met; by an identifier nobody else is. What likeness proposes beside is weak, and counted."""
    ids = [new.id for new, _other in asked]
    query = "SELECT low, high, strength FROM crosscheck_hit WHERE low = ANY (%s) OR high = ANY (%s)"
    found = {(low, high): strength for low, high, strength in direct.execute(query, [ids, ids])}
    wanted = {(min(new.id, other.id), max(new.id, other.id)) for new, other in asked if other}
    invented = [pair for pair, how in found.items() if how != Strength.WEAK and pair not in wanted]
    weak = sum(how == Strength.WEAK for pair, how in found.items() if pair not in wanted)
    how = f"{len(wanted)} paires qui ont un téléphone, une plaque, un IMEI, ou un nom et une naissance en commun"
    yield Measure("registration_missed", len(wanted - found.keys()), "conflits", how, size, NONE_MISSED)
    beside = f"par un identifiant que l'autre n'a pas ; la ressemblance en propose {weak} de plus, faibles"
    yield Measure("registration_invented", len(invented), "conflits", beside, size, NONE_MISSED)
