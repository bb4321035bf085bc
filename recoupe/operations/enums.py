"""Kinds, shapes and states of a planned event, and who may learn that it exists."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EventKind(TextChoices):
    """What is planned; nobody but its own unit is ever told which."""

    SURVEILLANCE = "surveillance", _("surveillance")
    PURCHASE = "purchase", _("achat")
    SEARCH = "search", _("perquisition")
    ARREST = "arrest", _("interpellation")
    CONTROL = "control", _("opération de contrôle")
    SENSITIVE = "sensitive", _("événement sensible")
    # S-7: the one door of the source bureau, which has a form of its own.
    MARK = "mark", _("marque du bureau central")


# S-7: they have no place here until the vault exists; the form offers them so that its refusal can say why.
VAULT_KINDS = (
    ("controlled_delivery", _("livraison surveillée")),
    ("source_meeting", _("rencontre d'une source")),
    ("cover_identity", _("identité d'emprunt")),
)


# What the form of events offers.
PLANNED_KINDS = tuple(choice for choice in EventKind.choices if choice[0] != EventKind.MARK)


class EventShape(TextChoices):
    """Where it takes place: around a point, in a commune, inside an outline, or along a route."""

    POINT = "point", _("autour d'un point")
    COMMUNE = "commune", _("dans une commune")
    ZONE = "zone", _("dans une zone (quartier, cité)")
    CORRIDOR = "corridor", _("le long d'un trajet")


class EventState(TextChoices):
    """From the plan to its end."""

    PLANNED = "PLANNED", _("prévu")
    CHANGED = "CHANGED", _("modifié")
    UNDER_WAY = "UNDER_WAY", _("en cours")
    OVER = "OVER", _("terminé")
    CANCELLED = "CANCELLED", _("annulé")


# What others still have to meet.
LIVE = frozenset({EventState.PLANNED, EventState.CHANGED, EventState.UNDER_WAY})


class Existence(TextChoices):
    """Who learns that it exists when another event comes near (the lines of H3, S-3)."""

    BOTH = "both", _("les deux services sont avertis")
    HOLDER_ONLY = "holder_only", _("notre service seul est averti")
    NOBODY = "nobody", _("personne n'est averti")
