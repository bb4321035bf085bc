"""A journal of a million entries: its whole verification, and the proof of one of them."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from recoupe.audit.inspection import inspect
from recoupe.audit.keys import private_of
from recoupe.audit.merkle import inclusion_path, root_of_path
from recoupe.audit.notary import Notary
from recoupe.audit.notes import LOG, NOTARY, Checkpoint, Signer
from recoupe.audit.tree import hashes, stored
from recoupe.config.paths import data_folder, seed_file
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile

ENTRIES, CHECKPOINTS = 1_000_000, 20
PROOFS, LEAST = 500, 50
VERIFIED = Target(60, 6)
PROVEN = Target(10, 10)
# As pages write them: references, a purpose and a motive, now and then what was filtered.
_FILL = """
INSERT INTO audit_entry (at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details,
    recipient, result_count)
SELECT clock_timestamp(), md5('agent' || n %% 2000)::uuid, md5('unit' || n %% 200)::uuid, 'criminal_intelligence',
       'Suite du renseignement ' || n %% 977, CASE WHEN n %% 3 = 0 THEN 'PV 2026/' || n %% 4000 ELSE '' END, '',
       (ARRAY['consult', 'search', 'consult', 'collect', 'modify'])[1 + n %% 5],
       ARRAY(SELECT 'report:' || md5((n + k)::text)::uuid FROM generate_series(0, n %% 4) AS k), '{}',
       CASE WHEN n %% 5 = 1 THEN jsonb_build_object('what', 'selector') ELSE '{}' END, NULL, n %% 25
  FROM generate_series(%s::integer, %s::integer) AS n
"""


def measure_proofs(bench: Bench, administrator: str) -> Iterator[Measure]:
    """Filled by the administrator, given its leaves and signed by the notary's own code, then verified whole."""
    count = bench.share(ENTRIES, 2_000)
    kept = _signed(count, administrator)
    started = time.perf_counter()
    with crew.process("inspection"):
        verdict = inspect({"bench": kept})
    spent = time.perf_counter() - started
    # A laboratory is declared to be without witnesses (recoupe.cli.laboratory), which an inspection says.
    found = [one for one in verdict.findings if one.name != "unwitnessed"]
    if found or verdict.covered != verdict.leaves or verdict.leaves < count:
        raise RuntimeError(f"an honest journal was not found whole: {found[:3]}")
    how = (
        "chaque entrée contre son empreinte, chaque feuille contre les jalons gardés ; celui de recoupe journal verify"
    )
    size = f"{verdict.leaves} entrées, {len(kept)} jalons"
    yield Measure("verify_whole", spent, "s", how, size, VERIFIED)
    proven = [_proven(kept[-1], index) for index in _places(kept[-1].size, bench.share(PROOFS, LEAST))]
    how = (
        f"chemin d'une entrée tirée, lu de la base sans rien garder d'avant ; médiane {percentile(proven, 0.5):.1f} ms"
    )
    yield Measure("inclusion_proof_p95", percentile(proven), "ms", how, size, PROVEN)


def _signed(count: int, administrator: str) -> list[Checkpoint]:
    state = data_folder() / "journal" / "bench"
    state.mkdir(parents=True, exist_ok=True)
    notary = Notary(Signer(NOTARY, LOG, private_of(seed_file(data_folder(), "notary"))), Path(state))
    notary.memory.unlink(missing_ok=True)
    kept = []
    share = max(1, count // CHECKPOINTS)
    for first in range(1, count + 1, share):
        with psycopg.connect(administrator, autocommit=True) as direct:
            direct.execute(_FILL.encode(), [first, min(first + share - 1, count)])
        with crew.process("notary"):
            while notary.sequence():
                pass
            kept.append(notary.sign())
    with psycopg.connect(administrator, autocommit=True) as direct:
        # What autovacuum does within the minute.
        direct.execute("VACUUM (ANALYZE) audit_entry, audit_leaf, audit_node")
    return kept


def _places(size: int, count: int) -> list[int]:
    return random.Random(4).sample(range(size), count)


def _proven(point: Checkpoint, index: int) -> float:
    with crew.process("inspection"):
        (leaf,) = hashes(0, index, 1)
        started = time.perf_counter()
        path = inclusion_path(index, point.size, stored())
        spent = 1000 * (time.perf_counter() - started)
    if root_of_path(index, point.size, leaf, path) != point.root:
        raise RuntimeError(f"the proof of leaf {index} leads elsewhere")
    return spent
