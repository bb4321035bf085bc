"""States of a measure on the board, and the six objectives that it belongs to."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class BoardState(TextChoices):
    """What the system's own data say of a measure; nobody ever types it."""

    NOT_MEASURED = "not_measured", _("Non mesurée")
    NO_DATA = "no_data", _("Sans donnée")
    IN_PROGRESS = "in_progress", _("En cours")
    REACHED = "reached", _("Atteinte")
    LATE = "late", _("En retard")


class PlanObjective(IntegerChoices):
    """The six objectives of the plan of 17 September 2019, under short titles of ours."""

    KNOWLEDGE = 1, _("Connaître et piloter")
    ACTION = 2, _("Agir sur le terrain")
    LAUNDERING = 3, _("Tarir le blanchiment")
    ASSETS = 4, _("Saisir les avoirs")
    INTERNATIONAL = 5, _("Coopérer à l'étranger")
    CAPACITIES = 6, _("Renforcer les moyens")


class FigureUnit(TextChoices):
    """How a figure is read."""

    COUNT = "count", _("nombre")
    SHARE = "share", _("part")
