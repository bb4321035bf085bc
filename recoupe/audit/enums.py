"""The operations that the journal knows (the directive's six, failed attempts, and what surrounds them); tamperings."""

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


class Trace(models.TextChoices):
    """What an inspection finds where somebody tampered with the journal (R-43)."""

    CHANGED = "changed", _("une entrée a été modifiée")
    DELETED = "deleted", _("une entrée a été effacée avant son terme")
    NO_LEAF = "no_leaf", _("une entrée n'est pas dans l'arbre")
    VANISHED = "vanished", _("une entrée a disparu avant d'entrer dans l'arbre")
    DATED_BEFORE = "dated_before", _("une entrée est antidatée")
    DATED_AFTER = "dated_after", _("une entrée est postdatée")
    HOLE = "hole", _("des feuilles manquent")
    CUT = "cut", _("des feuilles signées manquent")
    OTHER_LEAVES = "other_leaves", _("ces feuilles ne sont pas celles qui ont été signées")
    LATE = "late", _("une entrée attend sa feuille depuis plus de dix minutes")
    NODE = "node", _("un nœud de l'arbre n'est pas celui de ses feuilles")
    ALTERED = "altered", _("une fonction ou un déclencheur du journal n'est pas celui qui est livré")
    TALLY = "tally", _("les comptes d'un jour ne sont pas ceux de ses entrées")
    DISAGREE = "disagree", _("des témoins gardent pour une même taille deux racines signées")
