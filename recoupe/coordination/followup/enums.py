"""What is done for a place after an operation, who answers for it, and what was seen there since."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MeasureKind(TextChoices):
    """What keeps the sales from coming back (measure 22)."""

    WORKS = "works", _("Travaux")
    LIGHT = "light", _("Éclairage")
    PRESENCE = "presence", _("Présence sur la voie publique")
    SOCIAL = "social", _("Action sociale")
    FORCES = "forces", _("Forces mobiles")
    OTHER = "other", _("Autre")


class MeasureState(TextChoices):
    """Life of one measure of a plan of return."""

    TO_DO = "TO_DO", _("À faire")
    UNDER_WAY = "UNDER_WAY", _("En cours")
    DONE = "DONE", _("Fait")
    ABANDONED = "ABANDONED", _("Abandonné")


# Somebody still has to do something by the due date.
OPEN = frozenset({MeasureState.TO_DO, MeasureState.UNDER_WAY})


class PartnerKind(TextChoices):
    """A partner who answers for a measure, as an office and never as a person."""

    TOWN = "town", _("Commune")
    LANDLORD = "landlord", _("Bailleur social")
    TRANSPORT = "transport", _("Transports urbains")
    DEPARTMENT = "department", _("Conseil départemental")
    SCHOOL = "school", _("Éducation nationale")
    HEALTH = "health", _("Santé")
    ASSOCIATION = "association", _("Association")


class Keeper(TextChoices):
    """Who brings a measure further: a standing towards this one measure."""

    OWNER = "owner", _("service responsable, CROSS ou service chef de file")
    OPENER = "opener", _("CROSS ou service chef de file")
    CELL_HEAD = "cell_head", _("chef de la CROSS")


class Seen(TextChoices):
    """What a check after a dismantling found."""

    CLEAN = "clean", _("Aucune vente")
    RESOLD = "resold", _("La vente a repris ici")
    MOVED = "moved", _("La vente est partie ailleurs")
    NOT_LOOKED = "not_looked", _("Personne n'est allé voir")


class CheckState(TextChoices):
    """Where a check stands on a day."""

    COMING = "coming", _("À venir")
    DUE = "due", _("À faire")
    LATE = "late", _("En retard")
    ANSWERED = "answered", _("Répondu")
    # The point was dismantled again, or lives on as another one.
    MOOT = "moot", _("Sans objet")


class Fate(TextChoices):
    """What became of a place within the term of the rate after one dismantling."""

    REOCCUPIED = "reoccupied", _("Réoccupé")
    MOVED = "moved", _("Vente partie ailleurs")
    CLEAN = "clean", _("Resté propre")
    UNKNOWN = "unknown", _("Inconnu")
    TOO_SOON = "too_soon", _("Trop tôt pour le dire")


# Told by the database: the cells of a point, then their heads, of checks that wait (guards.sql).
CHECK_DUE = "check_due"
CHECK_LATE = "check_late"
# Told by whoever answers, when the step that follows is not his.
CHECK_RESOLD = "check_resold"
CHECK_MOVED = "check_moved"
CHECK_CLOSABLE = "check_closable"
# Reading is not answering, nor deciding: these stay on the list of whoever may.
AWAITED = (CHECK_DUE, CHECK_LATE)
TO_DECIDE = (CHECK_RESOLD, CHECK_MOVED, CHECK_CLOSABLE)
