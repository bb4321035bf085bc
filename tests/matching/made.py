"""Made persons with copies that somebody spoilt, for tests only: the generator knows which are one person."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.conditions import Row
from recoupe.matching.kinds.places import Commune, Places
from recoupe.matching.record import Record, prepare

TODAY = date(2026, 11, 22)
# The world of the kept files (golden.py).
GOLDEN, GOLDEN_SEED = 900, 5
COMMUNES = Places.of([
    Commune("13055", "Marseille", 43.2970, 5.3790, ("13201", "13202", "13213")),
    Commune("13001", "Aix-en-Provence", 43.5310, 5.4540),
    Commune("13096", "Saint-Mandrier", 43.4060, 5.2200, ("13999",)),
    Commune("93066", "Saint-Denis", 48.9360, 2.3580),
    Commune("97411", "Saint-Denis", -20.8790, 55.4480),
    Commune("59350", "Lille", 50.6320, 3.0570, ("59355",), ("Lomme",)),
    Commune("69123", "Lyon", 45.7580, 4.8350),
])  # fmt: skip

# Four lists from different languages; the index of the list is the group, known to the tests alone.
FAMILIES = (
    ("Martin", "Bernard", "Dupont", "Lefebvre", "de la Fontaine", "Petit", "Rousseau", "Garnier", "Chevalier",
     "Mercier", "Faure", "Blanchard", "Gauthier", "Perrin", "Morel", "Girard", "Lambert", "Bonnet", "Fournier",
     "Masson"),
    ("Benali", "El Amrani", "Cherif", "Bouzid", "Haddad", "Mansouri", "Ben Youssef", "Khelifi", "Saidi", "Belkacem",
     "Ziani", "Hamidi", "Toumi", "Brahimi", "Djebbar", "Ouali", "Slimani", "Rahmani", "Meziane", "Larbi"),
    ("Gonçalves", "Pereira", "dos Santos", "Fernandes", "Rodrigues", "Ferreira", "da Silva", "Carvalho", "Teixeira",
     "Magalhães", "Şahin", "Yılmaz", "Öztürk", "Çelik", "Kaya", "Demir", "Aydın", "Doğan", "Koç", "Polat"),
    ("Ahamada", "Houmadi", "Soilihi", "Abdou", "Mze", "Bacar", "Combo", "M'Madi", "Ali Mohamed", "Saindou",
     "Jean-Baptiste", "Césaire", "Marie-Joseph", "Condé", "Lubin", "Télémaque", "Pierre-Louis", "Placide", "Régis",
     "Zébus"),
)  # fmt: skip
GIVENS = (
    ("Jean-Pierre", "Nicolas", "Sébastien", "Christophe", "Marie", "Camille", "Frédéric", "Alexandre", "Julien",
     "Thomas", "Élodie", "Sophie", "Guillaume", "Maxime", "Céline"),
    ("Mohamed", "Ahmed", "Youssef", "Karim", "Fatima", "Khadija", "Abdelkader", "Rachid", "Djamel", "Moustapha",
     "Nabil", "Samira", "Walid", "Yacine", "Abderrahmane"),
    ("José", "Francisco", "João", "Manuel", "Antonio", "Mehmet", "Mustafa", "Emre", "Ayşe", "Tiago", "Ana", "Hüseyin",
     "Murat", "Paulo", "Fatma"),
    ("Saïd", "Ibrahim", "Moussa", "Abdallah", "Youssouf", "Nadjim", "Zaïna", "Anli", "Jocelyn", "Rosette", "Fritz",
     "Ghislaine", "Mariama", "Steeve", "Yannick"),
)  # fmt: skip
STREETS = ("rue de la République", "avenue Foch", "boulevard Voltaire", "chemin des Lilas", "impasse du Moulin")
PLACES = ("Marseille", "13001", "Saint-Denis (93)", "Lille", "69123", "Oran", "Moroni", "Izmir", "13213")


@dataclass(frozen=True, slots=True)
class Made:
    """A record, who it is, and the list that its name came from."""

    key: str
    person: int
    group: int
    record: Record


def person(rng: Random, group: int) -> Record:
    """One person; two in ten lack a birth place or an address."""
    born = date(1955, 1, 1) + timedelta(days=rng.randrange(18_000))
    return Record(
        family=rng.choice(FAMILIES[group]) + ("" if rng.random() < 0.6 else "-" + rng.choice(FAMILIES[group])),
        given=rng.choice(GIVENS[group]) + ("" if rng.random() < 0.7 else " " + rng.choice(GIVENS[group])),
        birth=born.isoformat(),
        birth_place=rng.choice(PLACES) if rng.random() < 0.8 else "",
        address=f"{rng.randrange(1, 90)} {rng.choice(STREETS)} {rng.choice(('13001', '69003', '59000'))} Ville"
        if rng.random() < 0.8
        else "",
        selectors={SelectorKind.PHONE: (f"06{rng.randrange(10**8):08}",)} if rng.random() < 0.5 else {},
    )


def _slipped(rng: Random, text: str) -> str:
    if len(text) < 3:
        return text
    at = rng.randrange(1, len(text) - 1)
    return rng.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + rng.choice("aeinrst") + text[at + 1 :],
        )
    )


def _birth(rng: Random, written: str) -> str:
    year, month, day = written.split("-")
    return rng.choice((f"{day}/{month}/{year}", year, f"{month}/{year}", f"{year}-{day}-{month}", "", written))


def spoilt(rng: Random, record: Record) -> Record:
    """The same person written by somebody else."""
    copy = record
    if rng.random() < 0.3:
        copy = replace(copy, family=_slipped(rng, copy.family))
    if rng.random() < 0.3:
        copy = replace(copy, given=rng.choice((_slipped(rng, copy.given), copy.given.split()[0], copy.given[:1])))
    if rng.random() < 0.1:
        copy = replace(copy, family=copy.given, given=copy.family)
    if rng.random() < 0.4:
        copy = replace(copy, birth=_birth(rng, copy.birth))
    if rng.random() < 0.3:
        copy = replace(copy, address=_slipped(rng, copy.address))
    if rng.random() < 0.2:
        copy = replace(copy, birth_place="")
    return replace(copy, family=copy.family.upper()) if rng.random() < 0.3 else copy


def world(persons: int, seed: int) -> list[Made]:
    """One to four records of each person."""
    rng = Random(seed)
    made: list[Made] = []
    for number in range(persons):
        group = rng.randrange(len(FAMILIES))
        first = person(rng, group)
        records = [first, *(spoilt(rng, first) for _ in range(rng.randrange(4)))]
        made += [Made(f"{number}-{at}", number, group, record) for at, record in enumerate(records)]
    return made


def rows(made: list[Made]) -> dict[str, Row]:
    """Their rows under their keys."""
    return {found.key: prepare(found.record, today=TODAY, communes=COMMUNES).row for found in made}
