"""One vector tile of deal points: asked by the map as it moves, journaled as all that shows records."""

from http import HTTPStatus

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import drawing
from recoupe.dealpoints.drawing import HEAT_ZOOM, MOST_ZOOM, NO_LAYER, Address, Layer
from recoupe.kernel.refusal import Absent
from recoupe.web.dealpoints import maps
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.shell import DECIDERS

LAYERS = {layer.value: layer for layer in Layer}
# The layer by its name in the journal: heat names nobody, whatever it is computed from.
JOURNALED = {Layer.POINTS: "dealpoints", Layer.HEAT: "dealpoints_heat"}


@policy(roles=DECIDERS)
@require_safe
def dealpoint_tile(request: StaffRequest, layer: str, z: int, x: int, y: int) -> HttpResponse:
    """What the agent reads in one tile; the journal keeps its layer, its edges and the points that it names."""
    of = LAYERS.get(layer)
    if of is None:
        raise Absent(NO_LAYER)
    at = Address.parse(z, x, y, MOST_ZOOM if of is Layer.POINTS else HEAT_ZOOM)
    form = maps.asked(request)
    found = drawing.tile(request.agent, of, at, form.wanted(), form.cleaned_data["on"])
    record(
        Operation.CONSULT,
        refs=[("dealpoint", point) for point in found.named],
        details={"layer": JOURNALED[of], "bounds": maps.journaled(at.bounds), "filters": sorted(form.chosen)},
        result_count=found.count,
    )
    status = HTTPStatus.OK if found.content else HTTPStatus.NO_CONTENT
    response = HttpResponse(found.content, status=status, content_type="application/vnd.mapbox-vector-tile")
    # Kept by no browser: each look at a record leaves its line.
    response["Cache-Control"] = "no-store"
    return response
