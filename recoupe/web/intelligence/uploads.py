"""Files that come with a form: too heavy ones are said to be so, never silently left out."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext

MEGA = 1024 * 1024


def is_too_heavy(request: HttpRequest) -> bool:
    """Whether the request exceeds what is taken into memory: its file is then not among request.FILES."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isdigit() and int(length) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE


def said_too_heavy(most: int) -> str:
    """The sentence for a file above this number of bytes."""
    return gettext("Ce fichier est trop lourd : %(max)s Mo au plus.") % {"max": most // MEGA}
