"""Every address of the staff site, room by room; a route without a declared policy stops the start-up."""

from importlib.util import find_spec

from django.urls import include, path

ROOMS = ("access", "intelligence", "crosscheck", "dealpoints", "coordination", "plan", "audit", "reference")

urlpatterns = [path("", include(f"recoupe.web.{room}.urls")) for room in ROOMS if find_spec(f"recoupe.web.{room}")]
