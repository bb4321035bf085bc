"""Where selectors and persons come from: mostly fresh ones; a network's own for a few notes, so that some meet."""

from dataclasses import dataclass
from datetime import date
from random import Random

from recoupe.demo import identifiers, names
from recoupe.demo.identifiers import Made
from recoupe.demo.names import Person
from recoupe.demo.records import Plan
from recoupe.demo.setting import Setting

NETWORKS = 36
WRONG_SHARE = 0.07
OFTEN_WRONG = {"container": 0.25, "vessel": 0.25, "wallet": 0.15, "imei": 0.12}  # long and copied by hand
# The last hundred mobiles are kept for what is planted and for what the self-test types.
RESERVED = 100
_PHONES = 60_000


@dataclass(frozen=True)
class Network:
    """A made network: where it sells and the selectors and people that notes about it name again and again."""

    name: str
    department: str
    made: tuple[Made, ...]
    people: tuple[Person, ...]


class Pool:
    """Fresh selectors and persons, never twice the same until all fiction numbers are spent."""

    def __init__(self, plan: Plan, birth_communes: tuple[str, ...]) -> None:
        self._rng = Random(f"{plan.seed}:pool")
        self._births = birth_communes
        self._oldest_event = date(plan.today.year - 2, plan.today.month, 1)
        self._phones = [i for i in range(_PHONES) if not 10_000 - RESERVED <= i < 10_000]
        self._rng.shuffle(self._phones)
        self._next_phone = 0

    def make(self, kind: str) -> Made:
        """A selector that no other note has; a few fail their check digit or miss a figure."""
        wrong = OFTEN_WRONG.get(kind, WRONG_SHARE if kind in identifiers.CHECKED else 0.0)
        good = self._rng.random() >= wrong
        if kind != "phone":
            return identifiers.MAKERS[kind](self._rng, good)
        value = identifiers.phone_number(self._phones[self._next_phone % len(self._phones)])
        self._next_phone += 1
        return Made("phone", value if good else value[:-1], good)

    def draw(self, kind: str, *, good: bool) -> Made:
        """A selector whose check digit holds, or fails, as asked."""
        while (made := self.make(kind)).good is not good:
            pass
        return made

    def meet(self) -> Person:
        """Somebody whom no other note names."""
        return names.person(self._rng, self._oldest_event, self._births)


def reserved_phone(number: int) -> Made:
    """One of the hundred mobiles that only planted truths and the self-test use."""
    return Made("phone", identifiers.phone_number(10_000 - RESERVED + number))


def build_networks(setting: Setting, plan: Plan, pool: Pool) -> tuple[Network, ...]:
    """Networks of two to four phones, plates, one handle and two people, in the busier departments."""
    rng = Random(f"{plan.seed}:networks")
    found = []
    for _ in range(plan.count(NETWORKS)):
        made = [pool.make("phone") for _ in range(rng.choice((2, 3, 4)))]
        made += [pool.make("plate") for _ in range(rng.choice((1, 2, 3)))]
        made.append(pool.make("handle"))
        made += [pool.make(rng.choice(("imei", "iban", "wallet", "container", "company")))]
        people = (pool.meet(), pool.meet())
        name = names.invented_word(rng)
        found.append(Network(name, setting.draw_department(rng), tuple(made), people))
    return tuple(found)
