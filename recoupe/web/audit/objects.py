"""What the officer for data protection may name an object by, and the name under which the journal keeps it."""

import re

from recoupe.access.agent import Agent
from recoupe.access.references import ROOMS, identified
from recoupe.audit.queries import JournalFilter, entries
from recoupe.kernel.reference import read_ref
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.web.audit.words import REFS

NONE = gettext_noop("Aucune fiche, aucun point de deal, aucun objectif ne porte cette référence.")
NEVER = gettext_noop("Aucune entrée du journal ne touche cet objet.")
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_WHOLE = re.compile(rf"[a-z_]{{1,32}}:{_UUID}")
_WITHIN = re.compile(_UUID)


def object_of(agent: Agent, typed: str) -> str:
    """The object meant by a reference, an address, an identifier or the journal's own writing; "" for nothing typed."""
    if not typed or _WHOLE.fullmatch(typed):
        return typed
    if found := _WITHIN.search(typed.lower()):
        return _kept(found[0])
    ref = read_ref(typed)
    for kind in ROOMS:
        if identity := identified(agent, kind, ref):
            return f"{kind}:{identity}"
    raise Invalid(NONE, field="ref")


def _kept(identity: str) -> str:
    """The kind under which the journal keeps an identifier."""
    for kind in REFS:
        if entries(JournalFilter(ref=f"{kind}:{identity}", arrivals=True), 1):
            return f"{kind}:{identity}"
    raise Invalid(NEVER, field="ref")
