"""The description of an API: bodies read by `JsonBody`, keys and refusals included."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from clinic_platform.problems import MEDIA_TYPE
from clinic_platform.web.bodies import BodyReader
from clinic_platform.web.router import Route

REF: Final = "#/components/schemas/"
PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "code", "trace_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "trace_id": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": f"{REF}Fault"}},
    },
}
FAULT: Final = {
    "type": "object",
    "required": ["pointer", "rule", "message"],
    "properties": {name: {"type": "string"} for name in ("pointer", "rule", "message")},
}
KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def describe(title: str, version: str, routes: Sequence[Route]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    document = get_openapi(title=title, version=version, routes=routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    models = [(model, "validation") for route in routes for model in _bodies(route)]
    _, definitions = models_json_schema(
        list(dict.fromkeys(models)),  # type: ignore[arg-type]  # the mode is a Literal inside
        ref_template=REF + "{model}",
    )
    schemas.update(definitions.get("$defs", {}))
    schemas.update(Problem=PROBLEM, Fault=FAULT)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for route in routes:
        for method in route.methods or ():
            _complete(document["paths"][route.path][method.lower()], route, method)
    return document


def _complete(operation: dict[str, Any], route: Route, method: str) -> None:
    for model in _bodies(route):
        schema = {"$ref": REF + model.__name__}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if method == "POST":
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
    refusal = {"description": "A refusal.", "content": {MEDIA_TYPE: {"schema": _ref("Problem")}}}
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = refusal


def _ref(name: str) -> dict[str, str]:
    return {"$ref": REF + name}


def _bodies(route: Route) -> list[type[BaseModel]]:
    return list(dict.fromkeys(_models(route.dependant)))


def _models(dependant: Dependant) -> Iterator[type[BaseModel]]:
    if isinstance(dependant.call, BodyReader):
        yield dependant.call.model
    for inner in dependant.dependencies:
        yield from _models(inner)
