"""How long a letter is on the wire: seven lengths at most, whatever was written."""

from recoupe.kernel.refusal import Invalid, gettext_noop

KIB = 1024
SIZES = (4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB, 4 * 1024 * KIB, 10 * 1024 * KIB)
SENTENCE_TOO_LONG = gettext_noop("Ce pli est trop lourd : %(most)s Mio au plus.")
# How many bytes say how long the content is.
PREFIX = 4


def wire_size(needed: int) -> int:
    """The least of the seven sizes that holds `needed` bytes; Invalid beyond the last."""
    for size in SIZES:
        if needed <= size:
            return size
    raise Invalid(SENTENCE_TOO_LONG, most=SIZES[-1] // (KIB * KIB))


def padded(content: bytes, size: int) -> bytes:
    """The content behind its length, filled with zeros up to `size` bytes."""
    if PREFIX + len(content) > size:
        raise Invalid(SENTENCE_TOO_LONG, most=SIZES[-1] // (KIB * KIB))
    return (len(content).to_bytes(PREFIX, "big") + content).ljust(size, b"\0")


def unpadded(filled: bytes) -> bytes | None:
    """What `padded` was given; None where the length or the filling is not its own."""
    length = int.from_bytes(filled[:PREFIX], "big")
    end = PREFIX + length
    if len(filled) < PREFIX or end > len(filled) or any(filled[end:]):
        return None
    return filled[PREFIX:end]
