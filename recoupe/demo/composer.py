"""Turn a form into a note: draw its alternatives, type it in its register, fill its slots, keep what it names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from recoupe.demo import identifiers, names
from recoupe.demo.forms import Form
from recoupe.demo.grammar import joined
from recoupe.demo.identifiers import Made
from recoupe.demo.names import Person
from recoupe.demo.records import SelectorDraft
from recoupe.demo.spelling import REGISTERS, Register, cased, typed

SLOT = re.compile(r"\{([a-z_0-9]+)\}")
NAMING = frozenset({"phone", "person", "address", *identifiers.MAKERS})
LINKED_SLOT = re.compile(r"(?:\b([Dd]e|DE|[ÀàAa]) )?\{([a-z_0-9]+)\}")
CODES = NAMING - {"person"}  # copied as they are written: nothing before them changes
SAME_CASE = frozenset({"email", "handle", "wallet"})

# What a note of any form can add when it must name a given selector.
PLAIN_PHRASES = {
    "phone": "Numéro relevé : {phone}.",
    "plate": "Véhicule immatriculé {plate}.",
    "imei": "Téléphone IMEI {imei}.",
    "iban": "Compte cité : {iban}.",
    "wallet": "Portefeuille : {wallet}.",
    "handle": "Compte en ligne {handle}.",
    "email": "Courriel {email}.",
    "company": "Société {company}.",
    "container": "Conteneur {container}.",
    "vessel": "Navire {vessel}.",
    "person": "Est cité {person}.",
    "address": "Adresse rapportée : {address}.",
}
PRODUCT_WORDS = {
    "cannabis_resin": ("résine de cannabis", ("shit", "teuchi", "résine", "pain")),
    "cannabis_herb": ("herbe de cannabis", ("beuh", "herbe", "weed", "tête")),
    "cannabis_plant": ("plants de cannabis", ("plants", "boutures")),
    "cocaine_hcl": ("cocaïne", ("coke", "C", "CC", "blanche")),
    "crack": ("crack", ("caillou", "galette")),
    "heroin": ("héroïne", ("héro", "rabla", "brune")),
    "ecstasy_mdma": ("comprimés d'ecstasy", ("taz", "tazs", "plombs")),
    "mdma_powder": ("MDMA en poudre", ("MD", "D")),
    "amphetamine": ("amphétamine", ("speed", "amphet")),
    "ketamine": ("kétamine", ("kéta", "K")),
    "cathinone": ("cathinones", ("3-MMC", "3M")),
    "nps_other": ("nouveaux produits de synthèse", ("PTC", "produits chimiques")),
    "synth_cannabinoid": ("cannabinoïdes de synthèse", ("PTC", "chimique")),
    "lsd": ("buvards de LSD", ("buvards", "trips")),
    "ghb_gbl": ("GBL", ("G", "GHB")),
    "medicine": ("médicaments détournés", ("cachets", "plaquettes")),
    "buprenorphine": ("buprénorphine", ("subu", "bupré")),
    "khat": ("khat", ("khat", "bottes")),
    "precursor": ("précurseurs chimiques", ("produits", "bidons")),
}
NO_PRODUCT = ("stupéfiants", ("stups", "produit", "came"))
COUNTED = frozenset({"ecstasy_mdma", "lsd", "medicine", "buprenorphine", "cannabis_plant"})


@dataclass
class Scene:
    """What the note is about: the words that fill the slots, in order of drawing."""

    rng: Random
    commune: str
    other: str
    date: str
    product: str
    street: str
    quarter: str
    hour: int
    make: Callable[[str], Made]
    meet: Callable[[], Person]
    given: list[Made] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


@dataclass
class Note:
    """The text, and what it names as it is written there."""

    text: str
    selectors: list[SelectorDraft]
    persons: list[Person]


def _time(rng: Random, register: str, hour: int, later: int) -> str:
    at, minute = (hour + later) % 24, rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50))
    if register in ("caps", "sms"):
        return f"{at:02d}H{minute:02d}" if register == "caps" else f"{at}h{minute:02d}"
    between = rng.choice(("h", "h", " h ", ":"))
    return f"{at:02d}{between}{minute:02d}" if between == ":" else f"{at}{between}{minute:02d}"


def _amount(rng: Random, product: str) -> str:
    if product in COUNTED:
        return f"{rng.choice((12, 30, 50, 80, 140, 200, 450))} unités"
    return rng.choice(
        (
            f"{rng.randrange(2, 90)} g",
            f"{rng.randrange(100, 900)} grammes",
            f"{rng.randrange(1, 9)},{rng.randrange(1, 10)} kg",
            f"env. {rng.randrange(10, 60)} kg",
        )
    )


def _plain_word(scene: Scene, form: Form, slot: str) -> str:
    rng = scene.rng
    label, slang = PRODUCT_WORDS.get(scene.product, NO_PRODUCT)
    words: dict[str, Callable[[], str]] = {
        "commune": lambda: scene.commune,
        "autre": lambda: scene.other,
        "date": lambda: scene.date,
        "rue": lambda: scene.street,
        "quartier": lambda: scene.quarter,
        "h": lambda: _time(rng, form.register, scene.hour, 0),
        "h2": lambda: _time(rng, form.register, scene.hour, 1),
        "h3": lambda: _time(rng, form.register, scene.hour, 2),
        "h4": lambda: _time(rng, form.register, scene.hour, 3),
        "n": lambda: str(rng.randrange(2, 7)),
        "n2": lambda: str(rng.randrange(8, 40)),
        "prix": lambda: rng.choice(("10 €", "20 €", "30 euros", "50 €", "100 €", "150 euros")),
        "produit": lambda: rng.choice(slang),
        "produit_net": lambda: label,
        "qte": lambda: _amount(rng, scene.product),
        "veh": lambda: f"{rng.choice(names.WORDS['cars'])} {rng.choice(names.WORDS['colours'])}",
        "age": lambda: str(rng.randrange(18, 50)),
        "pv": lambda: f"{rng.randrange(100, 3_000):05d}",
        "surnom": lambda: names.nickname(rng),
        "jour": lambda: rng.choice(names.WORDS["days"]),
    }
    return words[slot]()


def _named(scene: Scene, note: Note, register: Register, slot: str) -> str:
    rng, upper = scene.rng, register.capitals == "upper"
    if slot == "person":
        someone = scene.people.pop(0) if scene.people else scene.meet()
        note.persons.append(someone)
        return names.written(rng, someone, upper)
    if slot == "address":
        raw = f"{rng.randrange(1, 90)} {names.street(rng)}, {scene.commune}"
        note.selectors.append(SelectorDraft("address", raw, raw, True))
        return raw
    planned = next((made for made in scene.given if made.kind == slot), None)
    if planned is not None:
        scene.given.remove(planned)
    made = planned or scene.make(slot)
    raw = identifiers.writing(rng, made)
    if register.capitals == "upper" and slot not in SAME_CASE:
        raw = raw.upper()
    note.selectors.append(SelectorDraft(made.kind, raw, made.value, made.good))
    return raw


def _fill(scene: Scene, note: Note, form: Form, template: str) -> str:
    register = REGISTERS[form.register]

    def word(slot: str) -> str:
        if slot in NAMING:
            return _named(scene, note, register, slot)
        text = _plain_word(scene, form, slot)
        return cased(text, register) if register.capitals != "kept" else text

    def linked(found: re.Match[str]) -> str:
        link, slot = found.groups(default="")
        if not link or slot in CODES:
            return f"{link} {word(slot)}" if link else word(slot)
        return joined(link, word(slot))

    return LINKED_SLOT.sub(linked, typed(scene.rng, template, register))


def _phrases(scene: Scene, form: Form) -> list[str]:
    """The naming phrases: one or two of the form's own, and a plain one for each given selector they do not take."""
    wanted = [made.kind for made in scene.given] + ["person"] * len(scene.people)
    own = [p for p in form.keyed if not wanted or any(f"{{{kind}}}" in p for kind in wanted)]
    chosen = scene.rng.sample(own, min(len(own), 1 if wanted else scene.rng.choice((1, 1, 2))))
    for phrase in chosen:
        for kind in SLOT.findall(phrase):
            if kind in wanted:
                wanted.remove(kind)
    return chosen + [PLAIN_PHRASES[kind] for kind in wanted]


def compose(scene: Scene, form: Form, *, naming: bool) -> Note:
    """Write the note; without naming, no selector and no person stands in it."""
    note = Note("", [], [])
    phrases = [_fill(scene, note, form, phrase) for phrase in _phrases(scene, form)] if naming else []
    body = _fill(scene, note, form, scene.rng.choice(form.bodies).replace("{+}", "\x00"))
    joint = "\n" if form.register in ("table", "digest") else " "
    text = body.replace("\x00", joint.join(phrases)) if "\x00" in body else " ".join([body, *phrases])
    lines = (re.sub(r" {2,}", " ", line).strip() for line in text.strip().split("\n"))
    note.text = "\n".join(line for line in lines if line)
    return note


def remark(scene: Scene, form: Form) -> str:
    """An assessment in the form's own register, apart from the facts; it never names anybody."""
    template = scene.rng.choice(form.remarks)
    return _fill(scene, Note("", [], []), form, template)
