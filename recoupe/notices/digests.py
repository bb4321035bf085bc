"""The digest: one message a day that something waits, without what; sent by the worker, outside the quiet hours."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from recoupe.access import context
from recoupe.notices import reminding
from recoupe.notices.reminding import Digest

LOG = logging.getLogger(__name__)
PARIS = ZoneInfo("Europe/Paris")
# From here on a mail server refuses for good; below, it asks to be asked again.
_FOR_GOOD = 500


def send(now: datetime) -> int:
    """Send what is due and return how many went; a server that is away leaves the rest for the next round."""
    if not settings.MAIL_HOST:
        return 0
    moment = now.astimezone(PARIS).time()
    due = [agent for agent, quiet in reminding.digests_due() if not quiet.covers(moment)]
    sent = 0
    try:
        with _server() as server:
            for agent in due:
                sent += _send_one(server, agent, now)
    except (OSError, SMTPException) as error:
        # Its words may hold an address: the kind of the failure is enough.
        LOG.warning("digests: the mail server failed (%s), they wait for the next round", type(error).__name__)
    return sent


@contextmanager
def _server() -> Iterator[BaseEmailBackend]:
    server = get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=settings.MAIL_HOST,
        port=settings.MAIL_PORT,
        username=settings.MAIL_USER,
        password=_password(),
        use_tls=settings.MAIL_TLS == "starttls",
        use_ssl=settings.MAIL_TLS == "tls",
        timeout=10,
    )
    try:
        yield server
    finally:
        server.close()


def _password() -> str:
    path = settings.MAIL_PASSWORD_FILE
    return path.read_text().strip() if path.is_file() else ""


def _send_one(server: BaseEmailBackend, agent: UUID, now: datetime) -> int:
    """One digest, and that it went, in one transaction which holds the agent's line: two workers send one."""
    with transaction.atomic():
        digest = reminding.digest(agent)
        if digest is None:
            return 0
        refused = False
        try:
            server.send_messages([_message(digest, agent, now)])
        except SMTPRecipientsRefused as error:
            if any(code < _FOR_GOOD for code, _ in error.recipients.values()):
                return 0
            refused = True
        except SMTPResponseException as error:
            if error.smtp_code < _FOR_GOOD:
                raise
            refused = True
        with context.service("worker", "avis du jour par messagerie"):
            reminding.digest_sent(agent, refused=refused)
    return int(not refused)


def _message(digest: Digest, agent: UUID, now: datetime) -> EmailMessage:
    with translation.override(settings.LANGUAGE_CODE):
        lines = [gettext("Des éléments vous attendent dans Recoupe.")]
        if digest.pressing:
            lines.append(gettext("Une échéance au moins est passée ou tombe dans les vingt-quatre heures."))
        lines += ["", gettext("Ce message ne contient rien d'autre ; connectez-vous pour les lire :")]
        lines += [f"{settings.STAFF_ORIGIN}/", "", gettext("Il se règle ou s'arrête à la page « Mes rappels ».")]
        subject = gettext("Recoupe : des éléments vous attendent")
    host = settings.MAIL_FROM.rpartition("@")[2]
    # The same for the same agent and day: a reader's mailbox knows again what a kill made go twice.
    number = uuid5(agent, str(now.astimezone(PARIS).date()))
    headers = {"Message-ID": f"<{number}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(subject, "\n".join(lines) + "\n", settings.MAIL_FROM, [digest.address], headers=headers)
