"""Public reference for forms and maps: communes while typing, outlines; nothing here is case data."""

import gzip
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.text import clean_line
from recoupe.reference import queries as reference
from recoupe.web.errors import error_page
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import EVERYONE, policy
from recoupe.web.reference import outlines

LONGEST = 80
OFFERED = 8
A_YEAR = "private, max-age=31536000, immutable"


@policy(roles=EVERYONE, purpose=False)
@require_safe
def commune_options(request: StaffRequest) -> HttpResponse:
    """Options of the list under a commune's field, for what is typed there."""
    try:
        typed = clean_line(request.GET.get("commune", ""), LONGEST, "commune")
    except Invalid as refusal:
        return error_page(request, HTTPStatus.BAD_REQUEST, refusal.sentence, refusal.params)
    places = reference.search_places(typed, OFFERED) if len(typed) > 1 else []
    return render(request, "reference/commune_options.html", {"places": places})


def _geojson(request: HttpRequest, packed: bytes) -> HttpResponse:
    """A packed collection, unpacked for the rare caller that does not take it as it is."""
    takes = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(packed if takes else gzip.decompress(packed), content_type="application/geo+json")
    if takes:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = A_YEAR
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@policy(roles=EVERYONE, purpose=False)
@require_safe
def departments(request: StaffRequest, version: str) -> HttpResponse:
    """The borders of the departments."""
    outlines.demand(version)
    return _geojson(request, outlines.departments(version))


@policy(roles=EVERYONE, purpose=False)
@require_safe
def communes(request: StaffRequest, version: str, code: str) -> HttpResponse:
    """The communes of one department; 404 where there is no such department."""
    outlines.demand(version)
    return _geojson(request, outlines.communes(version, reference.department(code.upper()).code))
