"""The description of the interface (OpenAPI 3.1), made of the shapes that validate it."""

from typing import Any

from django.utils.translation import gettext

from recoupe import __version__
from recoupe.kernel.refusal import gettext_noop as _n
from recoupe.web.intelligence import tool_shapes as shapes
from recoupe.web.schema import Record

PROBLEM = "application/problem+json"
_WHY = {
    "400": _n("Le corps n'est pas du JSON."),
    "401": _n("La clé manque, est inconnue, échue ou retirée."),
    "403": _n("La clé n'ouvre pas cette action."),
    "405": _n("Cette adresse ne prend pas cette méthode."),
    "413": _n("Le corps est trop lourd."),
    "415": _n("Le corps n'est pas annoncé comme application/json."),
    "422": _n("Le corps n'a pas la forme décrite ; rien n'a été enregistré."),
    "429": _n("Un plafond du jour de l'outil est atteint, ou il demande trop souvent : attendre Retry-After."),
    "503": _n("Le service est momentanément indisponible."),
}


def description() -> dict[str, Any]:
    """The whole interface, in the language of who asks."""
    return {
        "openapi": "3.1.0",
        "info": {"title": gettext("Recoupe, interface des outils"), "version": __version__},
        "security": [{"key": []}],
        "paths": {
            "/api/v1/openapi.json": {"get": {
                "operationId": "describe", "summary": gettext("Cette description."),
                "responses": _problems("401", "429", "503") | {"200": {"description": "OpenAPI 3.1.", "content": {
                    "application/vnd.oai.openapi+json": {"schema": {"type": "object"}}}}},
            }},
            "/api/v1/reports": {"post": _operation(
                "deposit", gettext("Déposer jusqu'à 1 000 fiches."), shapes.BATCH, shapes.OUTCOMES)},
            "/api/v1/reports/check": {"post": _operation(
                "check", gettext("Ce que sont devenues jusqu'à 1 000 fiches déposées par cet outil."),
                shapes.QUESTION, shapes.CHECKED)},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": {
                "type": "object", "required": ["type", "title", "status", "detail"],
                "properties": {"type": {"type": "string"}, "title": {"type": "string"},
                               "status": {"type": "integer"}, "detail": {"type": "string"},
                               "pointer": {"type": "string"}},
            }},
        },
    }  # fmt: skip


def _operation(name: str, said: str, takes: Record, gives: Record) -> dict[str, Any]:
    answers = {"200": {"description": said, "content": {"application/json": {"schema": gives.schema()}}}}
    return {
        "operationId": name,
        "summary": said,
        "requestBody": {"required": True, "content": {"application/json": {"schema": takes.schema()}}},
        "responses": answers | _problems("400", "401", "403", "413", "415", "422", "429", "503"),
    }


def _problems(*codes: str) -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {code: {"description": gettext(_WHY[code]), "content": {PROBLEM: schema}} for code in codes}
