"""One address more, open to a role that does not exist."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from recoupe.web.policy import policy


@policy(roles={"investigater"})  # type: ignore[arg-type]
def misspelt(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include("recoupe.web.urls")), path("fautive/", misspelt)]
