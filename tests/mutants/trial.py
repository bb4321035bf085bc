"""The trial of one mutant: does a test that is green without it turn red with it?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.conftest import TEMPLATE
from tests.mutants.house import UnbornError, Workshop, rebuild
from tests.mutants.mutant import Mutant

KILLED, SURVIVED, UNBORN, UNDECIDED = "killed", "survived", "unborn", "undecided"
# It survives without a trial: no test meets a moment at which it would answer otherwise.
UNSEEN = "no test looks at it"
# The killer of what the set-up itself refuses.
SETUP = "set-up"
ALONE_S = 90.0
TOGETHER_S = 240.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant, which test noticed, and in how many seconds."""

    mutant: Mutant
    what: str
    killer: str = ""
    seconds: float = 0.0
    said: str = ""


@dataclass
class Court:
    """Tries mutants in one workshop; knows which tests are green alone, and which killed what."""

    shop: Workshop
    green: dict[str, bool] = field(default_factory=dict)
    hot: dict[str, Counter[str]] = field(default_factory=dict)

    def heat(self, mutant: Mutant, module: str) -> int:
        """How often a module has killed mutants of the same file and the same name."""
        near = self.hot.get(f"{mutant.path}:{mutant.name}", Counter())[module]
        return 20 * near + self.hot.get(f"{mutant.path}:{mutant.kind}", Counter())[module]

    def is_green(self, test: str) -> bool:
        """Whether it passes without a mutant, all by itself."""
        if test not in self.green:
            self.green[test] = self.shop.run([test], seconds=ALONE_S)["code"] == 0
        return self.green[test]

    def learn_killer(self, mutant: Mutant, killer: str) -> None:
        """The neighbours of this mutant are tried on its killer first."""
        module = killer.partition("::")[0]
        for place in (f"{mutant.path}:{mutant.name}", f"{mutant.path}:{mutant.kind}"):
            self.hot.setdefault(place, Counter())[module] += 1

    def judge(self, mutant: Mutant, killers: Sequence[str], tests: Sequence[str]) -> Verdict:
        """First the tests that are known to kill it, then those that may."""
        try:
            template, sources = _house(self.shop, mutant)
        except UnbornError as error:
            # A statement that went whole is no cut: without it the next ones do not apply, and nothing is deployed.
            if not mutant.after and mutant.before.rstrip().endswith(";"):
                return Verdict(mutant, KILLED, SETUP)
            return Verdict(mutant, UNBORN, said=str(error))
        spent = 0.0
        for wanted, patience in ((list(killers), ALONE_S), (list(tests), TOGETHER_S)):
            mistaken: list[str] = []
            while wanted:
                answer = self.shop.run([*wanted, *mistaken], seconds=patience, template=template, sources=sources)
                spent += answer["seconds"]
                if answer["code"] is None:
                    return Verdict(mutant, UNDECIDED, seconds=spent, said=answer["output"])
                if answer["code"] == 0 or (answer["code"] == 5 and mistaken):
                    break
                if answer["code"] in (4, 5) and wanted == list(killers):
                    # The test that killed it has another name today.
                    break
                if answer["code"] == 5 or not answer.get("failed"):
                    # Nothing was run: that is no verdict.
                    return Verdict(mutant, UNDECIDED, seconds=spent, said=answer["output"])
                killer = self._confirmed(mutant, answer["failed"][0], template, sources)
                if killer:
                    self.learn_killer(mutant, killer)
                    return Verdict(mutant, KILLED, killer, spent)
                mistaken.append(f"--deselect={answer['failed'][0].partition('::')[0]}")
        return Verdict(mutant, SURVIVED, seconds=spent)

    def _confirmed(self, mutant: Mutant, failed: str, template: str, sources: dict[str, str]) -> str:
        """Red without the mutant too: it has noticed nothing; one that needs its neighbours runs with them."""
        if self.is_green(failed):
            return failed
        module = failed.partition("::")[0]
        if module != failed and self.is_green(module):
            answer = self.shop.run([module], seconds=TOGETHER_S, template=template, sources=sources)
            return module if answer["code"] == 1 else ""
        return ""


def _house(shop: Workshop, mutant: Mutant) -> tuple[str, dict[str, str]]:
    """The database and the sources of this mutant."""
    if mutant.path.endswith(".sql"):
        return rebuild(shop.url, mutant), {}
    return TEMPLATE, {mutant.path: mutant.text()}
