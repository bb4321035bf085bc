"""Kinds of the public reference: values are stored, labels are French and translated."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class UnitKind(TextChoices):
    """What a unit is; what it may do follows from its agents' habilitations, never from this."""

    OFFICE = "office", _("office central")
    POST = "post", _("poste de direction")
    POLE = "pole", _("pôle")
    ANTENNA = "antenna", _("antenne")
    DETACHMENT = "detachment", _("détachement")
    CROSS = "cross", _("cellule de renseignement (CROSS)")
    POLICE_UNIT = "police_unit", _("service de police")
    GENDARMERIE_UNIT = "gendarmerie_unit", _("unité de gendarmerie")
    CUSTOMS_UNIT = "customs_unit", _("service des douanes")
    COURT = "court", _("tribunal judiciaire")
    SPECIALISED_COURT = "specialised_court", _("juridiction spécialisée")
    PREFECTURE = "prefecture", _("préfecture")
    PARTNER = "partner", _("partenaire")
    MINISTRY = "ministry", _("personnels d'un ministère")
    INSPECTION = "inspection", _("service d'inspection")
    SOURCE_BUREAU = "source_bureau", _("bureau central des sources")


class Service(TextChoices):
    """The administration that a unit belongs to."""

    POLICE = "police", _("police nationale")
    GENDARMERIE = "gendarmerie", _("gendarmerie nationale")
    CUSTOMS = "customs", _("douanes")
    JUSTICE = "justice", _("justice")
    INTERMINISTERIAL = "interministerial", _("interministériel")
    PREFECTURE = "prefecture", _("préfecture")
    MUNICIPAL = "municipal", _("police municipale")
    LANDLORD = "landlord", _("bailleur social")
    TRANSPORT = "transport", _("transports urbains")
    DEFENCE = "defence", _("armées")
    FOREIGN_AFFAIRS = "foreign_affairs", _("affaires étrangères")


class ContactChoice(TextChoices):
    """Who answers for a unit when another service meets its record (S-4): chosen by the unit beforehand."""

    SELF = "self", _("le service lui-même")
    CELL = "cell", _("sa CROSS")
    OFFICE = "office", _("l'OFAST")


class File(TextChoices):
    """The files that an interconnection act may join (S-5)."""

    REPORTS = "reports", _("renseignements")
    REGISTRY = "registry", _("fichier national des objectifs")
    EVENTS = "events", _("événements")
    PUBLIC_REPORTS = "public_reports", _("signalements du public")
    SEIZURES = "seizures", _("saisies")


class Purpose(TextChoices):
    """Why an agent reads and writes (R-PUR-1): a closed list, which the acts of S-5 name too."""

    JUDICIAL_INQUIRY = "judicial_inquiry", _("Enquête judiciaire")
    CRIMINAL_INTELLIGENCE = "criminal_intelligence", _("Renseignement criminel")
    COORDINATION = "coordination", _("Coordination des services")
    JUDICIAL_DIRECTION = "judicial_direction", _("Direction d'enquête par l'autorité judiciaire")
    DUTY = "duty", _("Permanence opérationnelle")
    OVERSIGHT = "oversight", _("Contrôle et protection des données")
    ADMINISTRATION = "administration", _("Administration technique et habilitations")


class ActEffect(TextChoices):
    """What an act allows between two files; without an act nothing is compared."""

    EXISTENCE = "existence", _("existence seule")
    CONTENT_ON_RELEASE = "content_on_release", _("contenu après accord")
    FORBIDDEN = "forbidden", _("interdit")


class MeasureClass(TextChoices):
    """How far software carries a measure of the plan."""

    CORE = "CORE", _("portée par le logiciel")
    SUPP = "SUPP", _("soutenue par le logiciel")
    TRACK = "TRACK", _("suivie au tableau")
