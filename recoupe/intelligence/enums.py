"""Kinds and states of a report: values are stored, labels are French and translated."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from recoupe.kernel import source as kernel
from recoupe.kernel.category import CATEGORY_LABELS, SubjectCategory
from recoupe.kernel.source import SOURCE_LABELS


class ReportState(TextChoices):
    """Workflow W1. SANITISED is missing on purpose: human sources are refused until the vault exists (S-7)."""

    DRAFT = "DRAFT", _("brouillon")
    SUBMITTED = "SUBMITTED", _("déposée")
    TRIAGED = "TRIAGED", _("triée")
    GRADED = "GRADED", _("cotée")
    INDEXED = "INDEXED", _("indexée")
    CROSS_CHECKED = "CROSS_CHECKED", _("comparée")
    NO_HIT = "NO_HIT", _("sans recoupement")
    HIT = "HIT", _("recoupée")
    DISSEMINATED = "DISSEMINATED", _("diffusée")
    LINKED = "LINKED", _("liée à un objectif")
    FILED = "FILED", _("classée")
    REJECTED = "REJECTED", _("rejetée")
    REVIEW_DUE = "REVIEW_DUE", _("à réexaminer")
    ERASED = "ERASED", _("effacée")


class Doer(TextChoices):
    """Who moves a report: a standing towards this one report, never a mere role."""

    AUTHOR = "author", _("son auteur")
    HANDLER = "handler", _("l'analyste qui la traite")
    VALIDATOR = "validator", _("le chef de la CROSS")
    OWNER_HEAD = "owner_head", _("le chef de l'unité qui la détient")
    MATCHER = "matcher", _("le recoupement")
    RETENTION = "retention", _("la règle de conservation")


class NoticeKind(TextChoices):
    """What a move announces, without content; each value is a kind of the room notices."""

    TO_TRIAGE = "report_to_triage", _("fiche à trier")
    RECEIVED = "report_received", _("fiche reçue et cotée")
    USED = "report_used", _("fiche exploitée")
    CLOSED = "report_closed", _("fiche classée")
    REJECTED = "report_rejected", _("fiche rejetée")
    REVIEW = "report_to_review", _("fiche à réexaminer")
    READING = "report_to_read", _("fiche à relire")
    CATEGORY = "person_category", _("qualité d'une personne à déterminer")
    BUDGET = "deposit_budget", _("plafond de dépôts atteint")
    IMPORT_READY = "import_to_open", _("fichier à ouvrir")
    IMPORT_DONE = "import_done", _("fichier importé")


class SourceKind(TextChoices):
    """The kinds of source that may be entered here; the kernel also names those that the vault alone may hold (S-7)."""

    OFFICER_OBSERVATION = "officer_observation", _(SOURCE_LABELS[kernel.SourceKind.OFFICER_OBSERVATION])
    PARTNER = "partner", _(SOURCE_LABELS[kernel.SourceKind.PARTNER])
    ANONYMOUS = "anonymous", _(SOURCE_LABELS[kernel.SourceKind.ANONYMOUS])
    OPEN_SOURCE = "open_source", _(SOURCE_LABELS[kernel.SourceKind.OPEN_SOURCE])
    FOREIGN_SERVICE = "foreign_service", _(SOURCE_LABELS[kernel.SourceKind.FOREIGN_SERVICE])
    TECHNICAL = "technical", _(SOURCE_LABELS[kernel.SourceKind.TECHNICAL])


class PersonCategory(TextChoices):
    """R-CAT-1: what a person is to the fact; informants exist in the vault only."""

    SUSPECT = "suspect", _(CATEGORY_LABELS[SubjectCategory.SUSPECT])
    CONVICTED = "convicted", _(CATEGORY_LABELS[SubjectCategory.CONVICTED])
    ASSOCIATE = "associate", _(CATEGORY_LABELS[SubjectCategory.ASSOCIATE])
    WITNESS = "witness", _(CATEGORY_LABELS[SubjectCategory.WITNESS])
    VICTIM = "victim", _(CATEGORY_LABELS[SubjectCategory.VICTIM])
    AT_RISK = "at_risk", _(CATEGORY_LABELS[SubjectCategory.AT_RISK])
    STAFF = "staff", _(CATEGORY_LABELS[SubjectCategory.STAFF])
    UNKNOWN = "unknown", _(CATEGORY_LABELS[SubjectCategory.UNKNOWN])


class Frame(TextChoices):
    """R-PUR-2: the legal frame decides who must agree before the content leaves."""

    ADMINISTRATIVE = "administrative", _("police administrative")
    JUDICIAL = "judicial", _("procédure judiciaire")


class PlaceKind(TextChoices):
    """How precisely the place is known."""

    POINT = "point", _("point sur la carte")
    COMMUNE = "commune", _("commune")
    FREE = "free", _("lieu décrit")
    NONE = "none", _("sans lieu")


class EventPrecision(TextChoices):
    """How precisely the day of the event is known."""

    DAY = "day", _("au jour")
    MONTH = "month", _("au mois")
    YEAR = "year", _("à l'année")
    INTERVAL = "interval", _("période")


class Lane(TextChoices):
    """Which queue a report waits in for its cross-check: a file never holds up what an agent types.

    The third one takes reports out again: what is erased is no longer compared.
    """

    EXPRESS = "express", _("saisie")
    BULK = "bulk", _("fichier")
    ERASURE = "erasure", _("effacement")


class ImportState(TextChoices):
    """Life of an imported file (S-1): the head of the unit opens it for that one file."""

    UPLOADED = "UPLOADED", _("reçu")
    CHECKED = "CHECKED", _("vérifié")
    OPENED = "OPENED", _("ouvert par le chef d'unité")
    RUNNING = "RUNNING", _("en cours")
    DONE = "DONE", _("importé")
    REFUSED = "REFUSED", _("refusé")
