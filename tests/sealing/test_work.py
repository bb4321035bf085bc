"""The proof of work: what it costs, that it is the site's own and of now, and that a forged one is refused at once."""

import hashlib
import secrets
from collections.abc import Callable
from statistics import mean

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.sealing import work

KEY = bytes(range(32))
NOW = 29_660_000


@pytest.fixture(scope="module")
def solved() -> tuple[bytes, bytes]:
    """A puzzle of now and its solution."""
    puzzle = work.issue(KEY, minute=NOW, bits=work.LEAST)
    return puzzle, work.solve(puzzle)


def test_a_solved_puzzle_serves_for_its_twenty_minutes(solved: tuple[bytes, bytes]) -> None:
    puzzle, solution = solved
    for late in (0, 1, work.MINUTES):
        assert work.check(KEY, puzzle, solution, minute=NOW + late) == hashlib.sha256(puzzle).digest()
    for minute in (NOW - 1, NOW + work.MINUTES + 1):
        with pytest.raises(Invalid, match="expiré"):
            work.check(KEY, puzzle, solution, minute=minute)


def test_one_puzzle_is_spent_once_however_it_was_solved(solved: tuple[bytes, bytes]) -> None:
    """A second solution of the same puzzle is the same proof to the store."""
    puzzle, solution = solved
    number = int.from_bytes(solution[:4], "big") + 1
    while not work._solves(puzzle, 0, number.to_bytes(4, "big")):
        number += 1
    other = number.to_bytes(4, "big") + solution[4:]
    assert other != solution
    assert work.check(KEY, puzzle, other, minute=NOW) == work.check(KEY, puzzle, solution, minute=NOW)


FORGED: dict[str, Callable[[bytes, bytes], tuple[bytes, bytes]]] = {
    "nothing": lambda puzzle, solution: (b"", b""),
    "no solution": lambda puzzle, solution: (puzzle, b""),
    "cut": lambda puzzle, solution: (puzzle, solution[:-1]),
    "longer": lambda puzzle, solution: (puzzle, solution + b"\0"),
    "puzzle cut": lambda puzzle, solution: (puzzle[:-1], solution),
    "cheaper": lambda puzzle, solution: (puzzle[:4] + b"\1" + puzzle[5:], solution),
    "later": lambda puzzle, solution: ((NOW + 999).to_bytes(4, "big") + puzzle[4:], solution),
    "another salt": lambda puzzle, solution: (puzzle[:5] + bytes(16) + puzzle[21:], solution),
    "another mark": lambda puzzle, solution: (puzzle[:-1] + bytes([puzzle[-1] ^ 1]), solution),
    "another site's": lambda puzzle, solution: (work.issue(bytes(32), minute=NOW, bits=1), solution),
    "parts swapped": lambda puzzle, solution: (puzzle, solution[4:8] + solution[:4] + solution[8:]),
    "first part alone": lambda puzzle, solution: (puzzle, solution[:4] * 4),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_one_is_refused_with_a_sentence(solved: tuple[bytes, bytes], how: str) -> None:
    with pytest.raises(Invalid, match="calcul"):
        work.check(KEY, *FORGED[how](*solved), minute=NOW)


def test_of_ten_thousand_guesses_none_passes() -> None:
    """Each of 4 x 9 bits: one guess in 2^36."""
    puzzle = work.issue(KEY, minute=NOW, bits=work.MOST)
    passed = 0
    for _ in range(10_000):
        try:
            work.check(KEY, puzzle, secrets.token_bytes(work.SOLUTION), minute=NOW)
            passed += 1
        except Invalid:
            continue
    assert passed == 0


def test_the_cost_doubles_with_a_bit() -> None:
    """Counted in tries, so that no clock is asked; 4 x 2^bits on average."""
    tries = []
    for _ in range(12):
        solution = work.solve(work.issue(KEY, minute=NOW, bits=5))
        tries.append(sum(int.from_bytes(solution[n : n + 4], "big") + 1 for n in range(0, 16, 4)))
    # 48 geometric draws of mean 32: their mean deviates by 4.6; the bounds are five of them away.
    assert 32 - 23 < mean(tries) / work.PARTS < 32 + 23


@pytest.mark.parametrize(
    ("deposits", "bits"), [(0, 0), (10, 0), (19, 0), (20, 1), (39, 1), (40, 2), (1000, 2), (10**9, 2)]
)
def test_the_cost_follows_the_flood_and_stays_within_what_a_telephone_can_do(deposits: int, bits: int) -> None:
    assert work.bits_for(deposits, usual=10) == min(work.LEAST + bits, work.MOST)
    assert work.bits_for(deposits, usual=0) <= work.MOST
