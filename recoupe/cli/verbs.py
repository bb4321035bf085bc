"""What a verb of `recoupe` is, and where the other rooms' verbs are found (README.md)."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import Protocol, runtime_checkable

GROUP = "recoupe.verbs"


@runtime_checkable
class Verb(Protocol):
    """One command. Its module is loaded before Django is set up: it imports nothing that needs models."""

    help: str
    # The entry of config.processes whose role and settings it uses; "" when it needs no Django.
    process: str
    # "package.module:function", imported after the set-up; takes the arguments, returns the exit code.
    body: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""


def others() -> dict[str, Verb]:
    """The verbs that other rooms declare in pyproject.toml under `recoupe.verbs`, by name."""
    found: dict[str, Verb] = {}
    for point in entry_points(group=GROUP):
        made = point.load()
        verb = made() if isinstance(made, type) else made
        if not isinstance(verb, Verb):
            raise TypeError(f"{point.value} is no verb: it lacks help, process, body or add_arguments")
        found[point.name] = verb
    return found


def body(verb: Verb) -> Callable[[Namespace], int]:
    """The verb's function; Django is set up when it needs it."""
    function: Callable[[Namespace], int] = resolve_name(verb.body)
    return function
