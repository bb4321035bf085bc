"""States of a measure on the board, what they follow from, and the six objectives that it belongs to."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class BoardState(TextChoices):
    """What milestones, evidence, values and the committee's decisions make of a measure; nobody ever types it (W13)."""

    NOT_MEASURED = "not_measured", _("Non mesurée")
    NOT_STARTED = "not_started", _("Pas commencée")
    IN_PROGRESS = "in_progress", _("En cours")
    LATE = "late", _("En retard")
    BLOCKED = "blocked", _("Bloquée")
    DONE = "done", _("Faite")
    ABANDONED = "abandoned", _("Abandonnée")


class FigureState(TextChoices):
    """What the last value of one indicator says."""

    NO_DATA = "no_data", _("Sans donnée")
    WITHHELD = "withheld", _("Non publié")
    IN_PROGRESS = "in_progress", _("En cours")
    REACHED = "reached", _("Cible atteinte")
    LATE = "late", _("Cible manquée")
    OVERDUE = "overdue", _("Relevé en retard")


class MilestoneState(TextChoices):
    """Where a milestone stands: met by evidence alone, late once its day has passed."""

    AHEAD = "ahead", _("À venir")
    MET = "met", _("Franchi")
    LATE = "late", _("En retard")


class Standing(TextChoices):
    """What the committee last decided of a measure."""

    OPEN = "open", _("Ouverte")
    BLOCKED = "blocked", _("Bloquée par le comité")
    ABANDONED = "abandoned", _("Abandonnée par le comité")


class Values(TextChoices):
    """The indicators of a measure, taken together."""

    NONE = "none", _("aucune valeur")
    KNOWN = "known", _("valeurs connues, aucune cible")
    SHORT = "short", _("une valeur manque, ou une cible n'est pas atteinte")
    REACHED = "reached", _("toutes les cibles atteintes")
    BEHIND = "behind", _("une cible manquée ou un relevé en retard")


class Course(TextChoices):
    """The milestones of a measure, taken together."""

    NONE = "none", _("aucun jalon")
    UNDATED = "undated", _("aucun franchi, aucun daté")
    AHEAD = "ahead", _("aucun franchi")
    UNDERWAY = "underway", _("certains franchis")
    MET = "met", _("tous franchis")
    LATE = "late", _("un jalon en retard")


class Verdict(TextChoices):
    """What the ministers' committee decides of a measure: nobody else may."""

    BLOCKED = "blocked", _("Bloquer")
    ABANDONED = "abandoned", _("Abandonner")
    RESUMED = "resumed", _("Reprendre")


class Cadence(TextChoices):
    """How often an indicator must be fed."""

    NONE = "none", _("sans cadence")
    DAILY = "daily", _("chaque nuit")
    WEEKLY = "weekly", _("chaque semaine")
    MONTHLY = "monthly", _("chaque mois")
    QUARTERLY = "quarterly", _("chaque trimestre")
    YEARLY = "yearly", _("chaque année")


class Direction(TextChoices):
    """Which way an indicator should go."""

    UP = "up", _("à la hausse")
    DOWN = "down", _("à la baisse")
    NONE = "none", _("sans sens fixé")


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
    KG = "kg", _("kilogrammes")
    TONNE = "tonne", _("tonnes")
    MEUR = "meur", _("millions d'euros")


class Minister(TextChoices):
    """Who sits in the committee (measure 7); the secretary general for the sea is associated."""

    INTERIOR = "interior", _("Intérieur")
    JUSTICE = "justice", _("Justice")
    HEALTH = "health", _("Santé")
    DEFENCE = "defence", _("Défense")
    EUROPE = "europe", _("Affaires européennes")
    CUSTOMS = "customs", _("Douanes")
    OVERSEAS = "overseas", _("Outre-mer")
    SEA = "sea", _("Secrétariat général de la mer")


class EvidenceKind(TextChoices):
    """What an owner brings: a public reference, or a file of values."""

    REFERENCE = "reference", _("Référence")
    FILE = "file", _("Fichier de valeurs")
