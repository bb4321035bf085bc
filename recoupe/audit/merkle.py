"""The Merkle tree of RFC 9162, section 2.1: hashes, roots and proofs, from any source of complete subtrees."""

from collections.abc import Callable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()

# The root of the complete subtree of 2**level leaves that stands at `number` among those of its level.
Subtree = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf; its prefix keeps a leaf from ever being taken for a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two hashes."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root above a power of two of hashes."""
    row = list(hashes)
    if not row or len(row) & (len(row) - 1):
        raise ValueError("a complete subtree has a power of two of leaves")
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


class Frontier:
    """The complete subtrees at the right edge of a growing tree: enough for its root at each size."""

    def __init__(self) -> None:
        self.size = 0
        self._stack: list[tuple[int, bytes]] = []

    def append(self, leaf: bytes) -> None:
        """One leaf more."""
        level, found = 0, leaf
        while self._stack and self._stack[-1][0] == level:
            found = node_hash(self._stack.pop()[1], found)
            level += 1
        self._stack.append((level, found))
        self.size += 1

    def root(self) -> bytes:
        """The root at this size."""
        if not self._stack:
            return EMPTY_ROOT
        found = self._stack[-1][1]
        for _level, left in reversed(self._stack[:-1]):
            found = node_hash(left, found)
        return found


def root(size: int, subtree: Subtree) -> bytes:
    """The root of a tree of `size` leaves."""
    return _range_root(0, size, subtree) if size else EMPTY_ROOT


def _split(count: int) -> int:
    """The largest power of two below `count` (k of the RFC)."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(start: int, end: int, subtree: Subtree) -> bytes:
    """MTH(D[start:end]) for a range that a tree cuts: it starts where a subtree of its size does."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_root(start, middle, subtree), _range_root(middle, end, subtree))


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """PATH(m, D_n): the hashes that lead from leaf `index` to the root of `size` leaves, lowest first."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, subtree))
            end = middle
        else:
            path.append(_range_root(start, middle, subtree))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """PROOF(m, D_n): the hashes that show the tree of `old` leaves to be the beginning of the tree of `new`."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} leaves has no earlier size {old}")
    return _subproof(old, (0, new), subtree, whole=True) if old < new else []


def _subproof(old: int, bounds: tuple[int, int], subtree: Subtree, *, whole: bool) -> list[bytes]:
    start, end = bounds
    if old == end:
        return [] if whole else [_range_root(start, end, subtree)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_subproof(old, (start, middle), subtree, whole=whole), _range_root(middle, end, subtree)]
    return [*_subproof(old, (middle, end), subtree, whole=False), _range_root(start, middle, subtree)]


def root_of_path(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None when its length is not that of the place."""
    if not 0 <= index < size:
        return None
    place, last, reached = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            reached = node_hash(step, reached)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            reached = node_hash(reached, step)
        place, last = place >> 1, last >> 1
    return reached if last == 0 else None


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether a proof shows the old (size, root) to be the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old[0] <= new[0]:
        return False
    if old[0] == 0:
        return not path and old[1] == EMPTY_ROOT and (new[0] > 0 or new[1] == EMPTY_ROOT)
    if old[0] == new[0]:
        return not path and old[1] == new[1]
    steps = list(path)
    if old[0] & (old[0] - 1) == 0:
        steps.insert(0, old[1])
    return _walk(old, new, steps)


def _walk(old: tuple[int, bytes], new: tuple[int, bytes], steps: Sequence[bytes]) -> bool:
    if not steps:
        return False
    place, last = old[0] - 1, new[0] - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old[1] and after == new[1]
