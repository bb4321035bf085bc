"""Words of the cross-check: sides, states of a hit, of a contact and of a release (workflow W2)."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """The two sides of a hit: the record deposited last asks, the other one is held."""

    ASKER = "asker", _("service demandeur")
    HOLDER = "holder", _("service détenteur")

    @property
    def other(self) -> "Side":
        """The side across."""
        return Side.HOLDER if self is Side.ASKER else Side.ASKER


class Voice(models.TextChoices):
    """Who speaks in a contact: one of its sides, or the authority that it was carried to."""

    ASKER = "asker", _("service demandeur")
    HOLDER = "holder", _("service détenteur")
    ARBITER = "arbiter", _("autorité saisie")


class HitState(models.TextChoices):
    """QUEUED of W2 is the outbox; the rest is here."""

    MATCHED = "MATCHED", _("recoupé")
    ANALYST_REVIEW = "ANALYST_REVIEW", _("à l'examen d'un analyste")
    BLIND_NOTIFIED = "BLIND_NOTIFIED", _("services avertis")
    POSITIVE = "POSITIVE", _("recoupement confirmé")
    FALSE_POSITIVE = "FALSE_POSITIVE", _("recoupement écarté")
    CLOSED = "CLOSED", _("recoupement clos")


class Answer(models.TextChoices):
    """What one human says of a weak match."""

    SAME = "same", _("la même personne")
    DIFFERENT = "different", _("deux personnes différentes")
    UNKNOWN = "unknown", _("je ne sais pas")


class JudgementState(models.TextChoices):
    """Life of the question put to whoever may read both records."""

    ASKED = "ASKED", _("à examiner")
    ANSWERED = "ANSWERED", _("examiné")
    MOOT = "MOOT", _("sans objet")


class ContactState(models.TextChoices):
    """From the moment both sides are told to the end of their exchange."""

    AVAILABLE = "AVAILABLE", _("contact possible")
    REQUESTED = "REQUESTED", _("contact demandé")
    MADE = "MADE", _("contact établi")
    ESCALATED_CELL = "ESCALATED_CELL", _("porté au chef de la CROSS")
    ESCALATED_OFFICE = "ESCALATED_OFFICE", _("porté à l'OFAST")
    ESCALATED_PROSECUTOR = "ESCALATED_PROSECUTOR", _("porté au parquet")
    RESOLVED = "RESOLVED", _("réglé")
    CLOSED = "CLOSED", _("clos sans suite")


class Resolution(models.TextChoices):
    """How two services settle what they found."""

    SAME_NETWORK = "same_network", _("même réseau, travail commun")
    JOINT_REFERRAL = "joint_referral", _("saisine commune")
    TRANSFER = "transfer", _("transmission à un seul service")
    COEXIST = "coexist", _("deux enquêtes distinctes")
    NO_COMMON_INTEREST = "no_common_interest", _("aucun intérêt commun")


class ReleaseState(models.TextChoices):
    """Life of one communication of a record to the other side."""

    REQUESTED = "REQUESTED", _("demandée")
    AWAITING_MAGISTRATE = "AWAITING_MAGISTRATE", _("en attente de l'accord du magistrat")
    GRANTED = "GRANTED", _("accordée")
    REFUSED = "REFUSED", _("refusée")
    WITHDRAWN = "WITHDRAWN", _("retirée")


class AgreementState(models.TextChoices):
    """What the magistrate in charge answered."""

    ASKED = "ASKED", _("à examiner")
    AGREED = "AGREED", _("accord donné")
    REFUSED = "REFUSED", _("accord refusé")
    WITHDRAWN = "WITHDRAWN", _("demande retirée")


class NoticeKind(StrEnum):
    """Kinds of notices that this room sends; the labels stand with the screens."""

    HIT = "hit"
    WEAK_HIT = "weak_hit"
    HIT_JUDGED = "hit_judged"
    HIT_CLOSED = "hit_closed"
    HIT_WITHDRAWN = "hit_withdrawn"
    LIKENESS_BUDGET = "likeness_budget"
    JUDGEMENT = "judgement"
    CONTACT_REQUESTED = "contact_requested"
    CONTACT_MADE = "contact_made"
    MESSAGE = "message"
    RESOLUTION_PROPOSED = "resolution_proposed"
    CONTACT_RESOLVED = "contact_resolved"
    ESCALATED = "contact_escalated"
    RELEASE_REQUESTED = "release_requested"
    RELEASE_GRANTED = "release_granted"
    RELEASE_REFUSED = "release_refused"
    AGREEMENT_ASKED = "agreement_asked"
    AGREEMENT_ANSWERED = "agreement_answered"
    PROCEDURES_MET = "procedures_met"
