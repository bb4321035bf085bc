"""States of an objective, where it comes from, what was decided and what came of it."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OriginKind(TextChoices):
    """What an objective was proposed from; the record itself is an opaque reference."""

    HIT = "hit", _("Recoupement")
    DEALPOINT = "dealpoint", _("Point de deal")


class ObjectiveState(TextChoices):
    """Life of an objective (W4)."""

    PROPOSED = "PROPOSED", _("Proposé")
    EXAMINED = "EXAMINED", _("Examiné")
    TO_PROSECUTOR = "TO_PROSECUTOR", _("Transmis au parquet")
    VALIDATED = "VALIDATED", _("Validé")
    REFUSED = "REFUSED", _("Refusé")
    ALLOCATED = "ALLOCATED", _("Attribué")
    UNDER_INVESTIGATION = "UNDER_INVESTIGATION", _("En enquête")
    SUSPENDED = "SUSPENDED", _("Suspendu")
    OPERATION_PLANNED = "OPERATION_PLANNED", _("Opération prévue")
    EXECUTED = "EXECUTED", _("Opération menée")
    JUDICIAL_OUTCOME = "JUDICIAL_OUTCOME", _("Suites judiciaires")
    FOLLOW_UP = "FOLLOW_UP", _("Suivi")
    CLOSED = "CLOSED", _("Clos")
    REOPENED = "REOPENED", _("Rouvert")
    ABANDONED = "ABANDONED", _("Abandonné")


S = ObjectiveState
# Somebody has been given the work: never without a validating decision, a lead service and a deadline.
ALLOCATED_STATES = frozenset(
    {
        S.ALLOCATED,
        S.UNDER_INVESTIGATION,
        S.SUSPENDED,
        S.OPERATION_PLANNED,
        S.EXECUTED,
        S.JUDICIAL_OUTCOME,
        S.FOLLOW_UP,
        S.CLOSED,
    }
)
# The lead service still has something to do before its deadline.
RUNNING = frozenset({S.ALLOCATED, S.UNDER_INVESTIGATION, S.SUSPENDED, S.OPERATION_PLANNED})
# Nobody works on it any more; the same origin may be proposed again.
ENDED = frozenset({S.REFUSED, S.CLOSED, S.ABANDONED})


class Act(TextChoices):
    """What is written into an objective's story while it keeps its state."""

    PROGRESS = "progress", _("Point d'étape")
    TRANSFER = "transfer", _("Changement de chef de file")
    JOINT = "joint", _("Codirection")
    SOLE = "sole", _("Fin de la codirection")
    TERM = "term", _("Changement d'échéance")


class Verdict(TextChoices):
    """What the prosecutor's office decided."""

    VALIDATED = "validated", _("Validé")
    REFUSED = "refused", _("Refusé")


class Financial(TextChoices):
    """The inquiry into assets that every allocated objective carries (measure 29)."""

    OPENED = "opened", _("Enquête patrimoniale ouverte")
    DECLINED = "declined", _("Pas d'enquête patrimoniale, motivé")


class Outcome(TextChoices):
    """What the judicial authority made of it."""

    DEFERRED = "deferred", _("Déferrement")
    IMMEDIATE_TRIAL = "immediate_trial", _("Comparution immédiate")
    INVESTIGATION = "investigation", _("Information judiciaire")
    DETENTION = "detention", _("Détention provisoire")
    JUDGMENT = "judgment", _("Jugement")
    CONFISCATION = "confiscation", _("Confiscation")
    DISMISSED = "dismissed", _("Classement sans suite")


class Decider(TextChoices):
    """Who brings an objective to a state: a standing towards this one objective, never a mere role."""

    CELL = "cell", _("analyste ou chef de la CROSS")
    CELL_HEAD = "cell_head", _("chef de la CROSS")
    PROSECUTOR = "prosecutor", _("parquet compétent")
    LEAD = "lead", _("service chef de file")


class Told(TextChoices):
    """Who learns of a step without looking for it."""

    CELLS = "cells", _("CROSS")
    COURT = "court", _("parquet")
    LEAD = "lead", _("service chef de file et services associés")


# Told by the database (guards.sql) when the hit that an objective was proposed from is withdrawn.
GROUND_WITHDRAWN = "objective_ground_withdrawn"
