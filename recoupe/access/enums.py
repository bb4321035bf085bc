"""Roles, what their reader keys stand for, and the closed list of purposes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from recoupe.reference.enums import Purpose as Purpose


class Role(models.TextChoices):
    """What an agent is habilitated to be, in one unit, between two dates."""

    INVESTIGATOR = "investigator", _("Enquêteur")
    UNIT_HEAD = "unit_head", _("Chef d'unité")
    DUTY_OFFICER = "duty_officer", _("Permanence")
    CROSS_ANALYST = "cross_analyst", _("Analyste CROSS")
    CROSS_HEAD = "cross_head", _("Chef de CROSS")
    OFAST_ANALYST = "ofast_analyst", _("Analyste OFAST")
    REGISTRY_MANAGER = "registry_manager", _("Gestionnaire du FNOS")
    WATCH_DESK = "watch_desk", _("Officier de veille")
    PLAN_MANAGER = "plan_manager", _("Référent du plan")
    PROSECUTOR = "prosecutor", _("Magistrat du parquet")
    EXAMINING_JUDGE = "examining_judge", _("Juge d'instruction")
    DPO = "dpo", _("Délégué à la protection des données")
    INSPECTION = "inspection", _("Inspection")
    SYSADMIN = "sysadmin", _("Administrateur technique")
    DESIGNATING_AUTHORITY = "designating_authority", _("Autorité d'habilitation")


# Who reads the whole journal, and whose readings show to themselves alone.
OVERSEERS = frozenset({Role.DPO, Role.INSPECTION})
# Roles whose screens show case data; the others never need a purpose tied to a case.
# The watch desk sees open dangers and whom to call, the plan manager the board of the plan: no record.
OPERATIONAL_ROLES = (
    frozenset(Role) - OVERSEERS - {Role.SYSADMIN, Role.DESIGNATING_AUTHORITY, Role.WATCH_DESK, Role.PLAN_MANAGER}
)

# Roles of a cell: a service that joins one has agents in them as well, who read with the cell and do none of its work.
CELL_ROLES = frozenset({Role.CROSS_ANALYST, Role.CROSS_HEAD})


class Capacity(models.TextChoices):
    """What a reader key stands for, beside a unit (or an agent)."""

    UNIT = "unit", _("membre de l'unité")
    HEAD = "head", _("chef de l'unité")
    DUTY = "duty", _("permanence de l'unité")
    CELL = "cell", _("analyste de la cellule")
    CELL_HEAD = "cell_head", _("chef de la cellule")
    OFFICE = "office", _("analyste de l'office")
    REGISTRY = "registry", _("gestionnaire du FNOS")
    WATCH = "watch", _("poste de veille de l'office")
    TERRITORY = "territory", _("services du territoire de la cellule")
    PROSECUTOR = "prosecutor", _("parquet de la juridiction")
    JUDGE = "judge", _("juge de la juridiction")
    AGENT = "agent", _("agent lui-même")


# What a designation for a role may name; access.purposes_for() in SQL (tested).
PURPOSES_BY_ROLE: dict[Role, tuple[Purpose, ...]] = {
    Role.INVESTIGATOR: (Purpose.JUDICIAL_INQUIRY, Purpose.CRIMINAL_INTELLIGENCE),
    Role.UNIT_HEAD: (Purpose.JUDICIAL_INQUIRY, Purpose.CRIMINAL_INTELLIGENCE, Purpose.COORDINATION),
    Role.DUTY_OFFICER: (Purpose.DUTY,),
    Role.CROSS_ANALYST: (Purpose.CRIMINAL_INTELLIGENCE, Purpose.COORDINATION),
    Role.CROSS_HEAD: (Purpose.CRIMINAL_INTELLIGENCE, Purpose.COORDINATION),
    Role.OFAST_ANALYST: (Purpose.CRIMINAL_INTELLIGENCE, Purpose.COORDINATION),
    Role.REGISTRY_MANAGER: (Purpose.COORDINATION,),
    Role.WATCH_DESK: (Purpose.DUTY,),
    Role.PLAN_MANAGER: (Purpose.COORDINATION,),
    Role.PROSECUTOR: (Purpose.JUDICIAL_DIRECTION,),
    Role.EXAMINING_JUDGE: (Purpose.JUDICIAL_DIRECTION,),
    Role.DPO: (Purpose.OVERSIGHT,),
    Role.INSPECTION: (Purpose.OVERSIGHT,),
    Role.SYSADMIN: (Purpose.ADMINISTRATION,),
    Role.DESIGNATING_AUTHORITY: (Purpose.ADMINISTRATION,),
}


class SignInBy(models.TextChoices):
    """By what a session was opened."""

    PASSKEY = "passkey", _("Clé d'accès")
    MADE = "made", _("Page de la démonstration")
    SET_UP = "set-up", _("Mise en place")
    OIDC = "oidc", _("Fournisseur d'identité")


class Backup(models.TextChoices):
    """What a passkey says of itself: whether its maker may copy its secret elsewhere, and has (WebAuthn, BE and BS)."""

    NONE = "NONE", _("reste dans son appareil")
    POSSIBLE = "POSSIBLE", _("peut être recopiée par son fabricant")
    DONE = "DONE", _("recopiée par son fabricant")


def backup_label(backup: str) -> str:
    """What is worth saying of a key: that its secret may stand, or stands, elsewhere too."""
    return str(Backup(backup).label) if backup in (Backup.POSSIBLE, Backup.DONE) else ""


class FeedKind(models.IntegerChoices):
    """What a line of the list table points at."""

    REPORT = 1, "report"
    HIT = 2, "hit"
    CONTACT = 3, "contact"
    DEALPOINT = 4, "dealpoint"
    OBJECTIVE = 5, "objective"
    NOTICE = 6, "notice"
    TARGET = 7, "target"
