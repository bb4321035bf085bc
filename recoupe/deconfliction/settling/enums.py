"""States of a settlement and of what each magistrate is asked (W3, S-6)."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SettlementState(TextChoices):
    """From the conflict of two registrations to what ends it."""

    OPEN = "OPEN", _("à régler")
    PROPOSED = "PROPOSED", _("accord proposé")
    AGREED = "AGREED", _("accord conclu")
    ARBITRATION = "ARBITRATION", _("porté au gestionnaire du fichier")
    SUBMITTED = "SUBMITTED", _("soumis aux deux magistrats")
    DECIDED = "DECIDED", _("décidé par les deux magistrats")
    ENDED = "ENDED", _("sans objet")


class Lead(TextChoices):
    """Who works on the person from now on; a side is named by its place in the contact, never by its unit."""

    ASKER = "asker", _("le service demandeur mène")
    HOLDER = "holder", _("le service détenteur mène")
    JOINT = "joint", _("travail commun")


class Doer(TextChoices):
    """Who takes a step."""

    SIDE = "side", _("un des deux services")
    OTHER = "other", _("l'autre service")
    MANAGER = "manager", _("gestionnaire du fichier")
    MAGISTRATE = "magistrate", _("magistrat")
    MACHINE = "machine", _("fin d'une inscription ou du recoupement")


class OpinionState(TextChoices):
    """What one of the two magistrates answered."""

    ASKED = "ASKED", _("à décider")
    ACCEPTED = "ACCEPTED", _("accepté")
    REFUSED = "REFUSED", _("refusé")
    WITHDRAWN = "WITHDRAWN", _("sans objet")


class NoticeKind(StrEnum):
    """What the database tells of it (guards.sql); the words of each stand with the screens."""

    PROPOSED = "settlement_proposed"
    DECLINED = "settlement_declined"
    AGREED = "settlement_agreed"
    CARRIED = "settlement_carried"
    TO_PROPOSE = "settlement_to_propose"
    DECIDED = "settlement_decided"
    ENDED = "settlement_ended"
    OPINION_ASKED = "opinion_asked"
    OPINION_MOOT = "opinion_moot"
    OPINION_DECIDED = "opinion_decided"
