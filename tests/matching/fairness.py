"""Recall and wrong pairs of each group of the made world, which alone knows the groups (S-8)."""

from collections import Counter
from itertools import combinations
from typing import Any

from recoupe.matching.evaluation import best, scored
from recoupe.matching.model import Model
from tests.matching import made

GROUPS = ("French names", "Maghrebi names", "Portuguese and Turkish names", "Comorian and Antillean names")
PERSONS = 260


def rates(model: Model) -> list[dict[str, Any]]:
    """The weight is fixed on one world, the rates are counted on another."""
    worlds = [made.world(PERSONS, seed) for seed in (21, 22)]
    rows = [made.rows(world) for world in worlds]
    fitted, tested = (scored(model, found, found) for found in rows)
    weight, _ = best(fitted, {found.key: str(found.person) for found in worlds[0]})
    by_key = {found.key: found for found in worlds[1]}
    true, right, wrong = Counter[int](), Counter[int](), Counter[int]()
    for one, two in combinations(worlds[1], 2):
        true[one.group] += one.person == two.person
    for left, right_key, found in tested:
        one, two = by_key[left], by_key[right_key]
        if found >= weight:
            (right if one.person == two.person else wrong)[one.group] += 1
    return [
        {"group": name, "true": true[at], "recall": right[at] / true[at], "wrong": wrong[at] / true[at]}
        for at, name in enumerate(GROUPS)
    ]
