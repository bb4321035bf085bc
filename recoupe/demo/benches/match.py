"""`recoupe bench match FILE…`: how well records that nobody here wrote are linked, against a peer in the same run."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

from recoupe.demo.benches import nearby
from recoupe.demo.benches.frame import Bench, Measure
from recoupe.kernel.refusal import Invalid, gettext_noop

NO_FILE = gettext_noop("Nommez le fichier des personnes : recoupe bench match FICHIER.")
NO_TOOLS = gettext_noop(
    "Mesurer le recoupement demande les outils de lots : .venv/bin/python recoupe/cli/environment.py runtime batch, "
    "puis recommencez."
)


def match(bench: Bench) -> Iterator[Measure]:
    """The engine on a made holding; or, of files, fit on one half of the clusters and measure on the other half."""
    if not bench.files and find_spec("splink") is not None:
        yield from nearby.measures(bench)
        return
    if not all(Path(file).is_file() for file in bench.files):
        raise Invalid(NO_FILE, field="file")
    if find_spec("splink") is None:
        raise Invalid(NO_TOOLS)
    # Imported by name: only here are the batch's packages known to be there.
    measures: Callable[[Bench], Iterator[Measure]] = resolve_name("recoupe.demo.benches.measured:measures")
    yield from measures(bench)
