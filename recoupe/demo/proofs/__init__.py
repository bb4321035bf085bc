"""Long runs that anybody can repeat; each prints its figures and leaves nothing behind."""

from argparse import Namespace
from collections.abc import Callable
from pkgutil import resolve_name

PROOFS: dict[str, str] = {
    "linkage": "recoupe.demo.proofs.linkage:prove",
}


def run(arguments: Namespace) -> int:
    """Run the proof that was named."""
    prove: Callable[[Namespace], int] = resolve_name(PROOFS[arguments.proof])
    return prove(arguments)
