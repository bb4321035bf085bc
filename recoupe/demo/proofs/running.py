"""A run of tests that ends with whoever asked for it: told to end, it closes the worlds that it has opened."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from recoupe.config.paths import PROJECT

# What closing the worlds of a proof may take (servers, browsers); then they are killed.
PATIENCE_S = 120


@dataclass(slots=True)
class _Word:
    """The first word to end, and whom it is passed on to: once, for a second one would break off the closing."""

    number: int = 0
    tests: "subprocess.Popen[bytes] | None" = None
    passed: bool = False

    def hear(self, number: int, _frame: object) -> None:
        self.number = self.number or number
        self.pass_on()

    def pass_on(self) -> None:
        if self.number and self.tests and not self.passed:
            self.passed = True
            self.tests.send_signal(signal.SIGINT)
            signal.alarm(PATIENCE_S)

    def kill(self, *_: object) -> None:
        if self.tests:
            with suppress(ProcessLookupError):
                os.killpg(self.tests.pid, signal.SIGKILL)


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Its exit code. SIGTERM and SIGINT interrupt it as Ctrl-C does, and end this process once it has ended."""
    word = _Word()
    with _hearing(word):
        # A group of its own: Ctrl-C in a terminal reaches it by us alone.
        word.tests = subprocess.Popen(command, cwd=PROJECT, env=environment, process_group=0)
        word.pass_on()
        code = word.tests.wait()
    if word.number:
        sys.exit(128 + word.number)
    return code


@contextmanager
def _hearing(word: _Word) -> Iterator[None]:
    """SIGINT too where a shell has us ignore it, in the background: whatever we start would ignore it with us."""
    before = {sign: signal.signal(sign, word.hear) for sign in (signal.SIGTERM, signal.SIGINT)}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, word.kill)
    try:
        yield
    finally:
        signal.alarm(0)
        for sign, handler in before.items():
            signal.signal(sign, handler)
