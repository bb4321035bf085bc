"""States of a registration (W3), the articles that open the registry, sexes as civil status writes them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TargetState(TextChoices):
    """Life of a registration; what two services say of a conflict stands with the conflict itself."""

    REQUESTED = "REQUESTED", _("Demandée")
    CHECKED = "CHECKED", _("Vérifiée")
    REFUSED = "REFUSED", _("Refusée")
    REGISTERED = "REGISTERED", _("Inscrite")
    CONFLICT = "CONFLICT", _("En conflit")
    ACTIVE = "ACTIVE", _("Active")
    PROCEDURE_ENDED = "PROCEDURE_ENDED", _("Procédure terminée")
    EXPIRED = "EXPIRED", _("Échue")
    ERASED = "ERASED", _("Effacée")


S = TargetState
# Held in the registry: compared with the others, counted in the gauge.
HELD = frozenset({S.REGISTERED, S.CONFLICT, S.ACTIVE})
# Its unit may still complete what it wrote.
OPEN_TO_UNIT = HELD | {S.REQUESTED, S.CHECKED}


class Doer(TextChoices):
    """Who brings a registration to a state."""

    UNIT = "unit", _("service")
    MANAGER = "manager", _("gestionnaire du FNOS")
    MATCHER = "matcher", _("comparaison")
    RETENTION = "retention", _("effacement")


class Article(TextChoices):
    """The closed list of the order of 11 July 2012: nobody is registered under another text."""

    CP_222_34 = "CP 222-34", _("222-34 du code pénal")
    CP_222_35 = "CP 222-35", _("222-35 du code pénal")
    CP_222_36 = "CP 222-36", _("222-36 du code pénal")
    CP_222_37 = "CP 222-37", _("222-37 du code pénal")
    CP_222_39 = "CP 222-39", _("222-39 du code pénal")
    CSP_5432_1 = "CSP L5432-1", _("L. 5432-1 du code de la santé publique")
    CD_38 = "CD 38", _("38 du code des douanes")
    CD_414 = "CD 414", _("414 du code des douanes")
    CD_417 = "CD 417", _("417 du code des douanes")
    CD_419 = "CD 419", _("419 du code des douanes")
    CD_426 = "CD 426", _("426 du code des douanes")
    CD_428 = "CD 428", _("428 du code des douanes")


class Sex(TextChoices):
    """As civil status writes it."""

    MALE = "M", _("masculin")
    FEMALE = "F", _("féminin")
    UNKNOWN = "X", _("non connu")


class NoticeKind(TextChoices):
    """What this room tells; the words of each stand with the screens."""

    REQUESTED = "target_requested", _("inscription demandée")
    REFUSED = "target_refused", _("inscription refusée")
    REGISTERED = "target_registered", _("inscription faite")
    EXPIRES = "target_expires", _("inscription bientôt échue")
    MISSING = "target_missing", _("procédure sans inscription")
