"""Folding: who was entered since becomes a segment, segments of one size become one; nobody waits for it.

A kill at any moment leaves the files that served; what was begun is thrown away by the next matcher.
"""

from django.db import transaction

from recoupe.crosscheck import nearby
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.likeness import store as files
from recoupe.crosscheck.likeness.parts import Part
from recoupe.crosscheck.likeness.store import Store
from recoupe.crosscheck.rules import BLOCK_HOLDERS


def fold(engine: Engine, *, daily: bool = False) -> bool:
    """The next step where one is due; whether there was one. Each day whoever is gone leaves the files too."""
    with transaction.atomic():
        store = nearby.held(engine)
        if store is None:
            return False
        if store.entered_since() >= files.MOST_FRESH or (daily and store.gone_since()):
            with nearby.writing():
                store.rotate()
        parts = store.due(daily=daily)
    return _become_one(engine, store, parts) if parts else False


def _become_one(engine: Engine, store: Store, parts: list[Part]) -> bool:
    with nearby.writing():
        made = store.built(parts, BLOCK_HOLDERS)
    with transaction.atomic():
        if nearby.held(engine) is not store:
            made.source.path.unlink(missing_ok=True)
            return False
        with nearby.writing():
            return store.swap(parts, made)


def full_blocks(engine: Engine) -> dict[str, int]:
    """How many blocks too many share, by the function that makes them; never their key, which is somebody's name."""
    names = {rank: name for name, rank in engine.functions.items()}
    found: dict[str, int] = {}
    with transaction.atomic():
        store = nearby.held(engine)
        for rank, count in store.full().items() if store else ():
            found[names.get(rank, str(rank))] = count
    return found
