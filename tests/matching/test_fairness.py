"""Error rates between groups that only the made world knows; no rule reads one, none may do worse by one."""

from collections import Counter
from itertools import combinations
from pathlib import Path

from recoupe.matching.evaluation import best, scored
from recoupe.matching.model import read
from tests.matching import made
from tests.proof import say

MODEL = Path(__file__).parent / "data" / "model.json"
GROUPS = range(len(made.FAMILIES))
# Between the best served group and the worst: recall, and wrong pairs for each true one.
RECALL_APART, WRONG_SHARE = 0.12, 0.05


def test_no_group_is_found_much_less_or_confused_much_more_than_another() -> None:
    model = read(MODEL)
    worlds = [made.world(260, seed) for seed in (21, 22)]
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
    recalls = [right[group] / true[group] for group in GROUPS]
    wrongs = [wrong[group] / true[group] for group in GROUPS]
    say("fairness: recall apart", max(recalls) - min(recalls), "part", str([round(r, 3) for r in recalls]))
    say("fairness: wrong pairs", max(wrongs), "part", str([round(w, 3) for w in wrongs]))
    assert min(true[group] for group in GROUPS) > 100
    assert max(recalls) - min(recalls) <= RECALL_APART
    assert max(wrongs) <= WRONG_SHARE
