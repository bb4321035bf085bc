"""Kinds and states of a deal point, and the named sets that figures and maps are made of."""

from collections.abc import Sequence
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DealPointKind(TextChoices):
    """Where and how drugs are sold there."""

    STREET = "street", _("Rue")
    LOBBY = "lobby", _("Hall d'immeuble")
    SQUAT = "squat", _("Squat")
    SHOP = "shop", _("Commerce")
    DELIVERY = "delivery", _("Livraison à domicile")
    ONLINE = "online", _("En ligne")
    STASH = "stash", _("Cache")
    CULTIVATION = "cultivation", _("Culture")


# Until then one form held both: what was entered as a stash before that day may be a cultivation, and is left as it is.
CULTIVATION_APART = date(2026, 11, 24)


class Extent(TextChoices):
    """Where a point is: at a place, or anywhere in a commune or a department, of which the centre stands for it."""

    SPOT = "spot", _("Un lieu")
    COMMUNE = "commune", _("Toute la commune")
    DEPARTMENT = "department", _("Tout le département")


# What comes to the buyer has no place of its own.
WITHOUT_PLACE = frozenset({DealPointKind.DELIVERY, DealPointKind.ONLINE})


class SeenRole(TextChoices):
    """A part played at a point: what was seen, never who plays it."""

    LOOKOUT = "lookout", _("Guetteurs")
    TOUT = "tout", _("Rabatteurs")
    SELLER = "seller", _("Vendeurs")
    SUPPLIER = "supplier", _("Ravitailleurs")
    KEEPER = "keeper", _("Nourrices")
    MANAGER = "manager", _("Gérants")


class DealPointState(TextChoices):
    """Life of a point (W5)."""

    REPORTED = "REPORTED", _("Signalé")
    TO_VERIFY = "TO_VERIFY", _("À vérifier")
    ACTIVE = "ACTIVE", _("Actif")
    TARGETED = "TARGETED", _("Ciblé")
    DISRUPTED = "DISRUPTED", _("Perturbé")
    DISMANTLED = "DISMANTLED", _("Démantelé")
    WATCH = "WATCH", _("Sous surveillance")
    CLOSED = "CLOSED", _("Clos")
    REOCCUPIED = "REOCCUPIED", _("Réoccupé")
    DUPLICATE = "DUPLICATE", _("Doublon présumé")
    MERGED = "MERGED", _("Fusionné")
    DISPLACED = "DISPLACED", _("Déplacé")
    REJECTED = "REJECTED", _("Écarté")


S = DealPointState
# Counted as deal points at a date (W5): sold there, whatever is being done about it.
IN_STOCK = frozenset({S.ACTIVE, S.TARGETED, S.DISRUPTED, S.REOCCUPIED})
# What counts as a deal point, from each day on: a change of the definition is a line here, never a change of the world.
COUNTED: Sequence[tuple[date, frozenset[DealPointState]]] = ((date(2019, 9, 17), IN_STOCK),)
# Nothing follows: the point lives on under another identity, or never was one.
FINAL = frozenset({S.MERGED, S.DISPLACED, S.REJECTED})
# Shown on the map unless asked otherwise: all that may still need somebody.
ON_MAP = frozenset(S) - FINAL - {S.CLOSED, S.DUPLICATE}
# May still receive evidence.
OPEN_TO_EVIDENCE = frozenset(S) - FINAL
