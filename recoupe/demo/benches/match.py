"""`recoupe bench match`: the engine on its real processes; of files, how well they are linked, against a peer."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

from recoupe.demo.benches.frame import Bench, Measure
from recoupe.kernel.refusal import Invalid, gettext_noop

NO_FILE = gettext_noop("Nommez le fichier des personnes : recoupe bench match FICHIER.")
NO_TOOLS = gettext_noop(
    "Mesurer le recoupement demande les outils de lots : .venv/bin/python recoupe/cli/environment.py runtime batch, "
    "puis recommencez."
)


def match(bench: Bench) -> Iterator[Measure]:
    """The real processes on a holding; or, of files, fit on one half of the clusters and measure on the other half."""
    if not all(Path(file).is_file() for file in bench.files):
        raise Invalid(NO_FILE, field="file")
    if bench.files and find_spec("splink") is None:
        raise Invalid(NO_TOOLS)
    # Imported by name: only here are the batch's packages known to be there.
    module = "online" if bench.online else "measured"
    measures: Callable[[Bench], Iterator[Measure]] = resolve_name(f"recoupe.demo.benches.{module}:measures")
    yield from measures(bench)
