"""Which worker of a site takes the next connection: the one that holds fewer."""

import socket
import time

import pytest

from recoupe.cli.fairworker import A_CONNECTION_S, MOST, FairWorker
from recoupe.cli.serve import THREADS, command


def test_a_worker_waits_longer_the_more_it_holds_and_goes_on_when_another_was_faster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    worker = FairWorker.__new__(FairWorker)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Nothing is left to be taken.
        listener.setblocking(False)
        for held in (0, 1, 3, MOST, 50 * MOST):
            worker.nr_conns = held
            worker.accept(listener)
            assert worker.nr_conns == held
    assert waited == [A_CONNECTION_S * held for held in (0, 1, 3, MOST, MOST)]
    # Even a full hand of threads is never held up longer than an interpreter's own turns.
    assert max(waited) < 0.01 and max(THREADS.values()) == MOST


def test_every_site_is_served_by_it() -> None:
    for process in THREADS:
        line = command(process, "127.0.0.1", 8000)
        assert line[line.index("--worker-class") + 1] == f"{FairWorker.__module__}.{FairWorker.__name__}"
