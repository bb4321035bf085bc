"""What the two answers were: counted, and each disagreement in a form that one can replay by its seed."""

from collections import Counter
from dataclasses import dataclass, field

from tests import proof

MOST_SHOWN = 40


@dataclass
class Tally:
    """The checks of one door: SQL, ORM or HTTP."""

    door: str
    checks: int = 0
    allowed: int = 0
    by: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    shapes: Counter[str] = field(default_factory=Counter)

    def note(self, number: int, allowed: int, what: str) -> None:
        """So many answers that agreed or not, of which the oracle allowed so many."""
        self.checks += number
        self.allowed += allowed
        self.by[what] += number

    def differs(self, who: str, what: str, clause: str, product: object, oracle: object) -> None:
        """One disagreement."""
        words = what.split()
        self.shapes[
            f"{words[0]} {words[1] if len(words[0]) < 4 else ''} {clause}: product {product}, oracle {oracle}"
        ] += 1
        self.wrong.append(f"seed {proof.seed()} | {who} | {what} | {clause} | product: {product} | oracle: {oracle}")

    def close(self, least: int, shows: str) -> None:
        """Print the figures; fail on the first disagreements, or when too little was asked."""
        proof.say(f"{self.door}_checks", self.checks, "contrôles", shows, at_least=least)
        proof.say(f"{self.door}_allowed", self.allowed, "contrôles", "ce que l'oracle permet parmi eux")
        proof.say(f"{self.door}_wrong", len(self.wrong), "désaccords", "entre l'oracle et le produit", at_most=0)
        print(dict(self.by))
        shown = "\n".join([*map(str, self.shapes.most_common()), *self.wrong[:MOST_SHOWN]])
        assert not self.wrong, f"{len(self.wrong)} disagreements\n{shown}"
        assert self.checks >= least, f"{self.checks} checks, {least} wanted"
