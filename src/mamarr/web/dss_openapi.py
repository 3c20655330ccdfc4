"""The OpenAPI document of a DSS, made from its route table: of F3548-21 and F3411-22a what is a DSS's."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from mamarr import __version__
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.interop.problems import Problem
from mamarr.names import Mode
from mamarr.web.calls import JSON, PROBLEM_JSON
from mamarr.web.dss_calls import DssRoute
from mamarr.web.uss_calls import UssRoute

TITLE = "Mamarr, a DSS of ASTM F3548-21 and F3411-22a"
PROMISE = "What USSs write is known, not admitted."
REFS = "#/components/schemas/{name}"
PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
REFUSED = {
    "400": "one or more parameters are missing or not valid",
    "401": "no token, or one that does not hold",
    "403": "the token has no scope that this needs, or this belongs to another USS",
    "404": "it is not there",
    "409": "it changed meanwhile, it is there already, or the key does not prove what is known",
    "413": "the body, or the area that is searched, is too large",
    "429": "a limit is reached",
    "503": "the answer could not be recorded: nothing was changed",
}


def dss_document(
    routes: Sequence[DssRoute | UssRoute], *, mode: Mode, title: str = TITLE, promise: str = PROMISE
) -> dict[str, Any]:
    """OpenAPI 3.1 for `routes`. promise: what the description says beside the mode."""
    kinds = [
        kind
        for route in routes
        for kind in (route.takes, route.answers, route.conflict, *_refuses(route)[:1])
        if kind is not None
    ]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REFS)
    named = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": __version__,
            "description": f"Mode {mode}. {promise} An advisory aid, not certified equipment.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _refuses(route: DssRoute | UssRoute) -> tuple[Any, str]:
    """The message that says no, and of which type it is."""
    if isinstance(route, UssRoute) and route.refuses is Problem:
        return Problem, PROBLEM_JSON
    return ErrorMessage, JSON


def _also(route: DssRoute | UssRoute) -> dict[str, str]:
    """What else says no, and why."""
    return route.also if isinstance(route, UssRoute) else {}


def _operation(route: DssRoute | UssRoute, named: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "done"}
    if route.answers is not None:
        done["content"] = {route.answers_type: {"schema": named[route.answers]}}
    answers = {str(int(route.status)): done}
    if route.scopes is not None:
        refuses, refuses_type = _refuses(route)
        for status, description in (REFUSED | _also(route)).items():
            kind = route.conflict if status == "409" else refuses
            answers[status] = {"description": description, "content": {refuses_type: {"schema": named[kind]}}}
    operation: dict[str, Any] = {
        "summary": (route.handler.__doc__ or "").splitlines()[0],
        "operationId": route.handler.__name__,
        "responses": answers,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in PARAMETER.findall(route.path)
        ]
        + [
            {
                "name": each.name,
                "in": "query",
                "required": each.is_required,
                "description": each.description,
                "schema": {"type": "string"},
            }
            for each in route.queries
        ],
    }
    if route.takes is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": named[route.takes]}}}
    if route.scopes is not None:
        operation["security"] = [{"bearer": [scope]} for scope in sorted(route.scopes)] or [{"bearer": []}]
    return operation
