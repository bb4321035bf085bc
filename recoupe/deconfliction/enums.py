"""Kinds and states of a danger, and of the shifts of the watch desk."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DangerKind(TextChoices):
    """Why somebody must be called before a team goes there."""

    BLUE_ON_BLUE = "blue_on_blue", _("deux équipes armées au même endroit")
    # S-7: a holder of whom nobody but the watch desk and his own duty officer may learn.
    SILENT_IMMINENT = "silent_imminent", _("événement imminent près d'un détenteur silencieux")


class DangerState(TextChoices):
    """From the meeting to its end; what was acknowledged is void when it opens again."""

    OPEN = "OPEN", _("personne n'a accusé réception")
    ONE_ACKNOWLEDGED = "ONE_ACKNOWLEDGED", _("un service n'a pas accusé réception")
    ACKNOWLEDGED = "ACKNOWLEDGED", _("réception accusée")
    CLOSED = "CLOSED", _("danger écarté")


class LineKind(TextChoices):
    """What the watch desk writes down of a danger."""

    CALL = "call", _("appel")
    NOTE = "note", _("consigne")


class ShiftState(TextChoices):
    """A shift of the watch desk: held, its notes written for the next one, taken over."""

    HELD = "HELD", _("en poste")
    OFFERED = "OFFERED", _("relève préparée")
    ENDED = "ENDED", _("relevé")
