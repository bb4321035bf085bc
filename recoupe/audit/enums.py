"""The operations that the journal knows: the directive's six, failed attempts, and what surrounds them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Operation(models.TextChoices):
    """What was done (directive 2016/680, article 25, and R-40)."""

    COLLECT = "collect", _("Collecte")
    MODIFY = "modify", _("Modification")
    CONSULT = "consult", _("Consultation")
    SEARCH = "search", _("Recherche")
    DISCLOSE = "disclose", _("Communication")
    COMBINE = "combine", _("Recoupement")
    ERASE = "erase", _("Effacement")
    EXPORT = "export", _("Export")
    PRINT = "print", _("Impression")
    REFUSED = "refused", _("Tentative refusée")
    SIGN_IN = "sign_in", _("Connexion")
    SIGN_OUT = "sign_out", _("Déconnexion")
    PURPOSE = "purpose", _("Déclaration de finalité")
    CONFIGURE = "configure", _("Habilitation ou paramétrage")
