"""All kinds of selector in one table: a new kind is one new file and one new line here."""

from collections.abc import Callable
from dataclasses import dataclass

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import (
    address,
    company,
    container,
    email,
    handle,
    iban,
    imei,
    person,
    phone,
    plate,
    vessel,
    wallet,
)
from recoupe.kernel.selectors.common import (
    SENTENCE_NOTHING,
    Finder,
    Mention,
    Normaliser,
    Selector,
    SelectorKind,
    Strength,
)
from recoupe.kernel.text import clean_line

MAX_RAW = 500
MAX_MENTIONS = 300
SENTENCE_KIND = gettext_noop("Ce type d'identifiant n'existe pas : choisissez-en un dans la liste.")


def _always(value: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Functions:
    """What a kind brings: its comparison form, what it finds in a text, and whether a value identifies one thing."""

    normalise: Normaliser
    find: Finder | None = None
    is_exact: Callable[[str], bool] = _always


# In the order of precedence of propose(): of two readings that overlap, the earlier kind keeps the place.
REGISTRY: dict[SelectorKind, Functions] = {
    SelectorKind.EMAIL: Functions(email.normalise, email.find),
    SelectorKind.IBAN: Functions(iban.normalise, iban.find),
    SelectorKind.WALLET: Functions(wallet.normalise, wallet.find),
    SelectorKind.CONTAINER: Functions(container.normalise, container.find),
    SelectorKind.VESSEL: Functions(vessel.normalise, vessel.find, vessel.is_exact),
    SelectorKind.IMEI: Functions(imei.normalise, imei.find),
    SelectorKind.COMPANY: Functions(company.normalise, company.find, company.is_exact),
    SelectorKind.PHONE: Functions(phone.normalise, phone.find),
    SelectorKind.HANDLE: Functions(handle.normalise, handle.find, handle.is_exact),
    SelectorKind.PLATE: Functions(plate.normalise, plate.find, plate.is_exact),
    SelectorKind.ADDRESS: Functions(address.normalise, None, address.is_exact),
    SelectorKind.PERSON: Functions(person.normalise, None, person.is_exact),
}


def normalise(kind: SelectorKind | str, raw: str) -> Selector:
    """The selector that was written; a failed check only warns; Invalid where nothing usable is left."""
    try:
        functions = REGISTRY[SelectorKind(kind)]
    except ValueError as error:
        raise Invalid(SENTENCE_KIND, field="kind") from error
    line = clean_line(raw, MAX_RAW, "selector")
    if not line:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    return functions.normalise(line)


def strength(selector: Selector) -> Strength:
    """Certain: it passed its check or plan. Strong: any other exact selector. Weak: persons, addresses, bare names."""
    if not REGISTRY[selector.kind].is_exact(selector.value):
        return Strength.WEAK
    return Strength.CERTAIN if selector.valid else Strength.STRONG


def propose(text: str) -> list[Mention]:
    """The selectors that a text mentions, in its order, none overlapping; a person confirms them."""
    taken = bytearray(len(text))
    found: list[Mention] = []
    for functions in REGISTRY.values():
        for mention in functions.find(text) if functions.find else ():
            if len(found) >= MAX_MENTIONS:
                break
            if not any(taken[mention.start : mention.end]):
                taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
                found.append(mention)
    return sorted(found, key=lambda mention: mention.start)
