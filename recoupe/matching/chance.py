"""How many strangers agree by chance with all that is asked: by the model's shares and a number of people."""

from recoupe.matching.model import Model, Trained


def agreeing(trained: Trained) -> float:
    """The share of the pairs of strangers that reach a level which speaks for one and the same."""
    levels = zip(trained.comparison.levels, trained.shares, strict=True)
    return sum(shares.u for level, shares in levels if not level.apart and shares.weight > 0)


def strangers(model: Model, people: int) -> float:
    """Of so many people, how many agree by chance on every comparison of the model: their rarity is not looked at."""
    share = 1.0
    for trained in model.comparisons:
        share *= agreeing(trained)
    return rounded(share * people)


def rounded(number: float) -> float:
    """One figure that says something: what is counted so finely would tell of a single record."""
    return float(f"{number:.1g}")


def magnitude(people: int, least: int = 1_000) -> int:
    """The power of ten that holds so many: one record more does not move it, but at a border passed once."""
    return max(least, 10 ** len(str(people - 1)) if people > 1 else 1)
