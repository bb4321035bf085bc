"""The demonstration of the made world: its accounts are invented, and entered without a key on this machine alone."""

from django.conf import settings

# With whom to begin: shown first, one of each kind.
FIRST = (
    "pj13.enq1", "pj13.chef", "gend13", "douane13", "cross13.analyste", "cross13.chef", "ofast.analyste", "parquet13",
    "parquet.ailleurs", "juge", "igpn.enq1", "dpo", "admin", "autorite",
)  # fmt: skip

# How small and how large a made world may be (1: 5,000 reports).
SMALLEST_WORLD, LARGEST_WORLD = 0.1, 1000.0


def declared() -> bool:
    """Whether the settings say so; the base must carry the mark of the made world as well, each time."""
    return bool(settings.DEMO) and not settings.TLS
