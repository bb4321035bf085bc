"""One address more, whose view says nothing of who may call it."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include("recoupe.web.urls")), path("oubliee/", forgotten)]
