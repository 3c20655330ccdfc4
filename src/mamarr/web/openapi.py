"""The OpenAPI document, made from the route table, so that neither can say what the other does not."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from mamarr import __version__
from mamarr.interop.formats import GEOJSON
from mamarr.interop.problems import Problem
from mamarr.names import COMMAND_ID, Mode
from mamarr.web.guard import CHANGING

if TYPE_CHECKING:
    from mamarr.web.calls import Route

REFS = "#/components/schemas/{name}"
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The command's id. Sent again, the same command has the same answer; another is refused.",
    "schema": {"type": "string", "pattern": f"^{COMMAND_ID.pattern}$"},
}
PARAMETER = re.compile(r"{(\w+)}")


def document(routes: "Sequence[Route]", *, mode: Mode) -> dict[str, Any]:
    """OpenAPI 3.1 for `routes`."""
    kinds = [kind for route in routes for kind in (route.takes, route.answers) if kind is not None]
    schemas, components = msgspec.json.schema_components([*kinds, Problem], ref_template=REFS)
    named = dict(zip([*kinds, Problem], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mamarr",
            "version": __version__,
            "description": f"Mode {mode}. Flight safety only. An advisory aid, not certified equipment.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schema(kind: Any, named: dict[type, dict[str, Any]]) -> dict[str, Any]:
    """The schema of a message; of what is no message of ours, that it is an object."""
    return {"type": "object"} if kind is None else named[kind]


def _operation(route: "Route", named: dict[type, dict[str, Any]]) -> dict[str, Any]:
    answers: dict[str, Any] = {"description": "done"}
    if route.answers_type:
        answers["content"] = {route.answers_type: {"schema": _schema(route.answers, named)}}
    problem = {"content": {"application/problem+json": {"schema": named[Problem]}}, "description": "refused"}
    operation: dict[str, Any] = {
        "summary": (route.handler.__doc__ or "").splitlines()[0],
        "operationId": route.handler.__name__,
        "responses": {str(int(route.status)): answers, "4XX": problem, "503": problem},
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in PARAMETER.findall(route.path)
        ],
    }
    if route.takes is not None or route.takes_type == GEOJSON:
        content = {route.takes_type: {"schema": _schema(route.takes, named)}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.method in CHANGING and route.scope is not None:
        operation["parameters"].append(IDEMPOTENCY_KEY)
    if route.scope is not None:
        operation["security"] = [{"bearer": [route.scope]}]
    return operation
