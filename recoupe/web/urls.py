"""Every address of the staff site, room by room; a route without a declared policy stops the start-up."""

from importlib.util import find_spec

from django.urls import include, path

ROOMS = (
    "access",
    "desk",
    "notices",
    "intelligence",
    "cases",
    "targets",
    "crosscheck",
    "dealpoints",
    "operations",
    "deconfliction",
    "coordination",
    "plan",
    "oversight",
    "audit",
    "reference",
)


def _served(room: str) -> bool:
    package = f"recoupe.web.{room}"
    return bool(find_spec(package) and find_spec(f"{package}.urls"))


urlpatterns = [path("", include(f"recoupe.web.{room}.urls")) for room in ROOMS if _served(room)]
