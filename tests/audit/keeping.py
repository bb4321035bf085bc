"""A notary and witnesses in this thread, on a folder of the test: what the processes do, step by step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recoupe.audit.notary import Notary, answer
from recoupe.audit.notes import LOG, WITNESS, Checkpoint, Signer
from recoupe.audit.witness import Witness
from tests.world import World


def signer(name: str, kind: bytes) -> Signer:
    """A key that follows from its name."""
    return Signer(name, kind, Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()))


@dataclass
class Clock:
    """Seconds that stand until they are moved."""

    now: float = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Keeping:
    """One notary and its witnesses over one world."""

    world: World
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.notary = self.another_notary("notaire")
        self.witnesses = [self.witness("temoin-a"), self.witness("temoin-b")]
        self.world.demand_witnesses()

    def end(self) -> None:
        """The world is without witnesses again."""
        self.world.declare_unwitnessed()
        self.world.sql("DELETE FROM audit_witness")

    def another_notary(self, name: str, folder: str = "notary") -> Notary:
        """A notary that starts: it knows what its folder knows."""
        state = self.folder / folder
        state.mkdir(exist_ok=True)
        made = Notary(signer(name, LOG), state, clock=self.clock)
        made.shown = made.remembered()
        return made

    def witness(self, name: str, ask: Callable[[httpx.Request], httpx.Response] | None = None) -> Witness:
        """A witness that starts, on its own folder, and is named by the set-up."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        made = signer(name, WITNESS)
        self.world.sql("SELECT audit.enrol(%s, %s)", [name, made.key.public], role="recoupe_owner")
        client = httpx.Client(transport=httpx.MockTransport(ask or self._ask), base_url="http://notary")
        return Witness(made, signer("notaire", LOG).key, folder, client, clock=self.clock)

    def _ask(self, request: httpx.Request) -> httpx.Response:
        status, text = answer(self.notary, request.method, request.url.path, request.content)
        return httpx.Response(status, text=text)

    def sequence(self) -> None:
        """Give every committed entry its leaf."""
        with self.acting():
            while self.notary.sequence():
                pass

    def round(self, seconds: float = 60.0) -> Checkpoint:
        """A minute later: leaves, a signature, both witnesses look."""
        self.clock.now += seconds
        with self.acting():
            while self.notary.sequence():
                pass
            signed = self.notary.sign()
            for one in self.witnesses:
                one.look()
        return signed

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Under the notary's database role."""
        with self.world.process("notary"):
            yield


MOMENT = 1_794_999_990.0


def fill(world: World, count: int, moment: float = MOMENT) -> None:
    """So many entries of every kind, straight into the table, by the administrator."""
    world.sql(
        "INSERT INTO audit_entry (at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields,"
        " details, recipient, result_count) SELECT to_timestamp(%s), gen_random_uuid(), gen_random_uuid(), 'oversight',"
        " 'motif n° ' || n, CASE WHEN n %% 3 = 0 THEN 'PV ' || n ELSE '' END, '',"
        " (ARRAY['consult','search','collect','modify'])[1 + n %% 4], ARRAY['report:' || gen_random_uuid()],"
        " ARRAY['fact_text'], jsonb_build_object('bounds', ARRAY[2.25, 48.5], 'état', 'vérifié « ' || n || ' »'),"
        " NULL, n %% 7 FROM generate_series(1, %s) AS n",
        [moment, count],
    )
