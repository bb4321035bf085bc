"""The one address of the interface for tools that exists yet: who asks, for which unit, for what, until when."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.desk.context import Tool
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import EVERYONE, policy


@policy(roles=EVERYONE, purpose=False, tools=True)
@require_safe
def me(request: StaffRequest) -> HttpResponse:
    """What the key of a tool opens (its use is its entry); an agent with a session is told the same of himself."""
    tool: Tool | None = getattr(request, "tool", None)
    told: dict[str, str | None]
    if tool is not None:
        told = {"outil": tool.name, "unite": tool.unit, "nom_unite": tool.unit_name, "finalite": tool.purpose.value,
                "jusqu_au": tool.until.isoformat()}  # fmt: skip
    else:
        agent = request.agent
        record(Operation.CONSULT, details={"what": "api_me"})
        told = {"unite": agent.unit_code, "nom_unite": agent.unit_name,
                "finalite": agent.purpose.value if agent.purpose else None}  # fmt: skip
    return JsonResponse(told)
