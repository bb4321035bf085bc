"""The house's addresses and one that fails, as a mistake of ours would."""

from typing import NoReturn

from django.http import HttpRequest
from django.urls import path

from recoupe.config.urls_web import handler400, handler403, handler404, handler500
from recoupe.config.urls_web import urlpatterns as ours
from recoupe.web.policy import public

__all__ = ["handler400", "handler403", "handler404", "handler500"]


@public
def incident(request: HttpRequest) -> NoReturn:
    """Raise what nobody foresaw."""
    raise ValueError("une valeur que personne ne doit lire")


urlpatterns = [path("incident/", incident), *ours]
