"""Where a tool's key, a recovery and an account stand."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyState(models.TextChoices):
    """The life of a tool's key: two persons, then the key itself, then its end."""

    ASKED = "ASKED", _("à décider")
    REFUSED = "REFUSED", _("refusée")
    AGREED = "AGREED", _("accordée, à retirer")
    OPEN = "OPEN", _("en service")
    REVOKED = "REVOKED", _("retirée")


class RecoveryState(models.TextChoices):
    """A lost key: who takes the old ones away does not hand out the new one alone."""

    ASKED = "ASKED", _("attend une seconde personne")
    REFUSED = "REFUSED", _("refusé")
    AGREED = "AGREED", _("confirmé : code à remettre")
    DONE = "DONE", _("code remis")


class Standing(StrEnum):
    """Where an account stands at the desk; NOBODY to whoever is no authority."""

    NOBODY = ""
    FIRST = "first"
    ASKED = "asked"
    AGREED = "agreed"
    HAD = "had"
