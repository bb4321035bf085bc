"""The tree of RFC 9162 against its definition, written out by recursion, and against forged proofs of small trees."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    consistent,
    fold,
    inclusion_path,
    leaf_hash,
    node_hash,
    root,
    root_of_path,
)

# Test vectors of the certificate transparency project (RFC 6962 hashing, the same as RFC 9162's).
ENTRIES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def by_definition(found: list[bytes]) -> bytes:
    """MTH of section 2.1.1, to the letter."""
    if not found:
        return sha256(b"").digest()
    if len(found) == 1:
        return found[0]
    k = 1
    while 2 * k < len(found):
        k *= 2
    return node_hash(by_definition(found[:k]), by_definition(found[k:]))


def subtrees(found: list[bytes]):  # type: ignore[no-untyped-def]
    return lambda level, number: fold(found[number << level : (number + 1) << level])


@pytest.mark.parametrize("count", ROOTS)
def test_the_published_roots(count: int) -> None:
    found = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES[:count]]
    assert root(count, subtrees(found)).hex() == ROOTS[count]


@given(st.integers(0, 300))
def test_a_root_is_that_of_the_definition_however_it_is_reached(count: int) -> None:
    found, growing = leaves(count), Frontier()
    for leaf in found:
        growing.append(leaf)
    assert root(count, subtrees(found)) == by_definition(found) == growing.root()


@given(st.data())
def test_an_inclusion_proof_leads_to_the_root_and_to_no_other_place(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 200))
    index = data.draw(st.integers(0, count - 1))
    found = leaves(count)
    path = inclusion_path(index, count, subtrees(found))
    wanted = by_definition(found)
    assert root_of_path(index, count, found[index], path) == wanted
    elsewhere = data.draw(st.integers(0, count - 1).filter(lambda place: place != index)) if count > 1 else 1
    assert root_of_path(elsewhere, count, found[index], path) != wanted
    assert root_of_path(index, count, found[index], [*path, found[0]]) != wanted
    if path:
        assert root_of_path(index, count, found[index], path[:-1]) != wanted


@given(st.data())
def test_a_consistency_proof_holds_for_the_beginning_and_for_nothing_else(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 200))
    old = data.draw(st.integers(1, new))
    found = leaves(new)
    path = consistency_path(old, new, subtrees(found))
    before, after = (old, by_definition(found[:old])), (new, by_definition(found))
    assert consistent(before, after, path)
    assert not consistent(before, after, [*path, found[0]])
    assert not consistent((old, sha256(b"x").digest()), after, path)
    assert not consistent(before, (new, sha256(b"x").digest()), path)
    if path:
        broken = data.draw(st.integers(0, len(path) - 1))
        assert not consistent(before, after, [*path[:broken], sha256(path[broken]).digest(), *path[broken + 1 :]])
        assert not consistent(before, after, path[:-1])


def test_the_edges_of_sizes() -> None:
    one = (1, by_definition(leaves(1)))
    assert consistent((0, EMPTY_ROOT), (0, EMPTY_ROOT), [])
    assert consistent((0, EMPTY_ROOT), one, [])
    assert not consistent((0, EMPTY_ROOT), one, [one[1]])
    assert not consistent((0, one[1]), one, [])
    assert not consistent(one, (0, EMPTY_ROOT), [])
    assert root_of_path(0, 0, leaves(1)[0], []) is None
    assert root_of_path(1, 1, leaves(1)[0], []) is None
    with pytest.raises(ValueError, match="power of two"):
        fold(leaves(3))


def test_a_leaf_is_never_taken_for_a_node() -> None:
    """Two leaves whose hashes, side by side, would be the data of a leaf: the prefixes keep them apart."""
    left, right = leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)
    assert root_of_path(0, 1, node_hash(left, right), []) != root_of_path(0, 1, leaf_hash(left + right), [])
