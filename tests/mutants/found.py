"""All mutants that the sources hold; nothing is listed by hand."""

from functools import cache

from tests.mutants import in_python, in_sql
from tests.mutants.mutant import Mutant, counted


@cache
def found() -> tuple[Mutant, ...]:
    """Every mutant of every room, in the order of the files."""
    return tuple(counted([*in_python.mutants(), *in_sql.mutants()]))
