"""One address more, open to no role: which would read as « nobody signed in is needed »."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from recoupe.web.policy import policy


@policy(roles=())
def roleless(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include("recoupe.web.urls")), path("sans-role/", roleless)]
