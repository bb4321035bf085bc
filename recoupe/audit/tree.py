"""The tree as the database keeps it: leaves, and the roots of each complete block of 256, of 65,536, and so on."""

from django.db import connection

from recoupe.audit.merkle import Subtree, consistency_path, fold, root

BLOCK = 256
BITS = 8
# Blocks kept while many proofs are made one after the other; one holds 256 hashes.
KEPT_BLOCKS = 512


def hashes(level: int, first: int, count: int) -> list[bytes]:
    """The stored hashes of one level (0: leaves; n: roots of 256**n leaves), from a number on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.hashes(%s::smallint, %s::bigint, %s::integer)", [level, first, count])
        return [bytes(row[0]) for row in cursor.fetchall()]


def stored() -> Subtree:
    """Complete subtrees as they are stored; a block that was read is kept for as long as the reader is."""
    blocks: dict[tuple[int, int], list[bytes]] = {}

    def block(level: int, number: int) -> list[bytes]:
        found = blocks.get((level, number))
        if found is None:
            if len(blocks) >= KEPT_BLOCKS:
                blocks.clear()
            found = blocks[level, number] = hashes(level, BLOCK * number, BLOCK)
        return found

    def subtree(level: int, number: int) -> bytes:
        above, bits = divmod(level, BITS)
        first = number << bits
        row = block(above, first // BLOCK)[first % BLOCK : first % BLOCK + (1 << bits)]
        if len(row) != 1 << bits:
            raise LookupError(f"the subtree {number} of level {level} is not complete")
        return fold(row)

    return subtree


def root_of(size: int) -> bytes:
    """The root of the first leaves."""
    return root(size, stored())


def consistency(old: int, new: int) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of that of `new`."""
    return consistency_path(old, new, stored())
