"""Where a report comes from. The vault for human sources does not exist yet: what belongs there is refused (S-7)."""

from enum import StrEnum

from recoupe.kernel.refusal import Invalid, gettext_noop


class SourceKind(StrEnum):
    """The closed list of kinds of source."""

    OFFICER_OBSERVATION = "officer_observation"
    PARTNER = "partner"
    ANONYMOUS = "anonymous"
    OPEN_SOURCE = "open_source"
    FOREIGN_SERVICE = "foreign_service"
    TECHNICAL = "technical"
    HUMAN_SOURCE = "human_source"
    CONTROLLED_DELIVERY = "controlled_delivery"


SOURCE_LABELS: dict[SourceKind, str] = {
    SourceKind.OFFICER_OBSERVATION: gettext_noop("Constatation d'un agent"),
    SourceKind.PARTNER: gettext_noop("Partenaire (police municipale, bailleur, transporteur)"),
    SourceKind.ANONYMOUS: gettext_noop("Signalement anonyme"),
    SourceKind.OPEN_SOURCE: gettext_noop("Source ouverte"),
    SourceKind.FOREIGN_SERVICE: gettext_noop("Service étranger"),
    SourceKind.TECHNICAL: gettext_noop("Moyen technique"),
    SourceKind.HUMAN_SOURCE: gettext_noop("Source humaine"),
    SourceKind.CONTROLLED_DELIVERY: gettext_noop("Livraison surveillée"),
}

VAULT_ONLY = frozenset({SourceKind.HUMAN_SOURCE, SourceKind.CONTROLLED_DELIVERY})
OFFERED = tuple(kind for kind in SourceKind if kind not in VAULT_ONLY)
# Found by somebody who was there, or told: the first grow with presence, the second with whoever speaks.
DISCOVERED = frozenset({SourceKind.OFFICER_OBSERVATION, SourceKind.TECHNICAL})
REPORTED = frozenset(OFFERED) - DISCOVERED

SENTENCE_UNKNOWN = gettext_noop("Cette nature de source n'existe pas : choisissez-en une dans la liste.")
SENTENCE_HUMAN_SOURCE = gettext_noop(
    "Un renseignement de source humaine ne se saisit pas ici : le coffre des sources n'existe pas encore. "
    "N'écrivez rien qui désigne la source et adressez-vous au bureau central des sources de votre service."
)
SENTENCE_CONTROLLED_DELIVERY = gettext_noop(
    "Une livraison surveillée ne se saisit pas ici : le coffre qui doit la protéger n'existe pas encore. "
    "Adressez-vous à l'office, qui en tient la suite."
)
_VAULT_SENTENCES = {
    SourceKind.HUMAN_SOURCE: SENTENCE_HUMAN_SOURCE,
    SourceKind.CONTROLLED_DELIVERY: SENTENCE_CONTROLLED_DELIVERY,
}


def source_kind(raw: str, field: str = "source_kind") -> SourceKind:
    """The kind that this word names; an unknown word is refused."""
    try:
        return SourceKind(raw.strip().lower())
    except ValueError as error:
        raise Invalid(SENTENCE_UNKNOWN, field=field) from error


def refuse_until_vault(kind: SourceKind, field: str = "source_kind") -> None:
    """Refuse, with its own sentence, each kind whose content may only ever live in the vault (S-7)."""
    if kind in VAULT_ONLY:
        raise Invalid(_VAULT_SENTENCES[kind], field=field)
