"""Why a patrol was where it was (without it, what it found says where it was sent), and whether its line counts."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Allocation(TextChoices):
    """What sent it there."""

    DISCOVERY = "discovery", _("là où des faits avaient été constatés")
    REPORT = "report", _("à la suite d'un signalement")
    RANDOM = "random", _("lieu tiré au sort")
    ORDER = "order", _("sur ordre ou réquisition")


class LineState(TextChoices):
    """Whether a line counts."""

    STANDS = "STANDS", _("inscrite")
    WITHDRAWN = "WITHDRAWN", _("retirée")
