"""Legal frameworks and states of a procedure."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class LegalFramework(TextChoices):
    """Under which power the acts of a procedure are done; it decides which magistrate directs it."""

    FLAGRANCE = "flagrance", _("enquête de flagrance")
    PRELIMINARY = "preliminary", _("enquête préliminaire")
    COMMISSION = "commission", _("commission rogatoire")
    CUSTOMS = "customs", _("enquête douanière")


# An examining judge directs by rogatory commission only; the prosecutor's office directs the others.
JUDGE_FRAMEWORKS = frozenset({LegalFramework.COMMISSION})


class CaseState(TextChoices):
    """Whether acts are still being done."""

    OPEN = "OPEN", _("en cours")
    CLOSED = "CLOSED", _("close")


class NoticeKind(TextChoices):
    """What this room tells a magistrate; the words of each stand with the screens."""

    CASE_GIVEN = "case_given", _("procédure confiée")
    CASE_TAKEN = "case_taken", _("procédure confiée à un autre magistrat")
